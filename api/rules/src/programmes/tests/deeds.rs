//! Who may do what in a module, and how it ends by that.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{
    super::{
        course::{Course, Step},
        deed::{Coming, Deed, Did, Done, Refusal, SUPERVISORS, take, who_may},
        module::{Ending, Kind, Role},
        template::{self, Template},
    },
    built_in, rules_for, terms,
};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn did(deed: Deed, role: Role) -> Did {
    Did::new(String::new(), deed, role, now())
}

fn running(template: &Template) -> Course {
    let mut course = Course::new(template);
    for step in course.steps.values_mut() {
        *step = Step::Running { since: now(), late: false };
    }
    course
}

#[test]
fn in_every_module_each_role_does_what_it_is_asked_and_nothing_else() {
    for template in built_in() {
        let (course, rules) = (running(template), rules_for(template));
        for (name, module) in &template.modules {
            for (deed, role) in
                Deed::ALL.iter().flat_map(|deed| Role::ALL.iter().map(move |role| (*deed, *role)))
            {
                let shown =
                    Done { shown: true, unmarked: true, unanswered: 1, heard: true, ..Done::default() };
                let ending = module.kind.endings().first().copied();
                let taken = take(
                    (&course, terms(template, &rules)),
                    (name, deed),
                    &BTreeSet::from([role]),
                    (&shown, ending),
                    now(),
                );
                let accepts = matches!(deed, Deed::Accept | Deed::Decline);
                let may = match (module.kind, deed) {
                    (Kind::Invitation, _) if accepts => module.asks.contains(&role),
                    (Kind::Task | Kind::HandOver, _) if accepts => module.accepted_by.contains(&role),
                    (Kind::SignatureDrive | Kind::RegistrationGate, Deed::Sign)
                    | (Kind::Formation, Deed::Form)
                    | (Kind::Task | Kind::HandOver | Kind::Filing, Deed::Show)
                    | (Kind::Deliberation, Deed::Say)
                    | (Kind::SupervisionNote, Deed::Note) => module.asks.contains(&role),
                    (Kind::Deliberation, Deed::Defend) => {
                        template.name == "removal" && module.asks.contains(&role)
                    }
                    (Kind::PublicNotice, Deed::PutUp) if !module.asks.is_empty() => {
                        module.asks.contains(&role)
                    }
                    (Kind::Task, Deed::Assign) => {
                        module.asks.contains(&role) || template.convened_by.contains(&role)
                    }
                    (_, Deed::Note) => SUPERVISORS.contains(&role),
                    (_, Deed::Reply)
                    | (Kind::PublicNotice, Deed::PutUp)
                    | (Kind::Deliberation, Deed::Minute | Deed::Close) => {
                        template.convened_by.contains(&role)
                    }
                    _ => false,
                };
                assert_eq!(taken.is_ok(), may, "{}: {name}: {role} {deed}: {taken:?}", template.name);
                assert_eq!(who_may(template, name, deed).contains(&role), may);
            }
        }
    }
}

/// Whoever supervises notes what is seen wherever the programme stands, and is answered once for each note; it moves nothing.
#[test]
fn a_note_is_taken_at_any_time_and_holds_nothing_up() {
    let template = template::find("found-committee").unwrap();
    let rules = rules_for(template);
    let terms = terms(template, &rules);
    let mut course = Course::new(template);
    let street = BTreeSet::from([Role::StreetOfficer]);
    let convenors: BTreeSet<Role> = template.convened_by.clone();
    let noted = Done::default().and(did(Deed::Note, Role::StreetOfficer));
    let answered = noted.clone().and(did(Deed::Reply, Role::Owner));
    assert_eq!((noted.unanswered, answered.unanswered), (1, 0));
    let beside = |course: &Course, done: &Done| {
        template
            .modules
            .keys()
            .map(|name| {
                let of = (course, terms);
                let note = take(of, (name, Deed::Note), &street, (done, None), now());
                let reply = take(of, (name, Deed::Reply), &convenors, (done, None), now());
                assert_eq!(noted.ending(template, name), None, "{name}");
                (note.is_ok(), reply)
            })
            .collect::<Vec<_>>()
    };
    for paused in [false, true] {
        if paused {
            course.pause(now() + chrono::TimeDelta::days(1), now()).unwrap();
        }
        assert!(beside(&course, &noted).iter().all(|(note, reply)| *note && reply.is_ok()));
        let again = beside(&course, &answered);
        assert!(again.iter().all(|(note, reply)| *note && *reply == Err(Refusal::NothingNoted)));
    }
    course.call_off(now()).unwrap();
    let over = beside(&course, &noted);
    assert!(over.iter().all(|(note, reply)| !note && matches!(reply, Err(Refusal::NotRunning(_)))));
}

