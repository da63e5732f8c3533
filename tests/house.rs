//! The house rules: imports look down only, no modules need each other, a layer owns its crate, every file says what it
//! owns and stays short.
//!
//! The parser is small and reads whole files, not only `use` lines: a path written out in code counts as well.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, and whose names each may use. What is missing here is no room.
const ROOMS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("spreadsheet", &[]),
    ("files", &[]),
    ("protocol", &["text"]),
    ("client", &["files", "protocol", "text"]),
    ("mirror", &["files", "protocol", "text"]),
    ("service", &["protocol", "text"]),
    ("engine", &["client", "mirror", "protocol", "text"]),
    ("export", &["files", "spreadsheet", "mirror", "protocol", "text"]),
    ("config", &["client", "files", "protocol", "text"]),
    ("console", &["files", "spreadsheet", "engine", "mirror", "client", "protocol", "text"]),
    (
        "commands",
        &[
            "files",
            "spreadsheet",
            "console",
            "config",
            "engine",
            "export",
            "service",
            "mirror",
            "client",
            "protocol",
            "text",
        ],
    ),
    ("main", &["commands"]),
    ("lib", &[]),
];

/// Crates that belong to rooms.
const OWNED: &[(&str, &[&str])] = &[
    ("reqwest", &["client"]),
    ("rusqlite", &["mirror", "service"]),
    ("axum", &["service"]),
    ("ratatui", &["console"]),
    ("crossterm", &["console"]),
    ("clap", &["commands"]),
    ("parquet", &["export"]),
    ("sha2", &["export"]),
];

/// Modules of one folder that need each other, by the folder: all others look down only, among siblings as among rooms.
/// This list is to become shorter.
const KNOTS: &[(&str, &[&str])] = &[
    // An action may lead to any other, on whatever screen.
    (
        "console/update",
        &[
            "acks", "act", "bend", "browse", "device", "every", "history", "mouse", "naming", "palette",
            "saved", "serving", "sql", "whole", "wire",
        ],
    ),
    // What the model asks and is answered carries parts of the model.
    ("console", &["fault", "inbox", "message", "model", "palette", "serving", "terminal", "view", "welcome"]),
    ("console/view/browse", &["record", "story"]),
    ("engine", &["driver", "watchers"]),
    ("engine/flow", &["acks", "drain", "hold", "retries"]),
    ("export", &["manifest", "staging"]),
    ("export", &["run", "series"]),
    ("mirror", &["apply", "kinds", "lock", "lost", "notes", "open", "reader", "unkeyed"]),
    ("mirror", &["find", "index", "refs"]),
];

/// Lines in a file, tests included.
const LONGEST: usize = 600;

#[test]
fn every_room_keeps_the_rules() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&source);
    assert!(files.len() > 20, "the sources are not where they should be: {files:?}");
    let mut broken = String::new();
    for file in files {
        let name = file.strip_prefix(&source).unwrap().to_str().unwrap().replace('\\', "/");
        for fault in faults(&name, &fs::read_to_string(&file).unwrap()) {
            writeln!(broken, "src/{name}: {fault}").unwrap();
        }
    }
    assert!(broken.is_empty(), "the house rules are broken:\n{broken}");
}

#[test]
fn no_modules_need_each_other() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files: Vec<(String, String)> = rust_files(&source)
        .into_iter()
        .map(|file| {
            let name = file.strip_prefix(&source).unwrap().to_str().unwrap().replace('\\', "/");
            (name.trim_end_matches(".rs").to_owned(), fs::read_to_string(&file).unwrap())
        })
        .collect();
    let known = |(folder, knot): &(String, BTreeSet<String>)| {
        KNOTS.iter().any(|(at, names)| at == folder && knot.iter().all(|name| names.contains(&name.as_str())))
    };
    let new: Vec<_> = knots(&files).into_iter().filter(|knot| !known(knot)).collect();
    assert!(new.is_empty(), "these need each other; what both need belongs below them: {new:#?}");
}

