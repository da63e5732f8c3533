//! A recorded exchange as a `curl` command for a POSIX shell. Pure.
//!
//! Promise: pasting it sends that request and nothing else happens: everything but the token's variable is in single
//! quotes, and the token is `$BASECRM_ACCESS_TOKEN`, expanded by the shell that runs it.

use super::tap::Exchange;

/// Headers that curl or the connection makes itself.
const OWN: [&str; 4] = ["host", "accept-encoding", "content-length", "authorization"];

/// The command. A body that was cut is said to be so in a comment at its end: it cannot be sent again.
pub fn command(exchange: &Exchange) -> String {
    let mut words = vec!["curl".to_owned(), "--globoff".to_owned(), "--compressed".to_owned()];
    words.extend(["--request".to_owned(), quoted(exchange.method)]);
    words.push(quoted(&exchange.url));
    words.push("--header \"Authorization: Bearer $BASECRM_ACCESS_TOKEN\"".to_owned());
    for (name, value) in exchange.headers.iter().filter(|(name, _)| !OWN.contains(&name.as_ref())) {
        words.extend(["--header".to_owned(), quoted(&format!("{name}: {value}"))]);
    }
    if exchange.body.size > 0 {
        // Not --data, which reads a file where the body begins with an @.
        words.extend(["--data-raw".to_owned(), quoted(&String::from_utf8_lossy(&exchange.body.kept))]);
    }
    if exchange.body.cut {
        words.push(format!(
            "# the body was cut: {} of {} bytes",
            exchange.body.kept.len(),
            exchange.body.size
        ));
    }
    words.join(" ")
}

/// A word that a POSIX shell takes exactly as it is. A NUL, which no argument can hold, is left out.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\0', "").replace('\'', r"'\''"))
}
