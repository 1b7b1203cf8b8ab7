//! The server over a real socket, with lanes that answer as told. Shell.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;

use super::*;
use crate::config::{TlsFiles, Token};

/// Lanes that say what a test tells them.
#[derive(Debug, Default)]
struct Told {
    statuses: Mutex<Vec<LaneStatus>>,
    dead: bool,
}

impl Lanes for Told {
    fn statuses(&self) -> Vec<LaneStatus> {
        self.statuses.lock().unwrap().clone()
    }

    fn offers_enabled(&self) -> bool {
        true
    }

    fn joined(&self) -> bool {
        true
    }

    fn alive(&self) -> bool {
        !self.dead
    }

    fn ask(&self, customer: &str) -> Ask {
        match customer {
            "elsewhere" => Ask::Elsewhere { lane: 7 },
            "restoring" => Ask::Restoring { lane: 1 },
            "busy" => Ask::Busy,
            known => {
                let (send, receive) = oneshot::channel();
                send.send((known == "C 1").then(|| json!({ "customer_id": known }))).unwrap();
                Ask::Sent(receive)
            }
        }
    }
}

fn bind(listen: &str, token: Option<&str>) -> Server {
    let access = HttpAccess { token: token.map(|token| Token::new(token).unwrap()), tls: None };
    Server::bind(listen.parse().unwrap(), &access).unwrap()
}

/// The answer's head and body to `GET path`.
fn get(lanes: Told, path: &str, more: &str) -> (String, String) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n");
    ask(bind("127.0.0.1:0", None), lanes, &request)
}

/// What a server answers to these bytes.
fn ask(server: Server, lanes: Told, request: &str) -> (String, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let addr = server.addr();
    runtime.spawn(server.serve(Arc::new(Metrics::new()), Arc::new(lanes), std::future::pending()));
    let mut stream = TcpStream::connect(("127.0.0.1", addr.port())).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A server that gives up on a head closes without having read all of it, which the socket tells as an error.
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn lane(ready: bool) -> LaneStatus {
    LaneStatus { stage: "customer", lane: 3, state: if ready { "running" } else { "restoring" }, ready }
}

#[test]
fn metrics_are_text_of_format_0_0_4() {
    let (head, body) = get(Told::default(), "/metrics", "");
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    assert!(body.contains("homeqos_customers 0"));
}

#[test]
fn an_instance_without_lanes_is_ready() {
    let (head, body) = get(Told::default(), "/readyz", "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(body.contains("\"offers_enabled\":true"), "{body}");
}

#[test]
fn a_lane_that_is_being_restored_makes_the_instance_not_ready() {
    let told = Told { statuses: Mutex::new(vec![lane(true), lane(false)]), dead: false };
    let (head, body) = get(told, "/readyz", "");
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    assert!(body.contains("restoring"), "{body}");
}

#[test]
fn a_dead_worker_shows_in_livez() {
    assert!(get(Told { dead: true, ..Told::default() }, "/livez", "").0.starts_with("HTTP/1.1 503"));
    assert!(get(Told::default(), "/livez", "").0.starts_with("HTTP/1.1 200"));
}

#[test]
fn a_customers_view_comes_from_his_owner_and_every_other_case_says_why() {
    let (head, body) = get(Told::default(), "/v1/customers/C%201", "");
    assert!(head.starts_with("HTTP/1.1 200") && body == "{\"customer_id\":\"C 1\"}", "{head}\n{body}");
    for (id, status, said) in [
        ("C2", "404", "no such customer"),
        ("elsewhere", "404", "\"owner\":\"unknown\""),
        ("restoring", "503", "being restored"),
        ("busy", "503", "ask again"),
    ] {
        let (head, body) = get(Told::default(), &format!("/v1/customers/{id}"), "");
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{id}: {head}");
        assert!(head.contains("application/problem+json") && body.contains(said), "{id}: {body}");
    }
}

