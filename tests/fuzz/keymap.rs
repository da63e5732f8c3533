//! The keymap's reader: it never panics; each mistake names a line of the file, in words that drive no terminal;
//! without mistakes every line does what it says, and every default that none of them is about stands.

use drainboard::console::action::{Action, Scope};
use drainboard::console::key::Key;
use drainboard::console::keymap::{DEFAULT, Hit, Keymap};
use drainboard::text::symbol;

use crate::driver::{Face, fuzz};

const WORDS: &[&str] = &[
    "[sync]\n",
    "[global]\n",
    "[browse]\n",
    "[nowhere]\n",
    "\"g g\"",
    "ctrl-",
    "alt-",
    "shift-",
    "space",
    "minus",
    "f12",
    "f0",
    "f25",
    "\"none\"",
    "\"quit\"",
    "\"sync\"",
    "\"top\"",
    " = ",
    "\n",
    "#",
    "[[",
    "]]",
    "\"\"\"",
    "'''",
    ".",
    "x = \"quit\"\n",
    "\"g x\" = \"top\"\n",
];

#[test]
fn keymaps() {
    let built_in = Keymap::built_in();
    let faces = fuzz("keymap", 600, WORDS, |input| check(&built_in, &String::from_utf8_lossy(input)));
    assert!(faces > 30, "only {faces} kinds of input: the mutations have gone dull");
}

fn check(built_in: &Keymap, text: &str) -> Face {
    let mut keymap = built_in.clone();
    let mistakes = keymap.lay_over("my.toml", text);
    let lines = text.split('\n').count();
    for mistake in &mistakes {
        assert!((1..=lines).contains(&mistake.line), "line {} of {lines}: {mistake}", mistake.line);
        assert!(mistake.to_string().chars().all(|c| symbol(c).is_none()), "{mistake:?}");
    }
    for scope in Scope::ALL {
        // They are sorted: what a sequence begins follows it at once.
        let mut last: Option<&[Key]> = None;
        for (keys, action) in keymap.bindings(scope) {
            assert_eq!(keymap.hit(&[scope], keys), Hit::Action(action), "{keys:?}");
            assert!(
                !last.is_some_and(|last| keys.starts_with(last)),
                "{keys:?} can never be typed: {last:?}"
            );
            last = Some(keys);
        }
    }
    let mut again = built_in.clone();
    again.lay_over("my.toml", text);
    assert_eq!(again, keymap, "the same file, the same keymap");
    if mistakes.is_empty() {
        does_what_it_says(built_in, &keymap, text);
    }
    let told: Vec<String> = mistakes
        .iter()
        .take(2)
        .map(|m| m.what.chars().filter(char::is_ascii_lowercase).take(24).collect())
        .collect();
    Face::of((mistakes.len().min(3), told))
}

fn does_what_it_says(built_in: &Keymap, keymap: &Keymap, text: &str) {
    let file: toml::Table =
        toml::from_str(text).unwrap_or_else(|e| panic!("no mistake was told of this: {e}"));
    for scope in Scope::ALL {
        let lines = file.get(scope.name()).map(|table| table.as_table().unwrap().clone()).unwrap_or_default();
        let mut own = Vec::new();
        for (keys, action) in &lines {
            let keys: Vec<Key> = keys.split_whitespace().map(|key| Key::parse(key).unwrap()).collect();
            let name = action.as_str().unwrap();
            let hit = keymap.hit(&[scope], &keys);
            if let Some(entry) = Action::named(name) {
                assert_eq!(hit, Hit::Action(entry.action));
            } else {
                assert_eq!(name, "none");
                assert!(!matches!(hit, Hit::Action(_)), "{keys:?} was taken away");
            }
            own.push(keys);
        }
        for (keys, action) in built_in.bindings(scope) {
            if !own.iter().any(|own| own.starts_with(keys) || keys.starts_with(own)) {
                assert_eq!(keymap.hit(&[scope], keys), Hit::Action(action), "a default fell: {keys:?}");
            }
        }
    }
    assert!(file.keys().all(|name| Scope::ALL.iter().any(|scope| scope.name() == name)));
}

#[test]
fn the_built_in_file_is_a_keymap_too() {
    check(&Keymap::built_in(), DEFAULT);
}
