//! No Unix-only call without its twin: what only Unix has stands under `cfg(unix)`, and what stands there and is called
//! by others has a twin under `cfg(not(unix))`. The compiler says the rest where there is such a system.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// What no other system has.
const UNIX: &[&str] = &["std::os::unix", "std::os::fd", "rustix::", "signal_hook::"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            sources(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The attributes above a line.
fn attributes<'a>(lines: &[&'a str], at: usize) -> impl Iterator<Item = &'a str> {
    let above = lines[..at].iter().rev().map(|line| line.trim());
    above
        .take_while(|line| line.starts_with('#') || line.starts_with("//"))
        .filter(|line| line.starts_with('#'))
}

fn is_unix(attribute: &str) -> bool {
    ["#[cfg(unix)]", "#[cfg(all(test, unix))]", "#[cfg(target_os = \"linux\")]"].contains(&attribute)
}

/// Whether a line, or what it stands in, is Unix's alone.
fn guarded(lines: &[&str], at: usize) -> bool {
    let mut depth = usize::MAX;
    for around in (0..=at).rev() {
        let line = lines[around];
        if line.trim().is_empty() || indent(line) >= depth {
            continue;
        }
        depth = indent(line);
        if attributes(lines, around).any(is_unix) {
            return true;
        }
    }
    false
}

/// The name of a function, a type or a module that a line defines.
fn name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().filter(|word| !word.starts_with("pub"));
    let kind = words.next()?;
    let name = words.next().filter(|_| ["fn", "struct", "mod"].contains(&kind))?;
    name.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

/// What is wrong in a file; modules that are Unix's alone are put aside.
fn faults(text: &str, alone: &mut Vec<String>) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let elsewhere: Vec<&str> = (0..lines.len())
        .filter(|at| attributes(&lines, *at).any(|attribute| attribute == "#[cfg(not(unix))]"))
        .map(|at| lines[at])
        .collect();
    let mut faults = String::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
        if UNIX.iter().any(|only| line.contains(only)) && !guarded(&lines, at) {
            writeln!(faults, "{}: only Unix has this: {}", at + 1, line.trim()).unwrap();
        }
        let Some(name) = name(line).filter(|_| attributes(&lines, at).any(|a| a == "#[cfg(unix)]")) else {
            continue;
        };
        if line.trim_start().starts_with("mod ") {
            alone.push(name.to_owned());
        }
        let says =
            |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
        // A helper of what is Unix's alone needs none.
        let others = (0..lines.len()).filter(|place| *place != at && says(lines[*place]));
        let mut callers = others.filter(|place| !lines[*place].trim_start().starts_with("//"));
        let wanted = line.trim_start().starts_with("pub") || callers.any(|place| !guarded(&lines, place));
        if indent(line) == 0 && wanted && !elsewhere.iter().any(|line| says(line)) {
            writeln!(faults, "{}: {name} has no twin", at + 1).unwrap();
        }
    }
    faults
}

#[test]
fn no_unix_only_call_is_without_its_twin() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&source, &mut files);
    assert!(files.len() > 200, "{}", files.len());
    let (mut alone, mut found) = (Vec::new(), Vec::new());
    for file in &files {
        let faults = faults(&fs::read_to_string(file).unwrap(), &mut alone);
        found.push((file.strip_prefix(&source).unwrap().display().to_string(), faults));
    }
    assert!(!alone.is_empty(), "the console's rooms are not found");
    let mut broken = String::new();
    for (file, faults) in found.iter().filter(|(_, faults)| !faults.is_empty()) {
        // A module of Unix's own is used by nobody else: the one that declares it has the twin.
        let parts = file.trim_end_matches(".rs").split('/');
        if !parts.into_iter().any(|part| alone.iter().any(|module| module == part))
            || file.starts_with("commands")
        {
            writeln!(broken, "src/{file}:\n{faults}").unwrap();
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn what_is_not_guarded_is_found() {
    let good = "#[cfg(unix)]\nfn a() {\n    use std::os::unix::x;\n}\n\n#[cfg(not(unix))]\nfn a() {}\n";
    let lone = "fn a() {\n    use std::os::unix::x;\n}\n";
    let inner = "fn a() {\n    #[cfg(unix)]\n    {\n        rustix::x();\n    }\n    rustix::y();\n}\n";
    let other = "#[cfg(unix)]\nfn a() {}\n#[cfg(not(unix))]\nfn b() {}\nfn c() {\n    a();\n}\n";
    let of = |text: &str| faults(text, &mut Vec::new()).lines().count();
    assert_eq!([of(good), of(lone), of(inner), of(other)], [0, 1, 1, 1]);
}
