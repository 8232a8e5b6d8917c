use super::*;

/// The value of an option, as the bytes that it has.
fn get(guest: &mut Guest, name: &str, fd: u64) -> Result<u64> {
    guest.memory[RESULT as usize..][..8].fill(0);
    guest.call(&format!("sock_get_{name}"), &[fd, RESULT])?;
    Ok(guest.u64(RESULT))
}

fn set(guest: &mut Guest, name: &str, fd: u64, value: u64) -> Result<()> {
    guest.call(&format!("sock_set_{name}"), &[fd, value])
}

#[test]
fn flags() {
    let mut guest = guest("127.0.0.0/8");
    for (kind, family, names) in [
        (STREAM, IPV4, &["keep_alive", "reuse_addr", "reuse_port", "tcp_fastopen_connect", "tcp_no_delay"][..]),
        (DATAGRAM, IPV4, &["broadcast"]),
        (STREAM, IPV6, &["ipv6_only"]),
    ] {
        let Ok(fd) = guest.socket(family, kind) else { continue };
        for name in names {
            for (value, shown) in [(1, 1), (0, 0), (77, 1), (0, 0)] {
                set(&mut guest, name, fd, value).unwrap();
                assert_eq!(get(&mut guest, name, fd), Ok(shown), "{name} {value}");
            }
        }
    }
    // The host changes this one by itself.
    let fd = guest.connected().0;
    assert_eq!(set(&mut guest, "tcp_quick_ack", fd, 0), Ok(()));
    assert!(get(&mut guest, "tcp_quick_ack", fd).unwrap() <= 1);
}

#[test]
fn numbers() {
    let mut guest = guest("127.0.0.0/8");
    let fd = guest.socket(IPV4, STREAM).unwrap();
    let max = u64::from(u32::MAX);
    for (name, good, bad) in [
        ("ip_ttl", &[1, 255][..], &[256, max][..]),
        ("tcp_keep_idle", &[1, 300], &[0, max]),
        ("tcp_keep_intvl", &[1, 300], &[0, max]),
        ("recv_timeout", &[0, 4_000_000, 60_000_000], &[]),
        ("send_timeout", &[0, 4_000_000, 60_000_000], &[]),
    ] {
        for value in good {
            set(&mut guest, name, fd, *value).unwrap();
            assert_eq!(get(&mut guest, name, fd), Ok(*value), "{name}");
        }
        let before = get(&mut guest, name, fd);
        for value in bad {
            let result = set(&mut guest, name, fd, *value);
            assert!(matches!(result, Err(Errno::Inval | Errno::Dom)), "{name} {value} {result:?}");
        }
        assert_eq!(get(&mut guest, name, fd), before);
    }
    let datagrams = guest.socket(IPV4, DATAGRAM).unwrap();
    for value in [0, 7, 255] {
        set(&mut guest, "ip_multicast_ttl", datagrams, value).unwrap();
        assert_eq!(get(&mut guest, "ip_multicast_ttl", datagrams), Ok(value));
    }
    for name in ["recv_buf_size", "send_buf_size"] {
        // The host adds what it needs itself.
        let [small, large] = [8192, 40_000].map(|size| {
            set(&mut guest, name, fd, size).unwrap();
            get(&mut guest, name, fd).unwrap()
        });
        assert!(small >= 8192 && large >= 40_000 && small < large, "{name} {small} {large}");
        assert_eq!(set(&mut guest, name, fd, max), Err(Errno::Inval));
    }
}

#[test]
fn receiving_ends_after_its_time() {
    let mut guest = guest("127.0.0.0/8");
    let (fd, host) = guest.connected();
    set(&mut guest, "recv_timeout", fd, 1000).unwrap();
    assert_eq!(guest.receive(fd, &[1], 0), Err(Errno::Again));
    drop(host);
}

#[test]
fn lingering() {
    let mut guest = guest("127.0.0.0/8");
    let fd = guest.socket(IPV4, STREAM).unwrap();
    for (enabled, seconds, shown) in [(1, 5, (1, 5)), (0, 9, (0, 0)), (1, 0, (1, 0))] {
        guest.call("sock_set_linger", &[fd, enabled, seconds]).unwrap();
        guest.call("sock_get_linger", &[fd, RESULT, RESULT + 4]).unwrap();
        assert_eq!((guest.get(RESULT, 1)[0], guest.u32(RESULT + 4)), shown);
    }
    assert_eq!(guest.call("sock_set_linger", &[fd, 1, u64::from(u32::MAX)]), Err(Errno::Inval));
}

#[test]
fn group_loops() {
    let mut guest = guest("127.0.0.0/8");
    for (family, is_ipv6) in [(IPV4, 0), (IPV6, 1)] {
        let Ok(fd) = guest.socket(family, DATAGRAM) else { continue };
        for value in [0, 1] {
            guest.call("sock_set_ip_multicast_loop", &[fd, is_ipv6, value]).unwrap();
            guest.call("sock_get_ip_multicast_loop", &[fd, is_ipv6, RESULT]).unwrap();
            assert_eq!(u64::from(guest.get(RESULT, 1)[0]), value);
        }
    }
}
