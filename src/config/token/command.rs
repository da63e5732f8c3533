//! A token from a command: `pass show sell`, `secret-tool lookup service sell`, `security find-generic-password -w …`.
//!
//! Promises: what the command writes on stdout is in no message, and zeroed; it ends within [`PATIENCE`] and may write
//! [`LONGEST`](super::LONGEST) bytes; what it says on stderr is heard, at once where the caller has stderr to itself.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use wait_timeout::ChildExt as _;
use zeroize::Zeroizing;

use crate::client::ConfigError;
use crate::config::TOKEN_VAR;
use crate::text::visible;

/// How long a command may take: a person may have to unlock a store.
const PATIENCE: Duration = Duration::from_mins(1);
/// What its pipes are given to be read in once it has ended.
const DREGS: Duration = Duration::from_millis(20);
/// The most that is kept of what a command complains.
const COMPLAINT: u64 = 4 * 1024;

/// Runs the command in a shell and gives the first line that it writes. `aloud`: its stderr is ours; else it is part
/// of the message where the command fails.
pub(super) fn first_line(words: &str, source: &str, aloud: bool) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
    within(words, source, aloud, PATIENCE)
}

fn within(
    words: &str,
    source: &str,
    aloud: bool,
    patience: Duration,
) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
    let wrong = |why: String| ConfigError(format!("no token from {source}: {why}"));
    let mut child = shell(words)
        // A token of another source is none of its business.
        .env_remove(TOKEN_VAR)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(if aloud { Stdio::inherit() } else { Stdio::piped() })
        .spawn()
        .map_err(|e| wrong(format!("the shell cannot be run: {e}")))?;
    let said = collect(child.stdout.take(), super::LONGEST);
    let complaint = collect(child.stderr.take(), COMPLAINT);
    let until = Instant::now() + patience;
    let Some(status) = child.wait_timeout(patience).map_err(|e| wrong(e.to_string()))? else {
        let _ = child.kill(); // it may just have ended
        child.wait().map_err(|e| wrong(e.to_string()))?;
        return Err(wrong(format!("the command was stopped after {} s", patience.as_secs())));
    };
    // Something that it left behind may hold the pipe for ever.
    let left = || until.saturating_duration_since(Instant::now()).max(DREGS);
    let mut said = said.recv_timeout(left()).unwrap_or_default();
    // First: a command whose pipe is closed fails for that.
    if said.len() as u64 > super::LONGEST {
        return Err(wrong("the command wrote more than 64 KiB, which is no token".to_owned()));
    }
    if !status.success() {
        let complaint = complaint.recv_timeout(DREGS).unwrap_or_default();
        return Err(wrong(format!(
            "the command {}{}; run it by itself to see why",
            ended(status),
            quoted(&complaint, &said)
        )));
    }
    let line = said.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(said.len());
    said.truncate(line);
    Ok(said)
}

#[cfg(unix)]
fn shell(words: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(words);
    shell
}

#[cfg(not(unix))]
fn shell(words: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/C").arg(words);
    shell
}

/// Reads a pipe on a thread of its own, to one byte more than `most`; what comes then is left to the command.
fn collect(
    pipe: Option<impl Read + Send + 'static>,
    most: u64,
) -> std::sync::mpsc::Receiver<Zeroizing<Vec<u8>>> {
    let (sender, receiver) = channel();
    if let Some(pipe) = pipe {
        thread::spawn(move || {
            // All its room at once: growing would leave copies behind.
            let mut bytes = Zeroizing::new(Vec::with_capacity(most as usize + 64));
            let _ = pipe.take(most + 1).read_to_end(&mut bytes); // what came before an error is what there is
            let _ = sender.send(bytes);
        });
    }
    receiver
}

fn ended(status: ExitStatus) -> String {
    match status.code() {
        Some(127) => "was not found (exit status 127)".to_owned(),
        Some(code) => format!("ended with exit status {code}"),
        None => format!("was ended ({status})"),
    }
}

/// The last line of a complaint, unless it repeats what was said on stdout.
fn quoted(complaint: &[u8], said: &[u8]) -> String {
    let complaint = String::from_utf8_lossy(complaint);
    let Some(last) = complaint.lines().rfind(|line| !line.trim().is_empty()) else { return String::new() };
    let said = Zeroizing::new(String::from_utf8_lossy(said).into_owned());
    if said.lines().any(|line| !line.trim().is_empty() && last.contains(line.trim())) {
        return String::new();
    }
    let short: String = last.trim().chars().take(200).collect();
    format!(": {}", visible(&short))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn run(words: &str) -> Result<String, String> {
        let line = within(words, "--token-command", false, Duration::from_secs(20));
        line.map(|line| String::from_utf8(line.to_vec()).unwrap()).map_err(|e| e.0)
    }

    #[test]
    fn the_first_line_is_the_token() {
        assert_eq!(run("printf 's3cret\nuser: ada\n'").unwrap(), "s3cret");
        assert_eq!(run("printf 's3cret\r\n'; echo warning >&2").unwrap(), "s3cret");
        assert_eq!(run("true").unwrap(), "");
        assert_eq!(run("printf s3cret; sleep 600 >/dev/null &").unwrap(), "s3cret");
    }

    #[test]
    fn a_failure_says_how_it_ended_and_nothing_of_what_it_wrote() {
        for (words, why) in [
            ("printf s3cret; exit 7", "exit status 7"),
            ("printf s3cret; echo 'gpg: no key' >&2; exit 2", "exit status 2: gpg: no key"),
            ("printf s3cret; echo 'is it s3cret?' >&2; exit 2", "exit status 2"),
            ("no-such-program-anywhere", "not found (exit status 127)"),
            ("printf s3cret; kill -9 $$", "signal: 9"),
            ("printf 's3cret '; yes", "more than 64 KiB"),
        ] {
            let said = run(words).unwrap_err();
            assert!(said.contains(why) && said.contains("--token-command"), "{words}: {said}");
            assert!(!said.contains("s3cret"), "{words}: {said}");
        }
    }

    #[test]
    fn a_command_that_does_not_end_is_stopped() {
        let begun = Instant::now();
        let said = within("exec sleep 600", "it", false, Duration::from_millis(50)).unwrap_err().0;
        assert!(said.contains("stopped after"), "{said}");
        assert!(begun.elapsed() < Duration::from_mins(1), "it was waited for");
    }
}