#[test]
fn each_refusal_has_its_reason() {
    let template = template::find("found-committee").unwrap();
    let rules = rules_for(template);
    let mut course = running(template);
    let owner = BTreeSet::from([Role::Owner]);
    let meets = BTreeSet::from([Role::CommitteeMember]);
    let looks = BTreeSet::from([Role::CommunityOfficer]);
    let none = Done::default();
    let ask = |course: &Course, of, roles: &BTreeSet<Role>| {
        take((course, terms(template, &rules)), of, roles, (&none, None), now())
    };
    assert_eq!(ask(&course, ("nowhere", Deed::Sign), &owner), Err(Refusal::NoSuchModule("nowhere".into())));
    assert_eq!(
        ask(&course, ("vote", Deed::Sign), &owner),
        Err(Refusal::WrongKind { kind: Kind::Vote, deed: Deed::Sign })
    );
    let may = BTreeSet::from([Role::Owner]);
    assert_eq!(
        ask(&course, ("application", Deed::Sign), &meets),
        Err(Refusal::NotAsked { deed: Deed::Sign, may })
    );
    assert_eq!(ask(&course, ("first_meeting", Deed::Accept), &looks), Err(Refusal::NothingShown));
    course.steps.insert("application".into(), Step::Waiting);
    assert_eq!(
        ask(&course, ("application", Deed::Sign), &owner),
        Err(Refusal::NotRunning("application".into()))
    );
    course.pause(now() + chrono::TimeDelta::days(1), now()).unwrap();
    assert_eq!(ask(&course, ("first_meeting", Deed::Show), &meets), Err(Refusal::Paused));

    let template = template::find("ordinary-matter").unwrap();
    let course = running(template);
    let chair = BTreeSet::from([Role::CommitteeMember]);
    let terms = terms(template, &rules);
    let close =
        |ending| take((&course, terms), ("deliberation", Deed::Close), &chair, (&none, ending), now());
    assert_eq!(close(None), Err(Refusal::EndingMissing));
    let kind = Kind::Deliberation;
    assert_eq!(close(Some(Ending::Passed)), Err(Refusal::WrongEnding { kind, ending: Ending::Passed }));
    assert_eq!(close(Some(Ending::Agreed)), Ok(Role::CommitteeMember));
}

