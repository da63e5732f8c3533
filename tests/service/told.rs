//! `serve -v`: a line a request on stderr, by the built program, and no token in any of them.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use super::process::{drainboard, listening};
use super::wire::http;

const DEVICE: &str = "00000000-0000-4000-8000-000000000001";

#[tokio::test]
async fn every_request_is_a_line_without_a_token() {
    let home = tempfile::tempdir().unwrap();
    let mut command = drainboard(home.path());
    command.args(["serve", "-v", "--listen", "127.0.0.1:0", "--items", "30", "--fault", "503 page"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let (base, token) = listening(&first);
    let stranger = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01";
    let asked = |method: &str, path: &str, bearer: &str| {
        let method = method.parse().unwrap();
        let request = http().request(method, format!("{base}{path}")).bearer_auth(bearer);
        request.header("User-Agent", "told").header("X-Basecrm-Device-UUID", DEVICE).send()
    };
    assert_eq!(asked("POST", &format!("/v2/sync/start?key={token}"), &token).await.unwrap().status(), 201);
    assert_eq!(asked("GET", "/v2/sync/x/queues/main", &token).await.unwrap().status(), 503);
    assert_eq!(asked("GET", &format!("/v2/{stranger}"), stranger).await.unwrap().status(), 401);
    #[cfg(unix)]
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM)
        .unwrap();
    #[cfg(not(unix))]
    child.kill().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    let lines: Vec<Vec<&str>> = said.lines().map(|line| line.split(' ').collect()).collect();
    let short: Vec<String> = lines.iter().map(|words| words[1..4].join(" ")).collect();
    assert_eq!(
        short,
        ["POST /v2/sync/start 201", "GET /v2/sync/x/queues/main 503", "GET /v2/[…] 401"],
        "{said}"
    );
    for words in &lines {
        assert!(words[0].parse::<jiff::Timestamp>().is_ok(), "{said}");
        assert!(words[4].parse::<u64>().unwrap() > 0 && words[5] == "B", "{said}");
        assert!(words[6].parse::<f64>().is_ok() && words[7].starts_with("ms"), "{said}");
    }
    assert!(said.contains("on purpose"), "{said}");
    assert!(!said.contains(&token) && !said.contains(stranger), "{said}");
}
