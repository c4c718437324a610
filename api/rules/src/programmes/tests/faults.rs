//! What is wrong with templates, and on which line it is told.

use super::{
    super::check::{Fault, check},
    Template, rules_of,
};

const HEAD: &str = "name = 'x'\nversion = 1\nzh = '试'\nen = 'x'\nlevels = ['COMPLEX']\nconvened_by = ['OWNER']\n\
                    within_days = 30\n";

/// A module with what its kind needs; `own` are its other lines.
fn module(name: &str, kind: &str, own: &str) -> String {
    let needs = match kind {
        "SIGNATURE_DRIVE" => "asks = ['OWNER']\nwants = { persons = 10 }\n",
        "TASK" => "asks = ['OWNER']\naccepted_by = ['OWNER']\n",
        "INVITATION" => "asks = ['STREET_OFFICER']\n",
        "ROLL_LOCK" | "COUNT" => "of = 'vote'\n",
        "VOTE" => "classes = [4]\n",
        _ => "",
    };
    format!("[modules.{name}]\nkind = '{kind}'\nzh = '做'\nen = 'do'\n{own}\n{needs}")
}

/// What is found: the line as it stands in the file, the fault, and the words. The same is found in the same template in
/// JSON, at the same member.
fn found(modules: &str) -> Vec<(String, Fault, String)> {
    let text = format!("{HEAD}{modules}");
    let (found, template) = found_in(&text);
    let (in_json, _) = found_in(&serde_json::to_string_pretty(&template).unwrap());
    let told = |found: &[(String, Fault, String)], member: fn(&str) -> String| {
        let told = found.iter().map(|(line, fault, words)| (member(line), *fault, words.clone()));
        told.collect::<std::collections::BTreeSet<_>>()
    };
    let toml = told(&found, |line| {
        line.split(" = ").next().unwrap().trim_matches(['[', ']']).replace("modules.", "")
    });
    let json = told(&in_json, |line| line.trim().split('"').nth(1).unwrap().to_owned());
    for ((member, fault, words), (json, json_fault, json_words)) in toml.iter().zip(&json) {
        assert_eq!((fault, words), (json_fault, json_words));
        // What is left out in TOML stands there in JSON, and is pointed at instead of its module.
        assert!(member == json || text.contains(&format!("[modules.{member}]")), "{member} {json}");
    }
    assert_eq!(toml.len(), json.len());
    found
}

fn found_in(text: &str) -> (Vec<(String, Fault, String)>, Template) {
    let (template, lines) = Template::read(text).unwrap();
    let findings = check(&template, &lines, &rules_of("national"));
    let line = |number: usize| text.lines().nth(number - 1).unwrap().to_owned();
    let found = findings.into_iter().map(|found| (line(found.line), found.fault, found.words));
    (found.collect(), template)
}

#[track_caller]
fn only(modules: &str, line: &str, fault: Fault, words: &str) {
    let found = found(modules);
    assert_eq!(found.len(), 1, "{found:?}");
    let (found_line, found_fault, found_words) = &found[0];
    assert_eq!((found_line.as_str(), *found_fault), (line, fault), "{found_words}");
    assert!(found_words.contains(words), "{found_words}");
}

#[test]
fn a_committee_is_founded_within_thirty_days_where_the_law_allows() {
    let text = include_str!("../../../data/programmes/found_committee.toml")
        .replace("within_days = 30", "within_days = 26");
    let (template, lines) = Template::read(&text).unwrap();
    let findings = check(&template, &lines, &rules_of("national"));
    // 15 days of notice, 5 to vote, 7 to object.
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].line, findings[0].fault), (9, Fault::TooLong));
    assert_eq!(findings[0].words, "it is done after 27 days at the soonest, and has 26");
}

#[test]
fn a_file_that_is_no_template_says_on_which_line() {
    let line = |text: &str| Template::read(text).unwrap_err().line;
    assert_eq!(line("name = 'x'\nversion = \n"), 2);
    assert_eq!(line("name = 'x'\nversion = 1\nzh = '试'\nen = 'x'\nlevels = ['VILLAGE']\n[modules]\n"), 5);
    let gate = format!("{HEAD}{}", module("a", "TASK", "after = [['b:SOON']]"));
    let wrong = Template::read(&gate).unwrap_err();
    assert_eq!(wrong.line, 12);
    assert!(wrong.words.contains("`b:SOON` is no gate"), "{wrong}");
}

