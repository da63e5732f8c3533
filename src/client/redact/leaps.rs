//! Where any of several forms may begin in a text, in one pass that leaps: a window as long as the shortest form moves
//! over the text, and the last bytes in it tell how far it can go without missing one (Wu and Manber's search).
//!
//! Promise: no place where a form begins is left out. What is remembered of the forms is zeroed when it goes.

use zeroize::Zeroizing;

/// Bytes that are looked at in a window: with fewer, ordinary words would stop it too often.
const BLOCK: usize = 3;
/// Blocks are told apart by so many bits: what they stand in fits into a processor's nearest memory.
const BITS: u32 = 13;

/// How far the window may go, by its last bytes.
pub(super) struct Leaps {
    /// The window's length; 0 where there is no form.
    window: usize,
    /// Bytes of a block: fewer than usual in a window that is shorter.
    block: usize,
    /// Of each block, how far its last place in the beginning of any form is from the window's end.
    far: Zeroizing<Vec<u8>>,
}

/// The place of a block's bytes.
fn place(block: &[u8]) -> usize {
    let word = block.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
    // A multiplication spreads the bits, and the upper ones are the best of them.
    (word.wrapping_mul(0x9e37_79b1) >> (u32::BITS - BITS)) as usize
}

impl Leaps {
    /// For these forms, none of them empty.
    pub(super) fn over(forms: &[Zeroizing<Vec<u8>>]) -> Self {
        let shortest = forms.iter().map(|form| form.len()).min().unwrap_or(0);
        let window = shortest.min(usize::from(u8::MAX));
        let block = window.min(BLOCK);
        let mut far = Zeroizing::new(vec![(window - block + 1) as u8; 1 << BITS]);
        for form in forms {
            for end in block..=window {
                let known = &mut far[place(&form[end - block..end])];
                *known = (*known).min((window - end) as u8);
            }
        }
        Self { window, block, far }
    }

    /// Calls back for each place where a form may begin, in order; whether one does, is for the caller to see.
    pub(super) fn candidates(&self, bytes: &[u8], mut here: impl FnMut(usize)) {
        let mut end = self.window;
        while self.window > 0 && end <= bytes.len() {
            match self.far[place(&bytes[end - self.block..end])] {
                0 => {
                    here(end - self.window);
                    end += 1;
                }
                far => end += usize::from(far),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_place_is_left_out(
            forms in prop::collection::vec(prop::collection::vec(0_u8..3, 1..9), 0..5),
            text in prop::collection::vec(0_u8..3, 0..200),
        ) {
            let begins = |at: &usize| forms.iter().any(|form| text[*at..].starts_with(form));
            let all: Vec<_> = (0..text.len()).filter(begins).collect();
            let forms: Vec<_> = forms.iter().map(|form| Zeroizing::new(form.clone())).collect();
            let mut found = Vec::new();
            Leaps::over(&forms).candidates(&text, |at| found.push(at));
            prop_assert!(found.is_sorted());
            found.retain(begins);
            prop_assert_eq!(found, all);
        }

        #[test]
        fn long_forms_are_found_wherever_they_stand(
            form in prop::collection::vec(any::<u8>(), 200..600),
            before in prop::collection::vec(any::<u8>(), 0..700),
        ) {
            let text = [before.as_slice(), &form, &before].concat();
            let mut found = Vec::new();
            Leaps::over(&[Zeroizing::new(form)]).candidates(&text, |at| found.push(at));
            prop_assert!(found.contains(&before.len()));
        }
    }
}
