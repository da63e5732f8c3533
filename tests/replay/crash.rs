//! The service is killed, or stopped, and starts again on the same files.

use std::fs;

use crate::kit::{Bench, Served, rows};

impl Served {
    /// One POST by hand; the whole answer.
    pub(crate) fn post(&self, path: &str, body: &str) -> String {
        use std::io::{Read as _, Write as _};
        let host = self.url.strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nUser-Agent: t\r\n\
             X-Basecrm-Device-UUID: 00000000-0000-4000-8000-000000000001\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[cfg(unix)]
#[test]
fn a_state_goes_on_after_a_stop_and_leaves_nothing_beside_it() {
    let bench = Bench::new();
    let served = bench.serve(&["--items", "600"]);
    bench.sync(&served, "a.db");
    drop(served);
    let replay = ["--account", "a.db", "--state", "state.db"];
    let served = bench.serve(&replay);
    bench.sync(&served, "b.db");
    assert_eq!(served.stop(), Some(0));
    let beside: Vec<_> = fs::read_dir(bench.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("state.db"))
        .collect();
    assert_eq!(beside, ["state.db"], "no log and no lock is left");
    let served = bench.serve(&replay);
    let said = String::from_utf8(bench.sync(&served, "b.db").stdout).unwrap();
    assert!(said.lines().last().unwrap().contains(r#""instructions":0"#), "nothing comes again: {said}");
    assert_eq!(rows(&bench.path("b.db")), rows(&bench.path("a.db")));
    served.kill();
}
