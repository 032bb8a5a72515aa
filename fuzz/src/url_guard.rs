//! Checking the addresses of strangers: whatever is accepted is read by a second reader, which knows nothing of URLs but
//! their text, as a public host over TLS on an allowed port.

use makegood_notify::{UrlRefusal, UrlRules, address_guard, url_guard};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

type Guard = fn(&str, &UrlRules) -> Result<(), UrlRefusal>;

/// The text is a URL.
pub fn check(input: &[u8]) {
    check_with(input, |text, rules| url_guard(text, rules).map(drop));
}

fn check_with(input: &[u8], guard: Guard) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let rules = UrlRules { ports: vec![443, 8443], loopback: false };
    if guard(text, &rules).is_err() {
        return;
    }
    assert!(text.len() <= 2_048 && text.bytes().all(|byte| byte.is_ascii_graphic()), "{text}");
    let rest = text.get(8..).filter(|_| text[..8].eq_ignore_ascii_case("https://")).expect("https");
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let authority = &rest[..end];
    assert!(!authority.contains(['@', '%']), "{text}");
    let (host, port) = match authority.strip_prefix('[') {
        Some(inner) => {
            let (host, after) = inner.split_once(']').expect("a closed bracket");
            let address: Ipv6Addr = host.parse().expect("an address");
            check_address(address.into());
            (None, after.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(authority), None),
        },
    };
    if let Some(port) = port.filter(|port| !port.is_empty()) {
        assert!(matches!(port.trim_start_matches('0'), "443" | "8443"), "{text}");
    }
    let Some(host) = host else { return };
    // A name whose last part is a number is an address, and only one way to write it is taken.
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number =
        last.bytes().all(|byte| byte.is_ascii_digit()) || last.to_ascii_lowercase().starts_with("0x");
    if is_number {
        let address: Ipv4Addr = host.parse().expect("an address in the usual way");
        check_address(address.into());
    } else {
        assert!(host.contains('.') && !host.ends_with('.'), "{text}");
        for local in ["localhost", "local", "internal", "arpa"] {
            assert!(!last.eq_ignore_ascii_case(local), "{text}");
        }
    }
}

fn check_address(address: IpAddr) {
    assert!(address_guard(address, false).is_ok(), "{address}");
    let is_private = match address {
        IpAddr::V4(address) => {
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || address.is_broadcast()
                || address.is_documentation()
                || address.is_multicast()
                || matches!(address.octets(), [0, ..] | [100, 64..=127, ..] | [240..=255, ..])
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_multicast()
                || address.to_ipv4().is_some()
                || matches!(address.segments()[0], 0xfc00..=0xfdff | 0xfe80..=0xfeff)
        }
    };
    assert!(!is_private, "{address}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds;
    use std::panic::catch_unwind;

    fn catches(broken: Guard) -> bool {
        seeds("url_guard").any(|input| catch_unwind(|| check_with(&input, broken)).is_err())
    }

    #[test]
    fn the_seeds_pass() {
        let count = seeds("url_guard").map(|input| check(&input)).count();
        assert!(count > 10, "{count}");
    }

    #[test]
    fn a_guard_that_allows_this_machine_is_caught() {
        assert!(catches(|text, rules| {
            url_guard(text, &UrlRules { loopback: true, ..rules.clone() }).map(drop)
        }));
    }

    #[test]
    fn a_guard_that_only_looks_at_the_beginning_is_caught() {
        assert!(catches(|text, _| if text.starts_with("https://") {
            Ok(())
        } else {
            Err(UrlRefusal::Scheme)
        }));
    }

    #[test]
    fn a_guard_that_allows_any_port_is_caught() {
        assert!(catches(|text, _| {
            url_guard(text, &UrlRules { ports: (0..=u16::MAX).collect(), loopback: false }).map(drop)
        }));
    }
}
