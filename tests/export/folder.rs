//! All files or none, theirs alone who asked, and proven later.

use std::fs;

use drainboard::export::{self, ExportError, Format};

use crate::filled::{Filled, csv, names};
use crate::kit::Bench;
use crate::mirrors::{Instruction, item};

#[test]
fn a_changed_byte_is_found() {
    let filled = Filled::small();
    let order = filled.order(Format::Ndjson, "out");
    filled.export(&order);
    let check = || export::check(&order.folder, &mut |_, _| true).unwrap();
    assert!(check().faults.is_empty());

    let deal = order.folder.join("deal.ndjson");
    let whole = fs::read(&deal).unwrap();
    for at in [0, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&deal, changed).unwrap();
        let faults = check().faults;
        assert_eq!(faults.len(), 1, "byte {at}");
        assert!(faults[0].file == "deal.ndjson" && faults[0].what.contains("checksum"), "{faults:?}");
    }
    fs::write(&deal, &whole[1..]).unwrap();
    assert!(check().faults[0].what.contains("bytes"));
    fs::remove_file(&deal).unwrap();
    assert!(check().faults[0].what.contains("missing"));
    fs::write(&deal, &whole).unwrap();
    fs::write(order.folder.join("notes.txt"), "mine").unwrap();
    let checked = check();
    assert!(checked.faults.is_empty());
    assert_eq!(checked.others, ["notes.txt"]);
}

#[test]
fn a_manifest_leads_nobody_out_of_the_folder() {
    let filled = Filled::small();
    let order = filled.order(Format::Ndjson, "out");
    filled.export(&order);
    let path = order.folder.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap().replace("\"deal.ndjson\"", "\"../mirror.db\"");
    fs::write(&path, text).unwrap();
    let faults = export::check(&order.folder, &mut |_, _| true).unwrap().faults;
    assert!(faults[0].file == "../mirror.db" && faults[0].what.contains("not looked at"), "{faults:?}");
    let mut again = order.clone();
    again.force = true;
    filled.export(&again);
    assert!(filled.mirror().exists(), "and a forced export removes nothing out there");
}

#[test]
fn an_earlier_export_is_replaced_only_by_force_and_then_whole() {
    let filled = Filled::small();
    let mut order = filled.order(Format::Csv, "out");
    filled.export(&order);
    fs::write(order.folder.join("mine.txt"), "mine").unwrap();
    fs::write(order.folder.join(".drainboard-export-1-x.tmp"), "left by a kill").unwrap();
    let before = names(&order.folder);
    order.format = Format::Ndjson;
    let refused = filled.try_export(&order).unwrap_err();
    assert!(matches!(refused, ExportError::Occupied { .. }) && refused.to_string().contains("--force"));
    assert_eq!(names(&order.folder), before);

    order.force = true;
    order.types = vec!["deal".into()];
    filled.export(&order);
    assert_eq!(names(&order.folder), ["_deleted.ndjson", "deal.ndjson", "manifest.json", "mine.txt"]);

    let empty = filled.path("empty");
    fs::create_dir(&empty).unwrap();
    filled.export(&filled.order(Format::Csv, "empty"));
    assert!(names(&empty).contains(&"deal.csv".to_owned()), "an empty folder is free");
}

#[test]
fn what_is_stopped_leaves_the_folder_as_it_was() {
    let filled = Filled::small();
    let mut order = filled.order(Format::Csv, "out");
    filled.export(&order);
    let read = |name: &str| fs::read(order.folder.join(name)).unwrap();
    let before: Vec<_> = names(&order.folder).iter().map(|name| (name.clone(), read(name))).collect();
    order.force = true;
    for limit in 0..2 {
        let mut asked = 0;
        let stopped =
            export::run(&drainboard::mirror::Reader::open(&filled.mirror()).unwrap(), &order, &mut |_| {
                asked += 1;
                asked <= limit
            });
        if limit == 0 {
            assert!(matches!(stopped, Err(ExportError::Stopped)), "{stopped:?}");
            let after: Vec<_> = names(&order.folder)
                .iter()
                .map(|name| (name.clone(), fs::read(order.folder.join(name)).unwrap()))
                .collect();
            assert_eq!(after, before);
        }
    }
    order.folder = filled.path("fresh");
    let reader = drainboard::mirror::Reader::open(&filled.mirror()).unwrap();
    assert!(matches!(export::run(&reader, &order, &mut |_| false), Err(ExportError::Stopped)));
    assert!(!order.folder.exists(), "a folder that was made for it goes with it");
}

