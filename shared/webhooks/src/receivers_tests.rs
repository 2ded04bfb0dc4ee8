//! Receivers that do not keep to HTTP, over plain TCP: the status line decides.

use std::net::SocketAddr;

use model::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::outcome::{Verdict, judge};

const CUT: Limits = Limits { deadline: Duration::from_secs(3), max_body: 4_096, over: OverLimit::Cut };
const WHOLE: Limits = Limits { over: OverLimit::Refuse, ..CUT };

/// What a receiver does after its answer.
#[derive(Clone, Copy)]
enum End {
    /// It closes the connection, with whatever it did not read.
    Close,
    /// It keeps the connection open and says nothing more.
    Hold,
    /// It repeats this for ever.
    Repeat(&'static [u8]),
}

/// A receiver on a thread of its own that answers every request with these pieces as soon as it has read the request's head.
fn receiver(pieces: Vec<Vec<u8>>, end: End) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    std::thread::spawn(move || {
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, pieces.clone(), end));
            }
        });
    });
    address
}

async fn answer(mut stream: TcpStream, pieces: Vec<Vec<u8>>, end: End) {
    stream.set_nodelay(true).unwrap();
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    for piece in pieces {
        stream.write_all(&piece).await.unwrap();
        tokio::task::yield_now().await;
    }
    match end {
        End::Close => {}
        End::Hold => std::future::pending().await,
        End::Repeat(bytes) => while stream.write_all(bytes).await.is_ok() {},
    }
}

async fn send(address: SocketAddr, body: Bytes, limits: Limits) -> Result<HttpResponse, SendError> {
    let client = GuardedClient::new("127.0.0.0/8".parse().unwrap()).unwrap();
    let url = Url::parse(&format!("http://{address}/in")).unwrap();
    client.send(Request { method: Method::POST, url, headers: HeaderMap::new(), body }, limits).await
}

/// Sends to a receiver that answers so, under both limits, and expects this status, body and header.
async fn check(answer: &[u8], status: u16, body: &str, header: Option<(&str, &[u8])>) {
    let shown = String::from_utf8_lossy(answer);
    for limits in [CUT, WHOLE] {
        let address = receiver(vec![answer.to_vec()], End::Close);
        let seen = send(address, Bytes::from_static(b"{}"), limits).await.unwrap_or_else(|error| panic!("{error}: {shown}"));
        assert_eq!((seen.status.as_u16(), seen.body.as_ref()), (status, body.as_bytes()), "{shown}");
        if let Some((name, value)) = header {
            assert_eq!(seen.headers.get(name).map(http::HeaderValue::as_bytes), Some(value), "{shown}");
        }
    }
}

