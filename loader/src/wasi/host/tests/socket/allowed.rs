//! What is outside of the ranges cannot be bound, connected or sent to.

use std::net::{Ipv6Addr, UdpSocket};
use std::time::Duration;

use super::*;

const DENIED: Result<()> = Err(Errno::Acces);

fn ip(text: &str, port: u16) -> SocketAddr {
    SocketAddr::new(text.parse().unwrap(), port)
}

#[test]
fn every_way_out_is_checked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut guest = guest("127.0.0.2/32,127.0.1.0/24");
    for kind in [STREAM, DATAGRAM] {
        let fd = guest.socket(IPV4, kind).unwrap();
        for outside in ["127.0.0.1", "127.0.0.3", "127.0.2.0", "0.0.0.0", "10.0.0.1", "255.255.255.255", "::1", "::"] {
            let address = ip(outside, port);
            assert_eq!(guest.with_address("sock_bind", fd, address), DENIED, "{outside}");
            assert_eq!(guest.with_address("sock_connect", fd, address), DENIED, "{outside}");
            assert_eq!(guest.send_to(fd, b"x", address), Err(Errno::Acces), "{outside}");
        }
        guest.with_address("sock_bind", fd, ip("127.0.1.7", 0)).unwrap();
    }
    drop(listener);
}

#[test]
fn a_listener_without_an_address_has_all() {
    for (ranges, expected) in [("127.0.0.0/8", DENIED), ("0.0.0.0/32", Ok(()))] {
        let mut guest = guest(ranges);
        let fd = guest.socket(IPV4, STREAM).unwrap();
        assert_eq!(guest.call("sock_listen", &[fd, 1]), expected, "{ranges}");
    }
    let mut guest = guest("127.0.0.0/8");
    let (fd, _) = guest.listening();
    assert_eq!(guest.call("sock_listen", &[fd, u64::from(u32::MAX)]), Ok(()), "again");
}

#[test]
fn this_host_is_loopback() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let any = ip("0.0.0.0", listener.local_addr().unwrap().port());
    for (ranges, expected) in [("0.0.0.0/8", DENIED), ("0.0.0.0/8,127.0.0.1/32", Ok(()))] {
        let mut guest = guest(ranges);
        let fd = guest.socket(IPV4, STREAM).unwrap();
        assert_eq!(guest.with_address("sock_connect", fd, any), expected, "{ranges}");
    }
}

#[test]
fn ipv4_in_ipv6_is_ipv4() {
    if !has_ipv6() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mapped = ip("::ffff:127.0.0.1", listener.local_addr().unwrap().port());
    let mapped_receiver = ip("::ffff:127.0.0.1", receiver.local_addr().unwrap().port());
    for (ranges, is_allowed) in [("::/0,127.0.0.2/32", false), ("::1/128,127.0.0.1/32", true)] {
        let expected = if is_allowed { Ok(()) } else { DENIED };
        let mut guest = guest(ranges);
        let stream = guest.socket(IPV6, STREAM).unwrap();
        assert_eq!(guest.with_address("sock_connect", stream, mapped), expected, "{ranges}");
        let datagrams = guest.socket(IPV6, DATAGRAM).unwrap();
        assert_eq!(guest.send_to(datagrams, b"x", mapped_receiver).map(drop), expected, "{ranges}");
        let own = guest.socket(IPV6, DATAGRAM).unwrap();
        assert_eq!(guest.with_address("sock_bind", own, ip("::ffff:127.0.0.1", 0)), expected, "{ranges}");
    }
}

/// What listens for every IPv6 address would take IPv4 as well.
#[test]
fn every_ipv6_address_is_no_ipv4_address() {
    if !has_ipv6() {
        return;
    }
    for (ranges, takes_ipv4) in [("::/128", false), ("::/128,0.0.0.0/32", true)] {
        for is_bound in [true, false] {
            let mut guest = guest(ranges);
            let fd = guest.socket(IPV6, STREAM).unwrap();
            if is_bound {
                guest.with_address("sock_bind", fd, ip("::", 0)).unwrap();
            }
            guest.call("sock_listen", &[fd, 8]).unwrap();
            guest.call("sock_get_ipv6_only", &[fd, RESULT]).unwrap();
            assert_eq!(guest.get(RESULT, 1), [u8::from(!takes_ipv4)], "{ranges} {is_bound}");
            assert!(guest.call("sock_set_ipv6_only", &[fd, 0]).is_err(), "too late");
            let port = guest.address("sock_addr_local", fd).unwrap().port();
            assert_eq!(TcpStream::connect(loopback(port)).is_ok(), takes_ipv4, "{ranges} {is_bound}");
            assert!(TcpStream::connect(ip("::1", port)).is_ok());
        }
    }
}

