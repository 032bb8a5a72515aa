//! Which addresses of strangers may be called: public ones, over TLS.
//!
//! A URL is checked as text when it is set and before each call, and every address that its name stands for is
//! checked by whoever connects, who then connects to that very address. What is not known to be public is refused:
//! the lists are those of RFC 6890 and IANA's registries of special-purpose addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

const URL_BYTES_MAX: usize = 2_048;
const HTTPS_PORT: u16 = 443;

/// What is allowed beyond the strictest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlRules {
    /// The ports that may be called.
    pub ports: Vec<u16>,
    /// Whether this machine itself may be called, also without TLS and on any port: where no money is real.
    pub loopback: bool,
}

/// Why an address is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UrlRefusal {
    /// It is too long.
    #[error("the URL is too long")]
    TooLong,
    /// It is no URL, or not written as it is read.
    #[error("the URL is malformed")]
    Malformed,
    /// It is not `https`.
    #[error("the URL's scheme is not https")]
    Scheme,
    /// It holds a user name or a password.
    #[error("the URL holds credentials")]
    Credentials,
    /// Its port is not allowed.
    #[error("the URL's port is not allowed")]
    Port,
    /// Its host is not one of the public internet, or an address that is not written in the usual way.
    #[error("the URL's host is not public")]
    Host,
    /// Its address is not one of the public internet.
    #[error("the address is not public")]
    Address,
}

impl UrlRefusal {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::TooLong,
        Self::Malformed,
        Self::Scheme,
        Self::Credentials,
        Self::Port,
        Self::Host,
        Self::Address,
    ];

    /// The reason as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Scheme => "scheme",
            Self::Credentials => "credentials",
            Self::Port => "port",
            Self::Host => "host",
            Self::Address => "address",
        }
    }
}

/// The URL, if it may be called. An address in it was checked; a name still stands for addresses that
/// [`address_guard`] has to be asked about.
pub fn url_guard(text: &str, rules: &UrlRules) -> Result<Url, UrlRefusal> {
    if text.len() > URL_BYTES_MAX {
        return Err(UrlRefusal::TooLong);
    }
    // Whatever a lenient reader would drop or change is refused, so that all readers read the same.
    if text.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\' || byte == b'#') {
        return Err(UrlRefusal::Malformed);
    }
    let url = Url::parse(text).map_err(|_| UrlRefusal::Malformed)?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(UrlRefusal::Scheme);
    }
    let authority = authority(text, url.scheme()).ok_or(UrlRefusal::Malformed)?;
    if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
        return Err(UrlRefusal::Credentials);
    }
    let host = url.host().ok_or(UrlRefusal::Host)?;
    // `0x7f.1`, `2130706433`, `%31` and the like are read as another host than the one that is written.
    if !host_of(authority).eq_ignore_ascii_case(url.host_str().unwrap_or_default()) {
        return Err(UrlRefusal::Host);
    }
    let is_local = match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == LOCALHOST,
    };
    if is_local && rules.loopback {
        return Ok(url);
    }
    if url.scheme() != "https" {
        return Err(UrlRefusal::Scheme);
    }
    match host {
        Host::Ipv4(address) => address_guard(address.into(), false)?,
        Host::Ipv6(address) => address_guard(address.into(), false)?,
        Host::Domain(name) if is_public_name(name) => {}
        Host::Domain(_) => return Err(UrlRefusal::Host),
    }
    if rules.ports.contains(&url.port().unwrap_or(HTTPS_PORT)) { Ok(url) } else { Err(UrlRefusal::Port) }
}

/// The name of this machine.
const LOCALHOST: &str = "localhost";

/// What stands between `//` and the path, where the scheme stands right before it.
fn authority<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (before, rest) = text.split_once("://")?;
    if !before.eq_ignore_ascii_case(scheme) {
        return None;
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    rest.get(..end).filter(|authority| !authority.is_empty())
}