#[test]
fn an_invitation_ends_once_everybody_has_answered_and_a_task_once_it_is_accepted() {
    let template = template::find("found-committee").unwrap();
    let after = |module: &str, deeds: &[(Deed, Role)]| {
        let done = deeds.iter().fold(Done::default(), |done, (deed, role)| done.and(did(*deed, *role)));
        done.ending(template, module)
    };
    let (street, community) = (Role::StreetOfficer, Role::CommunityOfficer);
    let (developer, manager) = (Role::Developer, Role::PropertyManager);
    let rest = [(Deed::Decline, developer), (Deed::Decline, manager), (Deed::Decline, community)];
    assert_eq!(after("guides", &rest), None, "the street has not answered");
    assert_eq!(after("guides", &[&rest[..], &[(Deed::Accept, street)]].concat()), Some(Ending::Accepted));
    assert_eq!(after("guides", &[&rest[..], &[(Deed::Decline, street)]].concat()), Some(Ending::Declined));
    // Of each the last word counts.
    let twice = [&rest[..], &[(Deed::Accept, street), (Deed::Decline, street)]].concat();
    assert_eq!(after("guides", &twice), Some(Ending::Declined));

    let (member, looks) = (Role::CommitteeMember, Role::Preparer);
    assert_eq!(after("first_meeting", &[(Deed::Show, member)]), None);
    assert_eq!(
        after("first_meeting", &[(Deed::Show, member), (Deed::Decline, looks)]),
        None,
        "it is shown again"
    );
    let again = [(Deed::Show, member), (Deed::Decline, looks), (Deed::Show, member), (Deed::Accept, looks)];
    assert_eq!(after("first_meeting", &again), Some(Ending::Accepted));
    assert_eq!(after("group", &[(Deed::Form, street)]), Some(Ending::Established));
    assert_eq!(after("filing", &[(Deed::Show, member)]), Some(Ending::Filed));
    assert_eq!(after("hand_over", &[(Deed::Show, looks)]), None);
    assert_eq!(after("hand_over", &[(Deed::Show, looks), (Deed::Accept, member)]), Some(Ending::HandedOver));
}

/// Whoever may lose the seat is heard: what people talk about them is not closed before, but ends when its time is up.
#[test]
fn nobody_closes_a_defence_before_the_member_was_heard() {
    let template = template::find("removal").unwrap();
    let (course, rules) = (running(template), rules_for(template));
    let proposers = BTreeSet::from([Role::Owner]);
    let silent = Done::default().and(did(Deed::Say, Role::Owner));
    let heard = silent.clone().and(did(Deed::Defend, Role::Owner));
    let close = |done: &Done| {
        let closed = (done, Some(Ending::NotAgreed));
        take((&course, terms(template, &rules)), ("defence", Deed::Close), &proposers, closed, now())
    };
    assert_eq!((close(&silent), close(&heard)), (Err(Refusal::NotHeard), Ok(Role::Owner)));
    assert_eq!(heard.ending(template, "defence"), None, "to speak ends nothing");
    assert_eq!(template.modules["defence"].kind.ending_when_time_is_up(), Some(Ending::NotAgreed));
}

#[test]
fn a_task_is_accepted_once_everything_that_it_requires_is_met() {
    let template = template::find("emergency-repair").unwrap();
    let (course, rules) = (running(template), rules_for(template));
    let preparer = BTreeSet::from([Role::Preparer]);
    let accept = |done: &Done| {
        take((&course, terms(template, &rules)), ("danger", Deed::Accept), &preparer, (done, None), now())
    };
    let shows = |meets: Option<&[usize]>| Did {
        meets: meets.map(|meets| meets.iter().copied().collect()),
        ..did(Deed::Show, Role::PropertyManager)
    };
    let all = &template.modules["danger"].requires;
    for places in 0_u32..8 {
        let meets: Vec<usize> = (0..3).filter(|place| places >> place & 1 == 1).collect();
        let open: Vec<_> =
            (0..3).filter(|place| !meets.contains(place)).map(|place| all[place].clone()).collect();
        let at_once = accept(&Done::default().and(shows(Some(&meets))));
        let one_by_one = meets
            .iter()
            .fold(Done::default().and(shows(Some(&[]))), |done, place| done.and(shows(Some(&[*place]))));
        let expected = if open.is_empty() { Ok(Role::Preparer) } else { Err(Refusal::Unmet(open)) };
        assert_eq!((&at_once, &accept(&one_by_one)), (&expected, &expected));
    }
    let declined = Done::default().and(shows(Some(&[0, 1, 2]))).and(did(Deed::Decline, Role::Preparer));
    assert_eq!(accept(&declined), Err(Refusal::NothingShown));
    let again = declined.and(shows(Some(&[0])));
    assert_eq!(accept(&again), Err(Refusal::Unmet(all[1..].to_vec())), "what was declined meets nothing");
    assert_eq!(accept(&Done::default().and(shows(None))), Ok(Role::Preparer), "of old nobody marked it");
}