#[test]
fn modules_that_need_each_other_are_found() {
    let files = |sources: &[(&str, &str)]| -> Vec<(String, String)> {
        sources.iter().map(|(name, source)| ((*name).to_owned(), (*source).to_owned())).collect()
    };
    let fine = files(&[
        ("lib", "mod a;"),
        ("a", "mod b; mod c; use b::X;"),
        ("a/b", "use super::c::Y;\n#[cfg(test)]\nmod tests { use super::super::c; }"),
        ("a/c", "use super::A;\n#[cfg(test)]\nmod tests { use super::super::b::X; }"),
    ]);
    assert_eq!(knots(&fine), []);
    let knot = files(&[
        ("a", "mod b; mod c; mod d;"),
        ("a/b", "use super::c::{X, y::Z};"),
        ("a/c/deep", "fn f() { crate::a::d::g() }"),
        ("a/d", "use super::{b, A};"),
        ("a/e", "use super::b;"),
    ]);
    let three = ["b", "c", "d"].map(str::to_owned).into();
    assert_eq!(knots(&knot), [("a".to_owned(), three)]);
}

#[test]
fn the_top_level_has_no_further_folder() {
    let mut folders: Vec<_> = fs::read_dir(env!("CARGO_MANIFEST_DIR"))
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    folders.sort();
    assert_eq!(folders, ["assets", "src", "tests"]);
}

/// A property that kept its failing cases would write a folder of its own beside the sources.
#[test]
fn no_property_keeps_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let opening = concat!("proptest", "! {");
    let mut keeping = Vec::new();
    for file in rust_files(&root.join("src")).into_iter().chain(rust_files(&root.join("tests"))) {
        let source = fs::read_to_string(&file).unwrap();
        let blocks = source.split(opening).skip(1);
        if blocks
            .into_iter()
            .any(|block| !block.lines().take(3).any(|line| line.contains("failure_persistence: None")))
        {
            keeping.push(file);
        }
    }
    assert!(keeping.is_empty(), "`failure_persistence: None` is missing in {keeping:?}");
}

/// Python's own modules: `sys.stdlib_module_names` of 3.11, those with a leading `_` aside.
const PYTHON: &str = "\
    abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii \
    bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys \
    compileall concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses \
    dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno \
    faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass \
    gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect \
    io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math \
    mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers \
    opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform plistlib \
    poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue \
    quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex \
    shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants \
    sre_parse ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog \
    tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit tkinter token tokenize \
    tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu \
    uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile \
    zipimport zlib zoneinfo";

/// A script's folder goes before Python's own: a `copy.py` there is what `import copy` finds, in every library too.
#[test]
fn no_script_hides_a_module_of_pythons_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/official");
    let scripts: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(scripts.len() > 3, "{scripts:?}");
    for script in scripts {
        let name = script.file_stem().unwrap().to_str().unwrap();
        assert!(!PYTHON.split(' ').any(|own| own == name), "{} hides Python's own", script.display());
    }
}

#[test]
fn each_rule_can_be_broken() {
    let fine = "//! A file.\nuse crate::protocol::Page;\nfn f() { crate::text::visible(\"\"); }\n";
    assert_eq!(faults("client/x.rs", fine), [""; 0]);
    let broken: &[(&str, &str)] = &[
        ("client/x.rs", "//! A.\nuse crate::mirror::Mirror;\n"),
        ("client/x.rs", "//! A.\nuse crate::{\n    text, engine::{Event},\n};\n"),
        ("client/x.rs", "//! A.\nfn f() { crate::mirror::open(); }\n"),
        ("client/x.rs", "//! A.\nuse super::super::mirror::Mirror;\n"),
        ("text.rs", "//! A.\nuse super::protocol::Page;\n"),
        ("main.rs", "//! A.\nuse drainboard::engine::Engine;\n"),
        ("engine/x.rs", "//! A.\nuse rusqlite::Connection;\n"),
        ("console/x.rs", "//! A.\nfn f(_: clap::Command) {}\n"),
        ("commands/x.rs", "//! A.\nuse {std::io, ratatui::Frame};\n"),
        ("stray.rs", "//! A.\n"),
        ("client/mod.rs", "//! A.\n"),
        ("client/x.rs", "fn without_a_word() {}\n"),
    ];
    for (name, source) in broken {
        assert_eq!(faults(name, source).len(), 1, "{name}: {source}: {:?}", faults(name, source));
    }
    let long = format!("//! A.\n{}", "\n".repeat(LONGEST));
    assert_eq!(faults("client/x.rs", &long).len(), 1);
    // What only looks like an import is none.
    let quoted = "//! use crate::mirror::Mirror;\n// reqwest::get\nconst A: &str = \"crate::mirror::x \\\" axum::y\";\n\
                  const B: &str = r#\"clap::\"z\"#; const C: char = '\"'; fn f<'a>() { /* axum:: /* clap:: */ */ }\n";
    assert_eq!(faults("client/x.rs", quoted), [""; 0]);
}

