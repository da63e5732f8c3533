//! Sorted runs become one list of handles, by two threads where it is long; texts that agree for the length of a key
//! are then compared further. Whatever takes its time asks whether to go on, every few thousand rows.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::order::{Direction, Entry, RUN, SortKey, Sorter, TEXT};

/// Rows between two questions whether to go on.
const STEP: usize = 8_192;
/// How long one who waits for the other thread does so before asking.
const PATIENCE: Duration = Duration::from_millis(5);

/// Asks whether to go on.
pub(super) type GoOn<'a> = &'a mut dyn FnMut() -> bool;

/// Handles in their order, and where longer texts must still be compared.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) handles: Vec<i64>,
    /// Ranges of rows whose texts agree in the bytes of a key and go on.
    ties: Vec<Range<usize>>,
}

/// Walks over runs in their common order.
struct Merge<'a> {
    runs: Vec<&'a [Entry]>,
    heads: BinaryHeap<Reverse<(SortKey, i64, usize, usize)>>,
    by_id: bool,
}

impl<'a> Merge<'a> {
    fn new(runs: Vec<&'a [Entry]>, by_id: bool) -> Self {
        let mut merge = Self { heads: BinaryHeap::with_capacity(runs.len()), runs, by_id };
        merge.heads.extend((0..merge.runs.len()).filter_map(|run| head(&merge.runs, by_id, run, 0)));
        merge
    }
}

fn head(
    runs: &[&[Entry]],
    by_id: bool,
    run: usize,
    at: usize,
) -> Option<Reverse<(SortKey, i64, usize, usize)>> {
    let entry = runs.get(run)?.get(at)?;
    // Without ids, an earlier run has the smaller ones.
    let tie = if by_id { entry.handle } else { run as i64 };
    Some(Reverse((entry.key, tie, run, at)))
}

impl Iterator for Merge<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let mut top = self.heads.peek_mut()?;
        let Reverse((_, _, run, at)) = *top;
        let entry = self.runs[run][at];
        match head(&self.runs, self.by_id, run, at + 1) {
            Some(next) => *top = next,
            None => drop(PeekMut::pop(top)),
        }
        Some(entry)
    }
}

/// Finds the ranges of equal keys whose texts go on.
struct Ties {
    descending: bool,
    last: Option<SortKey>,
    first: usize,
    found: Vec<Range<usize>>,
}

impl Ties {
    fn new(descending: bool) -> Self {
        Self { descending, last: None, first: 0, found: Vec::new() }
    }

    /// Notes the key of the row at a place.
    fn see(&mut self, key: SortKey, at: usize) {
        if self.last != Some(key) {
            self.end(at);
            (self.last, self.first) = (Some(key), at);
        }
    }

    fn end(&mut self, at: usize) {
        if at > self.first + 1 && self.last.is_some_and(|key| key.goes_on(self.descending)) {
            self.found.push(self.first..at);
        }
    }
}

/// The first rows of what [`merge`] will give; some more where equal keys go on, none where those are too many.
pub(super) fn top(parts: &[Vec<Entry>], direction: Direction, rows: usize) -> Option<Sorted> {
    let (mut handles, mut ties) = (Vec::new(), Ties::new(direction.descending));
    for entry in Merge::new(runs(parts), direction.by_id) {
        let open = ties.last == Some(entry.key) && entry.key.goes_on(direction.descending);
        if handles.len() >= rows && !open {
            break;
        }
        if handles.len() > rows + STEP {
            return None;
        }
        ties.see(entry.key, handles.len());
        handles.push(entry.handle);
    }
    ties.end(handles.len());
    Some(Sorted { handles, ties: ties.found })
}

/// The runs of what several sorters collected.
fn runs(parts: &[Vec<Entry>]) -> Vec<&[Entry]> {
    parts.iter().flat_map(|part| part.chunks(RUN)).collect()
}

