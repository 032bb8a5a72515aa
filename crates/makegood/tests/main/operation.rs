//! Starting, stopping and refusing to start.

use crate::process::{Service, bash, makegood, run, said};
use makegood::curl;
use makegood_testkit::database::TestDatabase;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

#[test]
fn a_server_stops_cleanly_and_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-TERM", "-INT"] {
        let service = Service::serve(folder.path());
        let ready = bash(&format!("curl -sS -o /dev/null -w '%{{http_code}}' {}/readyz\n", service.url));
        assert_eq!(ready, "200");
        let (code, printed) = service.signal(signal);
        assert_eq!(code, Some(0), "{signal}");
        assert!(printed.contains("paste these lines"), "{printed}");
    }
    let secrets = fs::metadata(folder.path().join("secrets")).unwrap();
    assert_eq!(secrets.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_stop_does_not_wait_for_who_waits_long() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::serve(folder.path());
    // A client that has sent half a request, and will not send the rest.
    let mut client = std::net::TcpStream::connect(service.url.trim_start_matches("http://")).unwrap();
    client.write_all(b"POST /v1/users HTTP/1.1\r\nHost: x\r\n").unwrap();
    assert_eq!(service.stop().0, Some(0));
}

/// The lines up to the top-up, from a card whose bank never answers.
fn top_up_without_answer(service: &Service) {
    let lines: Vec<_> = curl::LINES.lines().take(8).collect();
    let lines = lines.join("\n").replace("http://127.0.0.1:8080", &service.url);
    let lines = lines.replace("6222000000001114", "6222000000006667").replace("wait=10", "wait=1");
    let printed = bash(&format!("{lines}\n"));
    assert!(printed.contains(r#""status":"processing""#), "{printed}");
}

#[test]
fn a_stop_during_a_bank_call_is_orderly() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = makegood(folder.path(), &["--listen", "127.0.0.1:0"]);
    command.stderr(fs::File::create(&log).unwrap());
    let service = Service::start(command);
    top_up_without_answer(&service);
    assert_eq!(service.stop().0, Some(0));
    let log = fs::read_to_string(&log).unwrap();
    assert!(!log.contains("left before"), "{log}");
}

#[test]
fn an_address_that_is_taken_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = run(folder.path(), &["--listen", &address]);
    assert_eq!(refused.status.code(), Some(1));
    let said = said(&refused);
    assert!(said.contains("--listen or MAKEGOOD_LISTEN") && said.contains(&address), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// The rights of every file in a folder that are not its owner's alone.
fn open_to_others(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let open = files.filter(|file| file.metadata().unwrap().permissions().mode() & 0o077 != 0);
    open.map(|file| file.file_name().into_string().unwrap()).collect()
}

#[test]
fn the_files_are_their_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let service = Service::serve(folder.path());
    assert!(folder.path().join("makegood.db-wal").exists() && folder.path().join("bank.db").exists());
    assert_eq!(open_to_others(folder.path()), Vec::<String>::new());
    // A server that is killed leaves the files beside the database too.
    assert_eq!(service.signal("-KILL").0, None);
    for file in fs::read_dir(folder.path()).unwrap() {
        fs::set_permissions(file.unwrap().path(), fs::Permissions::from_mode(0o644)).unwrap();
    }
    fs::set_permissions(folder.path().join("secrets"), fs::Permissions::from_mode(0o600)).unwrap();
    let service = Service::serve(folder.path());
    let open = open_to_others(folder.path());
    assert!(!open.iter().any(|file| file.contains(".db")), "{open:?}");
    assert_eq!(service.stop().0, Some(0));
}

#[test]
fn a_url_names_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let within = folder.path().join("my wallets");
    fs::create_dir(&within).unwrap();
    let url = format!("sqlite:{}/my%20wallets/%6dine.db", folder.path().display());
    let with_url = |command: &'static str| run(folder.path(), &["--database-url", &url, command]);
    assert!(said(&with_url("verify")).contains("there is no database"));
    assert_eq!(with_url("migrate").status.code(), Some(0));
    let names = |folder: &Path| {
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect::<Vec<_>>()
    };
    assert_eq!(names(&within), ["mine.db"]);
    assert_eq!(names(folder.path()), ["my wallets"]);
    assert_eq!(open_to_others(&within), Vec::<String>::new());
    let examined = with_url("doctor");
    assert!(said(&examined).contains("ok      schema"), "{}", said(&examined));
    let service =
        Service::start(makegood(folder.path(), &["--listen", "127.0.0.1:0", "--database-url", &url]));
    assert!(within.join("lock").exists(), "a second server is kept out");
    assert_eq!(service.stop().0, Some(0));
}

