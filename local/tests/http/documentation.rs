//! What partners read, and answers that are sent compressed.

use std::io::Read as _;

use flate2::read::GzDecoder;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::World;

/// Everything around it, on one platform.
pub(crate) async fn partners_read_how_it_works(world: &World) {
    every_link_of_the_documentation_leads_somewhere(world).await;
    documents_are_served_and_name_this_platform(world).await;
    what_there_is_not_is_a_page(world).await;
    who_takes_gzip_gets_it(world).await;
}

async fn got(world: &World, path: &str) -> (StatusCode, HeaderMap, String) {
    let response = world.request(Method::GET, path).send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, response.text().await.unwrap())
}

/// The addresses of this host that a page names.
fn links(html: &str) -> Vec<String> {
    let named = html.split("href=\"/").skip(1).chain(html.split("src=\"/").skip(1));
    named.map(|rest| format!("/{}", rest.split('"').next().unwrap())).collect()
}

async fn every_link_of_the_documentation_leads_somewhere(world: &World) {
    let mut ahead = vec!["/docs".to_owned()];
    let mut seen = Vec::new();
    while let Some(path) = ahead.pop() {
        let (status, headers, text) = got(world, &path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        seen.push(path);
        if headers["content-type"].to_str().unwrap().starts_with("text/html") {
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
            assert!(!text.contains("src=\"http") && !text.contains("stylesheet\" href=\"http"), "{text}");
            ahead.extend(links(&text).into_iter().filter(|link| !seen.contains(link)));
            ahead.sort();
            ahead.dedup();
        }
    }
    let of = |root: &str| seen.iter().filter(|path| path.starts_with(root)).count();
    assert_eq!((of("/docs/guides/"), of("/docs/reference/"), of("/v2/")), (7, 5, 5), "{seen:?}");
    assert!(of("/docs/assets/") == 3, "{seen:?}");
}

async fn documents_are_served_and_name_this_platform(world: &World) {
    let (_, headers, text) = got(world, "/v2/telematics/openapi.json").await;
    assert!(headers["content-type"] == "application/json" && headers["access-control-allow-origin"] == "*", "{headers:?}");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["servers"][0]["variables"]["origin"]["default"], world.url);
    assert!(document["paths"]["/v2/telematics/vehicles"]["get"].is_object());
    let (status, _, error) = got(world, "/v2/connect/openapi.json").await;
    assert_eq!((status, error.contains("service")), (StatusCode::NOT_FOUND, true), "{error}");
}

async fn what_there_is_not_is_a_page(world: &World) {
    let (status, ..) = got(world, "/docs/guides/first-call?utm_source=mail").await;
    assert_eq!(status, StatusCode::OK, "links may be tracked");
    for path in ["/docs/guides/none", "/docs/reference/connect", "/docs/assets/none", "/docs/none", "/docs/"] {
        let (status, headers, text) = got(world, path).await;
        assert_eq!((status, text.contains("<h1>Not found</h1>")), (StatusCode::NOT_FOUND, true), "{path}");
        assert!(headers.contains_key("content-security-policy") && !headers.contains_key("set-cookie"), "{path}");
    }
    let put = world.request(Method::PUT, "/docs").send().await.unwrap();
    assert_eq!(put.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(put.headers()["allow"], "GET, HEAD, OPTIONS");
    assert!(put.text().await.unwrap().contains("This page can only be read."));
}

async fn who_takes_gzip_gets_it(world: &World) {
    let [gzip, vary] = ["gzip", "accept-encoding"].map(HeaderValue::from_static);
    for path in ["/v2/orgs/openapi.json", "/docs/assets/redoc-2.5.4.js", "/v2/orgs/tsps"] {
        let (_, plain, text) = got(world, path).await;
        assert!(plain["vary"] == "accept-encoding" && !plain.contains_key("content-encoding"), "{path}: {plain:?}");
        let packed = world.request(Method::GET, path).header("accept-encoding", "gzip, deflate, br").send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip", "{path}");
        let bytes = packed.bytes().await.unwrap();
        assert!(bytes.len() * 2 < text.len(), "{path}");
        let mut unpacked = String::new();
        GzDecoder::new(&*bytes).read_to_string(&mut unpacked).unwrap();
        assert!(unpacked == text, "{path}");
        let head = world.request(Method::HEAD, path).header("accept-encoding", "gzip").send().await.unwrap();
        assert_eq!((&head.headers()["content-encoding"], &head.headers()["vary"]), (&gzip, &vary), "{path}");
        assert_eq!(head.headers()["content-length"].to_str().unwrap(), bytes.len().to_string(), "{path}");
    }
}
