//! A zoo of archives that somebody changed: each is caught, for the right reason; what nobody changed passes.

mod calendar;
mod external;
mod forger;
mod made;
mod nested;
mod papers;
mod recount;
mod service;

use chrono::TimeDelta;
use serde_json::{Value, json};

use self::{
    forger::{
        changed, close_gaps, line, place, poll, rechain, recount, refreeze, releak, relist, retell, run_off,
        settle,
    },
    made::Tale,
};
use super::*;
use crate::{
    pause::Pause,
    polls::{ballot::Answer, phase::Phase, standstill::Standstill, verdict::Standing},
    programmes::{Ending, Step as ModuleStep},
    quantity::Area,
    ratio::Ratio,
};

fn signed(archive: &Archive) -> String {
    root(&serde_json::to_value(archive).unwrap()).unwrap()
}

#[test]
fn what_nobody_changed_passes() {
    for policy in [Ballots::Secret, Ballots::Weighed] {
        let archive = made::archive(Tale::Formed, policy);
        let found = verify(&archive);
        assert_eq!(found.faults, [], "{policy:?}");
        let not_checked = found.unchecked.len();
        assert_eq!(not_checked, usize::from(policy == Ballots::Secret), "{:?}", found.unchecked);
        for what in [
            "lines of the record",
            "course of found-committee",
            "12 heads",
            "9 ballots",
            "1 extensions",
            "it stood still 2 times, and ended later by just that",
            "1 ballots set aside, each as the record tells it; 2 disputes of ballots",
            "four lists",
        ] {
            assert!(
                found.checked.iter().any(|checked| checked.contains(what)),
                "{what}: {:?}",
                found.checked
            );
        }
        let text = serde_json::to_string(&archive).unwrap();
        let read: Archive = serde_json::from_str(&text).unwrap();
        assert_eq!((&read, signed(&read)), (&archive, signed(&archive)), "it reads as it was written");
    }
}

fn last_pause(archive: &mut Archive) -> &mut Pause {
    &mut poll(archive).pauses.last_mut().unwrap().pause
}

#[test]
fn the_founding_is_one_that_could_have_been() {
    let archive = made::archive(Tale::Formed, Ballots::Secret);
    let counted = archive.polls[0].counted.as_ref().unwrap();
    let standing = |wanted| {
        let election = counted.result.verdict.election.as_ref().unwrap();
        election.candidates.iter().filter(|one| one.standing == wanted).count()
    };
    assert_eq!([standing(Standing::Elected), standing(Standing::Runoff)], [5, 0]);
    assert!(!archive.record.left_out.is_empty(), "others stand in the same log");
    assert!(counted.ballots.iter().all(|ballot| ballot.area.is_none()));
    let heads: Vec<&str> = counted.took_part.iter().map(|one| one.head.as_str()).collect();
    let ballots = serde_json::to_string(&counted.ballots).unwrap();
    assert!(heads.iter().all(|head| !ballots.contains(head)), "no ballot tells whose it is");
}

