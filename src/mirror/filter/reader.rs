//! A filter's text, read.

use super::{Filter, FilterError, Op, Term, Test, is_sign};

/// The word between two conditions of which one must hold.
pub(super) const OR: &str = "OR";

pub(super) struct Reader<'a> {
    text: &'a str,
    /// In bytes.
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn filter(mut self) -> Result<Filter, FilterError> {
        let mut terms = Vec::new();
        while self.skip_spaces() {
            if self.at_or() {
                return Err(
                    self.error(self.at, "a condition is missing before OR; the word itself stands in quotes")
                );
            }
            let first = self.term()?;
            let mut others = Vec::new();
            while self.skip_spaces() && self.at_or() {
                self.at += OR.len();
                if !self.skip_spaces() || self.at_or() {
                    return Err(self.error(
                        self.at,
                        "a condition is missing behind OR; the word itself stands in quotes",
                    ));
                }
                others.push(self.term()?);
            }
            terms.push(if others.is_empty() { first } else { one_of([first].into_iter().chain(others)) });
        }
        Ok(Filter { terms })
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, at: usize, reason: &'static str) -> FilterError {
        FilterError { at: self.text[..at].chars().count(), reason }
    }

    /// Moves to what comes next; false at the end.
    fn skip_spaces(&mut self) -> bool {
        self.at = self.text.len() - self.rest().trim_start().len();
        self.at < self.text.len()
    }

    fn at_or(&self) -> bool {
        self.rest()
            .strip_prefix(OR)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    }

    fn term(&mut self) -> Result<Term, FilterError> {
        let negated = self.rest().starts_with('-');
        if negated {
            self.at += 1;
        }
        let start = self.at;
        let name = self.word(is_sign)?;
        let Some((sign, op)) = Op::at(self.rest()) else {
            // A lone `!` is no sign: the word goes on behind it.
            let text = name + &self.word(|_| false)?;
            if text.is_empty() {
                return Err(self.error(start, "a word or a field is missing here"));
            }
            return Ok(Term { negated, test: Test::Anywhere(text) });
        };
        if name.is_empty() {
            return Err(self.error(start, "a field's name is missing here: city:\"New York\", rev>8"));
        }
        self.at += sign.len();
        let value_at = self.at;
        // No record holds such a value: it is a sign too many.
        if op.orders() && self.rest().starts_with(['<', '>', '=']) {
            return Err(self
                .error(value_at, "one sign too many: rev>8; a value that begins with one stands in quotes"));
        }
        if self.rest().starts_with('(') {
            if op.orders() {
                return Err(self.error(
                    value_at,
                    "one value stands here: rev>8; a value that begins with ( stands in quotes",
                ));
            }
            return Ok(alternatives(negated, &name, op, self.group()?));
        }
        let value = self.word(|_| false)?;
        if value_at == self.at && op != Op::Contains {
            return Err(self.error(value_at, "a value is missing here"));
        }
        Ok(Term { negated, test: Test::Field { field: name, op, value } })
    }

    /// The texts in parentheses.
    fn group(&mut self) -> Result<Vec<String>, FilterError> {
        let open = self.at;
        let mut texts = Vec::new();
        loop {
            self.at += 1; // `(` or `|`
            self.skip_spaces();
            let (at, rest) = (self.at, self.rest());
            if rest.starts_with('"') {
                texts.push(self.quoted()?);
            } else {
                let text = &rest[..rest.find(['|', ')']).unwrap_or(rest.len())];
                self.at += text.len();
                texts.push(text.trim_end().to_owned());
            }
            let nothing = self.at == at;
            match (self.skip_spaces(), self.rest().chars().next()) {
                (false, _) | (_, None) => {
                    return Err(self.error(
                        open,
                        "this ( is not closed: city:(Austin|Boston); as text it stands in quotes",
                    ));
                }
                _ if nothing => return Err(self.error(at, "a text is missing here: city:(Austin|Boston)")),
                (_, Some('|')) => {}
                (_, Some(')')) => break,
                _ => return Err(self.error(self.at, "| or ) is missing here: city:(Austin|\"New York\")")),
            }
        }
        self.at += 1;
        if self.rest().starts_with(|c: char| !c.is_whitespace()) {
            return Err(self
                .error(self.at, "a space is missing behind ); a value that begins with ( stands in quotes"));
        }
        Ok(texts)
    }

    /// A quoted or a bare word; a bare one ends at a space or where `stop` says.
    fn word(&mut self, stop: fn(char) -> bool) -> Result<String, FilterError> {
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || stop(c)).unwrap_or(rest.len());
        let word = rest[..end].to_owned();
        self.at += end;
        Ok(word)
    }

    fn quoted(&mut self) -> Result<String, FilterError> {
        let open = self.at;
        let mut word = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += i + 1;
                    return Ok(word);
                }
                '\\' => word.extend(chars.next().map(|(_, c)| c)),
                c => word.push(c),
            }
        }
        Err(self.error(open, "this quote is not closed"))
    }
}

/// One of these, those of alternatives among them.
fn one_of(terms: impl Iterator<Item = Term>) -> Term {
    let mut all = Vec::new();
    for term in terms {
        match term {
            Term { negated: false, test: Test::Any(terms) } => all.extend(terms),
            term => all.push(term),
        }
    }
    Term { negated: false, test: Test::Any(all) }
}

/// A field that has one of these texts; where it must differ, none of them.
fn alternatives(negated: bool, field: &str, op: Op, mut texts: Vec<String>) -> Term {
    if texts.len() == 1 {
        let value = texts.remove(0);
        return Term { negated, test: Test::Field { field: field.to_owned(), op, value } };
    }
    let (negated, op) = if op == Op::NotEqual { (!negated, Op::Equal) } else { (negated, op) };
    let term = |value| Term { negated: false, test: Test::Field { field: field.to_owned(), op, value } };
    Term { negated, test: Test::Any(texts.into_iter().map(term).collect()) }
}
