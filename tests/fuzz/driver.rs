//! Runs a target over its corpus and over mutations of it. What shows a face that was not seen before joins the corpus
//! for the rest of the run, so that mutations build on each other.

use std::any::Any;
use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use fastrand::Rng;

use crate::mutate;

/// Inputs that are kept at most, and the longest of them, in bytes.
const POOL: usize = 2_000;
const LONGEST: usize = 16 * 1024;

/// What an input showed of itself: two of the same face are of one kind. Made of what the code answered.
#[derive(Default)]
pub(crate) struct Face(DefaultHasher);

impl Face {
    /// The face of an answer.
    pub(crate) fn of(answer: impl Hash) -> Self {
        let mut face = Self::default();
        answer.hash(&mut face.0);
        face
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Tries `check` on the corpus of `target`, then on `mutations` mutated inputs, or as many as the environment says.
/// `check` panics where a promise is broken. Gives how many inputs there were of each kind that it saw.
#[expect(clippy::print_stdout, reason = "a failure must name its seed and its input")]
pub(crate) fn fuzz(
    target: &str,
    mutations: u64,
    words: &[&str],
    mut check: impl FnMut(&[u8]) -> Face,
) -> usize {
    let longer = number("DRAINBOARD_FUZZ");
    let seed =
        number("DRAINBOARD_SEED").unwrap_or_else(|| if longer.is_some() { fastrand::u64(..) } else { 1 });
    println!("{target}: DRAINBOARD_SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    let mut pool = corpus(target);
    let mut faces = HashSet::new();
    let mut one = |input: &[u8], what: &str| match catch_unwind(AssertUnwindSafe(|| check(input))) {
        Ok(face) => faces.insert(face.0.finish()),
        Err(panic) => failed(target, seed, what, input, panic.as_ref()),
    };
    for (no, input) in pool.iter().enumerate() {
        one(input, &format!("corpus file {no}"));
    }
    for no in 0..longer.unwrap_or(mutations) {
        let mut input = pool[rng.usize(..pool.len())].clone();
        for _ in 0..rng.usize(1..5) {
            let other = &pool[rng.usize(..pool.len())];
            mutate::once(&mut input, other, words, &mut rng);
        }
        input.truncate(LONGEST);
        if one(&input, &format!("mutation {no}")) && pool.len() < POOL {
            pool.push(input);
        }
    }
    println!("{target}: {} inputs in the pool at the end, {} faces", pool.len(), faces.len());
    faces.len()
}

/// The corpus, in the order of the files' names.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 8, "{} has no corpus", folder.display());
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn failed(target: &str, seed: u64, what: &str, input: &[u8], panic: &(dyn Any + Send)) -> ! {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{target}-{:016x}", hasher.finish()));
    fs::write(&path, input).unwrap();
    panic!(
        "{target}, {what} of DRAINBOARD_SEED={seed}: {said}\n  the input ({} bytes, kept in {}; put it into \
         tests/fuzz/corpus/{target}/ when it is mended):\n  b\"{}\"",
        input.len(),
        path.display(),
        input.escape_ascii()
    );
}
