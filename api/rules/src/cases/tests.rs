use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn worked_cases() -> Vec<Value> {
    let files = [
        include_str!("../../../../tests/data/rules.json"),
        include_str!("../../../../tests/data/polls.json"),
    ];
    files.into_iter().flat_map(|file| serde_json::from_str::<Vec<Value>>(file).unwrap()).collect()
}

#[test]
fn every_worked_case_gives_exactly_the_expected_answer() {
    let cases = worked_cases();
    assert!(cases.len() > 80, "only {} cases", cases.len());
    for case in &cases {
        assert_eq!(evaluate(case).as_ref(), Ok(&case["expect"]), "{}", case["id"]);
    }
    for kind in KINDS {
        assert!(cases.iter().any(|case| case["case"] == kind), "no worked case asks for {kind}");
    }
}

fn refused(case: impl Into<Value>) -> (&'static str, String) {
    let error = evaluate(&case.into()).unwrap_err();
    (error.code(), error.pointer().to_owned())
}

#[test]
fn a_refusal_says_what_is_wrong_and_where() {
    let election = json!({
        "case": "election", "participating": {"heads": 4, "area": 400}, "seats": 3, "alternates": 0,
        "candidates": [{"id": "a", "heads": 3, "area": 300}, {"id": "b", "heads": 2, "area": 1.5}]
    });
    assert_eq!(refused(election.clone()), ("WRONG", "/candidates/1/area".to_owned()));
    let mut twice = election.clone();
    twice["candidates"][1] = json!({"id": "a", "heads": 3, "area": 300});
    assert_eq!(refused(twice), ("IMPOSSIBLE", "/candidates".to_owned()));
    let mut stuffed = election;
    stuffed["candidates"][1] = json!({"id": "b", "heads": 5, "area": 300});
    assert_eq!(refused(stuffed), ("IMPOSSIBLE", "/candidates".to_owned()));

    assert_eq!(refused(json!([])), ("WRONG", String::new()));
    assert_eq!(refused(json!({})), ("MISSING", "/case".to_owned()));
    assert_eq!(refused(json!({"case": "lottery"})), ("UNKNOWN_CASE", "/case".to_owned()));
    assert_eq!(refused(json!({"case": 7})), ("WRONG", "/case".to_owned()));
    assert_eq!(
        refused(json!({"case": "threshold", "total": 3, "ratio": [1, 2], "stric/t": true})),
        ("UNKNOWN_MEMBER", "/stric~1t".to_owned())
    );
    assert_eq!(
        refused(json!({"case": "threshold", "total": 3, "ratio": [1, 0]})),
        ("IMPOSSIBLE", "/ratio".to_owned())
    );
    assert_eq!(
        refused(json!({"case": "threshold", "total": 3, "ratio": [1]})),
        ("WRONG", "/ratio".to_owned())
    );
    assert_eq!(
        refused(json!({"case": "threshold", "total": MAX_EXACT, "ratio": [1_000_000, 1]})),
        ("IMPOSSIBLE", "/ratio".to_owned())
    );
    assert_eq!(
        refused(json!({"case": "threshold", "total": -1, "ratio": [1, 2]})),
        ("WRONG", "/total".to_owned())
    );
    assert_eq!(
        refused(json!({"case": "threshold", "total": MAX_EXACT + 1, "ratio": [1, 2]})),
        ("WRONG", "/total".to_owned())
    );
    assert_eq!(
        refused(json!({"case": "apportion", "amount_fen": 5, "weights": [0]})),
        ("IMPOSSIBLE", "/weights".to_owned())
    );
}

#[test]
fn a_misspelt_policy_is_refused_not_passed_over() {
    let case = |policy: Value| json!({"case": "decision", "approval": "ORDINARY", "policy": policy, "total": {"heads": 3, "area": 3}, "votes": {}});
    assert_eq!(
        refused(case(json!({"nonresponce": "ABSTAIN"}))),
        ("UNKNOWN_MEMBER", "/policy/nonresponce".to_owned())
    );
    assert_eq!(refused(case(json!({"nonresponse": "abstain"}))), ("WRONG", "/policy/nonresponse".to_owned()));
    assert!(evaluate(&case(json!({}))).is_ok());
}

