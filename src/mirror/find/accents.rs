//! Letters without their accents: Latin, Greek and Cyrillic ones, and those with a stroke. Pure.
//!
//! A mark that stands on its own (U+0300 to U+036F) is an accent, too, so that both ways to write `é` are one. Scripts in
//! which a mark makes another sound of a sign, as with kana and the scripts of India, are left alone.

use std::sync::LazyLock;

/// Letters in lower case, by what they are without accents.
const LETTERS: &[(char, &str)] = &[
    ('a', "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ"),
    ('b', "ḃḅḇ"),
    ('c', "çćĉċčḉ"),
    ('d', "ďđḋḍḏḑḓ"),
    ('e', "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
    ('f', "ḟ"),
    ('g', "ĝğġģǧǵḡ"),
    ('h', "ĥħȟḣḥḧḩḫẖ"),
    ('i', "ìíîïĩīĭįıǐȉȋɨḭḯỉị"),
    ('j', "ĵǰ"),
    ('k', "ķǩḱḳḵ"),
    ('l', "ĺļľłḷḹḻḽ"),
    ('m', "ḿṁṃ"),
    ('n', "ñńņňǹṅṇṉṋ"),
    ('o', "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"),
    ('p', "ṕṗ"),
    ('r', "ŕŗřȑȓṙṛṝṟ"),
    ('s', "śŝşšșṡṣṥṧṩ"),
    ('t', "ţťŧțṫṭṯṱẗ"),
    ('u', "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ('v', "ṽṿ"),
    ('w', "ŵẁẃẅẇẉẘ"),
    ('x', "ẋẍ"),
    ('y', "ýÿŷȳẏẙỳỵỷỹ"),
    ('z', "źżžẑẓẕ"),
    ('æ', "ǣǽ"),
    ('ʒ', "ǯ"),
    ('α', "άἀἁἂἃἄἅἆἇὰᾀᾁᾂᾃᾄᾅᾆᾇᾰᾱᾲᾳᾴᾶᾷ"),
    ('ε', "έἐἑἒἓἔἕὲ"),
    ('η', "ήἠἡἢἣἤἥἦἧὴᾐᾑᾒᾓᾔᾕᾖᾗῂῃῄῆῇ"),
    ('ι', "ΐίϊἰἱἲἳἴἵἶἷὶῐῑῒῖῗ"),
    ('ο', "όὀὁὂὃὄὅὸ"),
    ('ρ', "ῤῥ"),
    ('υ', "ΰϋύὐὑὒὓὔὕὖὗὺῠῡῢῦῧ"),
    ('ω', "ώὠὡὢὣὤὥὦὧὼᾠᾡᾢᾣᾤᾥᾦᾧῲῳῴῶῷ"),
    ('а', "ӑӓ"),
    ('г', "ѓ"),
    ('е', "ѐёӗ"),
    ('ж', "ӂӝ"),
    ('з', "ӟ"),
    ('и', "йѝӣӥ"),
    ('к', "ќ"),
    ('о', "ӧ"),
    ('у', "ўӯӱӳ"),
    ('ч', "ӵ"),
    ('ы', "ӹ"),
    ('э', "ӭ"),
    ('і', "ї"),
    ('ѵ', "ѷ"),
    ('ә', "ӛ"),
    ('ө', "ӫ"),
];

/// The letters of the table are below this.
const END: usize = 0x2000;

/// For each character its plain letter; 0 where it is one itself.
static PLAIN: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut plain = vec![0; END];
    for (letter, accented) in LETTERS {
        for c in accented.chars() {
            if let Some(slot) = plain.get_mut(c as usize) {
                *slot = *letter as u16;
            }
        }
    }
    plain
});

/// A character in lower case without its accents; none where it is an accent itself.
pub(super) fn plain(c: char) -> Option<char> {
    match c {
        '\u{300}'..='\u{36f}' => None,
        _ => match PLAIN.get(c as usize) {
            None | Some(0) => Some(c),
            Some(letter) => char::from_u32(u32::from(*letter)),
        },
    }
}

/// Where in UTF-8, from a place on, the next character is that may be a plain ASCII letter without its accents, or an
/// accent. `letters`: not accents alone. It may name others, too.
pub(super) fn next(text: &[u8], from: usize, letters: bool) -> Option<usize> {
    const STEP: usize = 64;
    // A chunk is asked as a whole, without a branch: most have none.
    let maybe = |byte: u8| match byte {
        0xcc | 0xcd => true,
        0xc3..=0xc9 | 0xe1 | 0xe2 => letters,
        _ => false,
    };
    let odd = |at: usize| match text[at] {
        // Latin Extended Additional; the signs of Kelvin and Angstrom.
        0xe1 => letters && text.get(at + 1).is_some_and(|second| (0xb8..=0xbb).contains(second)),
        0xe2 => letters && text.get(at + 1) == Some(&0x84),
        byte => maybe(byte),
    };
    let mut at = from;
    while at < text.len() {
        let end = (at + STEP).min(text.len());
        let some = text[at..end].iter().fold(false, |some, byte| some | maybe(*byte));
        if some && let Some(found) = (at..end).find(|at| odd(*at)) {
            return Some(found);
        }
        at = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_of_the_table_is_plain_once_and_in_lower_case() {
        let mut met = std::collections::HashSet::new();
        for (letter, accented) in LETTERS {
            assert_eq!(plain(*letter), Some(*letter));
            for c in accented.chars() {
                assert!(met.insert(c) && (c as usize) < END, "{c}");
                assert!(c.to_lowercase().eq(std::iter::once(c)), "{c}");
                assert_eq!(plain(c), Some(*letter), "{c}");
                let whole =
                    format!("some text of more than a chunk of bytes, so that it is found behind {c}");
                assert!(!letter.is_ascii() || next(whole.as_bytes(), 0, true).is_some(), "{c}");
            }
        }
        assert_eq!(
            (plain('\u{301}'), plain('花'), plain('が'), plain('i')),
            (None, Some('花'), Some('が'), Some('i'))
        );
        assert_eq!(next("花子 สุดา ОДА".as_bytes(), 0, true), None);
        assert_eq!(next("é e\u{301}".as_bytes(), 0, false), Some(4));
        for c in ['\u{212a}', '\u{212b}', '\u{130}', 'Å'] {
            assert_eq!(next(format!("a{c}").as_bytes(), 0, true), Some(1), "{c}");
        }
    }
}
