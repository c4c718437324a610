//! What stands around an archive's content: its bytes, its hash, who signed it.

use rules::programmes::{Course, template};
use serde_json::json;

use super::{super::seal::Signed, *};
use crate::config::SigningKey;

/// A programme of which the record tells nothing: enough to be signed.
fn file(signer: &Signer) -> String {
    let template = template::find("ordinary-matter").unwrap();
    let content = json!({
        "version": VERSION,
        "ballots": "SECRET",
        "programme": {
            "id": "p", "complex": "c", "place": "c", "purpose": "选聘物业", "begun_as": "PREPARER",
            "begun_at": "2027-03-01T01:00:00Z", "parent": null, "template": template, "rules": {},
            "course": Course::new(template), "polls": {}, "children": {},
        },
        "polls": [],
        "record": { "lines": [], "left_out": [] },
    });
    let root = law::root(&content).unwrap();
    let signature = signer.sign(&Signed { programme: "p".into(), root: root.clone() }).unwrap();
    File { content, key: signer.public().clone(), root, signature }.written().unwrap()
}

fn signer(key: &str) -> Signer {
    jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().ok();
    Signer::new(&key.parse::<SigningKey>().unwrap()).unwrap()
}

fn ours() -> Signer {
    signer(crate::config::KEYS.iter().find(|key| key.name == "archive_key").unwrap().default)
}

/// The public half of the key for development, as OpenSSL writes it.
const OURS_AS_PEM: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE999SF3Ydcjv7lSDALslc8WJXWtmI\n\
lsa3vz/7Ww4wMrgVbmECZ02mJNVIJbxpYoqHMJd+/ruaU4k94697h8jcPQ==\n\
-----END PUBLIC KEY-----\n";

const A_STRANGERS: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGNZxn6aQoEYEYIcWeh0U6UBnACvsj3xzteK/1IDWxo2hRANCAASxY77TT0rjBHT30tIA3UnlGN/hrud3QbMySpznAaZHatBanpCD4Jo9tZdVQ6szsW6MnaRApzv5gAhOhJ/aAHwk";

/// What differs of the signature and around it: nothing of what the content is about.
fn around(text: &str, known: Option<&str>) -> Vec<String> {
    let faults = ["ROOT", "SIGNATURE", "SIGNED_ANOTHER", "OTHER_KEY", "BYTES"];
    let found = verify(text, known).unwrap().differences.into_iter().map(|one| one.fault);
    found.filter(|fault| faults.contains(&fault.as_str())).collect()
}

fn changed(text: &str, change: impl FnOnce(&mut File)) -> String {
    let mut file: File = serde_json::from_str(text).unwrap();
    change(&mut file);
    file.written().unwrap()
}

#[test]
fn what_was_signed_is_known_by_its_key_as_jwk_and_as_pem() {
    let text = file(&ours());
    assert_eq!(around(&text, None), [""; 0]);
    let jwk = serde_json::to_string(ours().public()).unwrap();
    assert_eq!(around(&text, Some(&jwk)), [""; 0]);
    assert_eq!(around(&text, Some(OURS_AS_PEM)), [""; 0]);
    assert!(verify(&text, Some("-----BEGIN NOTHING-----")).unwrap_err().contains("no public key"));
}

#[test]
fn a_strangers_signature_is_whole_and_not_ours() {
    let stranger = signer(A_STRANGERS);
    let ours = serde_json::to_string(ours().public()).unwrap();
    let text = file(&stranger);
    assert_eq!(around(&text, None), [""; 0], "nothing inside a file tells whose key it is");
    assert_eq!(around(&text, Some(&ours)), ["OTHER_KEY"]);
}

