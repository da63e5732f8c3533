//! `drainboard serve` as it is written, with the examination of clients.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::number;
use crate::config::duration;
use crate::service::PlannedFault;

pub(super) const EXAMPLES: &str = "\
Prints one line, `listening on http://127.0.0.1:8080  token TOKEN`, once it
accepts connections. Stops on SIGINT and SIGTERM.

Examples:
  drainboard serve
  drainboard serve --items 200000 --rate 10 --latency 120ms
  drainboard serve --fault '503 page every=7' --fault 'lost ack times=2'
  drainboard serve --account mirror.db --state replay.db   a real account again
  curl -X POST localhost:8080/emulator/edit -d '{\"create\":5,\"update\":10}'

--account takes a mirror too, or NDJSON (a file, or a folder that `export`
wrote): one object a line, either
{\"type\":\"contact\",\"revision\":7,\"data\":{\"id\":1}} or an item of a page as it came.
It is read once and never written; rows leave byte for byte as they are. What
devices acknowledge, and edits, go to --state: one that is there goes on, and
the source is not read again.

A fault is written KIND [start|page|ack] [every=N] [after=N] [times=N], once
unless it says otherwise, also as the body of POST /emulator/fault:
  503 ...        this status, nothing is done; 502 and 504 in HTML;
                 retry-after=SECONDS
  bare           503 in an error body without meta; nothing is done
  html, empty    200 with HTML; a page without items; nothing is done
  reset          the connection ends, nothing is done
  lost           all is done, then the connection ends without an answer
  cut            all is done, then the body ends in the middle
  stall=TIME     all is done, then the body stops in its middle
  drip=TIME      all is done, then the body comes byte by byte
  latency=TIME   all is done and answered later
  expire         all sessions end before the request is done
  ack200         acks are answered 200 in place of 202
  json204        a 204 says that it is JSON

While it runs it hears more, without a token, from this machine alone (as
localhost or 127.0.0.1, and never from a web page):
  POST /emulator/edit    {\"create\":5,\"update\":10,\"delete\":2}; says what was done
  POST /emulator/fault   a fault, as above; DELETE takes all of them back
  POST /emulator/sight   {\"user\":200000012,\"everything\":true}: what a user sees
  GET  /emulator/status  records a type, open sessions, changes, requests, users

-v writes a line a request on stderr: the time, method, path, status, size and
how long it took; no token is in it.

The token is made from the seed; BASECRM_ACCESS_TOKEN sets another.

With --console the service is watched in the terminal: every request with what
was answered, filtered and searched, copied as curl, recorded as HAR, and the
panel that bends the service. `c` there copies tokens; no screen shows one. A
recording is watched the same way (--replay), and an examination by hand
(--conformance).

With --tokens two more follow: of a user who sees only what is theirs, and one
without the sync scope.

--scenario FILE.toml says what happens by and by, each step once:
  [[step]]
  at_request = 40                  # or after = \"2s\"
  edit = { create = 3, update = 2, delete = 1 }
  fault = \"429 page times=3\"     # or a list; also rate, latency, expire, sight
assets/scenarios/bad-day.toml in the sources has all of it.

With --replay each recorded exchange is served once, in its order among those of
its method and path, errors and broken connections too; a pack gets the answer
that the same keys got, and keys that were accepted are so in any packs. What
was not recorded is a 409 that says what was. Every token and device is welcome.

With --conformance a client of yours is examined, whatever it is written in:
  drainboard serve --conformance -- python3 my_sync.py
  drainboard serve --conformance --scenario empty_mid -- ./my-sync --once
The command is run once a scenario, each with an account, a port and a device of
its own, as a device that is new. Its environment tells it where:
  BASECRM_ACCESS_TOKEN            the token
  BASE_URL, DRAINBOARD_BASE_URL   the service
  BASECRM_DEVICE_UUID             a device's UUID that it may use
  DRAINBOARD_SCENARIO             the scenario's name, for files of its own
It should end once `start` answers 204 and may be ended a second after. Judged
is what arrives on the wire, one line a scenario; and where a client may perish
at the very last answer (start204, json204) its exit status, unless it is no
better where nothing goes wrong. 0 is the exit status where all passed, else 1.
Without a command the scenarios come one after the other at the address that is
printed; each ends ten seconds after its last request (`stall`, whose answer
never ends, a minute after it).";

/// `drainboard serve`
#[derive(Debug, Args)]
pub(in crate::commands) struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(in crate::commands) listen: String,
    /// The account's file, made where it is missing, or a mirror or NDJSON; without it a temporary one
    #[arg(long, value_name = "FILE")]
    pub(in crate::commands) account: Option<PathBuf>,
    /// Where a mirror or NDJSON that is served keeps what changes; without it a temporary file
    #[arg(long, value_name = "FILE", requires = "account")]
    pub(in crate::commands) state: Option<PathBuf>,
    /// Records of a generated account
    #[arg(long, value_name = "N", default_value_t = 12_000, value_parser = number::<u64>, allow_negative_numbers = true)]
    pub(in crate::commands) items: u64,
    /// The seed of a generated account
    #[arg(long, value_name = "SEED", default_value_t = 1, value_parser = number::<u64>, allow_negative_numbers = true)]
    pub(in crate::commands) seed: u64,
    /// Requests a second for one token; 0 = no limit
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = number::<u32>, allow_negative_numbers = true)]
    pub(in crate::commands) rate: u32,
    /// How long each answer takes
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub(in crate::commands) latency: Duration,
    /// Pages as gzip, for clients that take it: a quarter of the bytes and half a millisecond more for each. Not with
    /// --console, which looks into pages
    #[arg(long, conflicts_with = "console")]
    pub(in crate::commands) gzip: bool,
    /// A fault on purpose, like '503 page every=5' (see below); may be repeated
    #[arg(long, value_name = "WORDS")]
    pub(in crate::commands) fault: Vec<PlannedFault>,
    /// Watch what clients ask and what they are answered, live; bend the service, record, copy the tokens
    #[arg(long, conflicts_with_all = ["json", "client"])]
    pub(in crate::commands) console: bool,
    /// Print the tokens of users with other sight too, a line each behind the first
    #[arg(long)]
    pub(in crate::commands) tokens: bool,
    /// Serve a recording of the Wire screen (HAR) again, request for request
    #[arg(long, value_name = "FILE")]
    #[arg(conflicts_with_all = ["account", "state", "items", "seed", "rate", "latency", "gzip", "fault", "tokens", "conformance"])]
    pub(in crate::commands) replay: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::commands) examination: Examination,
}

/// `drainboard serve --conformance`
#[derive(Debug, Args)]
#[command(next_help_heading = "Examining a client")]
pub(in crate::commands) struct Examination {
    /// Take a client through the scenarios that break Sync clients and say what it got right and wrong
    #[arg(long, conflicts_with_all = ["account", "state", "items", "seed", "rate", "latency", "gzip", "fault", "tokens"])]
    pub(in crate::commands) conformance: bool,
    /// Only this scenario; may be repeated. Without --conformance, a file of what happens by and by (see below)
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "replay", value_hint = ValueHint::FilePath)]
    pub(in crate::commands) scenario: Vec<String>,
    /// The report as lines of JSON
    #[arg(long, requires = "conformance")]
    pub(in crate::commands) json: bool,
    /// How long the client may take for one scenario before it is ended
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration, requires = "conformance")]
    pub(in crate::commands) deadline: Duration,
    /// The client: it is run once a scenario (see below); without one, run yours by hand against the address
    #[arg(last = true, value_name = "COMMAND", requires = "conformance", value_hint = ValueHint::CommandName)]
    pub(in crate::commands) client: Vec<OsString>,
}