#[test]
fn a_file_of_json_that_is_no_template_says_on_which_line() {
    let wrong = |text: &str| {
        let wrong = Template::read(text).unwrap_err();
        (wrong.line, wrong.words)
    };
    assert_eq!(wrong("{\n  \"name\": \"x\",\n  \"version\": ,\n}").0, 3);
    assert_eq!(wrong("\n{\n  \"name\": \"x\",\n  \"colour\": 1 }").0, 4);
    let gate = "{ \"name\": \"x\", \"version\": 1, \"zh\": \"试\", \"en\": \"x\", \"levels\": [\"COMPLEX\"],\n\
                \"convened_by\": [\"OWNER\"], \"within_days\": null, \"modules\": { \"a\": {\n\
                \"kind\": \"TASK\", \"zh\": \"做\", \"en\": \"do\",\n\
                \"after\": [[\"b:SOON\"]] } } }";
    let (line, words) = wrong(gate);
    assert_eq!((line, words.as_str()), (4, "`b:SOON` is no gate: write `module`, or `module:ENDING|ENDING`"));
}

#[test]
fn a_programme_as_a_module_takes_its_own_days() {
    let runs = "runs = 'by-election'";
    let run = |ends: &str| found(&module("seat", "PROGRAMME", &format!("{runs}\nends = {{ {ends} }}")));
    // Alternates who step up hang out for 7 days; owners who vote take 15 days of notice, 5 to vote and 7 to object.
    assert_eq!(run("DONE = 'DONE', STOPPED = 'STOPPED'"), []);
    let text = format!(
        "{HEAD}{}",
        module("seat", "PROGRAMME", &format!("{runs}\nends = {{ DONE = 'DONE', STOPPED = 'STOPPED' }}"))
    );
    let (found, _) = found_in(&text.replace("within_days = 30", "within_days = 6"));
    let words = "it is done after 7 days at the soonest, and has 6".to_owned();
    assert_eq!(found, [("within_days = 6".to_owned(), Fault::TooLong, words)]);
}

#[test]
fn what_is_named_has_to_be_there() {
    let ends = "ends = { ACCEPTED = 'DONE', DECLINED = 'DONE' }";
    let gates = "after = [['b']]";
    only(&module("a", "TASK", &format!("{gates}\n{ends}")), gates, Fault::Unknown, "a: there is no b");
    let ends = "ends = { ACCEPTED = 'DONE', GIVEN = 'DONE' }";
    only(&module("a", "PUBLIC_NOTICE", ends), ends, Fault::Unknown, "a: a PUBLIC_NOTICE never ends ACCEPTED");
    let least = "least = 'rank_rule'";
    let notice = module("a", "PUBLIC_NOTICE", &format!("{least}\nends = {{ GIVEN = 'DONE' }}"));
    only(&notice, least, Fault::Unknown, "a: rank_rule is no rule in days");
}

#[test]
fn people_vote_again_only_in_the_run_off_of_another_vote() {
    let of = "of = 'vote'";
    only(&module("vote", "VOTE", of), of, Fault::Unknown, "vote: a VOTE with `of` is the run-off of another");
    let template = super::super::template::find("found-committee").unwrap();
    assert_eq!(
        (template.runoff_of("vote"), template.first_vote_of("runoff")),
        (Some("runoff"), Some("vote"))
    );
    assert_eq!((template.runoff_of("runoff"), template.first_vote_of("vote")), (None, None));
}