/// One list of all; none where `go_on` says no.
pub(super) fn merge(parts: &[Vec<Entry>], direction: Direction, go_on: GoOn<'_>) -> Option<Sorted> {
    let runs = runs(parts);
    let rows = runs.iter().map(|run| run.len()).sum();
    let mut handles = vec![0; rows];
    // One half each: no key is in both. Without ids a run's number counts, and both halves have all runs.
    let middle = middle(&runs).filter(|_| rows > 2 * RUN);
    let cut = |run: &&[Entry]| middle.map_or(run.len(), |middle| run.partition_point(|e| e.key < middle));
    let cuts: Vec<usize> = runs.iter().map(cut).collect();
    let side = |upper: bool| -> Vec<&[Entry]> {
        runs.iter().zip(&cuts).map(|(run, cut)| if upper { &run[*cut..] } else { &run[..*cut] }).collect()
    };
    let (lower, upper) = handles.split_at_mut(cuts.iter().sum());
    let base = lower.len();
    let stop = AtomicBool::new(false);
    let (answer, answers) = mpsc::channel();
    let mut ties = std::thread::scope(|threads| {
        let theirs = !upper.is_empty();
        if theirs {
            let (merge, stop) = (Merge::new(side(true), direction.by_id), &stop);
            let work = move || {
                let mut go_on = || !stop.load(Ordering::Relaxed);
                drop(answer.send(half(merge, upper, base, direction.descending, &mut go_on)));
            };
            threads.spawn(work);
        }
        let mine = half(Merge::new(side(false), direction.by_id), lower, 0, direction.descending, go_on);
        if mine.is_none() {
            stop.store(true, Ordering::Relaxed);
        }
        let mut ties = mine?;
        if theirs {
            ties.extend(wait(&answers, &stop, go_on)?);
        }
        Some(ties)
    })?;
    ties.shrink_to_fit();
    Some(Sorted { handles, ties })
}

/// The other half's answer.
fn wait<T>(answers: &mpsc::Receiver<Option<T>>, stop: &AtomicBool, go_on: GoOn<'_>) -> Option<T> {
    loop {
        match answers.recv_timeout(PATIENCE) {
            Ok(answer) => return answer,
            // It panicked, and so does the scope.
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
            Err(mpsc::RecvTimeoutError::Timeout) if go_on() => {}
            Err(mpsc::RecvTimeoutError::Timeout) => {
                stop.store(true, Ordering::Relaxed);
                return None;
            }
        }
    }
}

/// Writes a merge's handles out; the ties, counted from `base`.
fn half(
    merge: Merge<'_>,
    out: &mut [i64],
    base: usize,
    descending: bool,
    go_on: GoOn<'_>,
) -> Option<Vec<Range<usize>>> {
    let mut ties = Ties::new(descending);
    for (at, (entry, slot)) in merge.zip(out.iter_mut()).enumerate() {
        ties.see(entry.key, base + at);
        *slot = entry.handle;
        if at % STEP == STEP - 1 && !go_on() {
            return None;
        }
    }
    ties.end(base + out.len());
    Some(ties.found)
}

/// A key with about as many rows before it as behind it.
fn middle(runs: &[&[Entry]]) -> Option<SortKey> {
    let mut keys: Vec<SortKey> = Vec::new();
    for run in runs {
        keys.extend(run.iter().step_by((run.len() / 16).max(1)).map(|entry| entry.key));
    }
    keys.sort_unstable();
    keys.get(keys.len() / 2).copied()
}

/// Why texts were not compared to their end.
#[derive(Debug)]
pub(super) enum Unsettled<E> {
    Stopped,
    Failed(E),
}

