use std::io::{Read, Write};
use std::net::{Shutdown, UdpSocket};

use super::*;

#[test]
fn streams_of_both_families() {
    let mut guest = guest("127.0.0.0/8,::1/128");
    let families = [(IPV4, loopback(0)), (IPV6, "[::1]:0".parse().unwrap())];
    for (family, address) in families.into_iter().filter(|(family, _)| *family == IPV4 || has_ipv6()) {
        let server = guest.socket(family, STREAM).unwrap();
        guest.with_address("sock_bind", server, address).unwrap();
        guest.call("sock_listen", &[server, 1]).unwrap();
        let address = guest.address("sock_addr_local", server).unwrap();
        assert_ne!(address.port(), 0);
        let client = guest.socket(family, STREAM).unwrap();
        assert_eq!(guest.address("sock_addr_remote", client), Err(Errno::NotConn));
        guest.with_address("sock_connect", client, address).unwrap();
        let accepted = guest.accept(server, 0).unwrap();
        assert_eq!(guest.address("sock_addr_remote", client), Ok(address));
        let own = guest.address("sock_addr_local", client).unwrap();
        assert_eq!(guest.address("sock_addr_remote", accepted), Ok(own));
        assert_eq!(guest.send(client, b"hello there"), Ok(11));
        assert_eq!(guest.receive(accepted, &[5], PEEK), Ok((b"hello".to_vec(), false)));
        assert_eq!(guest.receive(accepted, &[0, 6, 5], WAITALL), Ok((b"hello there".to_vec(), false)));
        for fd in [client, accepted, server] {
            guest.call("sock_close", &[fd]).unwrap();
            assert_eq!(guest.call("sock_close", &[fd]), Err(Errno::Badf));
        }
    }
}

#[test]
fn files_functions_on_streams() {
    let mut guest = guest("127.0.0.1/32");
    let (fd, mut host) = guest.connected();
    assert_eq!(guest.write(fd, b"written"), Ok(7));
    let mut bytes = [0; 7];
    host.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"written");
    host.write_all(b"read").unwrap();
    assert_eq!(guest.read(fd, 100), Ok(b"read".to_vec()));
    assert_eq!(guest.seek(fd, 0, 1), Err(Errno::Spipe));
    assert_eq!(guest.call("fd_sync", &[fd]), Err(Errno::Inval));
    assert_eq!(guest.call("fd_filestat_get", &[fd, DATA]), Ok(()));
    assert_eq!(guest.get(DATA + 16, 1), [6]);
    assert_eq!(guest.call("fd_renumber", &[fd, 0]), Ok(()));
    drop(host);
    assert_eq!(guest.read(0, 100), Ok(vec![]), "the end");
}

#[test]
fn waiting_for_all() {
    let mut guest = guest("127.0.0.1/32");
    let (fd, mut host) = guest.connected();
    host.write_all(b"some").unwrap();
    let sender = std::thread::spawn(move || {
        host.write_all(b" and more").unwrap();
        host
    });
    assert_eq!(guest.receive(fd, &[6, 7], WAITALL), Ok((b"some and more".to_vec(), false)));
    let mut host = sender.join().unwrap();
    host.write_all(b"rest").unwrap();
    drop(host);
    assert_eq!(guest.receive(fd, &[2, 7, 3], WAITALL), Ok((b"rest".to_vec(), false)), "up to the end");
    assert_eq!(guest.receive(fd, &[2], 4), Err(Errno::Inval), "a flag that there is not");
}

#[test]
fn ends_of_streams() {
    let mut guest = guest("127.0.0.1/32");
    let (fd, mut host) = guest.connected();
    guest.call("sock_shutdown", &[fd, 2]).unwrap();
    assert_eq!(host.read(&mut [0]).unwrap(), 0);
    assert_eq!(guest.send(fd, b"more"), Err(Errno::Pipe));
    assert_eq!(guest.write(fd, b"more"), Err(Errno::Pipe), "and no signal");
    host.write_all(b"last").unwrap();
    host.shutdown(Shutdown::Write).unwrap();
    assert_eq!(guest.receive(fd, &[9], 0), Ok((b"last".to_vec(), false)));
    assert_eq!(guest.receive(fd, &[9], 0), Ok((vec![], false)));
    for how in [0, 4, 7, u64::from(u32::MAX)] {
        assert_eq!(guest.call("sock_shutdown", &[fd, how]), Err(Errno::Inval));
    }
    let (other, _host) = guest.connected();
    assert_eq!(guest.call("sock_shutdown", &[other, 1]), Ok(()));
    assert_eq!(guest.receive(other, &[9], 0), Ok((vec![], false)));
    let idle = guest.socket(IPV4, STREAM).unwrap();
    assert_eq!(guest.call("sock_shutdown", &[idle, 3]), Err(Errno::NotConn));
    assert_eq!(guest.send(idle, b""), Err(Errno::Pipe));
}