#[tokio::test]
async fn oddly_written_headers_are_read_or_left_out() {
    let length = Some(("content-length", b"2".as_slice()));
    check(b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok", 200, "ok", length).await;
    check(b"HTTP/1.1 200 OK\r\nX Powered By: cart\r\nContent-Length: 2\r\n\r\nok", 200, "ok", length).await;
    check(b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 2\r\n\r\nok", 200, "ok", length).await;
    check(b"HTTP/1.1 200 OK\r\n: no name\r\nContent-Length: 2\r\n\r\nok", 200, "ok", length).await;
    check(b"HTTP/1.1 200 OK\r\nx-caf\xe9: a\r\nContent-Length: 2\r\n\r\nok", 200, "ok", length).await;
    check(b"HTTP/1.1 200 OK\r\nx-control: a\x07b\r\nContent-Length: 2\r\n\r\nok", 200, "ok", length).await;
    check(b"HTTP/1.1 200 OK\r\n\tx-first: a\r\nContent-Length: 2\r\n\r\nok", 200, "ok", length).await;
}

#[tokio::test]
async fn folded_headers_are_one_line() {
    let folded = b"HTTP/1.1 202 Accepted\r\nx-folded: a\r\n  b\r\n\tc\r\nContent-Length: 2\r\n\r\nok";
    check(folded, 202, "ok", Some(("x-folded", b"a b c"))).await;
}

#[tokio::test]
async fn latin_1_is_kept() {
    check(b"HTTP/1.1 200 D\xe9j\xe0\r\nx-city: K\xf6ln\r\nContent-Length: 0\r\n\r\n", 200, "", Some(("x-city", b"K\xf6ln")))
        .await;
}

#[tokio::test]
async fn many_headers_are_read() {
    let many: String = (0..150).map(|number| format!("x-{number}: a\r\n")).collect();
    let answer = format!("HTTP/1.1 200 OK\r\n{many}content-length: 2\r\n\r\nok");
    check(answer.as_bytes(), 200, "ok", Some(("x-149", b"a"))).await;
}

#[tokio::test]
async fn a_head_without_end_has_a_limit() {
    let address = receiver(vec![b"HTTP/1.1 200 OK\r\n".to_vec()], End::Repeat(b"x-more: and more\r\n"));
    let endless = send(address, Bytes::new(), CUT).await;
    assert!(matches!(endless, Err(SendError::Other(_))), "{endless:?}");
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let interim = ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 102 \r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"];
    let last = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    check([interim.concat().as_str(), last].concat().as_bytes(), 200, "ok", None).await;
    let pieces = interim.iter().chain([&last]).flat_map(|part| part.as_bytes().chunks(7)).map(<[u8]>::to_vec).collect();
    let seen = send(receiver(pieces, End::Close), Bytes::from_static(b"{}"), WHOLE).await.unwrap();
    assert_eq!((seen.status.as_u16(), seen.body.as_ref()), (200, b"ok".as_slice()));
}

#[tokio::test]
async fn an_interim_answer_alone_is_no_answer() {
    let retry = Verdict::Retry { not_before: None };
    for interim in
        ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"]
    {
        let seen = send(receiver(vec![interim.into()], End::Close), Bytes::from_static(b"{}"), CUT).await;
        assert_eq!(judge(&seen, Timestamp::from_micros(0)), retry, "{interim}: {seen:?}");
    }
}

#[tokio::test]
async fn bodies_that_break_off_keep_their_status() {
    for body in [
        "Content-Length: 10\r\n\r\n01",
        "Transfer-Encoding: chunked\r\n\r\n5\r\n01",
        "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        "Transfer-Encoding: gzip\r\n\r\n01",
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{body}");
        let seen = send(receiver(vec![answer.into()], End::Close), Bytes::from_static(b"{}"), CUT).await;
        assert_eq!(seen.unwrap().status, 200, "{body}");
    }
}

#[tokio::test]
async fn bodies_without_end_hold_nobody_up() {
    let endless = [
        ("\r\n", End::Repeat(b"more and more")),
        ("Transfer-Encoding: chunked\r\n\r\n", End::Repeat(b"4\r\nmore\r\n")),
        ("\r\n", End::Hold),
        ("Content-Length: 10\r\n\r\n01", End::Hold),
        ("Transfer-Encoding: chunked\r\n\r\n", End::Hold),
    ];
    for (rest, end) in endless {
        let address = receiver(vec![format!("HTTP/1.1 200 OK\r\n{rest}").into()], end);
        let seen = send(address, Bytes::from_static(b"{}"), CUT).await.unwrap();
        assert_eq!(seen.status, 200, "{rest}");
        assert!(seen.body.len() <= CUT.max_body && seen.elapsed < CUT.deadline / 2, "{rest}: {seen:?}");
    }
}

#[tokio::test]
async fn an_answer_before_the_body_was_read_counts() {
    for (size, end) in [(200_000, End::Close), (8_000_000, End::Close), (8_000_000, End::Hold)] {
        for status in [200, 413, 202, 410] {
            let answer = format!("HTTP/1.1 {status} \r\nContent-Length: 2\r\n\r\nok");
            let address = receiver(vec![answer.into()], end);
            for round in 0..3 {
                let seen = send(address, vec![b'a'; size].into(), CUT).await;
                let seen = seen.unwrap_or_else(|error| panic!("{status} to {size} bytes, round {round}: {error}"));
                assert_eq!(seen.status.as_u16(), status);
            }
        }
    }
}

#[tokio::test]
async fn large_bodies_arrive_whole() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let sent: Bytes = (0..=255).cycle().take(300_001).collect::<Vec<u8>>().into();
    let length = sent.len();
    let receiver = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        (String::from_utf8(head).unwrap(), body)
    });
    assert_eq!(send(address, sent.clone(), CUT).await.unwrap().status, 204);
    let (head, body) = receiver.await.unwrap();
    assert!(head.contains("content-length: 300001\r\n") && !head.contains("transfer-encoding"), "{head}");
    assert_eq!(body, sent);
}
