//! Where a request comes from: the address of its connection, or, behind proxies that are trusted, the one that
//! they saw. What anybody else writes into `X-Forwarded-For` is not believed.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

const X_FORWARDED_FOR: &str = "x-forwarded-for";
const X_FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The other end of a connection; every request on it carries this.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// The client's address. Each proxy appends whom it saw, so the list is read from its end: the first address
/// that is not a trusted proxy's is the client's, and what stands before it may be invented.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted_proxies.iter().any(|range| range.contains(address));
    let mut client = peer.to_canonical();
    let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
    let seen = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    for address in seen {
        if !is_trusted(&client) {
            break;
        }
        let Ok(address) = address.trim().parse::<IpAddr>() else { break };
        client = address.to_canonical();
    }
    client
}

/// Whether the proxy in front, if it is a trusted one, says that the request came to it by HTTPS.
pub(super) fn came_by_https(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &[IpNet]) -> bool {
    let is_trusted = trusted_proxies.iter().any(|range| range.contains(&peer.to_canonical()));
    is_trusted && headers.get(X_FORWARDED_PROTO).is_some_and(|scheme| scheme == "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_says_how_a_request_came() {
        let headers = HeaderMap::from_iter([(X_FORWARDED_PROTO.parse().unwrap(), "https".parse().unwrap())]);
        let (peer, trusted) = ("10.0.0.1".parse().unwrap(), ["10.0.0.0/8".parse().unwrap()]);
        assert!(came_by_https(peer, &headers, &trusted));
        assert!(!came_by_https(peer, &headers, &[]));
        assert!(!came_by_https("192.0.2.1".parse().unwrap(), &headers, &trusted));
        assert!(!came_by_https(peer, &HeaderMap::new(), &trusted));
    }

    fn seen(peer: &str, trusted: &[&str], lines: &[&'static str]) -> String {
        let trusted: Vec<IpNet> = trusted.iter().map(|range| range.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn nobody_is_believed_who_is_not_trusted() {
        assert_eq!(seen("203.0.113.9", &[], &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", &["10.0.0.0/8"], &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(seen("::ffff:203.0.113.9", &[], &[]), "203.0.113.9", "one form an address");
    }

    #[test]
    fn the_last_address_that_is_no_proxys_is_the_clients() {
        let trusted = ["10.0.0.0/8", "::1/128"];
        for (lines, client) in [
            (&["198.51.100.1"][..], "198.51.100.1"),
            (&["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
            (&["192.0.2.66", "198.51.100.1,10.2.3.4"], "198.51.100.1"),
            (&["198.51.100.1, ::1"], "198.51.100.1"),
            (&["2001:db8::7"], "2001:db8::7"),
            (&["10.9.9.9"], "10.9.9.9"),
            (&[], "10.0.0.1"),
            (&["198.51.100.1, unknown"], "10.0.0.1"),
            (&[""], "10.0.0.1"),
        ] {
            assert_eq!(seen("10.0.0.1", &trusted, lines), client, "{lines:?}");
        }
    }
}
