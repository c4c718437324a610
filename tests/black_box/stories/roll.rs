//! The roll: checked, imported, read; over HTTP and with the built program.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use reqwest::Method;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

use super::{
    commands::{empty, linli},
    identity::{complex, home},
    record::all_changes,
};
use crate::{
    phone::{Call, Phone, Reply, new_key},
    secrets,
    servers::{connect, free_port},
    story,
    story::{Database, Sessions, Story},
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_check_finds_exactly_what_is_wrong_and_writes_nothing).in_the_demo(),
        story!(an_import_of_the_same_roll_in_another_format_changes_nothing).in_the_demo(),
        story!(refused_rows_refuse_the_file_unless_the_good_ones_are_wanted).in_the_demo(),
        story!(who_sells_a_home_is_no_owner_at_the_next_request).in_the_demo(),
        story!(the_family_of_who_sells_goes_and_a_tenant_stays).in_the_demo(),
        story!(hostile_files_are_refused_with_memory_bounded).in_the_demo(),
        story!(a_roll_is_for_those_of_its_complex).in_the_demo(),
        story!(shops_beside_units_of_the_same_number_are_imported).in_the_demo(),
        story!(a_whole_roll_takes_off_what_it_does_not_name).in_the_demo(),
        story!(a_dry_run_tells_what_the_import_comes_to).in_the_demo(),
        story!(the_program_checks_without_a_database_and_imports_into_one),
        story!(an_import_that_fails_still_prints_its_object),
        story!(a_dry_run_writes_nothing),
        story!(a_roll_of_a_hundred_thousand_homes_is_imported_in_one_go)
            .only_in("a roll goes from a file to the database; Redis has no part in it", |setting| {
                setting.sessions == Sessions::InMemory
            }),
        story!(the_program_imports_into_the_database_that_is_served).in_the_demo(),
    ]
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(example(name)).expect("an example")
}

fn expected() -> Value {
    serde_json::from_slice(&bytes("roll-messy.expected.json")).expect("JSON")
}

pub(super) fn upload(phone: &Phone, path: &str, file: &[u8]) -> Call {
    phone.call(Method::POST, path).file("file", "roll.xlsx", "application/octet-stream", file)
}

/// Every problem as `row column name`.
fn problems(refused: &Value) -> Vec<String> {
    let tell = |one: &Value| format!("{} {} {}", one["row"], one["column"], one["problem"]);
    refused.as_array().expect("a list").iter().map(tell).collect()
}

async fn a_check_finds_exactly_what_is_wrong_and_writes_nothing(world: &mut World) {
    let property = world.sign_in("property").await;
    let complex = complex(&property).await;
    let roll = format!("/v1/places/{complex}/roll");
    let (before, lines) = (property.get(&roll).await, all_changes(&property, "").await.len());
    let sum = before.ok();
    assert_eq!([&sum["homes"], &sum["heads"], &sum["area"]], [528, 492, 4_362_636]);
    assert_eq!(sum["quorum"], json!({ "heads": 328, "area": 2_908_424 }));
    let checks = format!("/v1/places/{complex}/roll-checks");
    let reply = upload(&property, &checks, &bytes("roll-messy.csv")).send().await;
    let found = reply.ok();
    let expected = expected();
    assert_eq!(found["good_rows"], expected["good_rows"]);
    assert_eq!(problems(&found["refused"]), problems(&expected["refused"]));
    assert_eq!(found["refused_total"], found["refused"].as_array().unwrap().len());
    for refusal in found["refused"].as_array().unwrap() {
        assert!(!refusal["cure"]["zh"].as_str().unwrap().is_empty(), "{refusal}");
    }
    let text = String::from_utf8(reply.bytes).unwrap();
    for private in ["姜桂明", "999999195303286920", "15400863698", "1540000"] {
        assert!(!text.contains(private), "{private} is told");
    }
    let same = upload(&property, &checks, &bytes("roll-528.xlsx")).send().await.ok();
    let difference = json!({
        "new_buildings": 0, "new_homes": 0, "changed_homes": 0, "unchanged_homes": 528, "unnamed_homes": 0,
        "removed_homes": 0
    });
    assert_eq!(same["difference"], difference);
    let after = property.get(&roll).await;
    assert_eq!((after.header("etag"), &after.bytes), (before.header("etag"), &before.bytes));
    assert_eq!(all_changes(&property, "").await.len(), lines);
}