#[cfg(unix)]
#[test]
fn folders_and_files_are_their_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    let served = bench.serve(&["--items", "60"]);
    bench.sync(&served, "a.db");
    drop(served);
    let made = bench.run(&["export", "--mirror", "a.db", "--format", "csv", "--output", "deep/out"]);
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&bench.path("deep/out")), 0o700);
    for entry in fs::read_dir(bench.path("deep/out")).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn what_cannot_be_written_or_read_is_told() {
    let bench = Bench::new();
    let served = bench.serve(&["--items", "60"]);
    bench.sync(&served, "a.db");
    drop(served);
    bench.file("file", &["x"]);
    let run = |options: &[&str]| {
        let ended = bench.run(&[&["export", "--mirror", "a.db"], options].concat());
        (ended.status.code().unwrap(), String::from_utf8(ended.stderr).unwrap())
    };
    for (options, status, says) in [
        (&["--format", "csv", "--output", "file"][..], 2, "no folder"),
        (&["--format", "csv", "--output", "file/x"], 1, "file/x"),
        (&["--format", "csv"], 2, "--output"),
        (&["--output", "x"], 2, "--format"),
        (&["--format", "csv", "--output", "x", "--types", "contacts"], 2, "did you mean contact?"),
        (&["--format", "csv", "--output", "x", "--where", "a:b"], 2, "--types"),
        (&["--format", "csv", "--output", "x", "--types", "contact", "--where", "a:\"b"], 2, "not closed"),
        (&["--format", "ndjson", "--output", "x", "--csv-safe"], 2, "--csv-safe"),
        (&["--check", "."], 1, "no manifest.json"),
    ] {
        let (code, said) = run(options);
        assert_eq!(code, status, "{options:?}: {said}");
        assert!(said.contains(says), "{options:?}: {said}");
        assert!(!bench.path("x").exists(), "{options:?}");
    }
    let missing = bench.run(&["export", "--mirror", "none.db", "--format", "csv", "--output", "x"]);
    assert_eq!(missing.status.code(), Some(5));
}

#[test]
fn a_check_says_so_by_its_status() {
    let bench = Bench::new();
    let served = bench.serve(&["--items", "200"]);
    bench.sync(&served, "a.db");
    drop(served);
    bench.run(&["export", "--mirror", "a.db", "--format", "csv", "--output", "out"]);
    let check = || bench.run(&["export", "--check", "out", "--json"]);
    let intact = check();
    let said: serde_json::Value = serde_json::from_slice(&intact.stdout).unwrap();
    assert!(intact.status.code() == Some(0) && said["intact"] == true, "{said}");
    fs::write(bench.path("out/contact.csv"), "id\n").unwrap();
    let changed = check();
    let said: serde_json::Value = serde_json::from_slice(&changed.stdout).unwrap();
    assert!(changed.status.code() == Some(1) && said["faults"][0]["file"] == "contact.csv", "{said}");
}

