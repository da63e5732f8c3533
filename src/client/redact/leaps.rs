//! Where a part of any of several forms stands in a text: four bytes are looked at, then as many are leapt over as leave four
//! of any part in sight. No look waits for the one before, so that a processor has many of them in hand.
//!
//! Promise: wherever as many bytes of a form in a row stand as count as a part of it, one place in them is told. What is
//! remembered of the forms is zeroed when it goes.

use zeroize::Zeroizing;

use super::forms::Form;

/// Bytes that are looked at: four of ordinary text are hardly ever a token's.
const LOOK: usize = 4;
/// Looks are told apart by so many bits before they are compared: a bit for each fits into a processor's nearest memory.
const BITS: u32 = 16;

/// What is looked for, and how far apart.
pub(super) struct Leaps {
    /// From a look to the next; 0 where there is no form.
    apart: usize,
    /// How many bytes are looked at: fewer than usual where a part is shorter.
    look: usize,
    /// Whether a look may be one of those in a form.
    known: Zeroizing<Vec<u64>>,
    /// Each place of each form: what a look sees there, the form's number, the place. In order.
    places: Zeroizing<Vec<[u32; 3]>>,
}

/// What a look at the first bytes sees, whatever their case: the bit that tells cases apart tells some other characters
/// apart too, and those are compared where it matters. None where they are too few.
fn see(bytes: &[u8], look: usize) -> Option<u32> {
    let word = match bytes.first_chunk() {
        Some(first) => u32::from_le_bytes(*first),
        None if bytes.len() < look => return None,
        None => bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte)),
    };
    Some((word | 0x2020_2020) & (u32::MAX >> (8 * (LOOK - look))))
}

/// Where a look's bit is.
fn bit(seen: u32) -> (usize, u64) {
    // A multiplication spreads the bits, and the upper ones are the best of them.
    let bit = seen.wrapping_mul(0x9e37_79b1) >> (u32::BITS - BITS);
    ((bit / u64::BITS) as usize, 1 << (bit % u64::BITS))
}

impl Leaps {
    /// For these forms, whose parts are not empty.
    pub(super) fn over(forms: &[Form]) -> Self {
        let shortest = forms.iter().map(|form| form.part).min().unwrap_or(0);
        let look = shortest.min(LOOK);
        let mut known = Zeroizing::new(vec![0; 1 << (BITS - u64::BITS.ilog2())]);
        let mut places = Zeroizing::new(Vec::with_capacity(forms.iter().map(|form| form.bytes.len()).sum()));
        for (number, form) in forms.iter().enumerate() {
            for from in 0..form.bytes.len() {
                let Some(seen) = see(&form.bytes[from..], look) else { break };
                let (word, bit) = bit(seen);
                known[word] |= bit;
                places.push([seen, number as u32, from as u32]);
            }
        }
        places.sort_unstable();
        Self { apart: (shortest + 1).saturating_sub(look), look, known, places }
    }

    /// Calls back for places in the bytes at which a look sees what is in one of these forms: the form, where in it, and
    /// where in the bytes.
    pub(super) fn places<'f>(
        &self,
        forms: &'f [Form],
        bytes: &[u8],
        mut here: impl FnMut(&'f Form, usize, usize),
    ) {
        if self.look == 0 {
            return;
        }
        for at in (0..bytes.len()).step_by(self.apart) {
            let Some(seen) = see(&bytes[at..], self.look) else { return };
            let (word, bit) = bit(seen);
            if self.known[word] & bit == 0 {
                continue;
            }
            let first = self.places.partition_point(|place| place[0] < seen);
            for [_, number, from] in self.places[first..].iter().take_while(|place| place[0] == seen) {
                here(&forms[*number as usize], *from as usize, at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(bytes: &[u8], part: usize) -> Form {
        Form { bytes: Zeroizing::new(bytes.to_vec()), part }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../../../tests/seed/given.rs")),
            ..ProptestConfig::default()
        })]

        #[test]
        fn no_form_is_left_out(
            all in prop::collection::vec(prop::collection::vec(0_u8..3, 1..9), 0..5),
            text in prop::collection::vec(0_u8..3, 0..200),
        ) {
            let forms: Vec<_> = all.iter().map(|bytes| form(bytes, bytes.len())).collect();
            let mut found = Vec::new();
            Leaps::over(&forms).places(&forms, &text, |form, from, at| {
                let begins = at.checked_sub(from).filter(|begin| text[*begin..].starts_with(&form.bytes));
                found.extend(begins.map(|begin| (begin, form.bytes.to_vec())));
            });
            let places = (0..text.len()).flat_map(|at| all.iter().map(move |form| (at, form.clone())));
            let mut expected: Vec<_> = places.filter(|(at, form)| text[*at..].starts_with(form)).collect();
            for list in [&mut expected, &mut found] {
                list.sort();
                list.dedup();
            }
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn a_part_is_found_wherever_it_stands(
            bytes in prop::collection::vec(any::<u8>(), 200..600),
            before in prop::collection::vec(any::<u8>(), 0..700),
            part in 1_usize..100,
            from in 0_usize..100,
        ) {
            let text = [before.as_slice(), &bytes[from..from + part], &before].concat();
            let forms = [form(&bytes, part)];
            let mut found = Vec::new();
            Leaps::over(&forms).places(&forms, &text, |_, place, at| found.push((place, at)));
            let stands = |(place, at): &(usize, usize)| (from..from + part).contains(place) && at + from == before.len() + place;
            prop_assert!(found.iter().any(stands));
        }
    }
}