/// Follows an operation to its end.
pub(super) async fn finished(phone: &Phone, asked: &Reply) -> Value {
    assert_eq!(asked.status, 202, "{}", asked.text());
    let address = asked.header("location").expect("where it is found");
    let mut phases = vec![asked.ok()["progress"]["phase"].as_str().unwrap().to_owned()];
    let mut states = vec![asked.ok()["state"].as_str().unwrap().to_owned()];
    for _ in 0..600 {
        let operation = phone.call(Method::GET, address).send().await.ok();
        let (done, total) = (&operation["progress"]["done"], &operation["progress"]["total"]);
        assert!(done.as_i64() <= total.as_i64(), "{operation}");
        phases.push(operation["progress"]["phase"].as_str().unwrap().to_owned());
        states.push(operation["state"].as_str().unwrap().to_owned());
        if ["DONE", "FAILED"].contains(&states.last().unwrap().as_str()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    states.dedup();
    let course = ["WAITING", "RUNNING", "DONE"];
    let places: Vec<_> = states.iter().map(|state| course.iter().position(|one| one == state)).collect();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{states:?} {phases:?}");
    let end = phone.get(address).await.ok();
    assert_eq!(end["state"], "DONE", "{end}");
    assert!(end.get("problem").is_none());
    end
}

async fn an_import_of_the_same_roll_in_another_format_changes_nothing(world: &mut World) {
    let property = world.sign_in("property").await;
    let complex = complex(&property).await;
    let imports = format!("/v1/places/{complex}/roll-imports");
    let before = property.get(&format!("/v1/places/{complex}/roll")).await.ok();
    let key = new_key();
    let ask = || upload(&property, &imports, &bytes("roll-528.xlsx")).header("idempotency-key", &key).send();
    let asked = ask().await;
    let again = ask().await;
    assert_eq!((again.status, &again.bytes), (202, &asked.bytes), "asked twice, done once");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let other = upload(&property, &imports, &bytes("roll-528.csv")).header("idempotency-key", &key);
    other.send().await.refused(422, "KEY_REUSED");
    let end = finished(&property, &asked).await;
    let result = &end["result"];
    assert_eq!([&result["homes"], &result["heads"], &result["area"]], [528, 492, 4_362_636]);
    assert_eq!(result["difference"]["unchanged_homes"], 528);
    assert_eq!(result["difference"]["changed_homes"], 0);
    let after = property.get(&format!("/v1/places/{complex}/roll")).await.ok();
    assert_eq!(after["roll_hash"], before["roll_hash"]);
    // Nobody else sees the operation, and no key makes another of it.
    let address = asked.header("location").unwrap();
    for other in ["community", "coowner"] {
        world.sign_in(other).await.get(address).await.refused(404, "NOT_FOUND");
    }
    let imported = all_changes(&property, "").await;
    let imported = imported.iter().filter(|line| line["kind"] == "ROLL_IMPORTED").count();
    assert_eq!(imported, 2, "the demo's and this one");
}

async fn refused_rows_refuse_the_file_unless_the_good_ones_are_wanted(world: &mut World) {
    let property = world.sign_in("property").await;
    let complex = complex(&property).await;
    let imports = format!("/v1/places/{complex}/roll-imports");
    let messy = bytes("roll-messy.csv");
    let refused = upload(&property, &imports, &messy).keyed().send().await;
    let refused = refused.refused(422, "ROLL_ROWS_REFUSED");
    let pointers: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|one| one["pointer"].clone()).collect();
    assert_eq!(pointers[0], "/rows/26/室号");
    assert_eq!(pointers.len(), expected()["refused"].as_array().unwrap().len());
    let good = upload(&property, &format!("{imports}?good_rows_only=true"), &messy).keyed().send().await;
    let result = finished(&property, &good).await["result"].clone();
    assert_eq!(result["good_rows"], 25);
    assert_eq!(result["refused_total"], pointers.len());
    assert_eq!(result["homes"].as_i64().unwrap(), 528 + result["difference"]["new_homes"].as_i64().unwrap());
}

async fn who_sells_a_home_is_no_owner_at_the_next_request(world: &mut World) {
    let (property, resident) = (world.sign_in("property").await, world.sign_in("resident").await);
    let complex = complex(&property).await;
    let (_, first) = home(world, "101").await;
    let claim = json!({
        "home_id": first, "relation": "OWNER", "name": "苏勇桂", "id_number": "999999195310234509", "signature": "苏勇桂"
    });
    resident.post("/v1/claims", &claim).await.ok();
    let roll = format!("/v1/places/{complex}/roll");
    let before = resident.get(&roll).await.ok();
    let sold = "楼栋,单元,房号,建筑面积(㎡),业主姓名,证件号码,联系电话,交付状态\n\
                1号楼,1单元,101,89.34,吕玲欣,999999197309083968,15449113849,已交付\n";
    let asked = upload(&property, &format!("/v1/places/{complex}/roll-imports"), sold.as_bytes())
        .keyed()
        .send()
        .await;
    let result = finished(&property, &asked).await["result"].clone();
    assert_eq!(result["difference"]["changed_homes"], 1);
    assert_eq!(result["difference"]["unnamed_homes"], 527);
    assert_eq!(result["homes"], 528, "what a file does not name stays");
    assert_eq!(result["heads"].as_i64().unwrap(), before["heads"].as_i64().unwrap() - 1);
    resident.get(&roll).await.refused(404, "NOT_FOUND");
    assert_eq!(resident.get("/v1/me").await.ok()["roles"], json!([]));
    let buyer = world.newcomer().await;
    let claim = json!({
        "home_id": first, "relation": "OWNER", "name": "吕玲欣", "id_number": "999999197309083968", "signature": "吕玲欣"
    });
    assert_eq!(buyer.post("/v1/claims", &claim).await.ok()["state"], "CONFIRMED");
}

async fn the_family_of_who_sells_goes_and_a_tenant_stays(world: &mut World) {
    let property = world.sign_in("property").await;
    let complex = complex(&property).await;
    let (_, sold) = home(world, "101").await;
    let (owner, family, tenant) = (world.newcomer().await, world.newcomer().await, world.newcomer().await);
    for (phone, relation) in [(&owner, "OWNER"), (&family, "FAMILY"), (&tenant, "TENANT")] {
        let claim = json!({
            "home_id": sold, "relation": relation, "name": "苏勇桂", "id_number": "999999195310234509", "signature": "苏勇桂"
        });
        let claimed = phone.post("/v1/claims", &claim).await.ok();
        if claimed["state"] == "WAITING" {
            let confirm = format!("/v1/claims/{}/confirmations", claimed["id"].as_str().unwrap());
            property.post(&confirm, &json!({})).await.ok();
        }
    }
    let roll = "楼栋,单元,房号,建筑面积(㎡),业主姓名,证件号码,联系电话,交付状态\n\
                1号楼,1单元,101,89.34,吕玲欣,999999197309083968,15449113849,已交付\n";
    let imports = format!("/v1/places/{complex}/roll-imports");
    finished(&property, &upload(&property, &imports, roll.as_bytes()).keyed().send().await).await;
    let roles = async |phone: &Phone| phone.get("/v1/me").await.ok()["roles"].as_array().unwrap().len();
    assert_eq!([roles(&owner).await, roles(&family).await, roles(&tenant).await], [0, 0, 1]);
}

/// A workbook whose one sheet unpacks to `megabytes` of blanks.
fn bomb(megabytes: usize) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, size) in
        [("[Content_Types].xml", 0), ("xl/workbook.xml", 0), ("xl/worksheets/sheet1.xml", megabytes)]
    {
        writer.start_file(name, options).unwrap();
        writer.write_all(b"<x>").unwrap();
        let megabyte = vec![b' '; 1 << 20];
        for _ in 0..size {
            writer.write_all(&megabyte).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

async fn hostile_files_are_refused_with_memory_bounded(world: &mut World) {
    let property = world.sign_in("property").await;
    let complex = complex(&property).await;
    let checks = format!("/v1/places/{complex}/roll-checks");
    let imports = format!("/v1/places/{complex}/roll-imports");
    let before = world.service().peak_memory();
    let html = "<!DOCTYPE html><html><body><table><tr><td>楼栋</td></tr></table></body></html>";
    let hostile: [(&[u8], &str); 6] = [
        (&bomb(48), "ROLL_FILE_UNPACKS_TOO_LARGE"),
        (html.as_bytes(), "ROLL_FILE_WEB_PAGE"),
        (b"PK\x03\x04 and no more", "ROLL_FILE_BROKEN_WORKBOOK"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old workbook", "ROLL_FILE_OLD_WORKBOOK"),
        (b"", "ROLL_FILE_EMPTY"),
        ("姓名,电话\n某某,1\n".as_bytes(), "ROLL_FILE_"),
    ];
    for (file, code) in hostile {
        for call in [upload(&property, &checks, file), upload(&property, &imports, file).keyed()] {
            let problem = call.send().await.refused(422, "ROLL_FILE_UNREADABLE");
            let detail = problem["detail"].as_str().unwrap_or_default();
            assert!(detail.contains(code), "{code}: {problem}");
        }
    }
    let headings = "楼栋,单元,房号,建筑面积(㎡),业主姓名,证件号码,联系电话,交付状态\n";
    upload(&property, &imports, headings.as_bytes()).keyed().send().await.refused(422, "ROLL_EMPTY");

    let large = vec![b'x'; 33 << 20];
    for call in [upload(&property, &checks, &large), upload(&property, &imports, &large).keyed()] {
        call.send().await.refused(413, "BODY_TOO_LARGE");
    }
    let grown = world.service().peak_memory() - before;
    assert!(grown < 160 * 1024, "the service grew by {grown} KiB");

    for path in [&checks, &imports] {
        let post = || property.call(Method::POST, path).keyed();
        post().json(&json!({})).send().await.refused(415, "MEDIA_TYPE_UNSUPPORTED");
        let form = "multipart/form-data; boundary=b";
        post().typed(form, b"--b\r\nno form".to_vec()).send().await.refused(400, "INPUT_MALFORMED");
        let field = b"--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n--b--\r\n".to_vec();
        post().typed(form, field).send().await.refused(422, "FILE_MISSING");
        let wrong = format!("{path}?new_buildings=MAYBE");
        upload(&property, &wrong, headings.as_bytes()).keyed().send().await.refused(422, "INPUT_INVALID");
    }
    property.get(&format!("/v1/places/{complex}/roll")).await.ok();
}

async fn a_roll_is_for_those_of_its_complex(world: &mut World) {
    let property = world.sign_in("property").await;
    let complex = complex(&property).await;
    let (unit, _) = home(world, "101").await;
    property.get(&format!("/v1/places/{unit}/roll")).await.refused(422, "NOT_A_COMPLEX");
    let csv = bytes("roll-528.csv");
    upload(&property, &format!("/v1/places/{unit}/roll-checks"), &csv)
        .send()
        .await
        .refused(422, "NOT_A_COMPLEX");
    for login in ["coowner", "supervisor", "candidate", "street"] {
        let other = world.sign_in(login).await;
        other.get(&format!("/v1/places/{complex}/roll")).await.ok();
        let check = upload(&other, &format!("/v1/places/{complex}/roll-checks"), &csv);
        check.send().await.refused(404, "NOT_FOUND");
        let import = upload(&other, &format!("/v1/places/{complex}/roll-imports"), &csv).keyed();
        import.send().await.refused(404, "NOT_FOUND");
    }
    let newcomer = world.newcomer().await;
    newcomer.get(&format!("/v1/places/{complex}/roll")).await.refused(404, "NOT_FOUND");
}

const HEADINGS: &str = "楼栋,单元,房号,建筑面积,业主姓名,身份证号,手机,交付状态\n";

async fn shops_beside_units_of_the_same_number_are_imported(world: &mut World) {
    let property = world.sign_in("property").await;
    let complex = complex(&property).await;
    let row = |place: &str| format!("{place},90,吕玲欣,999999197309083968,,\n");
    let rows: String = ["88号楼,无,1", "88号楼,无,2", "88号楼,1,101", "88号楼,2,101"].map(row).concat();
    let path = format!("/v1/places/{complex}/roll-imports?new_buildings=ADD");
    let asked = upload(&property, &path, format!("{HEADINGS}{rows}").as_bytes()).keyed().send().await;
    let result = finished(&property, &asked).await["result"].clone();
    assert_eq!(result["difference"]["new_homes"], 4);
    // A name longer than the database has room for is a problem of its row.
    let long = format!("{HEADINGS}{}", row(&format!("88号楼,1,{}", "长".repeat(121))));
    let check = format!("/v1/places/{complex}/roll-checks");
    let found = upload(&property, &check, long.as_bytes()).send().await.ok();
    assert_eq!(problems(&found["refused"]), ["2 \"房号\" \"NAME_TOO_LONG\""]);
}

async fn a_whole_roll_takes_off_what_it_does_not_name(world: &mut World) {
    let property = world.sign_in("property").await;
    let complex = complex(&property).await;
    let (unit, first) = home(world, "101").await;
    let (checks, imports) =
        (format!("/v1/places/{complex}/roll-checks"), format!("/v1/places/{complex}/roll-imports"));
    let slip = format!("{HEADINGS}1号楼,1单元,1O1,89.34,吕玲欣,999999197309083968,15449113849,已交付\n");
    let asked = upload(&property, &imports, slip.as_bytes()).keyed().send().await;
    assert_eq!(finished(&property, &asked).await["result"]["homes"], 529);
    let children = format!("/v1/places/{unit}/children?limit=100");
    let names = async || -> Vec<Value> {
        let parts = property.get(&children).await.ok();
        parts["items"].as_array().unwrap().iter().map(|part| part["name"].clone()).collect()
    };
    assert!(names().await.contains(&json!("1O1")));
    let listed = property.get(&children).await.ok();
    let stray =
        listed["items"].as_array().unwrap().iter().find(|part| part["name"] == "1O1").unwrap()["id"].clone();
    // Its owner claims it, so that something is told of it.
    let owner = world.newcomer().await;
    let claim = json!({
        "home_id": stray, "relation": "OWNER", "name": "吕玲欣", "id_number": "999999197309083968", "signature": "吕玲欣"
    });
    assert_eq!(owner.post("/v1/claims", &claim).await.ok()["state"], "CONFIRMED");

    let roll = bytes("roll-528.csv");
    let part = upload(&property, &checks, &roll).send().await.ok();
    assert_eq!([&part["homes"], &part["difference"]["unnamed_homes"]], [529, 1]);
    assert_eq!(part["removed"], json!([]));
    let whole = upload(&property, &format!("{checks}?coverage=WHOLE"), &roll).send().await.ok();
    assert_eq!([&whole["homes"], &whole["heads"], &whole["difference"]["removed_homes"]], [528, 492, 1]);
    assert_eq!(whole["removed"], json!([{ "home_id": stray, "name": "1号楼 1单元 1O1" }]));
    let both = upload(&property, &format!("{imports}?coverage=WHOLE&good_rows_only=true"), &roll).keyed();
    both.send().await.refused(422, "INPUT_INVALID");
    let asked = upload(&property, &format!("{imports}?coverage=WHOLE"), &roll).keyed().send().await;
    let result = finished(&property, &asked).await["result"].clone();
    assert_eq!([&result["homes"], &result["heads"], &result["difference"]["removed_homes"]], [528, 492, 1]);

    assert!(!names().await.contains(&json!("1O1")), "it is not offered any more");
    assert_eq!(owner.get("/v1/me").await.ok()["roles"], json!([]), "who owned it has no role there");
    world.newcomer().await.post("/v1/claims", &claim).await.refused(422, "NOT_A_HOME");
    let lines = all_changes(&property, "").await;
    assert!(lines.iter().any(|line| line["kind"] == "ROLL_IMPORTED" && line["facts"]["removed_homes"] == 1));
    assert_ne!(first, stray);

    // A file that names it again finds its place.
    let asked = upload(&property, &imports, slip.as_bytes()).keyed().send().await;
    assert_eq!(finished(&property, &asked).await["result"]["homes"], 529);
    assert_eq!(owner.post("/v1/claims", &claim).await.ok()["state"], "CONFIRMED");
}

async fn a_dry_run_tells_what_the_import_comes_to(world: &mut World) {
    let url = world.data.database_url.clone();
    let file = world.data.folder.join("developers.csv");
    let code = "91999999MA00000A0X";
    let rolls = [
        (format!("9号楼,1,101,90,甲置业,{code},,未售\n9号楼,1,102,90,甲置业,{code},,已交付\n"), 2),
        (format!("9号楼,1,101,90,甲置业,,,未售\n9号楼,1,102,90,甲置业,{code},,已交付\n"), 2),
        ("9号楼,1,101,90,乙置业,91350100M000100Y43,,未售\n9号楼,1,102,90,甲置业,91999999MA00000A0X,,未售\n".to_owned(), 3),
    ];
    for (at, (rows, heads)) in rolls.iter().enumerate() {
        let private = "9号楼,1,103,90,吕玲欣,999999197309083968,,已交付\n";
        fs::write(&file, format!("{HEADINGS}{rows}{private}")).expect("the story's folder takes files");
        let (_, dry) = import(world, &url, &file, &format!("新小区{at}"), &["--dry-run"]);
        let (well, told) = import(world, &url, &file, &format!("新小区{at}"), &[]);
        assert!(well, "{told}");
        assert_eq!([&dry["heads"], &told["imported"]["heads"]], [*heads, *heads], "{rows}");
    }
}

/// `linli import roll FILE --complex NAME --json …`
fn import_roll(world: &World, url: &str, file: &Path, complex: &str, more: &[&str]) -> Command {
    let files = format!("files_dir={}", world.data.folder.join("files").display());
    let mut program = linli(&world.data.folder, &["env=test", &format!("database_url={url}"), &files]);
    program.args(["import", "roll"]).arg(file).args(["--complex", complex, "--json"]).args(more);
    program
}

/// Whether an import succeeded, and the object of its last line.
fn told(world: &World, output: Output) -> (bool, Value) {
    let said = String::from_utf8(output.stdout).expect("text");
    // For the scan after the run.
    let log = world.data.folder.join(format!("import-{}.log", new_key()));
    fs::write(log, &output.stderr).expect("the story's folder takes files");
    let last = said.lines().last().unwrap_or_default();
    let told = serde_json::from_str(last).unwrap_or_else(|_| panic!("the last line is {last:?}"));
    (output.status.success(), told)
}

/// Imports with the program; whether it succeeded, and the object of its last line.
pub(super) fn import(world: &World, url: &str, file: &Path, complex: &str, more: &[&str]) -> (bool, Value) {
    let output = import_roll(world, url, file, complex, more).output().expect("the program runs");
    told(world, output)
}

/// The same, and the most memory that it ever had, in KiB.
fn import_watched(world: &World, file: &Path, complex: &str) -> (bool, Value, u64) {
    let started = Instant::now();
    let mut program = import_roll(world, &world.data.database_url, file, complex, &[]);
    let child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    let status = format!("/proc/{}/status", child.id());
    let watching = thread::spawn(move || {
        let mut peak = 0;
        // Gone from a process that has ended.
        while let Some(now) = fs::read_to_string(&status).ok().and_then(|status| peak_memory(&status)) {
            peak = now;
            thread::sleep(Duration::from_millis(5));
        }
        peak
    });
    let (well, told) = told(world, child.wait_with_output().expect("it ends"));
    let peak = watching.join().expect("no panic");
    println!("{complex} on {}: {:?}, {} MiB at most", world.setting, started.elapsed(), peak / 1024);
    (well, told, peak)
}

fn peak_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// The roll of a made-up complex of many homes, 400 to a building.
fn generated(homes: u32) -> String {
    const SURNAMES: [char; 10] = ['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴'];
    const GIVEN: [char; 10] = ['伟', '芳', '娜', '敏', '静', '丽', '强', '磊', '军', '洋'];
    let one_of = |some: [char; 10], n: u32| some[usize::try_from(n % 10).expect("a digit")];
    let mut text = HEADINGS.to_owned();
    for n in 0..homes {
        let (building, unit, room) = (n / 400 + 1, n % 400 / 100 + 1, n % 100 + 101);
        let name = String::from_iter([one_of(SURNAMES, n), one_of(GIVEN, n / 10), one_of(GIVEN, n / 100)]);
        let (number, phone) = (id_number(n), format!("154{n:08}"));
        if n.is_multiple_of(1000) {
            secrets::remember(&number);
            secrets::remember(&phone);
        }
        writeln!(text, "{building}号楼,{unit}单元,{room},89.34,{name},{number},{phone},已交付")
            .expect("text");
    }
    text
}

/// The ID number of the n-th made-up owner.
fn id_number(n: u32) -> String {
    let digits =
        format!("999999{}{:02}{:02}{:03}", 1950 + n % 50, 1 + n / 50 % 12, 1 + n / 600 % 28, n / 16_800);
    let rest = digits.bytes().fold(0, |rest, digit| (rest + u32::from(digit - b'0')) * 2 % 11);
    match (12 - rest) % 11 {
        10 => digits + "X",
        check => format!("{digits}{check}"),
    }
}

/// How many rows of each kind there are.
async fn rows(world: &World) -> [i64; 6] {
    let db = connect(&world.data.database_url).await.expect("it is there");
    let kinds = ["place", "home", "owner", "ownership", "roll_summary", "event"];
    let count = async |table: &str| -> i64 {
        let statement =
            Statement::from_string(db.get_database_backend(), format!("SELECT count(*) FROM {table}"));
        let row = db.query_one_raw(statement).await.expect("it answers").expect("a count");
        row.try_get_by_index(0).expect("a number")
    };
    let mut counts = [0; 6];
    for (counted, kind) in counts.iter_mut().zip(kinds) {
        *counted = count(kind).await;
    }
    db.close().await.expect("it closes");
    counts
}

async fn a_roll_of_a_hundred_thousand_homes_is_imported_in_one_go(world: &mut World) {
    /// What an import may take before it reads the first home, and for each home: its row, its place, its owner and
    /// what is to be written.
    const BASE: u64 = 64 * 1024;
    const PER_HOME: u64 = 5;
    let file = world.data.folder.join("many.csv");
    let nothing = rows(world).await;
    let slip = generated(10_000).replacen("\n25号楼,4单元,200,89.34,", "\n25号楼,4单元,200,零,", 1);
    fs::write(&file, slip).expect("the story's folder takes files");
    let (well, told, _) = import_watched(world, &file, "一万户有一处笔误");
    assert!(!well && told["refused_total"] == 1 && told["good_rows"] == 9999, "{}", told["refused"]);
    assert_eq!(rows(world).await, nothing, "a refused row leaves nothing");

    // District, street and community, once.
    let mut places = nothing[0] + 3;
    let mut homes_so_far = 0;
    for (nth, homes) in [(1, 10_000_u32), (2, 100_000)] {
        fs::write(&file, generated(homes)).expect("the story's folder takes files");
        let (well, told, peak) = import_watched(world, &file, &format!("{homes}户"));
        let imported = &told["imported"];
        assert!(well, "{told}");
        assert_eq!([&imported["homes"], &imported["heads"]], [homes, homes]);
        assert_eq!(imported["area"], u64::from(homes) * 8934);
        assert_eq!(imported["difference"]["new_homes"], homes);
        homes_so_far += i64::from(homes);
        // The complex, its buildings, their four units, and the homes.
        places += i64::from(1 + homes / 400 + homes / 100 + homes);
        let [made, lines] = [places, nothing[5] + nth];
        assert_eq!(rows(world).await, [made, homes_so_far, homes_so_far, homes_so_far, nth, lines]);
        let most = BASE + PER_HOME * u64::from(homes);
        assert!((1..most).contains(&peak), "{homes} homes took {peak} KiB, of at most {most}");
    }
}

async fn the_program_checks_without_a_database_and_imports_into_one(world: &mut World) {
    let folder = world.data.folder.join("apart");
    let url = format!("sqlite://{}/none.db", folder.display());
    let is_the_example = |told: &Value| {
        assert_eq!([&told["homes"], &told["heads"], &told["area"]], [528, 492, 4_362_636], "{told}");
        assert_eq!([&told["unsold"], &told["undelivered"], &told["good_rows"]], [14, 8, 528]);
        assert_eq!(told["refused"], json!([]));
    };
    for name in ["roll-528.csv", "roll-528.xlsx"] {
        let (well, told) = import(world, &url, &example(name), "青年路小区", &["--dry-run"]);
        assert!(well);
        is_the_example(&told);
        assert!(told.get("imported").is_none());
    }
    let messy = example("roll-messy.csv");
    let (well, told) = import(world, &url, &messy, "青年路小区", &["--dry-run"]);
    assert_eq!(told["good_rows"], 25);
    assert_eq!(problems(&told["refused"]), problems(&expected()["refused"]));
    assert!(!well, "problems are a failure");
    assert!(!folder.exists(), "a dry run makes no database");

    let url = world.data.database_url.clone();
    let (well, told) = import(world, &url, &messy, "青年路小区", &[]);
    assert!(!well && told.get("imported").is_none(), "{told}");
    for (name, new, unchanged) in [("roll-528.xlsx", 528, 0), ("roll-528.csv", 0, 528)] {
        let (well, told) = import(world, &url, &example(name), "青年路小区", &[]);
        assert!(well);
        is_the_example(&told);
        let imported = &told["imported"];
        assert_eq!([&imported["homes"], &imported["heads"], &imported["area"]], [528, 492, 4_362_636]);
        let difference = &imported["difference"];
        assert_eq!([&difference["new_homes"], &difference["unchanged_homes"]], [new, unchanged]);
    }
    let (_, told) = import(world, &url, &example("roll-528.csv"), "青年路小区", &["--dry-run"]);
    assert_eq!(told["difference"]["unchanged_homes"], 528);
    assert!(told.get("not_compared").is_none(), "{told}");
    let (_, told) = import(world, &url, &example("roll-528.csv"), "别的小区", &["--dry-run"]);
    assert!(told.get("difference").is_none() && told["not_compared"].is_string(), "{told}");
    let elsewhere = world.data.folder.join("elsewhere.csv");
    let row = "99号楼,1单元,101,89.34,吕玲欣,999999197309083968,15449113849,已交付\n";
    fs::write(&elsewhere, format!("{HEADINGS}{row}")).expect("the story's folder takes files");
    for more in [&["--dry-run"][..], &[]] {
        let (well, told) = import(world, &url, &elsewhere, "青年路小区", more);
        assert!(!well && told.get("imported").is_none(), "{told}");
        assert_eq!(told["refused"][0]["problem"], "BUILDING_UNKNOWN", "{told}");
        assert!(told["error"].as_str().is_some_and(|error| error.contains("nothing is written")), "{told}");
    }
    let (well, told) = import(world, &url, &elsewhere, "青年路小区", &["--dry-run", "--add-buildings"]);
    assert!(well && told["difference"]["new_homes"] == 1, "{told}");
}

async fn an_import_that_fails_still_prints_its_object(world: &mut World) {
    let file = example("roll-528.csv");
    let closed = format!("postgres://linli@127.0.0.1:{}/linli", free_port());
    for (url, why) in [(closed.as_str(), "Connection refused"), ("sqlite:///dev/null/linli.db", "/dev/null")]
    {
        let (well, told) = import(world, url, &file, "青年路小区", &[]);
        assert!(!well && told["homes"] == 528 && told.get("imported").is_none(), "{told}");
        assert!(told["error"].as_str().is_some_and(|error| error.contains(why)), "{told}");
        let (well, told) = import(world, url, &file, "青年路小区", &["--dry-run"]);
        assert!(well && told["homes"] == 528 && told.get("difference").is_none(), "{told}");
        assert!(told["not_compared"].is_string() && told.get("error").is_none(), "{told}");
    }
    let (well, told) = import(world, &closed, Path::new("nowhere.csv"), "青年路小区", &[]);
    assert!(!well && told["error"].as_str().is_some_and(|error| error.contains("nowhere.csv")), "{told}");
}

/// Every file of a folder with its bytes.
fn all_files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(all_files(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).expect("a file"));
        }
    }
    files
}