#[test]
fn each_kind_says_what_it_needs() {
    let bare = |kind: &str, own: &str, ends: &str| {
        format!("[modules.a]\nkind = '{kind}'\nzh = '做'\nen = 'do'\n{own}\nends = {{ {ends} }}\n")
    };
    let head = "[modules.a]";
    let both = "ACCEPTED = 'DONE', DECLINED = 'DONE'";
    only(&bare("TASK", "accepted_by = ['OWNER']", both), head, Fault::Nobody, "nobody is asked");
    only(&bare("TASK", "asks = ['OWNER']", both), head, Fault::Nobody, "nobody accepts");
    let reached = "REACHED = 'DONE', NOT_REACHED = 'DONE'";
    only(&bare("SIGNATURE_DRIVE", "asks = ['OWNER']", reached), head, Fault::Nobody, "how many have to sign");
    let wants = "wants = { heads = 'no_rule' }";
    let drive = bare("SIGNATURE_DRIVE", &format!("asks = ['OWNER']\n{wants}"), reached);
    only(&drive, wants, Fault::Unknown, "there is no rule no_rule");
    only(&bare("ROLL_LOCK", "", "LOCKED = 'DONE'"), head, Fault::Unknown, "is about a VOTE");
    let runs = "runs = 'nothing'";
    only(
        &bare("PROGRAMME", runs, "DONE = 'DONE', STOPPED = 'DONE'"),
        runs,
        Fault::Unknown,
        "runs another template",
    );
    let itself = "runs = 'x'";
    only(
        &bare("PROGRAMME", itself, "DONE = 'DONE', STOPPED = 'DONE'"),
        itself,
        Fault::Unknown,
        "another template",
    );
}

#[test]
fn modules_that_wait_for_one_another_are_found() {
    let a = module("a", "PUBLIC_NOTICE", "after = [['b']]");
    let b = module("b", "PUBLIC_NOTICE", "after = [['a']]\nends = { GIVEN = 'DONE' }");
    let found = found(&format!("{a}{b}"));
    let told: Vec<_> = found.iter().map(|(line, fault, _)| (line.as_str(), *fault)).collect();
    assert_eq!(told, [("after = [['b']]", Fault::Cycle), ("after = [['a']]", Fault::Cycle)]);
    assert!(found[0].2.contains("a, b"), "{found:?}");
}

#[test]
fn a_guard_that_can_never_hold_and_a_module_that_can_never_begin_are_found() {
    let drive = module("drive", "SIGNATURE_DRIVE", "ends = { NOT_REACHED = 'STOPPED' }");
    let after = |gates: &str| {
        format!("{drive}{}", module("a", "PUBLIC_NOTICE", &format!("{gates}\nends = {{ GIVEN = 'DONE' }}")))
    };
    let gates = "after = [['drive:LOCKED']]";
    only(&after(gates), gates, Fault::NeverHolds, "a: drive is a SIGNATURE_DRIVE and never ends LOCKED");
    let gates = "after = [['drive:REACHED', 'drive:NOT_REACHED']]";
    let both = found(&after(gates));
    assert!(both.contains(&(gates.into(), Fault::Unreachable, "a can never begin".into())), "{both:?}");
    // What excludes each other further back.
    let gates = "after = [['yes', 'drive:NOT_REACHED'], ['yes']]";
    let yes = module("yes", "PUBLIC_NOTICE", "after = [['drive:REACHED']]");
    let deep = after(gates).replacen("[modules.a]", &format!("{yes}[modules.a]"), 1);
    only(&deep, gates, Fault::NeverHolds, "a: one of its ways to begin can never come about");
}

#[test]
fn an_end_that_nobody_thought_of_is_found() {
    let task = module("a", "TASK", "ends = { ACCEPTED = 'DONE' }");
    only(&task, "kind = 'TASK'", Fault::DeadEnd, "a may end DECLINED, and nothing follows");
}

#[test]
fn days_that_do_not_fit_are_found() {
    let most = "most = 14";
    let ends = "ends = { ACCEPTED = 'DONE', DECLINED = 'DONE' }";
    let task = module("a", "TASK", &format!("least = 'notice_days'\n{most}\n{ends}"));
    only(&task, most, Fault::TooLong, "a takes 15 days at least, and has 14");
    let notice = module("a", "PUBLIC_NOTICE", "least = 31\nends = { GIVEN = 'DONE' }");
    only(&notice, "within_days = 30", Fault::TooLong, "it is done after 31 days at the soonest, and has 30");
}