#[test]
fn more_votes_than_the_roll_holds_are_refused() {
    let case = json!({
        "case": "decision", "approval": "ORDINARY", "total": {"heads": 3, "area": 300},
        "votes": {"yes": {"heads": 2, "area": 200}, "invalid": {"heads": 1, "area": 101}}
    });
    assert_eq!(refused(case), ("IMPOSSIBLE", "/votes".to_owned()));
}

#[test]
fn a_home_that_cannot_be_counted_is_pointed_at() {
    let roll = |homes: Value| json!({"case": "roll", "homes": homes});
    let twice = json!([{"id": "1", "area": 1, "owners": ["A"]}, {"id": "1", "area": 1, "owners": ["B"]}]);
    assert_eq!(refused(roll(twice)), ("IMPOSSIBLE", "/homes/1".to_owned()));
    let nobodys = json!([{"id": "1", "area": 1, "owners": ["A"]}, {"id": "2", "area": 1, "owners": []}]);
    assert_eq!(refused(roll(nobodys)), ("IMPOSSIBLE", "/homes/1".to_owned()));
}

#[test]
fn dates_are_dates() {
    let deadline = |from: &str| json!({"case": "deadline", "from": from, "days": 1});
    assert_eq!(evaluate(&deadline("2028-02-28")), Ok(json!("2028-02-29")));
    for wrong in [
        "2027-02-29",
        "2027-2-01",
        "27-02-01",
        "+2027-01-1",
        "2027-01-01T00:00",
        "99999-01-01",
        "1899-12-31",
        "",
    ] {
        assert_eq!(refused(deadline(wrong)), ("WRONG", "/from".to_owned()), "{wrong}");
    }
    let both = json!({"case": "deadline", "from": "2026-10-01", "days": 1, "holidays": ["2026-10-10"], "working_weekends": ["2026-10-10"]});
    assert_eq!(refused(both), ("IMPOSSIBLE", "/holidays".to_owned()));
}

#[test]
fn a_poll_that_cannot_be_is_pointed_at() {
    let poll = |change: &dyn Fn(&mut Value)| {
        let ballot = json!({"channel": "PAPER", "choices": ["a"], "answers": {"t": "YES"}});
        let mut case = json!({
            "case": "poll", "heads": [{"area": 1, "ballots": [ballot]}], "candidates": ["a"], "seats": 3,
            "texts": [{"id": "t", "class": 2}], "policy": {},
        });
        change(&mut case);
        case
    };
    assert!(evaluate(&poll(&|_| ())).is_ok());
    let wrong = |pointer: &str, value: Value| {
        refused(poll(&|case| {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            case.pointer_mut(parent).unwrap()[name] = value.clone();
        }))
    };
    let at = |code, pointer: &str| (code, pointer.to_owned());
    let of_the_first = |name: &str| format!("/heads/0/ballots/0/{name}");
    assert_eq!(wrong("/texts", json!([{"id": "t", "class": 10}])), at("WRONG", "/texts/0/class"));
    assert_eq!(wrong("/candidates", json!(["a", "a"])), at("IMPOSSIBLE", ""));
    assert_eq!(wrong("/policy/alternates_ratio", json!([3, 2])), at("IMPOSSIBLE", "/policy"));
    assert_eq!(wrong("/policy/min_committee", json!(2)), at("IMPOSSIBLE", "/policy"));
    let silence = json!({"nonresponse": "ABSTAIN", "nonresponse_excluded": [6]});
    assert_eq!(wrong("/policy", silence), at("IMPOSSIBLE", "/policy"), "silence elects nobody");
    let unheard = of_the_first("answers/u");
    assert_eq!(wrong(&unheard, json!("YES")), at("UNKNOWN_MEMBER", &unheard));
    let channel = of_the_first("channel");
    assert_eq!(wrong(&channel, json!("FAX")), at("WRONG", &channel));
    let disputed = of_the_first("disputed");
    assert_eq!(wrong(&disputed, json!("yes")), at("WRONG", &disputed));
    assert_eq!(wrong("/paper_void", json!(1)), at("WRONG", "/paper_void"));
    // One candidate of one head is elected: nobody is equal, and no run-off is due.
    assert!(evaluate(&poll(&|case| case["run_offs"] = json!([]))).is_ok());
    assert_eq!(wrong("/run_offs", json!([{"heads": []}])), at("IMPOSSIBLE", "/run_offs/0"));
    let seatless = poll(&|case| drop(case.as_object_mut().unwrap().remove("seats")));
    assert_eq!(refused(seatless), at("MISSING", "/seats"));
}

