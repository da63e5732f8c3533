//! Whom the token is sent to: the base URL's host over TLS that is verified, or this machine; no proxy on the way, no
//! host that only looks like this machine.

use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustls::pki_types::PrivateKeyDer;

use crate::den::{Den, Served};
use crate::search::{plain_token, token};

/// Listens and keeps whatever is sent, unanswered; one message a connection.
fn ear() -> (u16, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, heard) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
            let mut bytes = vec![0; 4096];
            let n = stream.read(&mut bytes).unwrap_or_default();
            bytes.truncate(n);
            let _ = sender.send(bytes);
        }
    });
    (port, heard)
}

#[test]
fn hosts_that_look_like_this_machine_are_refused_before_anything_is_sent() {
    let token = plain_token();
    let den = Den::new(&token);
    let (port, heard) = ear();
    let urls = [
        format!("http://127.0.0.1:{port}/?t={token}"),
        format!("http://127.0.0.1:{port}/#{token}"),
        format!("127.0.0.1:{port}?{token}"),
        format!("http://127.0.0.1.example.com:{port}"),
        format!("http://localhost.example.com:{port}"),
        format!("http://user@127.0.0.1:{port}"),
        format!("http://user:pass@127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}@example.com"),
        format!("http://[::ffff:127.0.0.1]:{port}"),
        format!("http://[::ffff:7f00:1]:{port}"),
        format!("http://0.0.0.0:{port}"),
        format!("http://[::]:{port}"),
        format!("http://example.com:{port}"),
        format!("http://127.0.0.1:{port}/?x"),
        format!("ftp://127.0.0.1:{port}"),
        format!("127.0.0.1:{port}"),
        format!("http:\\\\example.com:{port}"),
        format!("http://localhost.:{port}"),
        format!("http://2130706433:{port}"),
        format!("http://0x7f000001:{port}"),
        format!("http://0177.0.0.1:{port}"),
        format!("http://127.1:{port}"),
        format!("http://①②⑦.0.0.1:{port}"),
    ];
    for url in &urls {
        for command in [&["sync", "--json", "--tries", "1"][..], &["doctor"]] {
            let ended = den.run(den.command(url, command));
            assert_eq!(ended.status.code(), Some(2), "{url}: {}{}", ended.stdout, ended.stderr);
        }
    }
    assert!(heard.try_recv().is_err(), "something was sent");
    assert!(!den.files().iter().any(|name| name.ends_with("mirror.db")), "a mirror was made");
    den.is_tight();
}

#[test]
fn no_proxy_hears_of_a_service_on_this_machine() {
    let den = Den::new(&token());
    let theirs = Den::new(&den.token);
    let served = Served::start(&theirs, &["--items", "10"]);
    let (port, heard) = ear();
    let proxy = format!("http://127.0.0.1:{port}");
    for url in [served.url.clone(), served.url.replace("127.0.0.1", "localhost")] {
        let mut command = den.command(&url, &["sync", "--json", "--rate", "0", "--mirror"]);
        command.arg(den.path(if url == served.url { "a.db" } else { "b.db" }));
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            command.env(name, &proxy);
        }
        den.run(command).code(0);
    }
    assert!(heard.try_recv().is_err(), "the proxy heard something");
    // The ear would have heard it.
    std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    assert_eq!(heard.recv_timeout(Duration::from_secs(20)).unwrap(), b"");
    den.is_tight();
}

#[test]
fn a_certificate_that_nobody_vouches_for_hears_nothing() {
    let den = Den::new(&token());
    let signed =
        rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, heard) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut tls = rustls::StreamOwned::new(
                rustls::ServerConnection::new(Arc::clone(&config)).unwrap(),
                stream.unwrap(),
            );
            let mut bytes = Vec::new();
            let _ = tls.read_to_end(&mut bytes); // what came before the error is what counts
            let _ = sender.send(bytes);
        }
    });
    // Somebody vouches for others, so that TLS can be set up on any machine.
    let other = rcgen::generate_simple_self_signed(["example.com".to_owned()]).unwrap();
    den.write("bundle.pem", &other.cert.pem(), 0o600);
    for host in ["localhost", "127.0.0.1"] {
        let mut command = den.command(&format!("https://{host}:{port}"), &["sync", "--json", "--tries", "1"]);
        command.env("SSL_CERT_FILE", den.path("bundle.pem")).env("SSL_CERT_DIR", "/dev/null");
        let ended = den.run(command).code(4);
        assert!(ended.stderr.contains("TLS"), "{}", ended.stderr);
        let heard = heard.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(heard.is_empty(), "{:?}", String::from_utf8_lossy(&heard));
    }
    den.is_tight();
}
