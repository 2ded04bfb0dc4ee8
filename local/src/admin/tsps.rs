//! Where the TSPs of the catalogue live.

use anyhow::{Context as _, bail};
use model::Timestamp;
use model::tsp::Tsp;
use simulator::Provided;
use store::control::{Key, Write};
use store::{Store, StoreError};
use url::{Host, Url};

use super::catalogue::catalogue;

/// Sets the URL that a TSP's API is asked at. It stays set: neither a start of the local run nor a newer catalogue changes it.
///
/// # Errors
/// If the URL is none that can be asked, there is no such TSP, or the table cannot be written.
pub async fn set_base_url(store: &Store, slug: &str, base_url: &str, now: Timestamp) -> anyhow::Result<Tsp> {
    let base = checked(base_url)?;
    let change = |seen: &Tsp| Some(Tsp { base_url_is_set: true, updated_at: now, ..at(seen, Some(&base)) });
    store.update(Key::tsp(slug), change).await?.with_context(|| unknown(slug))
}

/// Gives a TSP the catalogue's base URL again.
///
/// # Errors
/// If there is no such TSP, or the table cannot be written.
pub async fn reset_base_url(store: &Store, slug: &str, now: Timestamp) -> anyhow::Result<Tsp> {
    let known = catalogue(now).into_iter().find(|known| known.slug == slug);
    let base = known.and_then(|known| known.base_url).map(|base| checked(&base)).transpose()?;
    let change = |seen: &Tsp| Some(Tsp { base_url_is_set: false, updated_at: now, ..at(seen, base.as_ref()) });
    store.update(Key::tsp(slug), change).await?.with_context(|| unknown(slug))
}

/// Brings the table's TSPs up to date with the catalogue. Those that are simulated are asked there, unless an operator set a base
/// URL.
///
/// # Errors
/// If the table cannot be written.
pub(crate) async fn refresh(store: &Store, simulated: &[Provided], now: Timestamp) -> anyhow::Result<()> {
    for known in catalogue(now) {
        let simulator = simulated.iter().find(|provided| provided.name == known.slug);
        let fresh = match simulator {
            Some(provided) => at(&known, Some(&checked(&provided.url)?)),
            None => known,
        };
        match store.commit(vec![Write::create(&fresh)?]).await {
            Err(StoreError::Conflict) => drop(store.update(Key::tsp(&fresh.slug), |seen| refreshed(seen, &fresh)).await?),
            done => done?,
        }
    }
    Ok(())
}

/// A TSP as the catalogue has it now, where that is not how the table has it.
fn refreshed(seen: &Tsp, fresh: &Tsp) -> Option<Tsp> {
    let mut next = Tsp { created_at: seen.created_at, ..fresh.clone() };
    if seen.base_url_is_set {
        next.base_url.clone_from(&seen.base_url);
        next.is_sandbox = seen.is_sandbox;
        next.base_url_is_set = true;
    }
    let is_same = Tsp { updated_at: seen.updated_at, ..next.clone() } == *seen;
    (!is_same).then_some(next)
}

/// A TSP on this machine is a sandbox; where a base URL leads otherwise, the catalogue does not know.
fn at(tsp: &Tsp, base: Option<&Url>) -> Tsp {
    Tsp {
        is_sandbox: base.is_some_and(is_here),
        base_url: base.map(|base| base.as_str().trim_end_matches('/').to_owned()),
        ..tsp.clone()
    }
}

fn checked(text: &str) -> anyhow::Result<Url> {
    let url = Url::parse(text).with_context(|| format!("{text:?} is no URL; one looks like https://api.example.com"))?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    match url.scheme() {
        _ if !is_plain => bail!("a base URL has no user, query or fragment: {text:?}"),
        "https" => Ok(url),
        "http" if is_here(&url) => Ok(url),
        "http" => bail!("a base URL is https, but for addresses of this machine: {text:?}"),
        _ => bail!("a base URL is https: {text:?}"),
    }
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn unknown(slug: &str) -> String {
    format!(
        "there is no TSP {slug} in this table; `catena admin tsp list` shows what there is, `catena admin catalogue` adds more"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::add_catalogue;
    use crate::aws::template::Template;
    use crate::aws::{Cloud, CloudOptions, Named};

    const TEMPLATE: &str = r"
Resources:
  Control:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}, {AttributeName: sk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
";

    async fn table() -> (Cloud, Store) {
        let elsewhere =
            |name: &str| (!name.ends_with("_DYNAMODB") && name != "AWS_ENDPOINT_URL").then(|| "http://127.0.0.1:9".to_owned());
        let options = CloudOptions { named: Named::read(&elsewhere), ..CloudOptions::default() };
        let cloud = Cloud::start(&options, &Template::parse(TEMPLATE).unwrap(), &|_| {}).await.unwrap();
        let config = cloud.clients.shared.to_builder().endpoint_url(&cloud.endpoints.dynamodb).build();
        let store = Store::from_config(&config, cloud.physical.reference("Control").unwrap(), "");
        (cloud, store)
    }

    fn simulated(url: &str) -> [Provided; 1] {
        [Provided { name: "samsara", url: url.into(), keys: Vec::new() }]
    }

    async fn kept(store: &Store, slug: &str) -> (Option<String>, bool) {
        let tsp = store.get::<Tsp>(Key::tsp(slug)).await.unwrap().unwrap();
        (tsp.base_url, tsp.is_sandbox)
    }

    #[tokio::test]
    async fn what_an_operator_set_outlives_starts() {
        let (_cloud, store) = table().await;
        let now = Timestamp::from_millis(1_790_000_000_000);
        refresh(&store, &simulated("http://127.0.0.1:4600/samsara"), now).await.unwrap();
        assert_eq!(kept(&store, "samsara").await, (Some("http://127.0.0.1:4600/samsara".into()), true));
        refresh(&store, &simulated("http://127.0.0.1:4601/samsara"), now).await.unwrap();
        assert_eq!(kept(&store, "samsara").await, (Some("http://127.0.0.1:4601/samsara".into()), true), "nobody set it");

        set_base_url(&store, "samsara", "https://proxy.example/samsara/", now).await.unwrap();
        refresh(&store, &simulated("http://127.0.0.1:4602/samsara"), now).await.unwrap();
        assert!(add_catalogue(&store, now).await.unwrap().is_empty());
        assert_eq!(kept(&store, "samsara").await, (Some("https://proxy.example/samsara".into()), false));

        reset_base_url(&store, "samsara", now).await.unwrap();
        assert_eq!(kept(&store, "samsara").await, (None, false), "the adapter's own");
        refresh(&store, &simulated("http://127.0.0.1:4603/samsara"), now).await.unwrap();
        assert_eq!(kept(&store, "samsara").await, (Some("http://127.0.0.1:4603/samsara".into()), true));
        assert!(set_base_url(&store, "nobody", "https://a.example", now).await.is_err());
    }

    #[test]
    fn base_urls_are_https_or_here() {
        for (text, good) in [
            ("https://api.eu.samsara.com", true),
            ("http://127.0.0.1:4600/samsara", true),
            ("http://localhost:4600", true),
            ("http://api.samsara.com", false),
            ("https://user:secret@api.samsara.com", false),
            ("https://api.samsara.com/?a=1", false),
            ("api.samsara.com", false),
            ("ftp://api.samsara.com", false),
        ] {
            assert_eq!(checked(text).is_ok(), good, "{text}");
        }
    }
}
