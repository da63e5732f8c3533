//! What is shipped: each file of the Debian package is there or is made by `.ci/package`, the units call the program as
//! it can be called, and the README tells of the version that this is.

use std::fs;
use std::path::{Path, PathBuf};

use super::support::{User, nobody};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_file_of_the_package_is_there_or_is_made() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let metadata = &manifest["package"]["metadata"];
    let assets = metadata["deb"]["assets"].as_array().unwrap();
    assert!(assets.len() > 8, "{assets:?}");
    // The script is no part of a package made of the sources.
    let script = fs::read_to_string(root().join(".ci/package")).unwrap_or_default();
    for asset in assets {
        let source = asset[0].as_str().unwrap();
        let made = source.strip_prefix("target/package/");
        let there = match made {
            Some(name) => script.is_empty() || script.contains(&format!("$made/{name}")),
            None => source.starts_with("target/release/") || root().join(source).is_file(),
        };
        assert!(there, "{source} is neither there nor made");
        assert!(!asset[1].as_str().unwrap().starts_with('/'), "{asset}");
    }
    let address = metadata["binstall"]["pkg-url"].as_str().unwrap();
    assert!(script.is_empty() || script.contains("drainboard-$target.tgz"), "the archive of {address}");
}

#[test]
fn the_units_call_what_there_is() {
    let user = User::with(&nobody(), "t0ken");
    let unit = read("assets/systemd/drainboard.service");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=drainboard ")).unwrap();
    let mut words: Vec<&str> = start.split_whitespace().collect();
    // Words before it that mean nothing are refused first.
    words.push("--help");
    user.run(&words).status(0);
    words[1] = "--quite";
    user.run(&words).status(2);
    assert!(read("assets/systemd/drainboard.timer").contains("drainboard.service"));
}

#[test]
fn the_readme_tells_of_this_version() {
    let version = concat!("**", env!("CARGO_PKG_VERSION"), "**");
    assert!(read("README.md").contains(version), "README.md has no {version} under Releases");
}
