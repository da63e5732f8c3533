//! The README keeps its word: every command in it is run as it stands there, every option is one that there is, the
//! configuration in it is read, and a command that is neither run nor excused with a reason is a failure.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

#[path = "readme/cases.rs"]
mod cases;
#[expect(dead_code, reason = "the terminal's tests use all of it")]
#[path = "terminal/pty.rs"]
mod pty;
#[path = "readme/scene.rs"]
mod scene;
#[path = "readme/text.rs"]
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use cases::{BUILDERS, CASES, Case, Does, OTHERS, PROGRAMS, RECORDING};
use scene::Scene;
use text::{Span, Text, examples, options};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> Text {
    Text::parse(&fs::read_to_string(root().join("README.md")).unwrap())
}

/// A command line without the variables before it.
fn without_variables(code: &str) -> &str {
    match code.split_once(' ') {
        Some((word, rest)) if word.contains('=') && word.starts_with(|c: char| c.is_ascii_uppercase()) => {
            without_variables(rest)
        }
        _ => code,
    }
}

/// Whether code in the running text is a command line.
fn is_command(code: &str) -> bool {
    let code = without_variables(code);
    let first = code.split_whitespace().next().unwrap_or_default();
    // A program's name alone is no request to run it.
    PROGRAMS.contains(&first) && (code.contains(' ') || first == "drainboard" || first.contains('/'))
}

/// Every command of the text, the blocks' first and in their order, each once.
fn commands(readme: &Text) -> Vec<Span> {
    let running = readme.spans.iter().filter(|span| is_command(&span.code)).cloned();
    let mut seen = BTreeSet::new();
    let mut all = readme.commands("sh");
    all.extend(running);
    all.retain(|span| seen.insert(span.code.clone()));
    all
}

/// What is to be run for a command of the README.
fn filled(case: &Case) -> String {
    case.with.iter().fold(case.said.to_owned(), |line, (placeholder, value)| {
        assert!(line.contains(placeholder), "{} has no {placeholder} any more", case.said);
        line.replace(placeholder, value)
    })
}

#[test]
fn every_command_does_what_it_says() {
    let readme = readme();
    let mut scene = Scene::set();
    fs::write(scene.path("bug.har"), RECORDING).unwrap();
    let configuration = scene.path("readme.toml");
    fs::write(&configuration, toml(&readme)).unwrap();
    let found = commands(&readme);
    assert!(found.len() > 30, "the README's commands are not found: {}", found.len());
    for Span { line, code, .. } in &found {
        println!("README.md:{line}: {code}");
        let fault = match CASES.iter().find(|case| case.said == code) {
            Some(case) => act(&scene, &filled(case), &case.does),
            None => match code.strip_prefix("export ").and_then(|setting| setting.split_once('=')) {
                Some((name, "…")) => {
                    let token = scene.token().to_owned();
                    scene.export(name, &token);
                    None
                }
                _ if code.starts_with("drainboard --profile ") => {
                    // The profiles are those of the README's own configuration.
                    let line = format!("DRAINBOARD_CONFIG='{}' exec {code}", configuration.display());
                    act(&scene, &line, &Does::Opens("", "No mirror yet"))
                }
                _ if code.starts_with("drainboard ") => act(&scene, code, &Does::Ends(0, "")),
                _ if BUILDERS.iter().any(|(builder, why)| {
                    without_variables(code).starts_with(builder) && !why.is_empty()
                }) =>
                {
                    let lost = targets(code).into_iter().find(|file| !root().join(file).exists());
                    lost.map(|file| format!("there is no {file}"))
                }
                _ => Some("is neither run nor on the list of what cannot run here".to_owned()),
            },
        };
        assert!(fault.is_none(), "README.md:{line}: {code}: {}", fault.unwrap_or_default());
    }
    for case in CASES {
        assert!(
            found.iter().any(|span| span.code == case.said),
            "{} is not in the README any more",
            case.said
        );
    }
}

/// Runs a command; what is wrong, where something is.
fn act(scene: &Scene, line: &str, does: &Does) -> Option<String> {
    match does {
        Does::Ends(status, words) => {
            let ended = scene.run(line);
            let said = format!("{}{}", ended.stdout, ended.stderr);
            let fine = ended.status == Some(*status) && said.contains(words) && !said.is_empty();
            assert!(!said.contains(scene.token()), "{line} shows the token");
            (!fine).then(|| format!("status {:?}, wanted {status} and {words:?}\n{said}", ended.status))
        }
        Does::Listens => {
            assert!(scene.listen(line).starts_with("http://127.0.0.1:"));
            None
        }
        Does::Opens(keys, words) => {
            scene.open(line, keys, words);
            None
        }
        Does::NotHere(why) => {
            assert!(!why.is_empty(), "{line} has no reason");
            None
        }
    }
}

/// The files that a cargo command is about.
fn targets(line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let named = words.windows(2).filter_map(|pair| match pair {
        ["--test", name] => Some(format!("tests/{name}.rs")),
        ["--bench", name] => Some(format!("tests/bench/{name}.rs")),
        _ => None,
    });
    named.collect()
}

