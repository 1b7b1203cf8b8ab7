//! The server over a real socket, with lanes that answer as told. Shell.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;

use super::*;

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

/// The answer's head and body to `GET path`.
fn get(lanes: Told, path: &str, more: &str) -> (String, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = Server::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let addr = server.addr();
    runtime.spawn(server.serve(Arc::new(Metrics::new()), Arc::new(lanes), std::future::pending()));
    let mut stream = TcpStream::connect(addr).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
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
    let first = Server::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let said = Server::bind(first.addr()).unwrap_err();
    assert!(said.contains("is taken by another process") && said.contains("--set http.listen"), "{said}");
}

#[test]
fn beyond_loopback_customers_are_not_served() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = Server::bind("0.0.0.0:0".parse().unwrap()).unwrap();
    let port = server.addr().port();
    runtime.spawn(server.serve(Arc::new(Metrics::new()), Arc::new(Told::default()), std::future::pending()));
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET /v1/customers/C1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 403"), "{text}");
}