#[test]
fn requests_with_bodies_and_unknown_pages_are_refused() {
    assert!(get(Told::default(), "/livez", "Content-Length: 5\r\n").0.starts_with("HTTP/1.1 413"));
    assert!(get(Told::default(), "/admin", "").0.starts_with("HTTP/1.1 404"));
}

#[test]
fn a_port_that_is_taken_is_told_with_what_to_do() {
    let first = bind("127.0.0.1:0", None);
    let said = Server::bind(first.addr(), &HttpAccess::default()).unwrap_err();
    assert!(said.contains("is taken by another process") && said.contains("--set http.listen"), "{said}");
}

#[test]
fn a_lookup_names_the_customer_in_its_body_and_is_bounded() {
    let post = |body: &str, more: &str| {
        let length = body.len();
        let request = format!(
            "POST /v1/customers/lookup HTTP/1.1\r\nHost: 127.0.0.1:9464\r\nConnection: close\r\n{more}Content-Length: \
             {length}\r\n\r\n{body}"
        );
        ask(bind("127.0.0.1:0", None), Told::default(), &request)
    };
    let (head, body) = post(r#"{"customer_id":"C 1"}"#, "");
    assert!(head.starts_with("HTTP/1.1 200") && body == "{\"customer_id\":\"C 1\"}", "{head}\n{body}");
    for (body, status) in [
        (r#"{"customer_id":"C2"}"#.to_owned(), 404),
        (r#"{"customer":"C 1"}"#.to_owned(), 400),
        ("C 1".to_owned(), 400),
        (format!(r#"{{"customer_id":"{}"}}"#, "x".repeat(129)), 400),
        (format!(r#"{{"customer_id":"{}"}}"#, "x".repeat(1024)), 413),
    ] {
        assert!(post(&body, "").0.starts_with(&format!("HTTP/1.1 {status}")), "{body}");
    }
}

#[test]
fn with_a_token_nobody_asks_of_customers_without_it_wherever_he_is() {
    let status = |listen: &str, token: Option<&str>, more: &str| {
        let request = format!("GET /v1/customers/C%201 HTTP/1.1\r\nHost: far\r\nConnection: close\r\n{more}\r\n");
        ask(bind(listen, token), Told::default(), &request).0.split(' ').nth(1).unwrap().to_owned()
    };
    let token = Some("abcdefghijklmnop");
    for listen in ["127.0.0.1:0", "0.0.0.0:0"] {
        assert_eq!(status(listen, token, "Authorization: bearer abcdefghijklmnop\r\n"), "200");
        for more in ["", "Authorization: Bearer abcdefghijklmnoq\r\n", "Authorization: Basic abcdefghijklmnop\r\n"] {
            assert_eq!(status(listen, token, more), "401", "{more}");
        }
    }
    // A name that some page had resolved to this machine.
    assert_eq!(status("127.0.0.1:0", None, ""), "403");
    let open = "GET /livez HTTP/1.1\r\nHost: far\r\nConnection: close\r\n\r\n";
    assert!(ask(bind("0.0.0.0:0", token), Told::default(), open).0.starts_with("HTTP/1.1 200"));
}

#[test]
fn heads_that_are_too_long_or_never_end_are_given_up() {
    let long = format!("GET /livez HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(20_000));
    assert!(ask(bind("127.0.0.1:0", None), Told::default(), &long).0.starts_with("HTTP/1.1 431"));
    let many = format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: x\r\n".repeat(100));
    assert!(ask(bind("127.0.0.1:0", None), Told::default(), &many).0.starts_with("HTTP/1.1 431"));
}

#[test]
fn a_certificate_that_is_none_is_told_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pem");
    std::fs::write(&path, "no PEM").unwrap();
    let tls = Some(TlsFiles { certificate: path.clone(), key: path });
    let said = Server::bind("127.0.0.1:0".parse().unwrap(), &HttpAccess { token: None, tls }).unwrap_err();
    assert!(said.contains("http.tls_") && said.contains("x.pem") && said.contains("PEM"), "{said}");
}
