//! `drainboard serve` as it is written.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

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
  curl -X POST localhost:8080/emulator/edit -d '{\"create\":5,\"update\":10,\"delete\":2}'

--account takes a mirror too, or NDJSON (a file, or a folder that `export` wrote):
one object a line, either {\"type\":\"contact\",\"revision\":7,\"data\":{\"id\":1}} or an
item of a page as it came. It is read once and never written; rows leave byte for
byte as they are. What devices acknowledge, and edits, go to --state: one that is
there goes on, and the source is not read again.

A fault is written KIND [start|page|ack] [every=N] [after=N] [times=N], once
unless it says otherwise, also as the body of POST /emulator/fault:
  503 ...        this status, nothing is done; 502 and 504 in HTML;
                 retry-after=SECONDS
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

The token is made from the seed; BASECRM_ACCESS_TOKEN sets another.";

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
    #[arg(long, value_name = "N", default_value_t = 12_000)]
    pub(in crate::commands) items: u64,
    /// The seed of a generated account
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub(in crate::commands) seed: u64,
    /// Requests a second for one token; 0 = no limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(in crate::commands) rate: u32,
    /// How long each answer takes
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub(in crate::commands) latency: Duration,
    /// A fault on purpose, like '503 page every=5' (see below); may be repeated
    #[arg(long, value_name = "WORDS")]
    pub(in crate::commands) fault: Vec<PlannedFault>,
}
