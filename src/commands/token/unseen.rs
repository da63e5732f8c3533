//! One line from the terminal that is not shown while it is typed.
//!
//! Promise: however it ends, by Enter, by Ctrl-C or by an error, the terminal is as it was.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

/// The most that is kept of a line.
const LONGEST: usize = 64 * 1024;

/// What somebody did at the prompt.
pub(super) enum Typed {
    /// Ended the line, which is this without its end.
    Line(Zeroizing<Vec<u8>>),
    /// Went away: Ctrl-C, or Ctrl-D on an empty line.
    Left,
}

/// Asks on stderr, reads from stdin, which is a terminal.
///
/// # Errors
/// Those of the terminal.
pub(super) fn line(prompt: &str) -> io::Result<Typed> {
    let mut stderr = io::stderr();
    let typed = {
        let mut quiet = Quiet::begin()?;
        write!(stderr, "{}", crate::text::visible(prompt))?;
        stderr.flush()?;
        typed(&mut quiet.keys)
    };
    writeln!(stderr)?;
    typed
}

/// Keys up to the end of the line, with the two that take back: Backspace and Ctrl-U.
fn typed(keys: &mut impl Read) -> io::Result<Typed> {
    // All its room at once: growing would leave copies behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let mut key = [0_u8];
    while keys.read(&mut key)? > 0 {
        match key[0] {
            0x03 => return Ok(Typed::Left),
            0x04 if line.is_empty() => return Ok(Typed::Left),
            b'\r' | b'\n' | 0x04 => return Ok(Typed::Line(line)),
            0x08 | 0x7f => drop(line.pop()),
            0x15 => line.clear(),
            byte if line.len() < LONGEST => line.push(byte),
            _ => {}
        }
    }
    Ok(if line.is_empty() { Typed::Left } else { Typed::Line(line) })
}

/// The terminal, which shows nothing and sends each key as a byte; as it was, when dropped.
#[cfg(unix)]
struct Quiet {
    /// Its keys, without a buffer of the process in between, where they would stay.
    keys: std::fs::File,
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl Quiet {
    fn begin() -> io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let keys = std::fs::File::from(rustix::stdio::stdin().try_clone_to_owned()?);
        let before = tcgetattr(&keys)?;
        let mut modes = before.clone();
        // Ctrl-C as a key too: a process that it ended would leave the terminal mute.
        modes.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(&keys, OptionalActions::Flush, &modes)?;
        Ok(Self { keys, before })
    }
}

#[cfg(unix)]
impl Drop for Quiet {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // What is typed too much is no answer to the shell that comes next.
        let _ = tcsetattr(&self.keys, OptionalActions::Flush, &self.before);
    }
}

/// Elsewhere nothing here can keep a terminal from showing what is typed.
#[cfg(not(unix))]
struct Quiet {
    keys: io::Empty,
}

#[cfg(not(unix))]
impl Quiet {
    fn begin() -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "it would show the token; pipe the token into this command",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(keys: &[u8]) -> Option<Vec<u8>> {
        match typed(&mut &keys[..]).unwrap() {
            Typed::Line(line) => Some(line.to_vec()),
            Typed::Left => None,
        }
    }

    #[test]
    fn a_line_ends_and_can_be_taken_back() {
        assert_eq!(of(b"abc\rmore").unwrap(), b"abc");
        assert_eq!(of(b"abx\x7fc\n").unwrap(), b"abc");
        assert_eq!(of(b"\x7f\x08wrong\x15abc\n").unwrap(), b"abc");
        assert_eq!(of(b"abc\x04").unwrap(), b"abc");
        assert_eq!(of(b"\n").unwrap(), b"");
        assert_eq!(of(&b"x".repeat(LONGEST + 9)).unwrap().len(), LONGEST);
    }

    #[test]
    fn who_goes_away_has_typed_nothing() {
        assert_eq!([of(b"abc\x03\n"), of(b"\x04"), of(b"")], [None, None, None]);
    }
}