impl Sorted {
    /// Compares texts that agree so far by their next bytes, until none is left. `key` gives a row's key from a byte
    /// on.
    pub(super) fn settle<E>(
        mut self,
        direction: Direction,
        key: &mut dyn FnMut(i64, usize) -> Result<SortKey, E>,
        go_on: GoOn<'_>,
    ) -> Result<Vec<i64>, Unsettled<E>> {
        let mut open: Vec<_> = self.ties.drain(..).map(|range| (range, TEXT)).collect();
        let mut asked = 0_usize;
        while let Some((range, from)) = open.pop() {
            let mut again = Sorter::new(direction, range.len());
            for handle in &self.handles[range.clone()] {
                again.push(key(*handle, from).map_err(Unsettled::Failed)?, *handle);
                asked += 1;
                if asked.is_multiple_of(1_024) && !go_on() {
                    return Err(Unsettled::Stopped);
                }
            }
            let sorted = merge(&[again.finish()], direction, go_on).ok_or(Unsettled::Stopped)?;
            self.handles[range.clone()].copy_from_slice(&sorted.handles);
            let ties = sorted.ties.into_iter();
            open.extend(ties.map(|tie| (range.start + tie.start..range.start + tie.end, from + TEXT)));
        }
        Ok(self.handles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of which many agree for long, as JSON.
    fn texts(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("\"{}{:06}\"", "x".repeat(i % 60), i * 7_919 % count / 3)).collect()
    }

    /// All of it, with `parts` sorters that take turns as threads do.
    fn sorted(raw: &[String], direction: Direction, parts: usize, go_on: GoOn<'_>) -> Option<Vec<i64>> {
        let mut sorters: Vec<_> = (0..parts).map(|_| Sorter::new(direction, raw.len())).collect();
        for (i, text) in raw.iter().enumerate() {
            sorters[i / 1_000 % parts].push(SortKey::of(Some(text.as_bytes()), 0), i as i64);
        }
        let parts: Vec<_> = sorters.into_iter().map(Sorter::finish).collect();
        let mut key = |i: i64, from| Ok::<_, ()>(SortKey::of(Some(raw[i as usize].as_bytes()), from));
        let first =
            top(&parts, direction, 100).map(|top| top.settle(direction, &mut key, &mut || true).unwrap());
        let merged = merge(&parts, direction, go_on)?;
        let all = merged.settle(direction, &mut key, go_on).ok()?;
        if let Some(first) = first {
            assert_eq!(first, all[..first.len()]);
        }
        Some(all)
    }

    #[test]
    fn texts_that_agree_for_long_are_compared_to_their_end() {
        for (count, parts) in [(300, 1), (5_000, 3), (140_000, 2)] {
            let raw = texts(count);
            for descending in [false, true] {
                let direction = Direction { descending, by_id: true };
                let mut naive: Vec<i64> = (0..count as i64).collect();
                naive.sort_by(|a, b| {
                    let order = raw[*a as usize].cmp(&raw[*b as usize]);
                    if descending { order.reverse() } else { order }
                });
                assert_eq!(sorted(&raw, direction, parts, &mut || true).unwrap(), naive, "{count}");
                if count > 5_000 {
                    break; // two threads have merged it one way
                }
                let by_order = Direction { by_id: false, ..direction };
                assert_eq!(sorted(&raw, by_order, 1, &mut || true).unwrap(), naive, "{count}");
            }
        }
    }

    #[test]
    fn it_stops_wherever_it_is_told_to() {
        let raw = texts(140_000);
        let direction = Direction { descending: false, by_id: true };
        let mut asked = 0_usize;
        sorted(&raw, direction, 2, &mut || {
            asked += 1;
            true
        });
        // Half of the rows are merged here, and most are compared further.
        assert!(asked > 70_000 / STEP + 50_000 / 1_024, "{asked}");
        for last in [1, 5, asked / 2] {
            let mut left = last as isize;
            let stopped = sorted(&raw, direction, 2, &mut || {
                left -= 1;
                assert!(left >= 0, "asked again after a no");
                left > 0
            });
            assert!(stopped.is_none() && left == 0, "{last}");
        }
    }
}