#[test]
fn a_vote_without_notice_or_roll_is_found_whichever_way_it_is_reached() {
    let after = "after = [['roll', 'notice'], ['roll', 'drive:NOT_REACHED']]";
    let vote = [
        module("roll", "ROLL_LOCK", ""),
        module("drive", "SIGNATURE_DRIVE", ""),
        module("notice", "PUBLIC_NOTICE", "after = [['drive:REACHED']]"),
        module("vote", "VOTE", &format!("{after}\nends = {{ CLOSED = 'DONE' }}")),
    ];
    let words = "vote can begin without a PUBLIC_NOTICE: Property Management Regulation 14";
    only(&vote.concat(), after, Fault::Skipped, words);
}

#[test]
fn nobody_who_guides_can_stop_what_the_owners_decide() {
    let vote = |after: &str| module("vote", "VOTE", &format!("{after}\nends = {{ CLOSED = 'DONE' }}"));
    let both = module("roll", "ROLL_LOCK", "") + &module("notice", "PUBLIC_NOTICE", "");
    let guides = module("guides", "INVITATION", "");
    let after = "after = [['roll', 'notice', 'guides:ACCEPTED']]";
    let found_all = found(&format!("{guides}{both}{}", vote(after)));
    let approver = (
        after.to_owned(),
        Fault::Approver,
        "vote waits until guides is accepted (Civil Code 277)".to_owned(),
    );
    assert!(found_all.contains(&approver), "{found_all:?}");
    let free = found(&format!("{guides}{both}{}", vote("after = [['roll', 'notice', 'guides']]")));
    assert_eq!(free, [], "whether they come or not");
    let ends = "ends = { DECLINED = 'STOPPED' }";
    let stops =
        module("guides", "INVITATION", ends) + &both + &vote("after = [['roll', 'notice', 'guides']]");
    assert!(found(&stops).iter().any(|(line, fault, _)| line == ends && *fault == Fault::Approver));
    let group = |by: &str| {
        let group = format!("[modules.group]\nkind = 'FORMATION'\nzh = '做'\nen = 'do'\nasks = [{by}]\n");
        found(&format!("{group}{both}{}", vote("after = [['roll', 'notice', 'group']]")))
            .into_iter()
            .map(|(_, fault, _)| fault)
            .collect::<Vec<_>>()
    };
    assert_eq!(group("'STREET_OFFICER', 'PREPARER'"), []);
    assert_eq!(group("'STREET_OFFICER'"), [Fault::Approver], "nobody else could let the owners go on");
    let task = |by: &str| {
        let task = "[modules.look]\nkind = 'TASK'\nzh = '做'\nen = 'do'\nasks = ['OWNER']\nends = { DECLINED = 'STOPPED' }\n";
        let vote = vote("after = [['roll', 'notice', 'look:ACCEPTED']]");
        found(&format!("{task}accepted_by = ['{by}']\n{both}{vote}")).len()
    };
    assert_eq!((task("COMMUNITY_OFFICER"), task("COMMITTEE_MEMBER")), (1, 0));
}

#[test]
fn what_is_larger_than_a_template_may_be_is_found() {
    let notice =
        |name: &str, own: &str| module(name, "PUBLIC_NOTICE", &format!("{own}\nends = {{ GIVEN = 'DONE' }}"));
    let within = "within_days = 30";
    let faults = |text: &str| {
        let (found, _) = found_in(text);
        found.into_iter().map(|(line, fault, _)| (line, fault)).collect::<Vec<_>>()
    };
    let out = |line: &str| vec![(line.to_owned(), Fault::OutOfBounds)];
    let text = format!("{HEAD}{}", notice("a", ""));
    assert_eq!(faults(&text), []);
    assert_eq!(faults(&text.replace(within, "within_days = 1001")), out("within_days = 1001"));
    assert_eq!(faults(&text.replace("name = 'x'", "name = 'X'")), out("name = 'X'"));
    assert_eq!(faults(&text.replace("version = 1", "version = 0")), out("version = 0"));
    assert_eq!(faults(&text.replace("['COMPLEX']", "[]")), out("levels = []"));
    let long = format!("zh = '{}'", "长".repeat(101));
    assert_eq!(faults(&text.replace("zh = '做'", &long)), out(&long));
    assert_eq!(faults(&text.replace("[modules.a]", "[modules.'a b']")), out("[modules.'a b']"));
    let least = "least = 1001";
    assert!(
        faults(&format!("{HEAD}{}", notice("a", least))).contains(&(least.to_owned(), Fault::OutOfBounds))
    );
    let many: String = (0..61).map(|number| notice(&format!("a{number}"), "")).collect();
    assert_eq!(faults(&format!("{HEAD}{many}")), out("[modules.a0]"));
}

