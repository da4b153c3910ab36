//! Where the server may connect to on a clerk's word. A webhook's address is typed by a person at the office; it must not
//! become a way to make the server knock at doors inside its own network (its database, the router, a cloud's metadata).
//! Names are resolved here, once, and the connection goes to the address that was looked at.

use domain::notify::Trouble;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Hosts inside that the server's settings allow: `host` or `host:port`.
pub(crate) type Allowed = Arc<[String]>;

/// Says whether an address is not of the open Internet.
pub(crate) fn is_inside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_inside_v4(v4),
        IpAddr::V6(v6) => is_inside_v6(v6),
    }
}

fn is_inside_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b)) // shared by customers of one provider
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19)) // for measurements
}

fn is_inside_v6(v6: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_inside_v4(Ipv4Addr::new(a, b, c, d))
    };
    match v6.segments() {
        // Ways to write an IPv4 address as an IPv6 one: NAT64, 6to4, and the old compatible form with ::1 and :: in it.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x64, 0xff9b, 1, ..] => true,
        [0x2002, high, low, ..] => embedded(high, low),
        [first, ..] => first & 0xe000 != 0x2000, // only 2000::/3 is given out
    }
}

/// Finds the addresses of a host that may be connected to.
///
/// Errors: `no_such_host`; `inside` if one of them is inside and the settings do not allow the host.
pub(crate) fn resolve(host: &str, port: u16, allowed: &[String]) -> Result<Vec<SocketAddr>, Trouble> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found: Vec<SocketAddr> =
        (bare, port).to_socket_addrs().map_err(|_| Trouble::NoSuchHost)?.take(8).collect();
    if found.is_empty() {
        return Err(Trouble::NoSuchHost);
    }
    let with_port = format!("{host}:{port}");
    let is_allowed =
        allowed.iter().any(|own| own.eq_ignore_ascii_case(host) || own.eq_ignore_ascii_case(&with_port));
    if !is_allowed && found.iter().any(|address| is_inside(address.ip())) {
        return Err(Trouble::Inside);
    }
    Ok(found)
}

/// A refusal of this module on its way through the HTTP client.
#[derive(Debug)]
pub(crate) struct Refused(pub Trouble);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl std::error::Error for Refused {}

/// The HTTP client's resolver.
#[derive(Debug)]
pub(crate) struct Guarded(pub Allowed);

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let refused = |trouble| ureq::Error::Other(Box::new(Refused(trouble)));
        let host = uri.host().ok_or_else(|| refused(Trouble::NoSuchHost))?;
        let default = if uri.scheme_str() == Some("http") { 80 } else { 443 };
        let found = resolve(host, uri.port_u16().unwrap_or(default), &self.0).map_err(refused)?;
        let mut addresses = self.empty();
        found.into_iter().for_each(|address| addresses.push(address));
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_of_the_open_internet_is_inside() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.5",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "fe80::1",
            "fd00::1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "ff02::1",
        ] {
            assert!(is_inside(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["8.8.8.8", "203.150.1.1", "2001:4860:4860::8888", "64:ff9b::808:808"] {
            assert!(!is_inside(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn only_what_the_settings_name_is_let_inside() {
        let allowed = |hosts: &[&str]| hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>();
        assert_eq!(resolve("127.0.0.1", 80, &[]), Err(Trouble::Inside));
        assert_eq!(resolve("[::1]", 80, &[]), Err(Trouble::Inside));
        assert_eq!(resolve("127.0.0.1", 80, &allowed(&["127.0.0.1:81"])), Err(Trouble::Inside));
        assert!(resolve("127.0.0.1", 80, &allowed(&["127.0.0.1:80"])).is_ok());
        assert!(resolve("LOCALHOST", 80, &allowed(&["localhost"])).is_ok());
        assert_eq!(resolve("no-such-host.invalid", 80, &[]), Err(Trouble::NoSuchHost));
    }
}