#[test]
fn wrong_settings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (["--database-url", "mysql://root:s3cret@localhost/makegood"], "sqlite:FILE nor postgres://"),
        (["--bank-url", "https://s3cret@bank.example"], "does not start with http://"),
        (
            ["--more-banks", "north=https://s3cret@bank.example"],
            "the URL of north does not start with http://",
        ),
        (["--more-banks", "bank=http://s3cret@bank.example"], "bank is another bank's name"),
        (["--log", "foo=bar=baz"], "`foo=bar=baz` is neither a level nor MODULE=LEVEL"),
    ] {
        for command in ["serve", "migrate", "doctor", "verify"] {
            let refused = run(folder.path(), &[arguments.as_slice(), &[command]].concat());
            assert!(!refused.status.success(), "{command} {arguments:?}");
            let said = said(&refused);
            assert!(said.contains(expected) && !said.contains("s3cret"), "{command}: {said}");
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_start_on_postgresql_logs_no_notices() {
    let (folder, database) = (tempfile::tempdir().unwrap(), TestDatabase::postgres());
    for _ in 0..2 {
        let migrated = run(folder.path(), &["--log", "info", "--database-url", database.url(), "migrate"]);
        assert_eq!(migrated.status.code(), Some(0));
        let steps = makegood_store::migrations::POSTGRES.len();
        assert_eq!(said(&migrated), format!("the schema is at version {steps}\n"));
    }
}

#[test]
fn a_data_folder_has_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::serve(folder.path());
    let second = run(folder.path(), &["--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(said(&second).contains("another server is running on the data folder"), "{}", said(&second));
    // A lock that a killed server held is gone with it.
    assert_eq!(service.signal("-KILL").0, None);
    assert_eq!(Service::serve(folder.path()).stop().0, Some(0));
}

#[test]
fn nothing_is_made_up_where_others_reach_it() {
    for arguments in [
        ["--listen", "0.0.0.0:0"].as_slice(),
        &["--database-url", "postgres://127.0.0.1:1/makegood"],
        &["--listen", "0.0.0.0:0", "staff", "add", "--login", "help@example.com"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let refused = run(folder.path(), arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        let said = said(&refused);
        assert!(said.contains("MAKEGOOD_BANK_URL") && said.contains("MAKEGOOD_SECRETS_FILE"), "{said}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{arguments:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let allowed = Service::start(makegood(folder.path(), &["--listen", "0.0.0.0:0", "--test-mode"]));
    assert_eq!(allowed.stop().0, Some(0));
}

#[test]
fn a_bank_and_secrets_make_money_real() {
    let (folder, bank_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let secrets = folder.path().join("master");
    fs::write(&secrets, "8d5c3f0b6a4e2d1907f6e5d4c3b2a19080716253445566778899aabbccddeeff\n").unwrap();
    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o600)).unwrap();
    let secrets = secrets.to_str().unwrap();
    let bank = Service::start(makegood(
        bank_folder.path(),
        &["banksim", "--listen", "127.0.0.1:0", "--secrets-file", secrets],
    ));
    let bank_url = bank.url.clone();
    let with_bank = ["--listen", "127.0.0.1:0", "--bank-url", &bank_url, "--secrets-file", secrets];
    let service = Service::start(makegood(folder.path(), &with_bank));
    let user = r#"{"login":"a@example.com","password":"grey-kettle-tram-41","display_name":"A"}"#;
    let made =
        bash(&format!("curl -sS {}/v1/users -H 'Content-Type: application/json' -d '{user}'\n", service.url));
    assert!(made.contains(r#""livemode":true"#), "{made}");
    let healthy = run(folder.path(), &[with_bank.as_slice(), &["doctor"]].concat());
    assert_eq!(healthy.status.code(), Some(0), "{}", said(&healthy));
    assert_eq!(bank.stop().0, Some(0));
    let sick = run(folder.path(), &[with_bank.as_slice(), &["doctor"]].concat());
    assert_eq!(sick.status.code(), Some(1));
    assert!(said(&sick).contains("FAILED  bank"), "{}", said(&sick));
    assert_eq!(service.stop().0, Some(0));
}

#[test]
fn the_doctor_asks_the_bank_that_a_server_would_use() {
    let (folder, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bank = Service::start(makegood(folder.path(), &["banksim", "--listen", "127.0.0.1:0"]));
    let doctor = ["--bank-url", &bank.url, "doctor"];
    let with_its_secrets = run(folder.path(), &doctor);
    assert_eq!(with_its_secrets.status.code(), Some(0), "{}", said(&with_its_secrets));
    assert!(said(&with_its_secrets).contains(&format!("ok      bank: {} answers", bank.url)));
    let without = run(fresh.path(), &doctor);
    assert_eq!(without.status.code(), Some(1));
    assert!(said(&without).contains("asks for a secret, and there is none yet"), "{}", said(&without));
    assert_eq!(Service::serve(fresh.path()).stop().0, Some(0));
    let with_others = run(fresh.path(), &doctor);
    assert!(said(&with_others).contains("refuses our secret"), "{}", said(&with_others));
    assert_eq!(bank.stop().0, Some(0));
}

#[test]
fn what_is_left_at_another_bank_is_told() {
    let (folder, bank_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let service = Service::serve(folder.path());
    top_up_without_answer(&service);
    assert_eq!(service.stop().0, Some(0));
    let told = "the bank simbank is not configured, and has 1 active card and 1 open transfer:";
    fs::copy(folder.path().join("secrets"), bank_folder.path().join("secrets")).unwrap();
    let bank = Service::start(makegood(bank_folder.path(), &["banksim", "--listen", "127.0.0.1:0"]));
    for (bank_url, is_told) in [([].as_slice(), false), (&["--bank-url", &bank.url], true)] {
        let log = folder.path().join("log");
        let mut command = makegood(folder.path(), &[bank_url, &["--listen", "127.0.0.1:0"]].concat());
        command.stderr(fs::File::create(&log).unwrap());
        assert_eq!(Service::start(command).stop().0, Some(0));
        let log = fs::read_to_string(&log).unwrap();
        assert_eq!(log.contains(told), is_told, "{log}");
        let examined = run(folder.path(), &[bank_url, &["doctor"]].concat());
        assert_eq!(examined.status.success(), !is_told);
        let failed = format!("FAILED  other banks: {told}");
        assert_eq!(said(&examined).contains(&failed), is_told, "{}", said(&examined));
    }
    assert_eq!(bank.stop().0, Some(0));
}

#[test]
fn several_banks_are_asked_each_with_its_own_secret() {
    let (folder, bank_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = folder.path().join("master");
    let master = "8d5c3f0b6a4e2d1907f6e5d4c3b2a19080716253445566778899aabbccddeeff";
    let start = |name: &[&str], text: &str| {
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let books = tempfile::tempdir_in(bank_folder.path()).unwrap().keep();
        let alone = ["banksim", "--listen", "127.0.0.1:0", "--secrets-file", file.to_str().unwrap()];
        Service::start(makegood(&books, &[&alone, name].concat()))
    };
    let first = start(&[], master);
    let north = start(&["--bank-name", "north"], master);
    let south = start(&["--bank-name", "south"], &format!("{master}\nbank_secret.south=open-sesame\n"));
    let more = format!("north={},south={}", north.url, south.url);
    let banks = ["--bank-url", &first.url, "--more-banks", &more, "--secrets-file", file.to_str().unwrap()];
    let healthy = run(folder.path(), &[&banks[..], &["doctor"]].concat());
    assert_eq!(healthy.status.code(), Some(0), "{}", said(&healthy));
    let service =
        Service::start(makegood(folder.path(), &[&banks[..], &["--listen", "127.0.0.1:0"]].concat()));
    let shown = bash(&format!("curl -sS {}/v1/banks\n", service.url));
    for id in [r#""id":"bank""#, r#""id":"north""#, r#""id":"south""#] {
        assert!(shown.contains(id), "{id} is not in {shown}");
    }
    assert_eq!(service.stop().0, Some(0));
    // Another's name is another's secret.
    let confused = format!("north={},south={}", south.url, north.url);
    let banks =
        ["--bank-url", &first.url, "--more-banks", &confused, "--secrets-file", file.to_str().unwrap()];
    let sick = run(folder.path(), &[&banks[..], &["doctor"]].concat());
    assert_eq!(sick.status.code(), Some(1));
    assert!(said(&sick).contains("set `bank_secret.north=…` in the secrets file"), "{}", said(&sick));
    for bank in [first, north, south] {
        assert_eq!(bank.stop().0, Some(0));
    }
}

#[test]
fn real_money_and_test_money_share_no_database() {
    let (folder, bank_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let secrets = bank_folder.path().join("secrets");
    let bank = Service::start(makegood(bank_folder.path(), &["banksim", "--listen", "127.0.0.1:0"]));
    let secrets = secrets.to_str().unwrap();
    let live = ["--listen", "127.0.0.1:0", "--bank-url", &bank.url, "--secrets-file", secrets];
    let test = ["--listen", "127.0.0.1:0"];
    for (first, then, bank, refusal) in [
        (test.as_slice(), live.as_slice(), "simbank", "the database is for test money"),
        (&live, &test, "bank", "the database is for real money"),
    ] {
        let folder = tempfile::tempdir_in(folder.path()).unwrap();
        let service = Service::start(makegood(folder.path(), first));
        let lines = curl::LINES.replace("http://127.0.0.1:8080", &service.url).replace("simbank", bank);
        assert!(bash(&lines).contains(r#""available":"163.50""#));
        assert_eq!(service.stop().0, Some(0));
        let refused = run(folder.path(), then);
        assert_eq!(refused.status.code(), Some(1));
        assert!(said(&refused).contains(refusal), "{}", said(&refused));
        let examined = run(folder.path(), &[then, &["doctor"]].concat());
        assert_eq!(examined.status.code(), Some(1));
        let expected = format!("FAILED  set-up: {refusal}");
        assert!(said(&examined).contains(&expected), "{}", said(&examined));
        assert_eq!(Service::start(makegood(folder.path(), first)).stop().0, Some(0));
    }
}

#[test]
fn the_schema_is_made_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let migrated = run(folder.path(), &["migrate"]);
        assert_eq!(migrated.status.code(), Some(0), "{}", said(&migrated));
        assert!(said(&migrated).contains("the schema is at version"), "{}", said(&migrated));
    }
    let verified = run(folder.path(), &["verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
}

#[test]
fn staff_are_added_after_a_server_has_begun() {
    let (folder, postgres) = (tempfile::tempdir().unwrap(), TestDatabase::postgres());
    let add = ["staff", "add", "--login", "help@example.com"];
    let check_refused = |options: &[&str], files: &[&str]| {
        let refused = run(folder.path(), &[options, &add].concat());
        assert_eq!(refused.status.code(), Some(1));
        assert!(said(&refused).contains("start the server once first"), "{}", said(&refused));
        let there: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(there, files);
    };
    check_refused(&["--test-mode", "--database-url", postgres.url()], &[]);
    check_refused(&[], &[]);
    assert_eq!(run(folder.path(), &["migrate"]).status.code(), Some(0));
    check_refused(&[], &["makegood.db"]);
    assert_eq!(Service::serve(folder.path()).stop().0, Some(0));
    assert_eq!(run(folder.path(), &add).status.code(), Some(0));
}

#[test]
fn staff_are_added_while_the_service_runs() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::serve(folder.path());
    let add = ["staff", "add", "--login", "help@example.com"];
    let added = run(folder.path(), &add);
    assert_eq!(added.status.code(), Some(0), "{}", said(&added));
    let printed = String::from_utf8(added.stdout).unwrap();
    let password = printed.lines().find_map(|line| line.strip_prefix("password: ")).unwrap();
    let log_in = |login: &str, password: &str| {
        let body = format!(r#"{{"login":"{login}","password":"{password}"}}"#);
        let url = format!("{}/v1/sessions", service.url);
        bash(&format!(
            "curl -sS -o /dev/null -w '%{{http_code}}' {url} -H 'Content-Type: application/json' -d '{body}'\n"
        ))
    };
    assert_eq!(log_in("help@example.com", password), "201");
    assert_eq!(log_in("help@example.com", "not this password"), "401");
    let twice = run(folder.path(), &add);
    assert_eq!(twice.status.code(), Some(1));
    assert!(said(&twice).contains("auth.login_taken"), "{}", said(&twice));

    let mut from_stdin =
        makegood(folder.path(), &["staff", "add", "--login", "b@example.com", "--password-stdin"]);
    let mut child = from_stdin.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"tram kettle grey 77\n").unwrap();
    let added = child.wait_with_output().unwrap();
    assert!(added.status.success() && !said(&added).contains("tram"), "{}", said(&added));
    assert_eq!(log_in("b@example.com", "tram kettle grey 77"), "201");
}