#[test]
fn datagrams() {
    let mut guest = guest("127.0.0.1/32");
    let host = UdpSocket::bind("127.0.0.1:0").unwrap();
    let fd = guest.socket(IPV4, DATAGRAM).unwrap();
    guest.with_address("sock_bind", fd, loopback(0)).unwrap();
    let own = guest.address("sock_addr_local", fd).unwrap();
    assert_eq!(guest.send_to(fd, b"question", host.local_addr().unwrap()), Ok(8));
    let mut bytes = [0; 100];
    assert_eq!(host.recv_from(&mut bytes).unwrap(), (8, own));
    assert_eq!(&bytes[..8], b"question");
    host.send_to(b"an answer", own).unwrap();
    assert_eq!(guest.receive(fd, &[2, 100], PEEK), Ok((b"an answer".to_vec(), false)));
    assert_eq!(guest.receive_from(fd, &[3, 0, 1, 100]), Ok((b"an answer".to_vec(), host.local_addr().unwrap())));
    host.send_to(b"too long", own).unwrap();
    assert_eq!(guest.receive(fd, &[2, 1], 0), Ok((b"too".to_vec(), true)));
    host.send_to(b"", own).unwrap();
    assert_eq!(guest.receive(fd, &[9], 0), Ok((vec![], false)));
    guest.with_address("sock_connect", fd, host.local_addr().unwrap()).unwrap();
    assert_eq!(guest.send(fd, b"connected"), Ok(9));
    assert_eq!(host.recv(&mut bytes).unwrap(), 9);
    assert_eq!(guest.state(fd).0, 5, "the kind");
}

#[test]
fn polling() {
    let mut guest = guest("127.0.0.1/32");
    let (server, address) = guest.listening();
    let subscription = |kind: u8, fd: u64| {
        let mut bytes = vec![0; 48];
        (bytes[0], bytes[8], bytes[16]) = (kind, kind, fd as u8);
        bytes
    };
    // A point of the past, and a descriptor; gives the kinds of the events.
    let poll = |guest: &mut Guest, kind, fd| {
        let (at, _) = guest.put(DATA, &[subscription(kind, fd), subscription(0, 0)].concat());
        guest.memory[at as usize + 48 + 40] = 1;
        guest.call("poll_oneoff", &[at, SECOND_PATH, 2, RESULT]).unwrap();
        let kinds = (0..u64::from(guest.u32(RESULT))).map(|index| guest.get(SECOND_PATH + 32 * index + 10, 1)[0]);
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(poll(&mut guest, 1, server), [0], "nobody connects");
    let mut host = TcpStream::connect(address).unwrap();
    assert_eq!(poll(&mut guest, 1, server), [1, 0]);
    let fd = guest.accept(server, 0).unwrap();
    assert_eq!(poll(&mut guest, 1, fd), [0]);
    assert_eq!(poll(&mut guest, 2, fd), [2, 0]);
    host.write_all(b"four").unwrap();
    while poll(&mut guest, 1, fd) != [1, 0] {}
    assert_eq!(guest.u64(SECOND_PATH + 16), 4, "bytes to read");
}

#[test]
fn other_threads_go_on() {
    let mut guest = guest("127.0.0.1/32");
    let (server, address) = guest.listening();
    let (fd, mut host) = guest.connected();
    let accept = |thread: &mut Thread<'_>| assert_eq!(thread.call("sock_accept", &[server, 0, RESULT]), Ok(()));
    others_go_on(&guest, accept, || drop(TcpStream::connect(address).unwrap()));
    for name in ["sock_recv", "sock_recv_from", "fd_read"] {
        let rest: &[u64] = match name {
            "sock_recv" => &[0, RESULT, RESULT + 4],
            "sock_recv_from" => &[0, ADDRESS, RESULT],
            _ => &[RESULT],
        };
        let receive = |thread: &mut Thread<'_>| assert_eq!(thread.transfer(name, fd, 4, rest), Ok(()));
        others_go_on(&guest, receive, || host.write_all(b"word").unwrap());
    }
    // More than the host keeps for a receiver.
    let send = |thread: &mut Thread<'_>| {
        while thread.transfer("sock_send", fd, 500_000, &[0, RESULT]).is_ok() {}
    };
    others_go_on(&guest, send, || drop(host));
}