/// What is wrong with a file, named by its path below `src`.
fn faults(name: &str, source: &str) -> Vec<String> {
    let room = name.split('/').next().unwrap().trim_end_matches(".rs");
    let Some((_, allowed)) = ROOMS.iter().find(|(known, _)| *known == room) else {
        return vec![format!("{room} is no room of this house (tests/house.rs lists them)")];
    };
    let mut faults = Vec::new();
    if !source.starts_with("//!") {
        faults.push("does not open with //! saying what it owns".to_owned());
    }
    let lines = source.lines().count();
    if lines > LONGEST {
        faults.push(format!("has {lines} lines, more than {LONGEST}: it holds two things"));
    }
    if name.ends_with("/mod.rs") {
        faults.push("is a mod.rs: name it after its module".to_owned());
    }
    let mut used: Vec<(String, String)> =
        paths(&code(source)).iter().filter_map(|path| subject(name, path)).collect();
    used.sort();
    used.dedup();
    for (kind, subject) in used {
        if kind == "room" && subject != room && !allowed.contains(&subject.as_str()) {
            faults.push(format!("{room} must not know {subject}"));
        }
        let owners = OWNED.iter().find(|(owned, _)| kind == "crate" && *owned == subject);
        if let Some((owned, owners)) = owners
            && !owners.contains(&room)
        {
            faults.push(format!("{owned} belongs to {}", owners.join(" and ")));
        }
    }
    faults
}

/// What a path names that the rules are about: a room, or a crate.
fn subject(file: &str, path: &str) -> Option<(String, String)> {
    let segments: Vec<&str> = path.split("::").collect();
    let supers = segments.iter().take_while(|segment| **segment == "super").count();
    let depth = file.split('/').count();
    let is_room = |name: &&str| ROOMS.iter().any(|(room, _)| room == name);
    let room = match segments[0] {
        "crate" | "drainboard" => segments.get(1),
        // An inline module adds a step to climb, so as many as the file is deep may reach the root: a room's name
        // tells.
        "super" if supers >= depth => segments.get(supers),
        "super" | "self" => None,
        name => return Some(("crate".to_owned(), name.to_owned())),
    };
    room.copied().filter(|room| is_room(room)).map(|room| ("room".to_owned(), room.to_owned()))
}