/// What a synchronization commits in the middle of an export is in none of its files.
#[test]
fn an_export_is_of_one_moment() {
    let many: Vec<Instruction> = (1..=3_000)
        .map(|no| item("a", "created", &format!("a{no}"), no, &format!("{{\"id\":{no}}}")))
        .collect();
    let last =
        [item("b", "created", "b1", 1, r#"{"id":1}"#), item("x", "created", "x1", 1, r#"{"no":"id"}"#)];
    let filled = Filled::with(&[&many, &last]);
    let mut written = false;
    let reader = drainboard::mirror::Reader::open(&filled.mirror()).unwrap();
    let manifest = export::run(&reader, &filled.order(Format::Csv, "out"), &mut |_| {
        if !written {
            written = true;
            filled.add(&[
                item("a", "deleted", "a2900", 9_000, r#"{"id":2900}"#),
                item("b", "created", "b2", 2, r#"{"id":2,"late":true}"#),
                item("c", "created", "c1", 1, r#"{"id":1}"#),
                item("x", "created", "x2", 2, r#"{"no":"id either"}"#),
            ]);
        }
        true
    })
    .unwrap();
    assert!(written);
    let totals = &manifest.totals;
    assert_eq!((totals.types, totals.records, totals.deleted, totals.unkeyed), (3, 3_001, 0, 1));
    assert_eq!(csv(&filled.path("out/b.csv")), [["id", "revision"], ["1", "1"]]);
    assert_eq!(manifest.mirror.sessions, 2);
    let after = filled.export(&filled.order(Format::Csv, "after"));
    assert_eq!((after.totals.records, after.totals.deleted, after.totals.unkeyed), (3_002, 1, 2));
}

/// As on a read-only disk: nothing can be made beside the mirror.
#[test]
fn a_mirror_in_a_read_only_folder_is_exported() {
    let filled = Filled::small();
    let folder = filled.path("shelf");
    fs::create_dir(&folder).unwrap();
    let shelved = folder.join("mirror.db");
    fs::copy(filled.mirror(), &shelved).unwrap();
    let lock = |readonly| {
        for path in [&shelved, &folder] {
            let mut permissions = fs::metadata(path).unwrap().permissions();
            permissions.set_readonly(readonly);
            fs::set_permissions(path, permissions).unwrap();
        }
    };
    lock(true);
    let exported = drainboard::mirror::Reader::open(&shelved)
        .map_err(ExportError::from)
        .and_then(|reader| export::run(&reader, &filled.order(Format::Csv, "out"), &mut |_| true));
    lock(false);
    assert_eq!(exported.unwrap().totals.records, 6);
    assert_eq!(names(&folder), ["mirror.db"], "nothing is left beside it");
}

/// A signal in the middle of the work: within two seconds, with its status, and nothing is left.
#[cfg(unix)]
#[test]
fn a_signal_ends_it_and_leaves_nothing() {
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    use rustix::process::{Pid, Signal, kill_process};

    let bench = Bench::new();
    let served = bench.serve(&["--items", "20000"]);
    bench.sync(&served, "a.db");
    drop(served);
    let stopped = |signal, status| {
        let mut command =
            bench.command(&["export", "--mirror", "a.db", "--all", "--resolve", "--output", "out"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let patience = Instant::now() + Duration::from_mins(1);
        let begun = || fs::read_dir(bench.path("out")).is_ok_and(|mut entries| entries.next().is_some());
        while !begun() {
            assert!(Instant::now() < patience, "the export does not begin");
            std::thread::sleep(Duration::from_millis(2));
        }
        let asked = Instant::now();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let (ended, took) = (child.wait().unwrap().code(), asked.elapsed());
        assert_eq!(ended, Some(status));
        assert!(!bench.path("out").exists(), "{:?}", names(&bench.path("out")));
        took
    };
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        // A busy machine holds some of them up; a program that is slow to stop is late each time.
        let in_time = (0..8).any(|_| stopped(signal, status) < Duration::from_secs(2));
        assert!(in_time, "{signal:?}: never within two seconds");
    }
}

/// A disk that takes no more, as a limit of file sizes shows it.
#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let bench = Bench::new();
    let served = bench.serve(&["--items", "3000"]);
    bench.sync(&served, "a.db");
    drop(served);
    let program = env!("CARGO_BIN_EXE_drainboard");
    for form in ["ndjson", "csv"] {
        let script =
            format!("ulimit -f 128; exec {program} export --mirror a.db --format {form} --output out");
        let mut shell = std::process::Command::new("sh");
        let ended = shell.current_dir(bench.folder()).args(["-c", &script]).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.code() == Some(1) && said.contains("is full"), "{form}: {said}");
        assert!(!bench.path("out").exists(), "{form}");
    }
}
