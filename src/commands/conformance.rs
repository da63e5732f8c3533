//! `drainboard serve --conformance`: a client is run through the scenarios, or runs itself, and the report says what it
//! got right and wrong.
//!
//! Promises: a client that is still there at the deadline is ended, with what it started; the report is written line by
//! line as it comes; the exit status is 0 only where every scenario passed.

mod report;

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use super::arguments::{Examination as Asked, Serve};
use super::listening::{bind, ready};
use super::output::{Ending, Failure};
use super::signals::Signals;
use crate::service::conformance::{self, Examination, Exit, SCENARIOS, Scenario, Verdict};
use crate::service::{Serve as _, Watch};

pub(super) use report::{Board, Report, Up, print};

/// How often the client is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// What a client that has all may still do before it is ended.
const LINGER: Duration = Duration::from_secs(1);
/// A client that sent so many requests shows nothing new any more: the longest scenario takes some forty.
const FLOOD: usize = 2_000;
/// Without a request for so long, a scenario that somebody runs by hand is over.
const QUIET: Duration = Duration::from_secs(10);
/// The same where the client waits for an answer that never ends: 30 s is what clients usually allow.
const HUNG: Duration = Duration::from_mins(1);

/// Examines.
pub(super) fn run(serve: &Serve, token: &str, watch: Option<&Arc<dyn Watch>>) -> Ending {
    let asked = &serve.examination;
    let scenarios = chosen(asked)?;
    let runtime = super::runtime()?;
    let mut report = Report::written(asked.json);
    let ending = runtime.block_on(async {
        let mut signals = Signals::listen().map_err(Failure::other)?;
        if asked.client.is_empty() {
            by_hand(serve, &scenarios, token, watch, &mut report, &mut signals).await
        } else {
            for scenario in &scenarios {
                let examined = examine(asked, scenario, token, watch);
                tokio::select! {
                    result = examined => { let (verdict, end) = result?; report.line(scenario, &verdict, &end); }
                    signal = signals.next() => return Ok(signal.exit_status()),
                }
            }
            Ok(report.end())
        }
    });
    runtime.shutdown_timeout(Duration::from_millis(200));
    ending
}

/// A token as the official libraries insist on it: 64 letters and digits.
pub(super) fn any_token() -> String {
    (0..64).map(|_| fastrand::alphanumeric()).collect()
}

/// The scenarios that were named; all where none was.
pub(super) fn chosen(asked: &Asked) -> Result<Vec<&'static Scenario>, Failure> {
    if asked.scenario.is_empty() {
        return Ok(SCENARIOS.iter().collect());
    }
    asked
        .scenario
        .iter()
        .map(|name| {
            conformance::scenario(name).ok_or_else(|| {
                let names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
                Failure::usage(format!("there is no scenario {name:?}; there are {}", names.join(", ")))
            })
        })
        .collect()
}

/// How a client's run ended.
#[derive(Debug, Default)]
pub(super) struct End {
    /// The exit status, where it has one.
    status: Option<i32>,
    /// Whether the deadline ended it.
    late: bool,
    /// The same in words, for the judge.
    exit: Exit,
    /// The last line that it wrote, or the one that says what was wrong.
    words: String,
}

/// The client's process; with it ends what it started.
struct Client(Child);

