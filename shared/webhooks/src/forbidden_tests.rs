//! Names that point where nothing may be sent: no connection is made, and the owner of the name cannot tell why.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const LIMITS: Limits = Limits { deadline: Duration::from_secs(5), max_body: 16, over: OverLimit::Cut };

/// What names may be made to resolve to by those who would have us call it, by kind.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("loopback", &["127.0.0.1", "127.8.9.10", "::1"]),
    ("this host", &["0.0.0.0", "0.1.2.3", "::"]),
    ("private", &["10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1", "fc00::1", "fd12:3456::1", "fec0::1"]),
    ("carrier NAT", &["100.64.0.1", "100.127.255.254"]),
    ("link-local", &["169.254.0.1", "fe80::1", "febf::1"]),
    (
        "metadata",
        &[
            "169.254.169.254",
            "169.254.170.2",
            "169.254.169.123",
            "fd00:ec2::254",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
        ],
    ),
    ("mapped", &["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8"]),
    ("compatible and translated", &["::127.0.0.1", "::169.254.169.254", "::ffff:0:127.0.0.1"]),
    ("6to4", &["2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:a00:1::", "192.88.99.1"]),
    ("NAT64", &["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::a00:1", "64:ff9b:1::7f00:1", "64:ff9b:1::808:808"]),
    ("Teredo and ORCHID", &["2001::1", "2001:0:a9fe:a9fe::", "2001:10::1", "2001:20::1"]),
    ("multicast and broadcast", &["224.0.0.1", "239.1.2.3", "255.255.255.255", "ff02::1", "ff0e::1"]),
    (
        "reserved",
        &[
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "240.0.0.1",
            "100::1",
            "2001:db8::1",
            "3fff::1",
            "5f00::1",
        ],
    ),
];

/// A resolver that answers each name with the next of these addresses, and the last one from then on.
fn answering(addresses: Vec<Vec<IpAddr>>) -> Lookup {
    let left = Mutex::new(addresses);
    Arc::new(move |_| {
        let mut left = left.lock().unwrap();
        let next = if left.len() > 1 { left.remove(0) } else { left[0].clone() };
        Box::pin(async move { Ok(next.into_iter().map(|address| SocketAddr::new(address, 0)).collect()) })
    })
}

fn client(ranges: &str, lookup: &Lookup) -> GuardedClient {
    GuardedClient::resolving(ranges.parse().unwrap(), lookup).unwrap()
}

async fn send(client: &GuardedClient, url: &str) -> Result<HttpResponse, SendError> {
    let url = Url::parse(url).unwrap();
    client.send(Request { method: Method::POST, url, headers: HeaderMap::new(), body: Bytes::new() }, LIMITS).await
}

/// A listener on every address of this host that counts its connections and closes each after a response.
async fn listener() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("[::]:0").await.unwrap();
    let (port, connections) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 1024];
            let _read = stream.read(&mut request).await;
            let _written = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        }
    });
    (port, connections)
}

#[tokio::test]
async fn no_name_leads_to_a_forbidden_address() {
    let (port, connections) = listener().await;
    for (kind, addresses) in FORBIDDEN {
        for address in *addresses {
            let client = client("", &answering(vec![vec![address.parse().unwrap()]]));
            for scheme in ["https", "http"] {
                let answer = send(&client, &format!("{scheme}://hooks.example:{port}/")).await;
                assert!(matches!(answer, Err(SendError::Refused(_))), "{kind} {address} by {scheme}: {answer:?}");
            }
        }
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_forbidden_address_behind_a_permitted_one_is_left_out() {
    let (port, connections) = listener().await;
    let both = ["127.0.0.1", "127.0.0.2"].map(|address| address.parse().unwrap());
    let client = client("127.0.0.3/32", &answering(vec![both.to_vec()]));
    assert!(matches!(send(&client, &format!("http://hooks.example:{port}/")).await, Err(SendError::Refused(_))));
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_that_points_elsewhere_later_is_not_followed() {
    let (port, connections) = listener().await;
    let first: IpAddr = Ipv4Addr::new(127, 0, 0, 2).into();
    let then: Vec<IpAddr> = ["127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0"].map(|address| address.parse().unwrap()).to_vec();
    let client = client("127.0.0.2", &answering(vec![vec![first], then]));
    let url = format!("http://rebind.example:{port}/");
    assert_eq!(send(&client, &url).await.unwrap().status, 204);
    for _ in 0..3 {
        assert!(matches!(send(&client, &url).await, Err(SendError::Refused(_))));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1, "only the first one");
}

#[tokio::test]
async fn a_private_name_and_a_dead_one_read_alike() {
    let private = client("", &answering(vec![vec![Ipv4Addr::new(10, 0, 0, 1).into()]]));
    let unknown: Lookup = Arc::new(|_| Box::pin(async { Err(std::io::Error::other("no such name")) }));
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let dead = client("127.0.0.0/8", &answering(vec![vec![free.ip()]]));
    let told = [
        send(&private, "https://internal.example/").await,
        send(&private, "https://10.0.0.1/").await,
        send(&client("", &unknown), "https://nowhere.example/").await,
        send(&dead, &format!("http://dead.example:{}/", free.port())).await,
    ];
    let told: Vec<String> = told.into_iter().map(|answer| answer.unwrap_err().told()).collect();
    assert_eq!(told, ["connection failed"; 4]);
}
