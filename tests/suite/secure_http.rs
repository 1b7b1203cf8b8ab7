//! HTTP over TLS with a bearer token, asked by a client that is not ours.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use homeqos::config::{HttpAccess, TlsFiles, Token};
use homeqos::shell::http::Server;
use homeqos::shell::metrics::Metrics;
use homeqos::shell::registry::Registry;

use crate::secure::certificate;
use crate::support::{or_skip, scratch};

const TOKEN: &str = "Marronnier-1917-quai";

/// What `openssl s_client` hears, once it has found the certificate good.
fn ask(folder: &Path, port: u16, header: &str) -> String {
    let mut client = Command::new("openssl");
    client.args(["s_client", "-quiet", "-verify_return_error", "-CAfile", "ca.pem", "-verify_hostname", "localhost"]);
    client.args(["-connect", &format!("127.0.0.1:{port}")]).current_dir(folder);
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let request = format!("GET /v1/customers/C1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n");
    // The end of the input would end the client before it has heard anything: the pipe stays open.
    let mut input = client.stdin.take().unwrap();
    input.write_all(request.as_bytes()).unwrap();
    let heard = client.wait_with_output().unwrap();
    drop(input);
    String::from_utf8_lossy(&heard.stdout).into_owned()
}

#[test]
fn over_tls_the_bearer_of_the_token_is_answered_and_nobody_else() {
    let folder = scratch::folder("https");
    or_skip!(certificate(&folder));
    let tls = TlsFiles { certificate: folder.join("ca.pem"), key: folder.join("key.pem") };
    let access = HttpAccess { token: Some(Token::new(TOKEN).unwrap()), tls: Some(tls) };
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), &access).unwrap();
    let port = server.addr().port();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let registry = Arc::new(Registry::new(None, true));
    runtime.spawn(server.serve(Arc::new(Metrics::new()), registry, std::future::pending()));
    let status = |header: &str| ask(&folder, port, header).split(' ').nth(1).map(str::to_owned);
    assert_eq!(status("").as_deref(), Some("401"));
    assert_eq!(status("Authorization: Bearer Marronnier-1917-quaI\r\n").as_deref(), Some("401"));
    // The instance has no lane: the right token gets as far as to be told so.
    let answered = ask(&folder, port, &format!("Authorization: Bearer {TOKEN}\r\n"));
    assert!(answered.starts_with("HTTP/1.1 404") && answered.contains("another instance"), "{answered}");
    let plain = crate::support::http::get(port, "/livez");
    assert!(plain.is_err(), "no plain HTTP where TLS is spoken: {plain:?}");
}