/// The host of an authority without credentials.
fn host_of(authority: &str) -> &str {
    match authority.rfind(']') {
        Some(end) => authority.get(..=end).unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Whether a name can be one of the public internet.
fn is_public_name(name: &str) -> bool {
    const PRIVATE: &[&str] = &[
        "localhost",
        "local",
        "localdomain",
        "internal",
        "intranet",
        "lan",
        "home",
        "corp",
        "private",
        "arpa",
        "test",
        "example",
        "invalid",
        "onion",
        "alt",
    ];
    let last = name.rsplit('.').next().unwrap_or_default();
    // No top-level domain begins with a digit, and some readers take `0x7f` and the like for an address.
    let is_top_level = last.starts_with(|first: char| first.is_ascii_alphabetic());
    let parts_are_named = name.split('.').all(|part| !part.is_empty());
    name.contains('.') && parts_are_named && is_top_level && !PRIVATE.contains(&last)
}

/// Refuses every address that is not one of the public internet; with `loopback`, this machine's own is allowed.
pub fn address_guard(address: IpAddr, loopback: bool) -> Result<(), UrlRefusal> {
    let is_allowed = match address {
        IpAddr::V4(address) => is_public_v4(address) || (loopback && address.is_loopback()),
        IpAddr::V6(address) => is_public_v6(address) || (loopback && address.is_loopback()),
    };
    if is_allowed { Ok(()) } else { Err(UrlRefusal::Address) }
}

/// The ranges that are not the public internet's: each a network and how many of its bits count.
const PRIVATE_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([192, 175, 48, 0], 24),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_in = |(network, bits): &([u8; 4], u32)| {
        let shift = u32::BITS.saturating_sub(*bits);
        address.to_bits() >> shift == u32::from_be_bytes(*network) >> shift
    };
    !PRIVATE_V4.iter().any(is_in)
}

/// Only 2000::/3 is given out. In it, what stands for an IPv4 address or a tunnel is refused, and what is for
/// documentation, benchmarks and protocols.
fn is_public_v6(address: Ipv6Addr) -> bool {
    const PRIVATE: &[(u128, u32)] = &[
        (0x2001 << 112, 23),
        (0x2001_0db8 << 96, 32),
        (0x2002 << 112, 16),
        (0x2620_004f_8000 << 80, 48),
        (0x3fff << 112, 20),
    ];
    let begins_with = |network: u128, bits: u32| {
        let shift = u128::BITS.saturating_sub(bits);
        address.to_bits() >> shift == network >> shift
    };
    begins_with(0x2000 << 112, 3) && !PRIVATE.iter().any(|(network, bits)| begins_with(*network, *bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use UrlRefusal as R;

    fn rules(loopback: bool) -> UrlRules {
        UrlRules { ports: vec![443, 8443], loopback }
    }

    fn check(cases: &[(&str, Option<UrlRefusal>)], loopback: bool) {
        for (text, expected) in cases {
            let found = url_guard(text, &rules(loopback)).err();
            assert_eq!(found, *expected, "{text}");
        }
    }

    #[test]
    fn only_public_addresses_over_tls_are_called() {
        check(
            &[
                ("https://shop.example.com/hook?a=1&b=%20", None),
                ("https://SHOP.example.com", None),
                ("https://shop.example.com:443/", None),
                ("https://shop.example.com:8443/", None),
                ("https://1.1.1.1/", None),
                ("https://[2606:4700::1111]/", None),
                ("https://shop.example.com:22/", Some(R::Port)),
                ("https://shop.example.com:0/", Some(R::Port)),
                ("https://shop.example.com:65536/", Some(R::Malformed)),
                ("http://shop.example.com/", Some(R::Scheme)),
                ("ftp://shop.example.com/", Some(R::Scheme)),
                ("file:///etc/passwd", Some(R::Scheme)),
                ("gopher://127.0.0.1:6379/_x", Some(R::Scheme)),
                ("javascript:alert(1)", Some(R::Scheme)),
                ("https:shop.example.com", Some(R::Malformed)),
                ("https:/shop.example.com", Some(R::Malformed)),
                ("https:shop.example.com://shop.example.com/", Some(R::Malformed)),
                ("https://shop.0x7ttps/", Some(R::Host)),
                ("https://shop..example.com/", Some(R::Host)),
                ("HTTPS://shop.example.com/", None),
                ("//shop.example.com/", Some(R::Malformed)),
                ("shop.example.com", Some(R::Malformed)),
                ("", Some(R::Malformed)),
                ("https://", Some(R::Malformed)),
                ("https:///hook", Some(R::Malformed)),
                ("https://user@shop.example.com/", Some(R::Credentials)),
                ("https://user:word@shop.example.com/", Some(R::Credentials)),
                ("https://@shop.example.com/", Some(R::Credentials)),
                ("https://shop.example.com@127.0.0.1/", Some(R::Credentials)),
                ("https://shop.example.com/#part", Some(R::Malformed)),
                ("https://shop.example.com\\@127.0.0.1/", Some(R::Malformed)),
                ("https://shop.example.com /", Some(R::Malformed)),
                (" https://shop.example.com/", Some(R::Malformed)),
                ("https://shop.exam\nple.com/", Some(R::Malformed)),
                ("https://shop。example.com/", Some(R::Malformed)),
                ("https://①②⑦.0.0.1/", Some(R::Malformed)),
            ],
            false,
        );
        let long = format!("https://shop.example.com/{}", "a".repeat(URL_BYTES_MAX));
        check(&[(&long, Some(R::TooLong))], true);
    }

    #[test]
    fn no_way_to_write_a_private_address_gets_through() {
        check(
            &[
                ("https://127.0.0.1/", Some(R::Address)),
                ("https://127.255.255.254/", Some(R::Address)),
                ("https://0.0.0.0/", Some(R::Address)),
                ("https://0.1.2.3/", Some(R::Address)),
                ("https://10.0.0.1/", Some(R::Address)),
                ("https://100.64.0.1/", Some(R::Address)),
                ("https://100.127.255.255/", Some(R::Address)),
                ("https://169.254.169.254/latest/meta-data/", Some(R::Address)),
                ("https://172.16.0.1/", Some(R::Address)),
                ("https://172.31.255.255/", Some(R::Address)),
                ("https://192.168.1.1/", Some(R::Address)),
                ("https://192.0.2.1/", Some(R::Address)),
                ("https://198.18.0.1/", Some(R::Address)),
                ("https://203.0.113.1/", Some(R::Address)),
                ("https://224.0.0.1/", Some(R::Address)),
                ("https://240.0.0.1/", Some(R::Address)),
                ("https://255.255.255.255/", Some(R::Address)),
                ("https://[::1]/", Some(R::Address)),
                ("https://[::]/", Some(R::Address)),
                ("https://[::ffff:7f00:1]/", Some(R::Address)),
                ("https://[::7f00:1]/", Some(R::Address)),
                ("https://[64:ff9b::7f00:1]/", Some(R::Address)),
                ("https://[2002:7f00:1::]/", Some(R::Address)),
                ("https://[2001::1]/", Some(R::Address)),
                ("https://[2001:db8::1]/", Some(R::Address)),
                ("https://[3fff::1]/", Some(R::Address)),
                ("https://[fc00::1]/", Some(R::Address)),
                ("https://[fd00::1]/", Some(R::Address)),
                ("https://[fe80::1]/", Some(R::Address)),
                ("https://[fec0::1]/", Some(R::Address)),
                ("https://[ff02::1]/", Some(R::Address)),
                ("https://[fe80::1%25eth0]/", Some(R::Malformed)),
                // Written in another way than it is read.
                ("https://[::ffff:127.0.0.1]/", Some(R::Host)),
                ("https://2130706433/", Some(R::Host)),
                ("https://0x7f000001/", Some(R::Host)),
                ("https://0x7f.1/", Some(R::Host)),
                ("https://0177.0.0.1/", Some(R::Host)),
                ("https://127.1/", Some(R::Host)),
                ("https://127.0.0.1./", Some(R::Host)),
                ("https://%31%32%37.0.0.1/", Some(R::Host)),
                ("https://16843009/", Some(R::Host)),
                ("https://0251.0376.0251.0376/", Some(R::Host)),
                ("https://localhost/", Some(R::Host)),
                ("https://a.localhost/", Some(R::Host)),
                ("https://printer.local/", Some(R::Host)),
                ("https://metadata.google.internal/", Some(R::Host)),
                ("https://intranet/", Some(R::Host)),
                ("https://shop.example.com./", Some(R::Host)),
            ],
            false,
        );
    }

    #[test]
    fn only_this_machine_is_called_without_tls_and_only_where_no_money_is_real() {
        let cases = [
            "http://127.0.0.1:8080/hook",
            "http://localhost:1/",
            "http://[::1]:8080/",
            "https://localhost:9000/",
        ];
        cases.iter().for_each(|text| assert!(url_guard(text, &rules(true)).is_ok(), "{text}"));
        cases.iter().for_each(|text| assert!(url_guard(text, &rules(false)).is_err(), "{text}"));
        check(
            &[
                ("http://10.0.0.1/", Some(R::Scheme)),
                ("http://shop.example.com/", Some(R::Scheme)),
                ("https://169.254.169.254/", Some(R::Address)),
                ("https://[::ffff:7f00:1]/", Some(R::Address)),
                ("http://0x7f.1/", Some(R::Host)),
                ("http://localhost.example.com/", Some(R::Scheme)),
                ("http://user@localhost/", Some(R::Credentials)),
            ],
            true,
        );
    }

    #[test]
    fn addresses_at_the_edges_of_private_ranges() {
        for (address, expected) in [
            ("9.255.255.255", true),
            ("11.0.0.0", true),
            ("100.63.255.255", true),
            ("100.128.0.0", true),
            ("126.255.255.255", true),
            ("128.0.0.0", true),
            ("169.253.255.255", true),
            ("169.255.0.0", true),
            ("172.15.255.255", true),
            ("172.32.0.0", true),
            ("192.167.255.255", true),
            ("192.169.0.0", true),
            ("198.17.255.255", true),
            ("198.20.0.0", true),
            ("223.255.255.255", true),
            ("1fff:ffff::", false),
            ("2000::", true),
            ("2001:200::", true),
            ("2001:1ff::", false),
            ("2001:db9::", true),
            ("3ffe:ffff::", true),
            ("4000::", false),
            ("::ffff:1.1.1.1", false),
        ] {
            let found = address_guard(address.parse().unwrap(), false).is_ok();
            assert_eq!(found, expected, "{address}");
        }
        for (address, expected) in
            [("127.0.0.1", true), ("::1", true), ("10.0.0.1", false), ("::ffff:127.0.0.1", false)]
        {
            assert_eq!(address_guard(address.parse().unwrap(), true).is_ok(), expected, "{address}");
        }
    }
}
