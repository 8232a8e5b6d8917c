//! What a program may reach: ranges of addresses, and names that it may look up.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::str::FromStr;

use super::super::Errno;
use super::resolve::Helpers;

/// What the embedder allows. Nothing unless it says so.
#[derive(Default)]
pub(crate) struct Network {
    addresses: Vec<Range>,
    /// Patterns: a `*` at the start stands for anything.
    names: Vec<String>,
    pub(super) look_ups: Helpers,
}

impl Network {
    /// Adds ranges, `ADDRESS/PREFIX` separated by commas; returns the one that makes no sense.
    pub(crate) fn allow_addresses<'t>(&mut self, ranges: &'t str) -> Result<(), &'t str> {
        for range in ranges.split(',') {
            self.addresses.push(range.parse().map_err(|NotARange| range)?);
        }
        Ok(())
    }

    /// Adds patterns of names, separated by commas; returns the one that makes no sense.
    pub(crate) fn allow_names<'t>(&mut self, patterns: &'t str) -> Result<(), &'t str> {
        for pattern in patterns.split(',') {
            let rest = pattern.strip_prefix('*').unwrap_or(pattern);
            if pattern.is_empty() || rest.contains('*') {
                return Err(pattern);
            }
            self.names.push(pattern.to_owned());
        }
        Ok(())
    }

    /// Fails if the program may use no address at all.
    pub(super) fn any(&self) -> Result<(), Errno> {
        if self.addresses.is_empty() { Err(Errno::Acces) } else { Ok(()) }
    }

    /// Whether a socket may have an address as its own.
    pub(super) fn own(&self, address: IpAddr) -> Result<(), Errno> {
        let address = address.to_canonical();
        if self.addresses.iter().any(|range| range.contains(address)) { Ok(()) } else { Err(Errno::Acces) }
    }

    /// Where data may go that is for an address. One that stands for none in particular would be this host at whatever
    /// address the socket has by then, so it becomes that of the loopback here.
    pub(super) fn reach(&self, address: SocketAddr) -> Result<SocketAddr, Errno> {
        self.own(address.ip())?;
        let ip: IpAddr = match address.ip() {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.to_canonical() == Ipv4Addr::UNSPECIFIED => Ipv4Addr::LOCALHOST.to_ipv6_mapped().into(),
            ip => ip,
        };
        self.own(ip)?;
        let mut address = address;
        address.set_ip(ip);
        Ok(address)
    }

    /// Whether a name may be looked up. Case does not matter in names.
    pub(super) fn look_up(&self, name: &[u8]) -> Result<(), Errno> {
        let allows = |pattern: &String| match pattern.strip_prefix('*') {
            None => pattern.as_bytes().eq_ignore_ascii_case(name),
            Some(end) => name
                .len()
                .checked_sub(end.len())
                .and_then(|start| name.get(start..))
                .is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes())),
        };
        if self.names.iter().any(allows) { Ok(()) } else { Err(Errno::Acces) }
    }
}

/// Addresses that begin with the same bits. IPv4 addresses in IPv6 ones count as IPv4.
struct Range {
    base: IpAddr,
    prefix: u32,
}

struct NotARange;

impl FromStr for Range {
    type Err = NotARange;

    fn from_str(text: &str) -> Result<Self, NotARange> {
        let (base, prefix) = text.split_once('/').ok_or(NotARange)?;
        let base: IpAddr = base.parse().map_err(|_| NotARange)?;
        let prefix: u8 = prefix.parse().map_err(|_| NotARange)?;
        let range = Self { base, prefix: prefix.into() };
        if range.prefix > width(base) {
            return Err(NotARange);
        }
        // `::ffff:0:0/96` is all of IPv4; a shorter prefix has only addresses in it that are none.
        let mapped = width(base) - width(Ipv4Addr::UNSPECIFIED.into());
        match (base.to_canonical(), range.prefix.checked_sub(mapped)) {
            (v4 @ IpAddr::V4(_), Some(prefix)) if base.is_ipv6() => Ok(Self { base: v4, prefix }),
            _ => Ok(range),
        }
    }
}

