use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

const LIMITS: Limits = Limits { deadline: Duration::from_secs(5), max_body: 4, over: OverLimit::Cut };

/// What a server does with the connection after its answer.
enum End {
    Close,
    Hold,
}

/// A server that answers its one request with these bytes.
async fn server(answer: &'static str, end: End) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        let seen = String::from_utf8_lossy(&request[..length]).into_owned();
        if matches!(end, End::Hold) {
            tokio::spawn(async move {
                let _open = stream;
                std::future::pending::<()>().await;
            });
        }
        seen
    });
    (address, task)
}

fn client(ranges: &str) -> GuardedClient {
    GuardedClient::new(ranges.parse().unwrap()).unwrap()
}

fn request(url: &str) -> Request {
    let mut headers = HeaderMap::new();
    headers.insert("x-event-type", "vehicle.added".parse().unwrap());
    Request { method: Method::POST, url: Url::parse(url).unwrap(), headers, body: Bytes::from_static(b"{}") }
}

async fn refused(client: &GuardedClient, url: &str) -> String {
    match client.send(request(url), LIMITS).await {
        Err(SendError::Refused(host)) => host,
        other => panic!("{url}: {other:?}"),
    }
}

#[tokio::test]
async fn special_literals_are_refused() {
    let client = client("");
    for url in ["https://127.0.0.1:9/", "https://[::1]:9/", "https://169.254.169.254/", "http://8.8.8.8:9/"] {
        refused(&client, url).await;
    }
    assert_eq!(refused(&client, "ftp://a.example/").await, "scheme ftp");
}

#[tokio::test]
async fn names_that_resolve_to_special_addresses_are_refused() {
    for url in ["https://localhost:9/", "http://localhost:9/"] {
        assert_eq!(refused(&client(""), url).await, "localhost");
    }
    assert_eq!(refused(&client("10.0.0.0/8"), "http://localhost:9/").await, "localhost");
}

#[tokio::test]
async fn allowed_ranges_are_called() {
    let (address, seen) = server("HTTP/1.1 202 Accepted\r\nx-a: b\r\ncontent-length: 2\r\n\r\nok", End::Close).await;
    let answer = client("127.0.0.0/8").send(request(&format!("http://{address}/in")), LIMITS).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.as_ref()), (202, b"ok".as_slice()));
    assert_eq!(answer.headers["x-a"], "b");
    let seen = seen.await.unwrap();
    assert!(seen.starts_with("POST /in HTTP/1.1\r\n") && seen.ends_with("\r\n\r\n{}"), "{seen}");
    assert!(seen.contains("x-event-type: vehicle.added\r\n") && !seen.contains("accept-encoding"), "{seen}");
}

#[tokio::test]
async fn allowed_names_are_called() {
    let (address, _) = server("HTTP/1.1 204 No Content\r\n\r\n", End::Close).await;
    let url = format!("http://localhost:{}/", address.port());
    assert_eq!(client("127.0.0.0/8").send(request(&url), LIMITS).await.unwrap().status, 204);
}

#[tokio::test]
async fn redirects_are_answers() {
    let redirect = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n";
    let (address, _) = server(redirect, End::Close).await;
    let answer = client("127.0.0.0/8").send(request(&format!("http://{address}/")), LIMITS).await.unwrap();
    assert_eq!(answer.status, 307);
}

#[tokio::test]
async fn bodies_end_at_the_limit() {
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789";
    let (address, _) = server(long, End::Close).await;
    let answer = client("127.0.0.0/8").send(request(&format!("http://{address}/")), LIMITS).await.unwrap();
    assert_eq!(answer.body, "0123");
    let (address, _) = server(long, End::Close).await;
    let limits = Limits { over: OverLimit::Refuse, ..LIMITS };
    let refused = client("127.0.0.0/8").send(request(&format!("http://{address}/")), limits).await;
    assert!(matches!(refused, Err(SendError::TooLarge)), "{refused:?}");
    let (address, _) = server(long, End::Close).await;
    let limits = Limits { max_body: 10, ..limits };
    let whole = client("127.0.0.0/8").send(request(&format!("http://{address}/")), limits).await.unwrap();
    assert_eq!(whole.body, "0123456789");
}

#[tokio::test]
async fn a_body_that_never_ends_keeps_its_status() {
    let slow = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01";
    let limits = Limits { deadline: Duration::from_millis(300), ..LIMITS };
    let (address, _) = server(slow, End::Hold).await;
    let answer = client("127.0.0.0/8").send(request(&format!("http://{address}/")), limits).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.as_ref()), (200, b"01".as_slice()));
    let (address, _) = server(slow, End::Hold).await;
    let limits = Limits { over: OverLimit::Refuse, ..limits };
    let late = client("127.0.0.0/8").send(request(&format!("http://{address}/")), limits).await;
    assert!(matches!(late, Err(SendError::Timeout)), "{late:?}");
}

#[tokio::test]
async fn a_missing_response_is_a_timeout() {
    let limits = Limits { deadline: Duration::from_millis(200), ..LIMITS };
    let (address, _) = server("", End::Hold).await;
    let late = client("127.0.0.0/8").send(request(&format!("http://{address}/")), limits).await;
    assert!(matches!(late, Err(SendError::Timeout)), "{late:?}");
}

#[tokio::test]
async fn faults_are_told_apart() {
    let client = client("127.0.0.0/8");
    let (address, _) = server("HTTP/1.1 400 Bad Request\r\n\r\n", End::Close).await;
    let fault = client.send(request(&format!("https://{address}/")), LIMITS).await;
    assert!(matches!(fault, Err(SendError::Tls)), "{fault:?}");
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let fault = client.send(request(&format!("http://{free}/secret")), LIMITS).await;
    assert!(matches!(fault, Err(SendError::Connect)), "{fault:?}");
    let (address, _) = server("nonsense\r\n\r\n", End::Close).await;
    let fault = client.send(request(&format!("http://{address}/secret")), LIMITS).await;
    let Err(SendError::Other(text)) = fault else { panic!("{fault:?}") };
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn debug_shows_no_path_header_or_body() {
    let shown = format!("{:?}", request("https://hooks.example/secret-path?token=1"));
    assert_eq!(shown, "Request { method: POST, host: \"hooks.example\", .. }");
}