#[test]
fn a_task_is_taken_given_or_handed_on_and_shown_by_whoever_has_it() {
    let template = template::find("emergency-repair").unwrap();
    let (course, rules) = (running(template), rules_for(template));
    let (asks, convenors) = (&template.modules["repair"].asks, &template.convened_by);
    let has = |role| Done { assignee: role, ..Done::default() };
    for assignee in Role::ALL.iter().copied().map(Some).chain([None]) {
        for (from, to) in Role::ALL.iter().flat_map(|from| Role::ALL.iter().map(move |to| (*from, *to))) {
            for comes in Coming::ALL {
                let fits = comes.fits((template, "repair"), &has(assignee), (from, to));
                let may = asks.contains(&to)
                    && match comes {
                        Coming::Taken => assignee.is_none() && from == to,
                        Coming::HandedOn => assignee == Some(from),
                        Coming::Given => convenors.contains(&from),
                    };
                assert_eq!(fits.is_ok(), may, "{comes}: {assignee:?}: {from} to {to}");
            }
        }
    }
    let given = Done::default()
        .and(Did { asks_of: Some(Role::PropertyManager), ..did(Deed::Assign, Role::CommitteeMember) });
    assert_eq!(given.assignee, Some(Role::PropertyManager));
    for role in asks {
        let of = (&course, terms(template, &rules));
        let shows = take(of, ("repair", Deed::Show), &BTreeSet::from([*role]), (&given, None), now());
        assert_eq!(shows.is_ok(), *role == Role::PropertyManager);
    }
}

#[test]
fn nothing_is_agreed_while_a_reply_that_was_asked_for_may_come() {
    let template = template::find("ordinary-matter").unwrap();
    let (course, rules) = (running(template), rules_for(template));
    let says = |id: &str, role| Did { id: id.into(), ..did(Deed::Say, role) };
    let asks_of = |of| Did { asks_reply: true, asks_of: of, ..says("asked", Role::Owner) };
    let close = |done: &Done, ending, days| {
        let chair = BTreeSet::from([Role::CommitteeMember]);
        let later = now() + chrono::TimeDelta::days(days);
        take(
            (&course, terms(template, &rules)),
            ("deliberation", Deed::Close),
            &chair,
            (done, Some(ending)),
            later,
        )
    };
    let (manager, owner) = (Role::PropertyManager, Role::Owner);
    for (of, is_whom, role, replies) in [
        (Some(manager), false, manager, true),
        (Some(manager), true, owner, false),
        (None, true, owner, true),
        (None, false, manager, false),
    ] {
        let asked = Done::default().and(asks_of(of));
        assert!(
            matches!(close(&asked, Ending::Agreed, 0), Err(Refusal::ReplyAwaited(until)) if until > now())
        );
        assert_eq!(close(&asked, Ending::NotAgreed, 0), Ok(Role::CommitteeMember));
        assert_eq!(close(&asked, Ending::Agreed, 7), Ok(Role::CommitteeMember), "its time is up");
        assert_eq!(asked.is_reply("asked", role, is_whom), replies);
        let answered = asked.clone().and(Did { replies_to: Some("asked".into()), ..says("reply", role) });
        assert_eq!(close(&answered, Ending::Agreed, 0), Ok(Role::CommitteeMember));
        assert!(!answered.is_reply("asked", role, true), "once");
        let other = asked.and(says("other", role));
        assert!(close(&other, Ending::Agreed, 0).is_err(), "whatever else is said");
    }
}