#[test]
fn a_template_through_which_too_many_ways_lead_is_not_looked_at_for_ever() {
    let mut text = format!("{HEAD}{}", module("a0", "SIGNATURE_DRIVE", ""));
    for number in 1..30 {
        let before = format!("a{}", number - 1);
        let after = format!("after = [['{before}:REACHED'], ['{before}:NOT_REACHED']]");
        text += &module(&format!("a{number}"), "SIGNATURE_DRIVE", &after);
    }
    text += &module("z", "PUBLIC_NOTICE", "after = [['a29']]\nends = { GIVEN = 'DONE' }");
    let (found, _) = found_in(&text);
    assert_eq!(found.iter().map(|(_, fault, _)| *fault).collect::<Vec<_>>(), [Fault::Tangled]);
}

#[test]
fn whom_it_is_about_is_heard_before_owners_vote_and_removed_by_nothing_else() {
    let removal = include_str!("../../../data/programmes/removal.toml");
    let faults = |text: String| {
        let (template, lines) = Template::read(&text).unwrap();
        let found = check(&template, &lines, &rules_of("hangzhou")).into_iter();
        let line = |number: usize| text.lines().nth(number - 1).unwrap().to_owned();
        found.map(|found| (line(found.line), found.fault)).collect::<Vec<_>>()
    };
    let unheard = |line: &str| vec![(line.to_owned(), Fault::Unheard)];
    let without = |from: &str, to: &str| faults(removal.replace(from, to));
    assert_eq!(faults(removal.into()), []);
    let elsewhere = "levels = [\"COMPLEX\", \"BUILDING\"]";
    assert_eq!(without("levels = [\"COMPLEX\"]", elsewhere), unheard(elsewhere));
    assert_eq!(without("most = 15\n", ""), unheard("kind = \"DELIBERATION\""));
    let at_once = "after = [[\"proposal:REACHED\"]]";
    let roll = without("after = [[\"defence\"]]", at_once);
    assert_eq!(roll, unheard("after = [[\"notice\"]]"), "it can vote without");
    let about = "about = \"MEMBER\"";
    assert_eq!(without("classes = [3]", "classes = [3, 4]"), unheard(about));
    let any_count = "after = [[\"count:PASSED|REJECTED\"]]";
    assert_eq!(without("after = [[\"count:PASSED\"]]", any_count), unheard(about));
}

#[test]
fn a_notice_is_about_a_vote_or_put_up_in_time() {
    let given = "ends = { GIVEN = 'DONE' }";
    let of = "of = 'nobody'";
    let notice = |own: &str| module("a", "PUBLIC_NOTICE", &format!("{own}\n{given}"));
    only(&notice(of), of, Fault::Unknown, "a: a PUBLIC_NOTICE is about a VOTE");
    let asks = "asks = ['PREPARER']\nleast = 7";
    assert_eq!(
        found(&notice(&format!("{asks}\nmost = 1"))),
        [],
        "it has a day to be put up, and hangs for seven"
    );
    let least = "reply_days = 'rank_rule'";
    only(&notice(least), least, Fault::Unknown, "a: rank_rule is no rule in days");
}

#[test]
fn the_cases_for_which_a_programme_is_have_codes_of_their_own() {
    let ends = "ends = { DONE = 'DONE', STOPPED = 'STOPPED' }";
    let runs = "runs = 'emergency-repair'";
    let run = module("a", "PROGRAMME", &format!("{runs}\n{ends}"));
    only(&run, runs, Fault::Unknown, "runs another template");
    let case = |code: &str| format!("{{ code = '{code}', zh = '电梯', en = 'A lift' }}");
    for wrong in [case("lift"), case(""), [case("LIFT"), case("LIFT")].join(", ")] {
        let cases = format!("conditions = [{wrong}]\n");
        let notice = module("a", "PUBLIC_NOTICE", "ends = { GIVEN = 'DONE' }");
        only(&format!("{cases}{notice}"), cases.trim_end(), Fault::OutOfBounds, "conditions");
    }
}