/// The options that a command's help names.
fn help(arguments: &[&str]) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drainboard"));
    let output = command.args(arguments).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{arguments:?}");
    // Where options begin their line; the examples below say more.
    let lines = help.lines().filter(|line| line.trim_start().starts_with('-'));
    let words = lines.flat_map(|line| options(line).into_iter().map(|o| o.trim_end_matches(',').to_owned()));
    let short = help.lines().filter_map(|line| line.trim_start().get(..3)).filter(|word| word.ends_with(','));
    words.chain(short.map(|word| word.trim_end_matches(',').to_owned())).collect()
}

#[test]
fn every_option_is_one_that_there_is() {
    let main = help(&[]);
    let output = Command::new(env!("CARGO_BIN_EXE_drainboard")).arg("--help").output().unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    let names =
        page.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let mut known: BTreeMap<String, BTreeSet<String>> = names
        .filter_map(|line| line.split_whitespace().next())
        .map(|name| (name.to_owned(), help(&[name])))
        .collect();
    assert!(known.len() > 10, "the commands are not found in\n{page}");
    known.insert(String::new(), main);
    let readme = readme();
    let mut looked_at = 0;
    for Span { line, code, row } in readme.commands("sh").iter().chain(&readme.spans) {
        let code = code.strip_prefix("cargo run --release -- ").unwrap_or(code);
        let bare = code.strip_prefix("drainboard").unwrap_or(code).trim_start();
        let first = bare.split_whitespace().next().unwrap_or_default();
        if is_command(code) && !without_variables(code).starts_with("drainboard") {
            continue;
        }
        // `serve --conformance -- COMMAND` names options of ours before the two dashes only.
        let ours = bare.split(" -- ").next().unwrap_or_default();
        let ours = ours.split('|').next().unwrap_or_default();
        let of_row = row.as_deref().and_then(|row| row.split_whitespace().nth(1)).unwrap_or_default();
        let command = if known.contains_key(first) { first } else { of_row };
        // A command's options where one is named, else anybody's.
        let anybody = row.is_none() && command.is_empty() && !code.starts_with("drainboard");
        for option in options(ours) {
            looked_at += 1;
            let there =
                known[command].contains(option) || (anybody && known.values().any(|o| o.contains(option)));
            let excused = OTHERS.iter().any(|(other, _)| *other == option);
            assert!(there || excused, "README.md:{line}: `drainboard {command}` has no {option} ({code})");
        }
    }
    assert!(looked_at > 60, "the README's options are not found: {looked_at}");
}

#[test]
fn every_example_in_the_help_and_the_guides_can_be_written_so() {
    let scene = Scene::set();
    let page = scene.run("drainboard --help").stdout;
    let names =
        page.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = names.filter_map(|line| line.split_whitespace().next()).collect();
    let mut found = examples(page.split("Examples:").nth(1).unwrap());
    for name in names {
        let page = scene.run(&format!("drainboard {name} --help")).stdout;
        found.extend(page.split("Example").skip(1).flat_map(examples));
    }
    assert!(found.len() > 40, "the examples are not found: {found:#?}");
    for guide in ["assets/troubleshooting.md", "assets/events.md"] {
        let guide = Text::parse(&fs::read_to_string(root().join(guide)).unwrap());
        let codes = guide.commands("sh").into_iter().chain(guide.spans).map(|span| span.code);
        found.extend(codes.flat_map(|code| examples(&format!("  {code}"))));
    }
    for example in found {
        let ended = scene.run(&example);
        assert_eq!(ended.status, Some(0), "{example}:\n{}", ended.stderr);
    }
}

/// The configuration in the README.
fn toml(readme: &Text) -> String {
    let blocks: Vec<_> = readme.fences.iter().filter(|fence| fence.language == "toml").collect();
    assert_eq!(blocks.len(), 1, "one configuration is shown");
    format!("{}\n", blocks[0].lines.join("\n"))
}

#[test]
fn the_configuration_is_read_as_it_stands() {
    let scene = Scene::set();
    fs::write(scene.path("readme.toml"), toml(&readme())).unwrap();
    let shown = |options: &str| {
        let ended = scene.run(&format!("DRAINBOARD_CONFIG=readme.toml drainboard config {options}"));
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        ended.stdout
    };
    let (home, work) = (shown(""), shown("--profile work"));
    for (text, words) in
        [(&home, "pass show sell"), (&home, "home"), (&work, "crm/sell.db"), (&work, "token.work")]
    {
        assert!(text.contains(words), "{words} in\n{text}");
    }
    assert!(!home.contains("crm/sell.db"), "{home}");
}

#[test]
fn every_file_that_it_leads_to_is_there() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
    let links: Vec<&str> = links.filter(|link| !link.contains("://")).collect();
    assert!(links.len() > 8, "{links:?}");
    for link in links {
        assert!(root().join(link.split('#').next().unwrap()).exists(), "README.md leads to {link}");
    }
}
