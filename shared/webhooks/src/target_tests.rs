use super::*;

fn policy(ranges: &str) -> AddressPolicy {
    ranges.parse().unwrap()
}

fn check(url: &str, ranges: &str, expected: Result<(), UrlProblem>) {
    assert_eq!(check_url(url, &policy(ranges)).map(drop), expected, "{url} with [{ranges}]");
}

#[test]
fn public_https_urls_pass() {
    for url in [
        "https://hooks.example.com/in?a=b",
        "https://hooks.example.com:443/",
        "https://hooks.example.com:1024/",
        "https://hooks.example.com:65535",
        "https://93.184.216.34/in",
        "https://[2606:4700::1111]/in",
        "HTTPS://Hooks.Example.com/in",
    ] {
        check(url, "", Ok(()));
    }
}

#[test]
fn each_rule_refuses() {
    use UrlProblem::{Address, Length, Malformed, Port, Scheme, UserInfo};
    let table = [
        ("", Length),
        ("/in", Malformed),
        ("hooks.example.com", Malformed),
        ("https://", Malformed),
        ("https://hooks.exa mple.com/", Malformed),
        ("https://hooks.example.com/\n", Malformed),
        ("https://hooks.example.com:99999/", Malformed),
        ("http://hooks.example.com/in", Scheme),
        ("http://127.0.0.1:8080/in", Scheme),
        ("ftp://hooks.example.com/in", Scheme),
        ("file:///etc/passwd", Malformed),
        ("mailto:a@example.com", Malformed),
        ("https://user@hooks.example.com/", UserInfo),
        ("https://:word@hooks.example.com/", UserInfo),
        ("https://hooks.example.com:22/", Port),
        ("https://hooks.example.com:80/", Port),
        ("https://hooks.example.com:1023/", Port),
        ("https://hooks.example.com:0/", Port),
        ("https://localhost/in", Address),
        ("https://LOCALHOST./in", Address),
        ("https://api.localhost/in", Address),
        ("https://printer.local/in", Address),
        ("https://intranet/in", Address),
        ("https://metadata.google.internal/in", Address),
        ("https://127.0.0.1/in", Address),
        ("https://0x7f.1/in", Address),
        ("https://2130706433/in", Address),
        ("https://169.254.169.254/latest", Address),
        ("https://[::1]/in", Address),
        ("https://[::ffff:8.8.8.8]/in", Address),
        ("https://[fd00:ec2::254]/in", Address),
    ];
    for (url, problem) in table {
        check(url, "", Err(problem));
    }
}

#[test]
fn the_longest_url_has_2083_characters() {
    let base = "https://hooks.example.com/";
    let url = |length: usize| format!("{base}{}", "a".repeat(length - base.len()));
    check(&url(2083), "", Ok(()));
    check(&url(2084), "", Err(UrlProblem::Length));
}

#[test]
fn allowed_ranges_open_plain_http_to_themselves_only() {
    let local = "127.0.0.0/8, ::1/128";
    for url in ["http://127.0.0.1:8080/in", "http://localhost:8080/in", "https://localhost/in", "http://[::1]:9000/"] {
        check(url, local, Ok(()));
    }
    check("http://receiver:8080/in", "172.16.0.0/12", Ok(()));
    check("http://hooks.example.com:8080/in", local, Err(UrlProblem::Scheme));
    check("http://93.184.216.34:8080/in", local, Err(UrlProblem::Scheme));
    check("http://10.0.0.1:8080/in", local, Err(UrlProblem::Scheme));
    check("https://10.0.0.1/in", local, Err(UrlProblem::Address));
    check("https://localhost/in", "10.0.0.0/8", Err(UrlProblem::Address));
    check("http://127.0.0.1/in", local, Err(UrlProblem::Port));
}

#[test]
fn special_addresses_are_not_public() {
    let special = "0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1 169.254.169.254 172.16.0.1 \
                   172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7 \
                   203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 \
                   :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::a00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 \
                   2002:7f00:1::1 3fff::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 5f00::1";
    for address in special.split_whitespace() {
        assert!(!AddressPolicy::public().permits(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn neighbors_of_special_ranges_are_public() {
    let public = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 172.15.0.1 172.32.0.1 192.0.1.1 \
                  192.167.0.1 198.17.0.1 198.20.0.1 223.255.255.255 2001:200::1 2600:1f18::1 2a00:1450::1 64:ff9b::808:808";
    for address in public.split_whitespace() {
        assert!(AddressPolicy::public().permits(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn allowed_ranges_reach_mapped_addresses() {
    let policy = policy("10.0.0.0/8,192.168.7.7");
    for (address, expected) in [("10.9.9.9", true), ("::ffff:10.9.9.9", true), ("192.168.7.7", true), ("192.168.7.8", false)] {
        assert_eq!(policy.permits(address.parse().unwrap()), expected, "{address}");
    }
}

#[test]
fn lists_that_cannot_be_read_are_named() {
    assert_eq!("10.0.0.0/8, nowhere".parse::<AddressPolicy>(), Err(PolicyError("nowhere".into())));
    assert!("10.0.0.0/33".parse::<AddressPolicy>().is_err());
    assert_eq!(" , ".parse::<AddressPolicy>(), Ok(AddressPolicy::public()));
}