/// Where the host goes for `0.0.0.0` and `::` depends on what the socket did before.
#[test]
fn this_host_is_loopback_for_sockets_with_addresses_too() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    receiver.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let port = receiver.local_addr().unwrap().port();
    let mut guest = guest("0.0.0.0/32,127.0.0.0/8");
    let fd = guest.socket(IPV4, DATAGRAM).unwrap();
    guest.with_address("sock_bind", fd, ip("127.0.0.9", 0)).unwrap();
    guest.send_to(fd, b"to loopback", ip("0.0.0.0", port)).unwrap();
    let mut buffer = [0; 16];
    assert_eq!(receiver.recv(&mut buffer).unwrap(), 11);

    // A socket that speaks IPv4 in IPv6 would turn `::` into an IPv4 address that is in no range.
    let mut guest = self::guest("::/0,127.0.0.2/32");
    let Ok(fd) = guest.socket(IPV6, DATAGRAM) else { return };
    guest.with_address("sock_connect", fd, ip("::ffff:127.0.0.2", port)).unwrap();
    let _ = guest.send_to(fd, b"astray", ip("::", port));
    if guest.with_address("sock_connect", fd, ip("::", port)).is_ok() {
        assert_eq!(guest.address("sock_addr_remote", fd).unwrap().ip(), Ipv6Addr::LOCALHOST);
    }
    receiver.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert!(receiver.recv(&mut buffer).is_err(), "nothing comes from outside of the ranges");
}

/// An address that came with a connection goes with it, and the listener would get all.
#[test]
fn only_bound_sockets_listen_at_their_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut guest = guest("127.0.0.0/8");
    let fd = guest.socket(IPV4, STREAM).unwrap();
    guest.with_address("sock_connect", fd, listener.local_addr().unwrap()).unwrap();
    assert_eq!(guest.call("sock_listen", &[fd, 1]), DENIED);
}

#[test]
fn closing_at_the_end_does_not_linger() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut guest = guest("127.0.0.0/8");
    let fd = guest.socket(IPV4, STREAM).unwrap();
    guest.with_address("sock_connect", fd, listener.local_addr().unwrap()).unwrap();
    let (_peer, _) = listener.accept().unwrap();
    guest.call("sock_set_linger", &[fd, 1, 3600]).unwrap();
    guest.call("fd_fdstat_set_flags", &[fd, 4]).unwrap();
    // Until nothing fits any more, as nobody reads.
    while guest.send(fd, &[0; 1000]).is_ok() {}
    // The test's time is the proof.
    drop(guest);
}

#[test]
fn groups_are_addresses() {
    let mut guest = guest("224.0.0.251/32,0.0.0.0/32");
    let fd = guest.socket(IPV4, DATAGRAM).unwrap();
    let loopback = u64::from(u32::from_le_bytes([127, 0, 0, 1]));
    for name in ["sock_set_ip_add_membership", "sock_set_ip_drop_membership"] {
        guest.put(ADDRESS, &bytes(ip("224.0.0.252", 0)));
        assert_eq!(guest.call(name, &[fd, ADDRESS, loopback]), DENIED);
        guest.put(ADDRESS, &bytes(ip("ff02::fb", 0)));
        assert_eq!(guest.call(name, &[fd, ADDRESS, 0]), DENIED);
        guest.put(ADDRESS, &bytes(ip("224.0.0.251", 0)));
        assert_eq!(guest.call(name, &[fd, ADDRESS, loopback]), Ok(()), "{name}");
    }
    assert_eq!(guest.call("sock_set_ip_drop_membership", &[fd, ADDRESS, loopback]), Err(Errno::AddrNotAvail));
}

#[test]
fn kinds_that_there_are_not() {
    let mut guest = guest("127.0.0.0/8");
    assert_eq!(guest.socket(2, STREAM), Err(Errno::AfNoSupport));
    assert_eq!(guest.socket(IPV4, 2), Err(Errno::Prototype));
    assert_eq!(guest.socket(u64::from(u32::MAX), u64::from(u32::MAX)), Err(Errno::AfNoSupport));
    let fd = guest.socket(IPV4, STREAM).unwrap();
    guest.put(ADDRESS, &[2, 0, 0, 0, 127, 0, 0, 1, 80, 0]);
    assert_eq!(guest.call("sock_connect", &[fd, ADDRESS]), Err(Errno::AfNoSupport));
    assert_eq!(guest.accept(fd, 0), Err(Errno::Inval), "it does not listen");
    let datagrams = guest.socket(IPV4, DATAGRAM).unwrap();
    assert_eq!(guest.accept(datagrams, 0), Err(Errno::NotSup));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(guest.with_address("sock_connect", fd, taken), Err(Errno::ConnRefused), "nobody listens any more");
}