async fn a_dry_run_writes_nothing(world: &mut World) {
    let folder = world.data.folder.join("untouched");
    fs::create_dir(&folder).expect("the story's folder takes folders");
    // Whoever is not asked does not answer.
    let redis = format!("redis_url=redis://127.0.0.1:{}", free_port());
    let dry_run = |url: &str| {
        let url = format!("database_url={url}");
        let mut program = linli(&folder, &[&url, &redis, "wechat_appid=none"]);
        program.args(["import", "roll"]).arg(example("roll-528.csv"));
        let output = program.args(["--complex", "青年路小区", "--dry-run", "--json"]).output();
        let output = output.expect("the program runs");
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice::<Value>(&output.stdout).expect("one object")
    };
    if world.setting.database == Database::Postgres {
        let url = empty(world).database_url;
        let told = dry_run(&url);
        assert!(told["not_compared"].as_str().is_some_and(|why| why.contains("migrate up")), "{told}");
        assert!(all_files(&folder).is_empty());
        let db = connect(&url).await.expect("it is there");
        let tables = "SELECT 1 FROM information_schema.tables WHERE table_schema = 'public'";
        let tables = db.query_all_raw(Statement::from_string(DbBackend::Postgres, tables)).await;
        assert_eq!(tables.expect("tables").len(), 0, "an empty database stays empty");
        db.close().await.expect("it closes");
        return;
    }
    let file = folder.join("linli.db");
    let url = format!("sqlite://{}", file.display());
    fs::write(&file, "").expect("the story's folder takes files");
    let before = all_files(&folder);
    let told = dry_run(&url);
    assert!(told["not_compared"].as_str().is_some_and(|why| why.contains("migrate up")), "{told}");
    assert!(all_files(&folder) == before, "an empty file stays as it is");
    fs::remove_file(&file).expect("it is there");
    let (well, _) = import(world, &url, &example("roll-528.csv"), "青年路小区", &[]);
    assert!(well);
    let before = all_files(&folder);
    assert_eq!(dry_run(&url)["difference"]["unchanged_homes"], 528);
    assert!(all_files(&folder) == before, "a database stays as it is");
}

async fn the_program_imports_into_the_database_that_is_served(world: &mut World) {
    let community = world.sign_in("community").await;
    let under = ["--under", "示范区/青年路街道/青年路社区"];
    let url = world.data.database_url.clone();
    let (well, _) = import(world, &url, &example("roll-528.csv"), "隔壁小区", &under);
    assert!(well);
    let me = community.get("/v1/me").await.ok();
    let place = me["roles"][0]["place_id"].as_str().unwrap();
    let other = super::identity::part(&community, place, "隔壁小区").await;
    let roll = community.get(&format!("/v1/places/{other}/roll")).await.ok();
    assert_eq!([&roll["homes"], &roll["heads"], &roll["area"]], [528, 492, 4_362_636]);
    let property = world.sign_in("property").await;
    property.get(&format!("/v1/places/{other}/roll")).await.refused(404, "NOT_FOUND");
    // The same people in another complex are not the same owners there.
    let newcomer = world.newcomer().await;
    newcomer.get(&format!("/v1/places/{other}/roll")).await.refused(404, "NOT_FOUND");
}