#[test]
fn absurd_sizes_are_refused() {
    let heads: Vec<Value> = (0..=poll::MAX_HEADS).map(|_| json!({"area": 1})).collect();
    assert_eq!(refused(json!({"case": "poll", "heads": heads})), ("WRONG", "/heads".to_owned()));
    let many: Vec<String> = (0..=MAX_CANDIDATES).map(|n| n.to_string()).collect();
    let case = json!({"case": "ballot", "selections": many, "candidates": ["a"], "max_selections": 1});
    assert_eq!(refused(case), ("WRONG", "/selections".to_owned()));
    let long = "x".repeat(MAX_NAME + 1);
    let case = json!({"case": "ballot", "selections": [long], "candidates": ["a"], "max_selections": 1});
    assert_eq!(refused(case), ("WRONG", "/selections/0".to_owned()));
    assert_eq!(
        refused(json!({"case": "deadline", "from": "2026-01-01", "days": MAX_PERIOD_DAYS + 1})),
        ("WRONG", "/days".to_owned())
    );
}

#[test]
fn silence_and_spoilt_paper_count_as_the_policy_says() {
    let case = |policy: Value, votes: Value| {
        evaluate(&json!({
            "case": "decision", "approval": "ORDINARY", "policy": policy,
            "total": {"heads": 10, "area": 1000}, "votes": votes
        }))
        .unwrap()
    };
    let split = json!({
        "yes": {"heads": 4, "area": 300}, "no": {"heads": 3, "area": 400}, "silent": {"heads": 2, "area": 200}
    });
    assert_eq!(
        case(json!({"nonresponse": "FOLLOW_MAJORITY"}), split.clone()),
        json!({"outcome": "INDETERMINATE"})
    );
    assert_eq!(
        case(json!({"nonresponse": "ABSTAIN"}), split)["participating"],
        json!({"heads": 9, "area": 900})
    );

    let against = json!({
        "yes": {"heads": 2, "area": 200}, "no": {"heads": 3, "area": 400}, "silent": {"heads": 4, "area": 300}
    });
    let followed = case(json!({"nonresponse": "FOLLOW_MAJORITY"}), against);
    assert_eq!(followed["yes"], json!({"heads": 2, "area": 200}));
    assert_eq!(followed["participating"], json!({"heads": 9, "area": 900}));
    assert_eq!(followed["outcome"], "REJECTED");

    let tied_but_nobody_silent = json!({"yes": {"heads": 4, "area": 400}, "no": {"heads": 4, "area": 400}});
    assert_eq!(
        case(json!({"nonresponse": "FOLLOW_MAJORITY"}), tied_but_nobody_silent)["outcome"],
        "REJECTED"
    );

    let spoilt = json!({"yes": {"heads": 6, "area": 600}, "invalid": {"heads": 1, "area": 100}});
    assert_eq!(case(json!({"invalid_as": "ABSTAIN"}), spoilt.clone())["outcome"], "PASSED");
    assert_eq!(case(json!({"invalid_as": "EXCLUDED"}), spoilt)["outcome"], "NO_QUORUM");
}

// Any JSON at all, with the words of the format strewn in so that it gets past the first door.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0u64..12).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![
            "2026-02-28",
            "ORDINARY",
            "SPECIAL",
            "FOLLOW_MAJORITY",
            "HOME",
            "UNSOLD",
            "a"
        ])
        .prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "heads",
        "area",
        "yes",
        "no",
        "silent",
        "id",
        "owners",
        "kind",
        "status",
        "developer",
        "nonresponse",
        "x",
    ]);
    leaf.prop_recursive(3, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..5).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(case in any_json()) {
        let _answer = evaluate(&case);
    }

    #[test]
    fn no_change_to_a_worked_case_makes_it_panic(
        which in any::<prop::sample::Index>(),
        member in any::<prop::sample::Index>(),
        value in any_json(),
    ) {
        let cases = worked_cases();
        let mut case = which.get(&cases).clone();
        let names: Vec<String> = case.as_object().unwrap().keys().cloned().collect();
        case[member.get(&names)] = value;
        if let Err(error) = evaluate(&case) {
            // Whatever is refused is pointed at: the member exists, or its parent does.
            let parent = error.pointer().rsplit_once('/').map_or("", |(parent, _)| parent);
            prop_assert!(case.pointer(parent).is_some(), "{} in {}", error.pointer(), case);
        }
    }
}