impl Range {
    /// Whether a canonical address is in it.
    fn contains(&self, address: IpAddr) -> bool {
        let shift = width(self.base) - self.prefix;
        let start = |address: IpAddr| bits(address).checked_shr(shift).unwrap_or(0);
        self.base.is_ipv4() == address.is_ipv4() && start(self.base) == start(address)
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { Ipv4Addr::BITS } else { Ipv6Addr::BITS }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(ranges: &str) -> Network {
        let mut network = Network::default();
        network.allow_addresses(ranges).unwrap();
        network
    }

    #[test]
    fn ranges_contain_what_begins_alike() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            (
                "127.0.0.1/8",
                &["127.0.0.1", "127.255.255.255", "::ffff:127.1.2.3"],
                &["126.255.255.255", "128.0.0.0", "::1"],
            ),
            ("10.1.2.3/32", &["10.1.2.3"], &["10.1.2.2", "10.1.2.4"]),
            ("0.0.0.0/0", &["1.2.3.4", "::ffff:1.2.3.4", "255.255.255.255"], &["::", "::1", "fe80::1"]),
            ("::/0", &["::", "fe80::1", "::1.2.3.4"], &["1.2.3.4", "::ffff:1.2.3.4"]),
            ("fd00::/7", &["fc00::1", "fdff::"], &["fe00::", "127.0.0.1"]),
            ("::1/128", &["::1"], &["::", "::2", "127.0.0.1"]),
            ("::ffff:10.0.0.0/104", &["10.9.8.7", "::ffff:10.0.0.1"], &["11.0.0.0", "::1"]),
            ("::ffff:1.2.3.4/95", &["::fffe:1.2.3.4"], &["1.2.3.4", "::ffff:1.2.3.4"]),
            ("192.168.0.0/16,::1/128", &["192.168.7.7", "::1"], &["192.169.0.0", "::2"]),
        ];
        for (ranges, inside, outside) in cases {
            let network = network(ranges);
            for address in *inside {
                assert_eq!(network.own(address.parse().unwrap()), Ok(()), "{address} in {ranges}");
            }
            for address in *outside {
                assert_eq!(network.own(address.parse().unwrap()), Err(Errno::Acces), "{address} in {ranges}");
            }
        }
    }

    #[test]
    fn no_particular_address_is_this_host() {
        let at = |address: &str| SocketAddr::new(address.parse().unwrap(), 7);
        let (v4, mapped, v6) = (Ok(at("127.0.0.1")), Ok(at("::ffff:127.0.0.1")), Ok(at("::1")));
        for (ranges, expected) in [
            ("0.0.0.0/15,::/128", [Err(Errno::Acces); 3]),
            ("0.0.0.0/32,127.0.0.1/32", [v4, mapped, Err(Errno::Acces)]),
            ("::/0,127.0.0.0/8", [Err(Errno::Acces), Err(Errno::Acces), v6]),
        ] {
            let any = ["0.0.0.0", "::ffff:0.0.0.0", "::"];
            assert_eq!(any.map(|address| network(ranges).reach(at(address))), expected, "{ranges}");
        }
        assert_eq!(network("10.0.0.0/8").reach(at("10.1.2.3")), Ok(at("10.1.2.3")));
    }

    #[test]
    fn nonsense_is_no_range() {
        let wrong = [
            "",
            "1.2.3.4",
            "1.2.3.4/",
            "1.2.3.4/33",
            "1.2.3.4/-1",
            "1.2.3.4/256",
            "1.2.3/8",
            "::/129",
            "::",
            "/8",
            "localhost/8",
            "1.2.3.4/8/8",
            " 1.2.3.4/8",
        ];
        for range in wrong {
            assert_eq!(Network::default().allow_addresses(range), Err(range));
        }
        assert_eq!(Network::default().allow_addresses("1.2.3.4/8,"), Err(""));
        assert_eq!(Network::default().any(), Err(Errno::Acces));
    }

    #[test]
    fn names_match_whole_or_by_their_end() {
        let mut network = Network::default();
        network.allow_names("localhost,*.example.com").unwrap();
        for name in ["localhost", "LocalHost", "a.example.com", "a.b.EXAMPLE.com", ".example.com"] {
            assert_eq!(network.look_up(name.as_bytes()), Ok(()), "{name}");
        }
        for name in
            ["", "localhost.", "localhos", "xlocalhost", "example.com", "badexample.com", "example.com.evil.org"]
        {
            assert_eq!(network.look_up(name.as_bytes()), Err(Errno::Acces), "{name}");
        }
        network.allow_names("*").unwrap();
        assert_eq!(network.look_up(b"anything"), Ok(()));
        for wrong in ["", "a.*", "**", "*.*"] {
            assert_eq!(Network::default().allow_names(wrong), Err(wrong));
        }
    }
}
