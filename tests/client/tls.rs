//! The client over TLS: whom it trusts, and that nobody else hears the token.

use std::sync::Arc;

use drainboard::client::{Client, FailureKind, Started, Verdict};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::server::{Server, http};
use crate::{again, config, is_again};

fn certificate() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

fn acceptor(certificate: &CertifiedKey<KeyPair>) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn only_a_trusted_host_of_the_right_name_hears_the_token() {
    let Some(bundle) = std::env::var_os("SSL_CERT_FILE").filter(|_| is_again()) else {
        let folder = tempfile::tempdir().unwrap();
        let bundle = folder.path().join("bundle.pem");
        let environment = [("SSL_CERT_FILE", bundle.to_str().unwrap()), ("SSL_CERT_DIR", "/dev/null")];
        again("tls::only_a_trusted_host_of_the_right_name_hears_the_token", &environment);
        return;
    };
    let trusted = certificate();
    std::fs::write(bundle, trusted.cert.pem()).unwrap();
    let start = |url: String| async move { Client::new(config(&url)).unwrap().start().await };

    let good = Server::start_tls([http(204, "", "")], acceptor(&trusted)).await;
    let answer = start(format!("https://localhost:{}", good.port)).await.unwrap();
    assert!(matches!(answer.value, Started::UpToDate));

    let stranger = Server::start_tls([http(204, "", "")], acceptor(&certificate())).await;
    let misnamed = Server::start_tls([http(204, "", "")], acceptor(&trusted)).await;
    for url in
        [format!("https://localhost:{}", stranger.port), format!("https://127.0.0.1:{}", misnamed.port)]
    {
        let failure = start(url).await.unwrap_err();
        assert_eq!((failure.kind, failure.verdict), (FailureKind::Tls, Verdict::Retry), "{failure}");
        assert!(failure.message.contains("ca-certificates"), "{failure}");
    }
    assert_eq!((good.requests().len(), stranger.requests().len(), misnamed.requests().len()), (1, 0, 0));
}