#[test]
fn whatever_is_swapped_around_the_content_is_found() {
    let (ours, stranger) = (ours(), signer(A_STRANGERS));
    let text = file(&ours);
    let resigned = |signer: &Signer, root: &str| {
        signer.sign(&Signed { programme: "p".into(), root: root.to_owned() }).unwrap()
    };
    let strangers = changed(&text, |file| file.signature = resigned(&stranger, &file.root));
    assert_eq!(around(&strangers, None), ["SIGNATURE"]);
    assert_eq!(around(&changed(&text, |file| file.key = stranger.public().clone()), None), ["SIGNATURE"]);
    assert_eq!(around(&changed(&text, |file| file.root = "0".repeat(64)), None), ["ROOT"]);
    let another = changed(&text, |file| file.signature = resigned(&ours, &"0".repeat(64)));
    assert_eq!(around(&another, None), ["SIGNED_ANOTHER"]);
    let purpose = changed(&text, |file| file.content["programme"]["purpose"] = json!("解聘物业"));
    assert_eq!(around(&purpose, None), ["ROOT", "SIGNED_ANOTHER"]);
    let with_root = changed(&purpose, |file| file.root = law::root(&file.content).unwrap());
    assert_eq!(around(&with_root, None), ["SIGNED_ANOTHER"]);
    let twice = text.replacen("\"root\":", "\"root\": ", 1);
    assert_eq!(around(&twice, None), ["BYTES"]);
    assert!(verify("{}", None).is_err() && verify("", None).is_err());
}

#[test]
fn what_a_citys_system_signed_is_known_by_its_key() {
    let (city, stranger) = (ours(), signer(A_STRANGERS));
    let evidence = |heads: u64| {
        let evidence = json!({
            "format": rules::polls::external::FORMAT, "poll": "p", "closings": [],
            "electorate": { "heads": heads, "area": 1 }, "took_part": { "heads": 0, "area": 0 },
            "spoiled": { "heads": 0, "area": 0 },
        });
        serde_json::from_value::<Evidence>(evidence).unwrap()
    };
    let key = |signer: &Signer| serde_json::to_value(signer.public()).unwrap();
    let good = || ExternalResult {
        signed: city.sign(&evidence(1)).unwrap(),
        evidence: evidence(1),
        evidence_hash: String::new(),
        key: key(&city),
        key_id: seal::fingerprint(city.public()).unwrap(),
        imported_as: "PREPARER".into(),
        imported_at: chrono::DateTime::UNIX_EPOCH,
    };
    let fault = |result: ExternalResult| unsigned(&result).map(|one| one.fault);
    assert_eq!(fault(good()), None);
    for (changed, wanted) in [
        (ExternalResult { evidence: evidence(2), ..good() }, "EVIDENCE_ALTERED"),
        (ExternalResult { signed: stranger.sign(&evidence(1)).unwrap(), ..good() }, "EVIDENCE_SIGNATURE"),
        (ExternalResult { key: key(&stranger), ..good() }, "EVIDENCE_KEY"),
        (ExternalResult { key: json!({}), ..good() }, "EVIDENCE_KEY"),
        (ExternalResult { key_id: "another".into(), ..good() }, "EVIDENCE_KEY"),
    ] {
        assert_eq!(fault(changed).as_deref(), Some(wanted));
    }
}

/// A signature says what it is for: that of an archive is none of a report, though both hash to the same.
#[test]
fn what_was_signed_for_an_archive_is_no_report() {
    let root = "0".repeat(64);
    let text = file(&ours());
    let (file, _) = read::<serde_json::Value>(&text, "file").unwrap();
    let signature = ours().sign(&Signed { programme: "p".into(), root: root.clone() }).unwrap();
    let signed = super::super::seal::SignedRecount { poll: "p".into(), root: root.clone() };
    let faults =
        File { signature, root: root.clone(), ..file }.unlike(&text, None, (&root, &signed)).unwrap();
    assert_eq!(faults.first().map(|one| one.fault.as_str()), Some("SIGNATURE"));
}

#[test]
fn the_signature_stands_last_and_alone_differs() {
    let (one, other) = (file(&ours()), file(&ours()));
    let content = |text: &str| text.split_once("\"signature\":").unwrap().0.to_owned();
    assert_eq!(content(&one), content(&other));
    assert!(one.ends_with("\"}\n"));
}