/// What catches an animal.
#[derive(Clone, Copy)]
enum By {
    /// Checking the content; the first fault is of this kind.
    Fault(&'static str),
    /// The content is sound in itself: only what was signed shows it.
    Signature,
}

#[derive(Clone, Copy)]
struct Animal {
    name: &'static str,
    tale: Tale,
    policy: Ballots,
    by: By,
    change: fn(&mut Archive),
}

fn caught(animals: &[Animal]) {
    let wrong: Vec<String> = animals.iter().filter_map(Animal::got_away).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

impl Animal {
    const fn plain(name: &'static str, fault: &'static str, change: fn(&mut Archive)) -> Self {
        Self { name, tale: Tale::Formed, policy: Ballots::Secret, by: By::Fault(fault), change }
    }

    const fn weighed(name: &'static str, fault: &'static str, change: fn(&mut Archive)) -> Self {
        Self { name, tale: Tale::Formed, policy: Ballots::Weighed, by: By::Fault(fault), change }
    }

    const fn sound(name: &'static str, policy: Ballots, change: fn(&mut Archive)) -> Self {
        Self { name, tale: Tale::Formed, policy, by: By::Signature, change }
    }

    const fn of(self, tale: Tale) -> Self {
        Self { tale, ..self }
    }

    fn got_away(&self) -> Option<String> {
        let archive = changed(self.tale, self.policy, self.change);
        let found = verify(&archive);
        let first = found.faults.first().map(Fault::kind);
        let was_signed = signed(&made::archive(self.tale, self.policy)) == signed(&archive);
        let fits = match self.by {
            By::Fault(fault) => first.as_deref() == Some(fault),
            By::Signature => first.is_none(),
        };
        let words = || found.faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        (!fits || was_signed).then(|| format!("{}: {first:?} ({})", self.name, words()))
    }
}

fn facts(line: &mut crate::archive::format::Line, change: impl Fn(&mut Value)) {
    let mut facts = line.facts();
    change(&mut facts);
    line.facts = facts.to_string();
}

fn counted(archive: &mut Archive) -> &mut crate::archive::format::Counted {
    poll(archive).counted.as_mut().unwrap()
}

fn locked(archive: &mut Archive) -> &mut crate::archive::format::Locked {
    poll(archive).locked.as_mut().unwrap()
}

/// Turns the first ballot's answers over.
fn turn(archive: &mut Archive) {
    for answer in counted(archive).ballots[0].answers.answers.values_mut() {
        *answer = if *answer == Answer::Yes { Answer::No } else { Answer::Yes };
    }
}

const OF_THE_RECORD: &[Animal] = &[
    Animal::plain("an event removed", "LINE_MISSING", |archive| {
        let at = place(archive, "PROGRAMME_DEED");
        archive.record.lines.remove(at);
    }),
    Animal::plain("an event removed and said to be another's", "LINE_DOES_NOT_FOLLOW", |archive| {
        let at = place(archive, "PROGRAMME_MODULE_ENDED");
        archive.record.lines.remove(at);
        close_gaps(archive);
        let complex = archive.programme.complex.clone();
        let next = &mut archive.record.lines[at];
        next.before = "0".repeat(64);
        next.hash = next.hash_in(&complex);
    }),
    Animal::plain("the last events cut off", "MOVE_MISSING", |archive| {
        archive.record.lines.pop();
    }),
    Animal::plain("the whole last day cut off", "NOT_OVER", |archive| {
        let last = archive.record.lines.last().unwrap().subject_version;
        archive.record.lines.retain(|line| line.subject_type == "POLL" || line.subject_version < last);
    }),
    Animal::plain("two events in each other's place", "LINE_MOVED", |archive| {
        let at = place(archive, "POLL_COUNTED");
        archive.record.lines.swap(at - 1, at);
    }),
    Animal::plain("two events with each other's numbers", "LINE_CHANGED", |archive| {
        let at = place(archive, "POLL_COUNTED");
        let seqs = [at - 1, at].map(|at| archive.record.lines[at].seq);
        archive.record.lines.swap(at - 1, at);
        (archive.record.lines[at - 1].seq, archive.record.lines[at].seq) = (seqs[0], seqs[1]);
    }),
    Animal::plain("an event twice", "LINE_TWICE", |archive| {
        let at = place(archive, "PROGRAMME_DEED");
        let twice = archive.record.lines[at].clone();
        archive.record.lines.insert(at, twice);
    }),
    Animal::plain("an event's facts changed", "LINE_CHANGED", |archive| {
        facts(line(archive, "POLL_COUNTED"), |facts| facts["ballots"] = json!(10));
    }),
    Animal::plain("an event's time changed", "LINE_CHANGED", |archive| {
        line(archive, "PROGRAMME_DEED").at += TimeDelta::seconds(1);
    }),
    Animal::plain("an event's role changed", "LINE_CHANGED", |archive| {
        line(archive, "PROGRAMME_DEED").actor_role = "ADMIN".into();
    }),
    Animal::plain("an event's commitment changed", "LINE_CHANGED", |archive| {
        line(archive, "PROGRAMME_DEED").commitment = Some("ab".into());
    }),
    Animal::plain("an event's hash changed", "LINE_CHANGED", |archive| {
        line(archive, "POLL_LOCKED").hash = "0".repeat(64);
    }),
    Animal::plain("an event made to follow another", "LINE_CHANGED", |archive| {
        line(archive, "POLL_COUNTED").before = "0".repeat(64);
    }),
    Animal::plain("one event hashed anew and not the rest", "LINE_DOES_NOT_FOLLOW", |archive| {
        let complex = archive.programme.complex.clone();
        let line = line(archive, "POLL_CLOSED");
        line.actor_role = "ADMIN".into();
        line.hash = line.hash_in(&complex);
    }),
    Animal::plain("another complex's record", "LINE_CHANGED", |archive| {
        archive.programme.complex = archive.programme.id.clone();
    }),
    Animal::plain("an event said to be left out", "LINE_NOT_LEFT_OUT", |archive| {
        let seq = line(archive, "POLL_LOCKED").seq;
        archive.record.left_out.push((seq, seq));
    }),
    Animal::plain("an event of another programme", "LINE_OF_SOMETHING_ELSE", |archive| {
        line(archive, "PROGRAMME_MODULE_BEGUN").subject = archive.polls[0].id.clone();
        rechain(archive);
    }),
    Animal::plain("a version that goes back", "VERSION_GOES_BACK", |archive| {
        line(archive, "POLL_PUBLISHED").subject_version = 1;
        rechain(archive);
    }),
    Animal::plain("a format of tomorrow", "UNKNOWN_VERSION", |archive| archive.version = 2),
];

#[test]
fn nobody_touches_the_record() {
    caught(OF_THE_RECORD);
}

const OF_THE_PROGRAMME: &[Animal] = &[
    Animal::plain("the template's days shortened", "TEMPLATE_CHANGED", |archive| {
        let module = archive.programme.template.modules.get_mut("notice").unwrap();
        module.least = crate::programmes::Said::Here(1);
    }),
    Animal::plain("a step of the template taken out", "TEMPLATE_CHANGED", |archive| {
        archive.programme.template.modules.remove("hand_over");
    }),
    Animal::plain("a rule of the programme changed", "BEGINNING_DIFFERS", |archive| {
        archive.programme.rules.insert("notice_days".into(), json!(1));
    }),
    Animal::plain("clever: a rule of the programme changed, and told", "MOVE_UNFOUNDED", |archive| {
        archive.programme.rules.insert("objection_days".into(), json!(30));
        let rules = archive.programme.rules.clone();
        facts(line(archive, "PROGRAMME_BEGUN"), |facts| facts["rules"] = json!(rules));
        rechain(archive);
    }),
    Animal::plain("clever: begun before enough was delivered", "BEGINNING_DIFFERS", |archive| {
        facts(line(archive, "PROGRAMME_BEGUN"), |facts| facts["delivery"]["delivered"] = json!(2_499_999));
        rechain(archive);
    }),
    Animal::plain("clever: what was delivered left out", "BEGINNING_DIFFERS", |archive| {
        facts(line(archive, "PROGRAMME_BEGUN"), |facts| facts["delivery"] = json!(null));
        rechain(archive);
    }),
    Animal::plain("begun by somebody else", "BEGINNING_DIFFERS", |archive| {
        archive.programme.begun_as = "COMMUNITY_OFFICER".into();
    }),
    Animal::plain("begun at another time", "BEGINNING_DIFFERS", |archive| {
        archive.programme.begun_at -= TimeDelta::days(3);
    }),
    Animal::plain("a module's end changed", "COURSE_DIFFERS", |archive| {
        let steps = &mut archive.programme.course.steps;
        if let Some(ModuleStep::Over { ending, .. }) = steps.get_mut("guides") {
            *ending = Ending::Declined;
        }
    }),
    Animal::plain("the end's time changed", "COURSE_DIFFERS", |archive| {
        let ended = archive.programme.course.ended.as_mut().unwrap();
        ended.1 -= TimeDelta::days(20);
    }),
    Animal::plain("a poll of the vote exchanged", "BOUND_POLLS_DIFFER", |archive| {
        archive.programme.polls.insert("vote".into(), archive.programme.id.clone());
    }),
    Animal::plain("a poll left out", "BOUND_POLLS_DIFFER", |archive| {
        archive.programme.polls.clear();
        archive.polls.clear();
        archive.record.lines.retain(|line| line.subject_type == "PROGRAMME");
        close_gaps(archive);
    }),
    Animal::plain("a poll not there that is told of", "POLL_MISSING", |archive| {
        archive.polls.clear();
        archive.record.lines.retain(|line| line.subject_type == "PROGRAMME");
        close_gaps(archive);
    }),
    Animal::plain("clever: a deed by who may not", "DEED_UNLAWFUL", |archive| {
        let deed = archive.record.lines.iter_mut().rfind(|line| line.kind == "PROGRAMME_DEED").unwrap();
        deed.actor_role = "OWNER".into();
        facts(deed, |facts| facts["role"] = json!("OWNER"));
        rechain(archive);
    }),
    Animal::plain("clever: what was shown meets less than is required", "DEED_UNLAWFUL", |archive| {
        let shows = |line: &&mut crate::archive::format::Line| line.facts().get("meets").is_some();
        let line = archive.record.lines.iter_mut().find(shows).unwrap();
        facts(line, |facts| facts["meets"] = json!([0]));
        rechain(archive);
    }),
    Animal::plain("clever: fewer owners in the preparatory group than half", "DEED_UNLAWFUL", |archive| {
        let forms = |line: &&mut crate::archive::format::Line| line.facts()["deed"] == "FORM";
        let line = archive.record.lines.iter_mut().find(forms).unwrap();
        facts(line, |facts| facts["group"]["members"] = json!({"OWNER": 2, "STREET": 3}));
        rechain(archive);
    }),
    Animal::plain("clever: a preparatory group that nobody formed", "MOVE_UNFOUNDED", |archive| {
        let at = archive.record.lines.iter().position(|line| line.facts()["deed"] == "FORM").unwrap();
        archive.record.lines.remove(at);
        close_gaps(archive);
        rechain(archive);
    }),
    Animal::plain("clever: a notice put up by who may not", "DEED_UNLAWFUL", |archive| {
        let puts_up = |line: &&mut crate::archive::format::Line| line.facts()["deed"] == "PUT_UP";
        let line = archive.record.lines.iter_mut().find(puts_up).unwrap();
        line.actor_role = "OWNER".into();
        facts(line, |facts| facts["role"] = json!("OWNER"));
        rechain(archive);
    }),
    Animal::plain("clever: a notice that nobody put up", "MOVE_DIFFERS", |archive| {
        let at = archive.record.lines.iter().position(|line| line.facts()["deed"] == "PUT_UP").unwrap();
        archive.record.lines.remove(at);
        close_gaps(archive);
        rechain(archive);
    }),
    Animal::plain("clever: fewer signatures than are enough", "SIGNATURES_DIFFER", |archive| {
        let ended = line(archive, "PROGRAMME_MODULE_ENDED");
        facts(ended, |facts| facts["signed"]["roll"] = json!({"heads": 400, "area": 4_000_000}));
        rechain(archive);
    }),
    Animal::plain("clever: a move earlier than it could be", "MOVE_UNFOUNDED", |archive| {
        let vote = |line: &&mut crate::archive::format::Line| {
            line.kind == "PROGRAMME_MODULE_ENDED" && line.facts()["module"] == "notice"
        };
        let version = archive.record.lines.iter_mut().find(vote).unwrap().subject_version;
        let of = |line: &&mut crate::archive::format::Line| {
            line.subject_type == "PROGRAMME" && line.subject_version == version
        };
        for line in archive.record.lines.iter_mut().filter(of) {
            line.at -= TimeDelta::days(2);
        }
        rechain(archive);
    }),
    Animal::plain("clever: a move told otherwise", "MOVE_DIFFERS", |archive| {
        let election = |line: &&mut crate::archive::format::Line| line.facts()["module"] == "election";
        let line = archive.record.lines.iter_mut().rfind(election).unwrap();
        facts(line, |facts| facts["ending"] = json!("NOT_FORMED"));
        rechain(archive);
    }),
    Animal::plain("clever: a move left out", "MOVE_MISSING", |archive| {
        let at = archive.record.lines.iter().rposition(|line| line.kind == "PROGRAMME_MODULE_LEFT_OUT");
        archive.record.lines.remove(at.unwrap());
        close_gaps(archive);
        rechain(archive);
    }),
    Animal::plain("clever: a deed left out", "MOVE_UNFOUNDED", |archive| {
        let at = archive.record.lines.iter().rposition(|line| line.kind == "PROGRAMME_DEED").unwrap();
        archive.record.lines.remove(at);
        close_gaps(archive);
        rechain(archive);
    }),
];

#[test]
fn nobody_touches_the_programme() {
    caught(OF_THE_PROGRAMME);
}

const OF_WHAT_WAS_FROZEN: &[Animal] = &[
    Animal::plain("a head's weight changed", "ROLL_INCOHERENT", |archive| {
        locked(archive).heads[0].area += 100;
    }),
    Animal::plain("a home's area changed with its head's", "ROLL_HASH", |archive| {
        let locked = locked(archive);
        locked.heads[0].area += 100;
        let head = locked.heads[0].head.clone();
        locked.homes.iter_mut().find(|home| home.head == head).unwrap().area += 100;
    }),
    Animal::plain("a head taken off the roll", "ROLL_INCOHERENT", |archive| {
        locked(archive).heads.pop();
    }),
    Animal::plain("a head twice", "ROLL_INCOHERENT", |archive| {
        let head = locked(archive).heads[0].clone();
        locked(archive).heads.push(head);
    }),
    Animal::plain("an owner exchanged", "ROLL_HASH", |archive| {
        locked(archive).owners[0].owner = made::id(6, 77);
    }),
    Animal::plain("a home's label changed", "ROLL_HASH", |archive| {
        locked(archive).homes[0].label = "9号楼".into();
    }),
    Animal::plain("roll_hash changed", "ROLL_HASH", |archive| {
        locked(archive).roll_hash = "0".repeat(64);
    }),
    Animal::plain("a rule of the count changed", "RULE_DIFFERS", |archive| {
        poll(archive).rules.extensions = Some(0);
    }),
    Animal::plain("a rule below the law", "RULES_UNLAWFUL", |archive| {
        poll(archive).rules.quorum = Ratio::HALF;
    }),
    Animal::plain("who said a rule changed", "RULES_HASH", |archive| {
        poll(archive).in_force.as_mut().unwrap()[0].source = "nowhere".into();
    }),
    Animal::plain("a text changed", "FROZEN_HASH", |archive| {
        poll(archive).matters[0].body = "每年五月开会。".into();
    }),
    Animal::plain("a text's class changed", "FROZEN_HASH", |archive| {
        poll(archive).matters[0].class = crate::polls::matter::MatterClass::OtherMajor;
    }),
    Animal::plain("a candidate exchanged", "FROZEN_HASH", |archive| {
        poll(archive).candidates[0].hash = "0".repeat(64);
    }),
    Animal::plain("the seats changed", "FROZEN_HASH", |archive| poll(archive).seats = 7),
    Animal::plain("the window changed", "FROZEN_HASH", |archive| {
        poll(archive).window.opens_at -= TimeDelta::days(1);
    }),
    Animal::plain("clever: roll changed and all hashes with it", "COUNT_DIFFERS", |archive| {
        let locked = locked(archive);
        locked.heads[0].area += 100;
        let head = locked.heads[0].head.clone();
        locked.homes.iter_mut().find(|home| home.head == head).unwrap().area += 100;
        refreeze(archive);
        retell(archive);
    }),
    Animal::plain("clever: a text changed and all hashes with it", "TEXT_SWAPPED", |archive| {
        poll(archive).matters[0].body = "每年五月开会。".into();
        refreeze(archive);
    }),
    Animal::plain("cleverer: and the ballots with it", "STEP_DIFFERS", |archive| {
        poll(archive).matters[0].body = "每年五月开会。".into();
        recount(archive);
        refreeze(archive);
    }),
    Animal::plain("clever: a parking bay counted against the rules", "ROLL_INCOHERENT", |archive| {
        poll(archive).locked.as_mut().unwrap().homes[0].kind = crate::roll::HomeKind::Parking;
        settle(archive);
    }),
];

#[test]
fn nobody_touches_roll_rules_and_texts() {
    caught(OF_WHAT_WAS_FROZEN);
}

const OF_OPINION: &[Animal] = &[
    Animal::plain("called a matter of Civil Code 278", "RULES_UNLAWFUL", |archive| {
        poll(archive).matters[0].class = crate::polls::matter::MatterClass::FundUse;
        settle(archive);
    })
    .of(Tale::Opinion),
    Animal::plain("called the election of the committee", "RULES_UNLAWFUL", |archive| {
        poll(archive).kind = "COMMITTEE_ELECTION".into();
        settle(archive);
    })
    .of(Tale::Opinion),
    Animal::plain("a statutory vote counted as an opinion", "RULES_UNLAWFUL", |archive| {
        let rules = crate::polls::parameters::PollRules::worked_example();
        poll(archive).rules = rules;
    }),
    Animal::plain("a turnout below the pack's", "RULES_UNLAWFUL", |archive| {
        poll(archive).rules.quorum = Ratio::new(1, 3).unwrap();
    })
    .of(Tale::Opinion),
    Animal::plain("who registered forgotten", "REGISTERED_UNFIT", |archive| poll(archive).registered = None)
        .of(Tale::Opinion),
    Animal::plain("a stranger registered", "REGISTERED_UNFIT", |archive| {
        poll(archive).registered.as_mut().unwrap().push(made::id(250, 1));
    })
    .of(Tale::Opinion),
    Animal::plain("clever: one more registered, and all told to fit", "REGISTRATIONS_DIFFER", |archive| {
        let all = locked(archive).heads.iter().map(|head| head.head.clone()).collect();
        poll(archive).registered = Some(all);
        settle(archive);
    })
    .of(Tale::Opinion),
    Animal::plain("who had not registered took part", "NOT_REGISTERED", |archive| {
        let last = locked(archive).heads.last().unwrap().head.clone();
        counted(archive).took_part.last_mut().unwrap().head = last;
    })
    .of(Tale::Opinion),
    Animal::plain("another registered in somebody's place", "STEP_DIFFERS", |archive| {
        let all: Vec<String> = locked(archive).heads.iter().map(|head| head.head.clone()).collect();
        let without = all[10].clone();
        poll(archive).registered = Some(all.into_iter().filter(|head| *head != without).collect());
        recount(archive);
    })
    .of(Tale::Opinion),
    Animal::plain("registrations of a statutory vote", "REGISTERED_UNFIT", |archive| {
        poll(archive).registered = Some(Vec::new());
    }),
];

#[test]
fn nobody_touches_a_poll_of_opinion() {
    for policy in [Ballots::Secret, Ballots::Weighed] {
        let archive = made::archive(Tale::Opinion, policy);
        let found = verify(&archive);
        assert_eq!(found.faults, [], "{policy:?}");
        let told = found.checked.iter().any(|checked| checked.contains("11 heads that registered"));
        assert!(told, "{:?}", found.checked);
        let verdict = &archive.polls[0].counted.as_ref().unwrap().result.verdict;
        assert!(verdict.matters[0].words.en.contains("advice"), "{:?}", verdict.matters[0].words);
    }
    caught(OF_OPINION);
}

const OF_THE_BALLOTS: &[Animal] = &[
    Animal::plain("a ballot changed", "BALLOT_CHANGED", turn),
    Animal::plain("a ballot of another text", "BALLOT_CHANGED", |archive| {
        counted(archive).ballots[0].texts.values_mut().for_each(|hash| *hash = "0".repeat(64));
    }),
    Animal::plain("a ballot of another text with a commitment to it", "TEXT_SWAPPED", |archive| {
        let mut ballot = counted(archive).ballots[0].clone();
        ballot.texts.values_mut().for_each(|hash| *hash = "0".repeat(64));
        ballot.commitment = super::poll::commitment(poll(archive), &ballot).unwrap();
        counted(archive).ballots[0] = ballot;
    }),
    Animal::plain("a ballot's salt changed", "BALLOT_CHANGED", |archive| {
        counted(archive).ballots[0].salt = "0".repeat(64);
    }),
    Animal::plain("a ballot copied", "BALLOTS_OF_HEADS", |archive| {
        let copy = counted(archive).ballots[0].clone();
        counted(archive).ballots.insert(0, copy);
    }),
    Animal::plain("a ballot in another's place", "BALLOT_OUT_OF_ORDER", |archive| {
        let copy = counted(archive).ballots[0].clone();
        counted(archive).ballots[1] = copy;
    }),
    Animal::plain("a ballot added", "BALLOTS_OF_HEADS", |archive| {
        let mut one = counted(archive).ballots[0].clone();
        one.id = made::id(9, 99);
        counted(archive).ballots.push(one);
    }),
    Animal::plain("a ballot removed", "BALLOTS_OF_HEADS", |archive| {
        counted(archive).ballots.pop();
    }),
    Animal::plain("a ballot and its head removed", "BALLOTS_HASH", |archive| {
        counted(archive).ballots.pop();
        counted(archive).took_part.pop();
    }),
    Animal::plain("a ballot changed with its commitment", "BALLOTS_HASH", |archive| {
        turn(archive);
        let poll = poll(archive);
        let mut ballot = poll.counted.as_ref().unwrap().ballots[0].clone();
        ballot.commitment = super::poll::commitment(poll, &ballot).unwrap();
        counted(archive).ballots[0] = ballot;
    }),
    Animal::plain("a ballot that answers too little", "BALLOT_UNFIT", |archive| {
        counted(archive).ballots[0].answers.answers.clear();
        recount(archive);
    }),
    Animal::plain("a ballot that tells what it weighs", "BALLOT_WEIGHED", |archive| {
        counted(archive).ballots[0].area = Some(8_950);
    }),
    Animal::plain("ballots_hash changed", "BALLOTS_HASH", |archive| {
        counted(archive).ballots_hash = "0".repeat(64);
    }),
    Animal::plain("a stranger took part", "STRANGER_TOOK_PART", |archive| {
        counted(archive).took_part[0].head = made::id(4, 99);
    }),
    Animal::plain("a head took part twice", "TOOK_PART_TWICE", |archive| {
        let head = counted(archive).took_part[0].head.clone();
        counted(archive).took_part[1].head = head;
    }),
    Animal::plain("another head took part", "COUNT_DIFFERS", |archive| {
        counted(archive).took_part[0].head = made::id(4, 12);
    }),
    Animal::plain("who took part before it was extended", "CLOSINGS_DIFFER", |archive| {
        for one in &mut counted(archive).took_part {
            one.extension = 0;
        }
    }),
    Animal::plain("an extension taken away", "CLOSINGS_DIFFER", |archive| {
        poll(archive).extensions.clear();
    }),
    Animal::plain("an extension made longer", "CLOSINGS_DIFFER", |archive| {
        poll(archive).extensions[0].to += TimeDelta::days(1);
    }),
    Animal::plain("a pause taken away", "CLOSINGS_DIFFER", |archive| {
        poll(archive).pauses.remove(0);
    }),
    Animal::plain("the last pause taken away", "STEP_TIMES", |archive| {
        poll(archive).pauses.pop();
    }),
    Animal::plain("a pause made longer", "COUNTED_TOO_EARLY", |archive| {
        last_pause(archive).until += TimeDelta::days(1);
        *last_pause(archive).lifted_at.as_mut().unwrap() += TimeDelta::days(1);
    }),
    Animal::plain("a pause made shorter", "STEP_DIFFERS", |archive| {
        *last_pause(archive).lifted_at.as_mut().unwrap() -= TimeDelta::hours(1);
    }),
    Animal::plain("clever: a pause made longer", "COUNTED_TOO_EARLY", |archive| {
        last_pause(archive).until += TimeDelta::days(1);
        *last_pause(archive).lifted_at.as_mut().unwrap() += TimeDelta::days(1);
        retell(archive);
    }),
    Animal::plain("a pause that never ended", "PAUSE_UNLAWFUL", |archive| {
        last_pause(archive).lifted_at = None;
    }),
    Animal::plain("a pause said to be its programme's", "PAUSE_UNLAWFUL", |archive| {
        poll(archive).pauses[0].by = "CLOCK".into();
    }),
    Animal::plain("a pause beside another", "PAUSE_UNLAWFUL", |archive| {
        let pause = *last_pause(archive);
        let twice = Pause { since: pause.since + TimeDelta::hours(1), ..pause };
        let counted_at = &mut counted(archive).at;
        *counted_at += TimeDelta::hours(11);
        let pauses = &mut poll(archive).pauses;
        pauses.push(Standstill { pause: twice, ..pauses[1].clone() });
    }),
    Animal::plain("why it stood still", "STEP_DIFFERS", |archive| {
        poll(archive).pauses[0].words = "无故".into();
    }),
    Animal::weighed("clever: a ballot that came while it stood still", "CAST_WHILE_PAUSED", |archive| {
        let during = archive.polls[0].pauses[0].pause.since;
        line(archive, "BALLOT_CAST").at = during;
        rechain(archive);
    }),
    Animal::plain("clever: a dispute while it stood still", "DISPUTE_UNLAWFUL", |archive| {
        let during = archive.polls[0].pauses[0].pause.since;
        line(archive, aside::DISPUTED).at = during;
        rechain(archive);
    }),
    Animal::plain("votes of a text moved", "COUNT_DIFFERS", |archive| {
        let votes = counted(archive).result.totals.texts.values_mut().next().unwrap();
        (votes.yes.heads.0, votes.no.heads.0) = (votes.yes.heads.0 - 1, votes.no.heads.0 + 1);
    }),
    Animal::plain("area of a text added", "AREA_IMPOSSIBLE", |archive| {
        let votes = counted(archive).result.totals.texts.values_mut().next().unwrap();
        votes.yes.area = Area(votes.yes.area.0 + 100);
    }),
    Animal::plain("a candidate's area beyond what so many weigh", "AREA_IMPOSSIBLE", |archive| {
        counted(archive).result.totals.candidates[6].votes.area = Area(80_000);
    }),
    Animal::plain("a verdict changed", "VERDICT_DIFFERS", |archive| {
        let verdict = &mut counted(archive).result.verdict;
        verdict.matters[0].outcome = crate::polls::tally::Outcome::Rejected;
    }),
    Animal::plain("who is elected changed", "VERDICT_DIFFERS", |archive| {
        let election = counted(archive).result.verdict.election.as_mut().unwrap();
        election.election.as_mut().unwrap().elected.swap(0, 1);
    }),
    Animal::plain("a list of members edited", "LIST_DIFFERS", |archive| {
        counted(archive).lists.members[0][1] = "李*".into();
    }),
    Animal::plain("a line of a list taken out", "LIST_DIFFERS", |archive| {
        counted(archive).lists.candidates.pop();
    }),
    Animal::plain("a list of participation edited", "LIST_DIFFERS", |archive| {
        counted(archive).lists.participation[0][2] = "是".into();
    }),
    Animal::plain("a list of texts edited", "LIST_DIFFERS", |archive| {
        counted(archive).lists.texts[0][12] = "未通过".into();
    }),
    Animal::plain("published that was not", "STATE_DIFFERS", |archive| {
        poll(archive).state = Phase::Closed;
    }),
    Animal::plain("published at another time", "STEP_AT_ANOTHER_TIME", |archive| {
        *poll(archive).published_at.as_mut().unwrap() -= TimeDelta::days(1);
    }),
    Animal::plain("clever: a step left out", "STEP_TIMES", |archive| {
        let at = place(archive, "POLL_OPENED");
        archive.record.lines.remove(at);
        close_gaps(archive);
        rechain(archive);
    }),
    Animal::plain("clever: a count told otherwise", "STEP_DIFFERS", |archive| {
        facts(line(archive, "POLL_COUNTED"), |facts| facts["returned"]["heads"] = json!(8));
        rechain(archive);
    }),
    Animal::plain("clever: a ballot changed and counted, and not told", "STEP_DIFFERS", |archive| {
        turn(archive);
        recount(archive);
    }),
    Animal::plain("clever: a candidate's votes and the lists to fit", "COUNT_DIFFERS", |archive| {
        let votes = &mut counted(archive).result.totals.candidates[6].votes;
        votes.heads.0 += 3;
        votes.area.0 += 3 * 9_000;
        relist(archive);
        retell(archive);
    }),
    Animal::weighed("a ballot made heavier", "WEIGHTS_DIFFER", |archive| {
        counted(archive).ballots[0].area = Some(20_000);
    }),
    Animal::weighed("two ballots with each other's weights", "COUNT_DIFFERS", |archive| {
        let ballots = &mut counted(archive).ballots;
        let odd = ballots.iter().position(|one| one.answers.answers.values().any(|one| *one == Answer::No));
        let odd = odd.unwrap();
        let other = ballots.iter().position(|one| one.area != ballots[odd].area).unwrap();
        let areas = (ballots[odd].area, ballots[other].area);
        (ballots[other].area, ballots[odd].area) = areas;
    }),
    Animal::weighed("area of a text moved", "COUNT_DIFFERS", |archive| {
        let votes = counted(archive).result.totals.texts.values_mut().next().unwrap();
        (votes.yes.area.0, votes.no.area.0) = (votes.yes.area.0 - 1, votes.no.area.0 + 1);
    }),
    Animal::plain("a pair said to hide more than it does", "LEAKS_DIFFER", |archive| {
        counted(archive).result.leaks.as_mut().unwrap().turnout.shown.may += 1;
        retell(archive);
    }),
    Animal::weighed("how firm it is changed", "FLIPS_DIFFER", |archive| {
        let flips = counted(archive).result.flips.as_mut().unwrap();
        flips.matters.values_mut().next().unwrap().ballots += 1;
    }),
    Animal::weighed(
        "clever: a ballot changed and counted anew, but for its line",
        "TOLD_BALLOT_MISSING",
        |archive| {
            turn(archive);
            settle(archive);
        },
    ),
    Animal::weighed("clever: a ballot told at another time", "CAST_AT_ANOTHER_TIME", |archive| {
        line(archive, record::CAST).at += TimeDelta::days(8);
        rechain(archive);
    }),
    Animal::weighed("clever: a line of a ballot taken out", "BALLOT_NOT_TOLD", |archive| {
        let at = place(archive, record::CAST);
        archive.record.lines.remove(at);
        close_gaps(archive);
        rechain(archive);
    }),
];

#[test]
fn nobody_touches_ballots_and_count() {
    caught(OF_THE_BALLOTS);
}

const OF_WHAT_WAS_SET_ASIDE: &[Animal] = &[
    Animal::plain("clever: that a ballot was set aside left out", "SET_ASIDE_NOT_TOLD", |archive| {
        take_out(archive, aside::SET_ASIDE);
    }),
    Animal::plain("a ballot that was set aside left out", "TOLD_SET_ASIDE_MISSING", |archive| {
        counted(archive).set_aside.clear();
    }),
    Animal::plain("clever: left out with its line", "DISPUTES_DIFFER", |archive| {
        take_out(archive, aside::SET_ASIDE);
        counted(archive).set_aside.clear();
    }),
    Animal::plain("clever: a counted ballot said to be set aside", "SET_ASIDE_COUNTED", |archive| {
        let commitment = counted(archive).ballots[0].commitment.clone();
        counted(archive).set_aside[0].commitment.clone_from(&commitment);
        line(archive, aside::SET_ASIDE).commitment = Some(commitment);
        rechain(archive);
    }),
    Animal::plain("clever: one invented in the record", "TOLD_SET_ASIDE_MISSING", |archive| {
        line(archive, aside::SET_ASIDE).commitment = Some("0".repeat(64));
        rechain(archive);
    }),
    Animal::plain("clever: another reason told", "SET_ASIDE_DIFFERS", |archive| {
        facts(line(archive, aside::SET_ASIDE), |facts| facts["why"] = json!("CHANNEL_VOID"));
        rechain(archive);
    }),
    Animal::plain("another channel", "SET_ASIDE_DIFFERS", |archive| {
        counted(archive).set_aside[0].channel = crate::polls::duplicates::Channel::Paper;
    }),
    Animal::plain("another time", "SET_ASIDE_DIFFERS", |archive| {
        counted(archive).set_aside[0].at += TimeDelta::hours(1);
    }),
    Animal::plain("clever: a dispute that nobody made answered", "DISPUTE_UNLAWFUL", |archive| {
        take_out(archive, aside::DISPUTED);
    }),
    Animal::plain("clever: answered when voting was over", "DISPUTE_UNLAWFUL", |archive| {
        let last = archive.record.lines.iter_mut().rfind(|line| line.kind == aside::DISPUTE_ANSWERED);
        last.unwrap().at += TimeDelta::days(30);
        rechain(archive);
    }),
    Animal::plain("clever: told to hold where it did not", "DISPUTES_DIFFER", |archive| {
        let last = archive.record.lines.iter_mut().rfind(|line| line.kind == aside::DISPUTE_ANSWERED);
        facts(last.unwrap(), |facts| facts["outcome"] = json!("UPHELD"));
        rechain(archive);
    }),
    Animal::weighed("clever: that it was ever cast left out", "TOLD_BALLOT_MISSING", |archive| {
        let cast = |line: &crate::archive::format::Line| {
            line.kind == record::CAST && line.facts()["channel"] == "PROXY"
        };
        let at = archive.record.lines.iter().position(cast).unwrap();
        archive.record.lines.remove(at);
        close_gaps(archive);
        rechain(archive);
    }),
    Animal::weighed("clever: left out with all that tells of it", "TOLD_BALLOT_MISSING", |archive| {
        for kind in [aside::SET_ASIDE, aside::DISPUTED, aside::DISPUTE_ANSWERED] {
            take_out(archive, kind);
        }
        counted(archive).set_aside.clear();
    }),
];

#[test]
fn nobody_touches_what_was_set_aside() {
    caught(OF_WHAT_WAS_SET_ASIDE);
}

/// Whoever computes everything anew makes an archive that is sound in itself. That is why it is signed.
const SOUND: &[Animal] = &[
    Animal::sound("a ballot changed, and everything with it", Ballots::Secret, |archive| {
        turn(archive);
        settle(archive);
    }),
    Animal::sound("a ballot changed, its line and everything with it", Ballots::Weighed, |archive| {
        let before = counted(archive).ballots[0].commitment.clone();
        turn(archive);
        settle(archive);
        let now = counted(archive).ballots[0].commitment.clone();
        let told = |line: &&mut crate::archive::format::Line| line.commitment.as_ref() == Some(&before);
        archive.record.lines.iter_mut().find(told).unwrap().commitment = Some(now);
        rechain(archive);
    }),
    Animal::sound("area moved from abstaining to yes, and everything with it", Ballots::Secret, |archive| {
        let votes = counted(archive).result.totals.texts.values_mut().next().unwrap();
        (votes.yes.area.0, votes.abstain.area.0) = (votes.yes.area.0 + 1, votes.abstain.area.0 - 1);
        let poll = poll(archive);
        let totals = poll.counted.as_ref().unwrap().result.totals.clone();
        let matters: Vec<_> = poll
            .matters
            .iter()
            .map(|text| crate::polls::matter::Matter { id: text.id.clone(), class: text.class })
            .collect();
        let verdict =
            crate::polls::verdict::explain(&totals, &matters, poll.all_seats(), &poll.rules).unwrap();
        poll.counted.as_mut().unwrap().result.verdict = verdict;
        releak(archive);
        relist(archive);
        retell(archive);
    }),
    Animal::sound("an owner exchanged, and everything with it", Ballots::Secret, |archive| {
        locked(archive).owners[0].owner = made::id(6, 77);
        settle(archive);
    }),
    Animal::sound("a text changed, and everything with it", Ballots::Secret, |archive| {
        poll(archive).matters[0].body = "每年五月开会。".into();
        settle(archive);
    }),
    Animal::sound("a candidate's name changed, and the lists with it", Ballots::Secret, |archive| {
        poll(archive).candidates[0].name = "李*".into();
        relist(archive);
    }),
    Animal::sound("what it was for changed", Ballots::Secret, |archive| {
        archive.programme.purpose = "成立第二届业主委员会".into();
    }),
    Animal::sound("a note of a guide who declined changed, with all hashes", Ballots::Secret, |archive| {
        let note = |line: &&mut crate::archive::format::Line| line.facts()["role"] == "DEVELOPER";
        let line = archive.record.lines.iter_mut().find(note).unwrap();
        facts(line, |facts| facts["deed_id"] = json!(made::id(20, 9)));
        rechain(archive);
    }),
];

#[test]
fn what_is_sound_in_itself_is_not_what_was_signed() {
    caught(SOUND);
}

const OF_OBJECTIONS: &[Animal] = &[
    Animal::plain("final told before the time to object was over", "FINAL_TOO_EARLY", |archive| {
        move_final(archive, TimeDelta::hours(-2));
        rechain(archive);
    }),
    Animal::plain("final at another time than told", "STEP_AT_ANOTHER_TIME", |archive| {
        *poll(archive).final_at.as_mut().unwrap() += TimeDelta::days(1);
    }),
    Animal::plain("final, and the record does not tell it", "STEP_TIMES", |archive| {
        take_out(archive, aftermath::FINAL);
    }),
    Animal::plain("the time to object shortened", "STEP_DIFFERS", |archive| {
        *poll(archive).provisional_until.as_mut().unwrap() -= TimeDelta::days(3);
    }),
    Animal::plain("clever: the time to object shortened, and told", "PROVISIONAL_UNTIL", |archive| {
        *poll(archive).provisional_until.as_mut().unwrap() -= TimeDelta::days(3);
        move_final(archive, TimeDelta::days(-3));
        retell(archive);
    }),
    Animal::plain("clever: no time to object at all", "OBJECTION_UNLAWFUL", |archive| {
        let poll = poll(archive);
        (poll.provisional_until, poll.final_at) = (None, None);
        take_out(archive, aftermath::FINAL);
    }),
    Animal::plain("an objection left out", "STEP_DIFFERS", |archive| {
        take_out(archive, aftermath::OBJECTED);
        take_out(archive, aftermath::OBJECTION_ANSWERED);
    }),
    Animal::plain("an objection of which only the answer is left", "OBJECTION_UNLAWFUL", |archive| {
        take_out(archive, aftermath::OBJECTED);
        retell(archive);
    }),
    Animal::plain("an answer to an objection left out", "FINAL_WHILE_OBJECTED", |archive| {
        take_out(archive, aftermath::OBJECTION_ANSWERED);
        retell(archive);
    }),
    Animal::plain("a dismissed objection made to hold", "FINAL_WHILE_OBJECTED", |archive| {
        facts(line(archive, aftermath::OBJECTION_ANSWERED), |facts| facts["outcome"] = json!("UPHELD"));
        retell(archive);
    }),
    Animal::plain("an objection after its time", "OBJECTION_UNLAWFUL", |archive| {
        line(archive, aftermath::OBJECTED).at += TimeDelta::days(7);
        rechain(archive);
    }),
    Animal::plain("an upheld objection dismissed", "LINE_CHANGED", |archive| {
        facts(line(archive, aftermath::OBJECTION_ANSWERED), |facts| facts["outcome"] = json!("DISMISSED"));
    })
    .of(Tale::Objected),
    Animal::plain("clever: an upheld objection dismissed, with all hashes", "MOVE_UNFOUNDED", |archive| {
        facts(line(archive, aftermath::OBJECTION_ANSWERED), |facts| facts["outcome"] = json!("DISMISSED"));
        rechain(archive);
    })
    .of(Tale::Objected),
    Animal::plain("clever: an upheld objection left out", "MOVE_UNFOUNDED", |archive| {
        take_out(archive, aftermath::OBJECTED);
        take_out(archive, aftermath::OBJECTION_ANSWERED);
    })
    .of(Tale::Objected),
    Animal::plain("clever: whom a module asks told otherwise", "MOVE_DIFFERS", |archive| {
        facts(line(archive, "PROGRAMME_MODULE_BEGUN"), |facts| facts["notify"] = json!(["DEVELOPER"]));
        rechain(archive);
    }),
    Animal::plain("clever: more registered than did", "SIGNATURES_DIFFER", |archive| {
        let gate = |line: &&mut crate::archive::format::Line| {
            line.kind == "PROGRAMME_MODULE_ENDED" && line.facts()["module"] == "registration"
        };
        let line = archive.record.lines.iter_mut().find(gate).unwrap();
        facts(line, |facts| facts["signed"]["persons"] = json!(3));
        rechain(archive);
    }),
];

/// Moves when the first result was final, and the line that tells it.
fn move_final(archive: &mut Archive, by: TimeDelta) {
    *poll(archive).final_at.as_mut().unwrap() += by;
    line(archive, aftermath::FINAL).at += by;
}

/// Takes the first line of a kind out, and writes all hashes anew.
fn take_out(archive: &mut Archive, kind: &str) {
    let at = place(archive, kind);
    archive.record.lines.remove(at);
    close_gaps(archive);
    rechain(archive);
}

#[test]
fn nobody_touches_what_came_after_the_result() {
    caught(OF_OBJECTIONS);
}

const OF_RUN_OFFS: &[Animal] = &[
    Animal::plain("clever: another alternate stepped up", "SUCCESSION_UNLAWFUL", |archive| {
        let other = made::id(7, 1);
        facts(line(archive, committee::STEPPED_UP), |facts| facts["candidate_id"] = json!(other));
        rechain(archive);
    }),
    Animal::plain("clever: the alternate who stepped up left out", "SUCCESSION_UNLAWFUL", |archive| {
        take_out(archive, committee::STEPPED_UP);
    }),
    Animal::plain("clever: somebody left who was no member", "SUCCESSION_UNLAWFUL", |archive| {
        let other = made::id(7, 99);
        facts(line(archive, committee::VACANCY), |facts| facts["candidate_id"] = json!(other));
        rechain(archive);
    }),
    Animal::plain("clever: the first who left left out", "SUCCESSION_UNLAWFUL", |archive| {
        take_out(archive, committee::VACANCY);
    }),
    Animal::plain("clever: one left before the result was final", "SUCCESSION_UNLAWFUL", |archive| {
        let at = run_off(archive).final_at.unwrap() - TimeDelta::seconds(1);
        line(archive, committee::VACANCY).at = at;
        rechain(archive);
    }),
    Animal::plain("the run-off's seats changed", "FROZEN_HASH", |archive| run_off(archive).seats = 3),
    Animal::plain("seats filled before it changed", "FROZEN_HASH", |archive| {
        run_off(archive).seats_filled = Some(2);
    }),
    Animal::plain("clever: the run-off's seats changed, frozen and told", "RUNOFF_UNLIKE", |archive| {
        run_off(archive).seats = 3;
        refreeze(archive);
        retell(archive);
    }),
    Animal::plain("clever: seats filled before it changed, frozen and told", "RUNOFF_UNLIKE", |archive| {
        run_off(archive).seats_filled = Some(2);
        refreeze(archive);
        retell(archive);
    }),
    Animal::plain("clever: somebody else stands in the run-off", "RUNOFF_UNLIKE", |archive| {
        let other = poll(archive).candidates[0].clone();
        let stands = &mut run_off(archive).candidates[0];
        (stands.hash, stands.name) = (other.hash, other.name);
        refreeze(archive);
        retell(archive);
    }),
    Animal::plain("clever: other rules in the run-off", "RUNOFF_UNLIKE", |archive| {
        run_off(archive).rules.objection_days = 8;
        let rules = run_off(archive).in_force.as_mut().unwrap();
        rules.iter_mut().find(|rule| rule.name == "objection_days").unwrap().value = json!(8);
        refreeze(archive);
        retell(archive);
    }),
    Animal::plain("the run-off of nothing", "FROZEN_HASH", |archive| run_off(archive).runoff_of = None),
    Animal::plain("who is elected together changed", "COMPOSITION_DIFFERS", |archive| {
        let together = run_off(archive).counted.as_mut().unwrap().composition.as_mut().unwrap();
        let last = together.elected.len() - 1;
        together.elected[last] = made::id(7, 6);
    }),
    Animal::plain("who is elected together left out", "COMPOSITION_DIFFERS", |archive| {
        run_off(archive).counted.as_mut().unwrap().composition = None;
    }),
    Animal::plain("a committee that is not formed", "COMPOSITION_DIFFERS", |archive| {
        run_off(archive).counted.as_mut().unwrap().composition.as_mut().unwrap().formed = false;
    }),
    Animal::plain("a member of both votes taken off the list", "LIST_DIFFERS", |archive| {
        run_off(archive).counted.as_mut().unwrap().lists.members.pop();
    }),
    Animal::plain("a ballot of the run-off changed", "BALLOT_CHANGED", |archive| {
        run_off(archive).counted.as_mut().unwrap().ballots[0].answers.choices.clear();
    }),
    Animal::plain("the polls of both votes exchanged", "BOUND_POLLS_DIFFER", |archive| {
        let ids = [archive.polls[1].id.clone(), archive.polls[0].id.clone()];
        for (vote, id) in ["vote", "runoff"].into_iter().zip(ids) {
            archive.programme.polls.insert(vote.into(), id);
        }
    }),
    Animal::plain("the first of two results made final early", "FINAL_TOO_EARLY", |archive| {
        move_final(archive, TimeDelta::hours(-2));
        rechain(archive);
    }),
];

#[test]
fn nobody_touches_a_run_off() {
    let of_run_offs: Vec<Animal> = OF_RUN_OFFS.iter().map(|animal| animal.of(Tale::RunOff)).collect();
    caught(&of_run_offs);
}

#[test]
fn a_run_off_elects_the_last_with_the_first_vote() {
    for policy in [Ballots::Secret, Ballots::Weighed] {
        let archive = made::archive(Tale::RunOff, policy);
        let found = verify(&archive);
        assert_eq!((found.faults, found.end), (vec![], Some(crate::programmes::End::Done)), "{policy:?}");
        let what = "what it comes to with the votes that it decides";
        assert!(found.checked.iter().any(|checked| checked.contains(what)), "{:?}", found.checked);
        let counted = archive.polls[1].counted.as_ref().unwrap();
        let together = counted.composition.as_ref().unwrap();
        let elected: Vec<String> = [1, 2, 3, 4, 5].map(|number| made::id(7, number)).into();
        assert_eq!((&together.elected, together.formed), (&elected, true));
        assert_eq!(counted.lists.members.len(), 6, "five, and who lost comes next");
        assert_eq!(archive.polls[0].counted.as_ref().unwrap().composition, None);
    }
}

#[test]
fn where_an_objection_holds_the_founding_stops() {
    let archive = made::archive(Tale::Objected, Ballots::Secret);
    let found = verify(&archive);
    assert_eq!((found.faults, found.end), (vec![], Some(crate::programmes::End::Stopped)));
    let objections = "the result is not final; 1 objections, of which 1 hold and 0 do not";
    assert!(found.checked.iter().any(|checked| checked.contains(objections)), "{:?}", found.checked);
}

/// Of old nobody was told whom a module asks, and results were not kept open to objections.
#[test]
fn what_was_not_told_of_old_is_not_wanted() {
    let mut archive = made::archive(Tale::Formed, Ballots::Secret);
    for line in &mut archive.record.lines {
        facts(line, |facts| {
            if let Some(facts) = facts.as_object_mut() {
                facts.remove("notify");
            }
        });
    }
    for kind in [aftermath::OBJECTED, aftermath::OBJECTION_ANSWERED, aftermath::FINAL] {
        take_out(&mut archive, kind);
    }
    let poll = poll(&mut archive);
    (poll.provisional_until, poll.final_at) = (None, None);
    let found = verify(&archive);
    assert_eq!(found.faults, []);
    assert!(
        found.unchecked.iter().any(|what| what.contains("whether anybody objected")),
        "{:?}",
        found.unchecked
    );
}

#[test]
fn no_member_of_an_archive_is_unknown() {
    let mut value = serde_json::to_value(made::archive(Tale::Formed, Ballots::Secret)).unwrap();
    value["polls"][0]["note"] = json!("x");
    assert!(serde_json::from_value::<Archive>(value).is_err());
}