impl Client {
    fn run(command: &[OsString], environment: &[(&str, String)], words: &File) -> Result<Self, Failure> {
        let [program, arguments @ ..] = command else { return Err(Failure::usage("the client is missing")) };
        let mut run = Command::new(program);
        run.args(arguments).envs(environment.iter().map(|(name, value)| (*name, value))).stdin(Stdio::null());
        let copy = || words.try_clone().map_err(Failure::other);
        run.stdout(copy()?).stderr(copy()?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut run, 0);
        let child = run.spawn().map_err(|error| {
            Failure::usage(format!("the client {} cannot be run: {error}", program.display()))
        })?;
        Ok(Self(child))
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>, Failure> {
        self.0.try_wait().map_err(Failure::other)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw) {
            // Nothing of it may be left any more.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the client before one scenario, and judges it.
async fn examine(
    asked: &Asked,
    scenario: &'static Scenario,
    token: &str,
    watch: Option<&Arc<dyn Watch>>,
) -> Result<(Verdict, End), Failure> {
    let (examination, mut end) = sit(asked, scenario, token, watch).await?;
    // A client may end with 1 to say that it has not converged: then it does so in good weather too.
    if let (Exit::Ill(how), true, Some(usual)) = (&end.exit, scenario.ends_in_trouble(), SCENARIOS.first()) {
        let how = how.clone();
        let (_, in_good_weather) = sit(asked, usual, token, watch).await?;
        if in_good_weather.exit != Exit::Well {
            end.exit = Exit::AsUsual(how);
        }
    }
    Ok((examination.verdict(&end.exit), end))
}

/// Runs the client before one scenario.
async fn sit(
    asked: &Asked,
    scenario: &'static Scenario,
    token: &str,
    watch: Option<&Arc<dyn Watch>>,
) -> Result<(Examination, End), Failure> {
    let examination = Examination::new(scenario, token.to_owned());
    let watched = examination.clone().watched_by(watch.cloned());
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Failure::other)?;
    let url = format!("http://{}", listener.local_addr().map_err(Failure::other)?);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(watched.serve(listener, async {
        let _ = stopped.await;
    }));
    let mut words = tempfile::tempfile().map_err(Failure::other)?;
    let environment = [
        ("BASECRM_ACCESS_TOKEN", token.to_owned()),
        ("BASE_URL", url.clone()),
        ("DRAINBOARD_BASE_URL", url),
        ("BASECRM_DEVICE_UUID", uuid::Uuid::new_v4().to_string()),
        ("DRAINBOARD_SCENARIO", scenario.name.to_owned()),
    ];
    let mut client = Client::run(&asked.client, &environment, &words)?;
    let begun = Instant::now();
    let mut end = End { exit: Exit::Well, ..End::default() };
    loop {
        if let Some(status) = client.ended()? {
            end.status = status.code();
            end.exit = exit(status);
            break;
        }
        if examination.is_complete() && examination.quiet().is_some_and(|quiet| quiet > LINGER) {
            break;
        }
        if examination.requests() > FLOOD {
            break;
        }
        if begun.elapsed() > asked.deadline {
            end.late = true;
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    drop(client);
    // The token may be a real one, from the environment.
    end.words = last_line(&mut words).replace(token, "[token]");
    let _ = stop.send(());
    let _ = serving.await;
    Ok((examination, end))
}

/// How a client ended.
fn exit(status: ExitStatus) -> Exit {
    match status.code() {
        Some(0) => Exit::Well,
        Some(code) => Exit::Ill(format!("status {code}")),
        // On Unix it says which signal.
        None => Exit::Ill(status.to_string()),
    }
}

/// The last line that a client wrote and that is no frame of a stack; nothing where it cannot be read.
fn last_line(words: &mut File) -> String {
    const MOST: u64 = 16_384;
    let mut tail = Vec::new();
    let from = words.metadata().map_or(0, |found| found.len().saturating_sub(MOST));
    if words.seek(SeekFrom::Start(from)).and_then(|_| words.read_to_end(&mut tail)).is_err() {
        return String::new();
    }
    telling(&String::from_utf8_lossy(&tail)).to_owned()
}

/// The last line that says something: Ruby, PHP, Java and Node write where an error came from below the error.
fn telling(words: &str) -> &str {
    let said: Vec<&str> = words.lines().filter(|line| !line.trim().is_empty()).collect();
    // What has a mark below it is the code that was wrong.
    let marked =
        |at: usize| said.get(at + 1).is_some_and(|below| below.trim().bytes().all(|byte| byte == b'^'));
    let told = (0..said.len()).rfind(|at| !is_frame(said[*at]) && !marked(*at));
    told.map(|at| said[at]).or(said.last().copied()).unwrap_or_default().trim()
}

/// Whether a line is of a stack's trace, or of the code that Ruby shows under an error: an error begins at the margin.
fn is_frame(line: &str) -> bool {
    let numbered = line.strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    numbered
        || line.starts_with(char::is_whitespace)
        || line.starts_with("Stack trace:")
        || line.starts_with("Node.js v")
}

/// Puts the scenarios up one after the other for a client that somebody else runs.
async fn by_hand(
    serve: &Serve,
    scenarios: &[&'static Scenario],
    token: &str,
    watch: Option<&Arc<dyn Watch>>,
    report: &mut Report,
    signals: &mut Signals,
) -> Ending {
    let Some(first) = scenarios.first() else { return Ok(report.end()) };
    let examination = Examination::new(first, token.to_owned());
    let watched = examination.clone().watched_by(watch.cloned());
    let listener = bind(&serve.listen).await?;
    ready(&listener, token)?;
    let (_stop, stopped) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(watched.serve(listener, async {
        let _ = stopped.await;
    }));
    let interrupted = async {
        signals.next().await;
    };
    Ok(go_through(&examination, scenarios, report, interrupted).await)
}

/// Puts the scenarios up one after the other, until `interrupted`; the exit status.
pub(super) async fn go_through(
    examination: &Examination,
    scenarios: &[&'static Scenario],
    report: &mut Report,
    interrupted: impl Future<Output = ()>,
) -> u8 {
    tokio::pin!(interrupted);
    for (at, scenario) in scenarios.iter().enumerate() {
        examination.put(scenario);
        report.up(scenario, at + 1, scenarios.len());
        let interrupted = tokio::select! {
            () = over(examination, scenario) => false,
            () = &mut interrupted => true,
        };
        report.line(scenario, &examination.verdict(&Exit::Unseen), &End::default());
        if interrupted {
            break;
        }
    }
    report.end()
}

/// Waits until a scenario has been seen whole, or its client says no more.
async fn over(examination: &Examination, scenario: &Scenario) {
    loop {
        let enough = match (examination.is_complete(), scenario.hangs()) {
            (true, _) => LINGER,
            (false, true) => HUNG,
            (false, false) => QUIET,
        };
        if examination.quiet().is_some_and(|quiet| quiet > enough) {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::telling;

    #[test]
    fn the_line_that_says_the_error_is_told_and_no_frame_of_its_stack() {
        for (words, line) in [
            (
                "a.rb:3:in `x': no `y' for nil (NoMethodError)\n\na.y\n ^^\n\tfrom b.rb:2\n",
                "a.rb:3:in `x': no `y' for nil (NoMethodError)",
            ),
            ("one\nKeyError: 'meta'\n\n", "KeyError: 'meta'"),
            (
                "a.rb:3:in `parse': unexpected token (ParserError)\n\tfrom b.rb:2:in `x'\n\tfrom c.rb:1\n",
                "a.rb:3:in `parse': unexpected token (ParserError)",
            ),
            (
                "PHP Fatal error:  Uncaught E: no in /x:1\nStack trace:\n#0 /y(2): f()\n#1 {main}\n  thrown in /x on line 1\n",
                "PHP Fatal error:  Uncaught E: no in /x:1",
            ),
            (
                "TypeError: items of undefined\n    at f (a.js:1)\n\nNode.js v20.1.0\n",
                "TypeError: items of undefined",
            ),
            ("at last\nfrom here on\n", "from here on"),
            ("\tat a\n\tat b\n", "at b"),
            ("", ""),
        ] {
            assert_eq!(telling(words), line);
        }
    }
}