/// Groups of modules in one folder that need each other, by the folder; tests aside. Files are named by their paths below
/// `src`, without the ending.
fn knots(files: &[(String, String)]) -> Vec<(String, BTreeSet<String>)> {
    // Who uses whom, a folder: with their own children's eyes too.
    let mut uses: BTreeMap<String, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    for (name, source) in files.iter().filter(|(name, _)| !name.split('/').any(|part| part == "tests")) {
        let own: Vec<&str> = name.split('/').collect();
        for path in paths(&code(untested(source))) {
            let Some(used) = target(&own, &path) else { continue };
            let shared = own.iter().zip(&used).take_while(|(one, other)| **one == other.as_str()).count();
            if let (Some(from), Some(to)) = (own.get(shared), used.get(shared)) {
                let folder = own[..shared].join("/");
                let place = if shared == 0 { to.clone() } else { format!("{folder}/{to}") };
                let is_there = |(name, _): &(String, String)| {
                    name.strip_prefix(&place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                };
                if files.iter().any(is_there) {
                    uses.entry(folder).or_default().entry(from).or_default().insert(to.clone());
                }
            }
        }
    }
    let mut knots = BTreeSet::new();
    for (folder, uses) in &uses {
        for start in uses.keys() {
            let knot: BTreeSet<String> = reached(uses, start)
                .into_iter()
                .filter(|name| name == start || reached(uses, name).contains(*start))
                .collect();
            if knot.len() > 1 {
                knots.insert((folder.clone(), knot));
            }
        }
    }
    knots.into_iter().collect()
}

/// All that a module uses, and what these use.
fn reached(uses: &BTreeMap<&str, BTreeSet<String>>, start: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next = vec![start];
    while let Some(name) = next.pop() {
        for used in uses.get(name).into_iter().flatten() {
            if found.insert(used.clone()) {
                next.push(used);
            }
        }
    }
    found
}

/// A file without the tests at its end: these look up at what they test.
fn untested(source: &str) -> &str {
    source.split_once("#[cfg(test)]\nmod tests {").map_or(source, |(code, _)| code)
}

/// The module and what is in it that a path in a file means, from the root; none where it leads to another crate or to
/// a child.
fn target(own: &[&str], path: &str) -> Option<Vec<String>> {
    let segments: Vec<&str> = path.split("::").collect();
    let supers = segments.iter().take_while(|segment| **segment == "super").count();
    let (from, rest) = match segments[0] {
        "crate" => (&own[..0], &segments[1..]),
        "super" => (&own[..own.len().checked_sub(supers)?], &segments[supers..]),
        _ => return None,
    };
    Some(from.iter().chain(rest).map(|part| (*part).to_owned()).collect())
}

/// All paths in code: those written out, and those that the braces of a `use` spell.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(|c: char| c.is_alphanumeric() || c == '_' || c == '{') {
        rest = &rest[start..];
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if &rest[..word] == "use" {
            let end = rest.find(';').unwrap_or(rest.len());
            spell("", &rest[word..end], &mut found);
            rest = &rest[end..];
            continue;
        }
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        if rest[..end].contains("::") {
            found.push(rest[..end].to_owned());
        }
        rest = &rest[end.max(1)..];
    }
    found
}

/// Spells a `use` tree out: `a::{b, c::{d, e}}` is three paths.
fn spell(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let mut depth = 0;
    let mut start = 0;
    let branches = tree.char_indices().filter_map(|(at, c)| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        let branch = (c == ',' && depth == 0).then(|| &tree[start..at]);
        start = if branch.is_some() { at + 1 } else { start };
        branch
    });
    let mut branches: Vec<&str> = branches.collect();
    branches.push(&tree[start..]);
    for branch in branches.into_iter().map(str::trim).filter(|branch| !branch.is_empty()) {
        match branch.split_once('{') {
            Some((stem, inner)) => {
                let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
                spell(&format!("{prefix}{}", stem.trim()), inner, found);
            }
            None => found.push(format!("{prefix}{}", branch.split_whitespace().next().unwrap())),
        }
    }
}

/// A file's code: comments and literals are blanks.
fn code(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment(rest)
        } else if rest.starts_with("r\"")
            || rest.starts_with("r#") && rest[1..].trim_start_matches('#').starts_with('"')
        {
            raw_string(rest)
        } else if c == '"' {
            quoted(rest)
        } else if c == '\'' {
            character(rest)
        } else {
            code.push(c);
            // An identifier that ends in r, before a quote, is none here: take words whole.
            let word = if c.is_alphanumeric() || c == '_' {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
            } else {
                c.len_utf8()
            };
            code.push_str(&rest[c.len_utf8()..word]);
            rest = &rest[word..];
            continue;
        };
        code.push(' ');
        rest = &rest[skip..];
    }
    code
}

/// The length of a block comment, which may hold others.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a string literal.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a raw string literal.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].len() - text[1..].trim_start_matches('#').len();
    let end = format!("\"{}", "#".repeat(hashes));
    let body = hashes + 2;
    text[body..].find(&end).map_or(text.len(), |at| body + at + end.len())
}

/// The length of a character literal, or of the tick of a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some(_)) => text[3..].find('\'').map_or(1, |at| 3 + at + 1),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
