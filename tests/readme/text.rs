//! A Markdown text as far as its commands go: fenced blocks, code in the running text, rows of tables. Pure.

/// A fenced block and the line that it begins in, from 1.
pub(crate) struct Fence {
    pub(crate) line: usize,
    pub(crate) language: String,
    pub(crate) lines: Vec<String>,
}

/// Code in the running text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) line: usize,
    pub(crate) code: String,
    /// The command whose row it stands in, where it stands in a table of commands.
    pub(crate) row: Option<String>,
}

/// A text, taken apart.
pub(crate) struct Text {
    pub(crate) fences: Vec<Fence>,
    pub(crate) spans: Vec<Span>,
}

impl Text {
    pub(crate) fn parse(text: &str) -> Self {
        let (mut fences, mut spans) = (Vec::new(), Vec::new());
        let mut open: Option<Fence> = None;
        for (at, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line)) {
            match (line.strip_prefix("```"), open.take()) {
                (Some(_), Some(fence)) => fences.push(fence),
                (Some(language), None) => {
                    open = Some(Fence { line: at, language: language.trim().to_owned(), lines: Vec::new() });
                }
                (None, Some(mut fence)) => {
                    fence.lines.push(line.to_owned());
                    open = Some(fence);
                }
                (None, None) => spans.extend(spans_of(at, line)),
            }
        }
        assert!(open.is_none(), "a fenced block has no end");
        Self { fences, spans }
    }

    /// The lines of the blocks in a language that are no comment, each without the comment behind it.
    pub(crate) fn commands(&self, language: &str) -> Vec<Span> {
        let fences = self.fences.iter().filter(|fence| fence.language == language);
        let lines = fences.flat_map(|fence| (fence.line + 1..).zip(&fence.lines));
        let bare = lines.map(|(line, text)| {
            let code = text.split_once("  #").map_or(text.as_str(), |(command, _)| command);
            Span { line, code: code.trim().to_owned(), row: None }
        });
        bare.filter(|span| !span.code.is_empty() && !span.code.starts_with('#')).collect()
    }
}

/// Every second piece between backticks is code.
fn spans_of(line: usize, text: &str) -> Vec<Span> {
    assert!(text.matches('`').count().is_multiple_of(2), "line {line}: a backtick without its twin");
    let codes: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let row = if text.starts_with("| `drainboard") { codes.first() } else { None };
    let span = |code: &&str| Span { line, code: (*code).to_owned(), row: row.map(|row| (*row).to_owned()) };
    codes.iter().map(span).collect()
}

/// The options that a command line names.
pub(crate) fn options(code: &str) -> Vec<&str> {
    let words = code.split(|c: char| c.is_whitespace() || matches!(c, '=' | '[' | ']'));
    let letters = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    words
        .filter(|word| match word.strip_prefix("--") {
            Some(name) => !name.is_empty() && letters(name),
            None => word.len() == 2 && word.starts_with('-') && word.as_bytes()[1].is_ascii_alphabetic(),
        })
        .collect()
}

#[test]
fn a_text_is_taken_apart() {
    let text = Text::parse(
        "# A\nsee `drainboard a --b`.\n\n```sh\n# first\nx -y  # why\n\nz '#'\n```\n| `drainboard c` | `--d E` |\n",
    );
    let codes: Vec<&str> = text.spans.iter().map(|span| span.code.as_str()).collect();
    assert_eq!(codes, ["drainboard a --b", "drainboard c", "--d E"]);
    assert_eq!((text.spans[0].line, text.spans[0].row.as_deref()), (2, None));
    assert_eq!((text.spans[2].line, text.spans[2].row.as_deref()), (10, Some("drainboard c")));
    let commands: Vec<(usize, String)> = text.commands("sh").into_iter().map(|s| (s.line, s.code)).collect();
    assert_eq!(commands, [(6, "x -y".to_owned()), (8, "z '#'".to_owned())]);
    assert_eq!(options("a --b-c=D -e -status:lost [--f[=NAME]] -- x"), ["--b-c", "-e", "--f"]);
}
