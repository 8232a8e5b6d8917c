use std::io::Write;
use std::os::fd::OwnedFd;

use super::*;

const NONBLOCK: u64 = 4;
const SHUTDOWN: u64 = 1 << 28;
const ACCEPT: u64 = 1 << 29;

/// Two listeners, then the directory.
fn two_listeners() -> (Guest, [SocketAddr; 2]) {
    let listeners = [0; 2].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let addresses = [0, 1].map(|index| listeners[index].local_addr().unwrap());
    let [first, second] = listeners;
    (Guest::with(|options, _| options.listener(first).listener(second)), addresses)
}

#[test]
fn come_before_directories() {
    let (mut guest, addresses) = two_listeners();
    for (fd, address) in [3, 4].into_iter().zip(addresses) {
        assert_eq!(guest.address("sock_addr_local", fd), Ok(address));
        guest.call("fd_prestat_get", &[fd, DATA]).unwrap();
        assert_eq!(guest.u64(DATA), 1, "not a directory, and no name");
        assert_eq!(guest.call("fd_prestat_dir_name", &[fd, DATA, 5]), Err(Errno::NotDir));
        let (kind, flags, rights, inheriting) = guest.state(fd);
        assert_eq!((kind, flags), (6, 0));
        assert_eq!(rights & (READ | WRITE | SHUTDOWN | ACCEPT), READ | WRITE | SHUTDOWN | ACCEPT);
        assert_eq!(inheriting, rights & !ACCEPT);
    }
    guest.call("fd_prestat_get", &[5, DATA]).unwrap();
    assert_eq!(guest.u64(DATA), 5 << 32, "/data");
    assert_eq!(guest.call("fd_prestat_get", &[6, DATA]), Err(Errno::Badf));
}

#[test]
fn accepting() {
    let (mut guest, [address, _]) = two_listeners();
    let mut host = TcpStream::connect(address).unwrap();
    let fd = guest.accept(3, 0).unwrap();
    assert_eq!(fd, 6);
    assert_eq!(guest.state(fd), (6, 0, guest.state(3).3, guest.state(3).3));
    host.write_all(b"hello").unwrap();
    assert_eq!(guest.read(fd, 5), Ok(b"hello".to_vec()));
    let own = host.local_addr().unwrap();
    assert_eq!(guest.address("sock_addr_remote", fd), Ok(own));
    assert_eq!(guest.accept(fd, 0), Err(Errno::NotCapable), "a connection accepts none");
    for flags in [1, 2, 5, 8, 16, 32, 1 << 31] {
        assert_eq!(guest.accept(3, flags), Err(Errno::Inval), "{flags}");
    }
}

#[test]
fn without_waiting() {
    let (mut guest, [address, _]) = two_listeners();
    guest.call("fd_fdstat_set_flags", &[3, NONBLOCK]).unwrap();
    assert_eq!(guest.state(3).1, NONBLOCK as u16);
    assert_eq!(guest.accept(3, 0), Err(Errno::Again));
    let host = TcpStream::connect(address).unwrap();
    let fd = guest.accept(3, NONBLOCK).unwrap();
    assert_eq!(guest.state(fd).1, NONBLOCK as u16);
    assert_eq!(guest.receive(fd, &[9], 0), Err(Errno::Again));
    assert_eq!(guest.read(fd, 9), Err(Errno::Again));
    for flags in [1, 2, 5, 16] {
        assert_eq!(guest.call("fd_fdstat_set_flags", &[fd, flags]), Err(Errno::NotSup));
    }
    drop(host);
}

#[test]
fn nothing_but_what_was_given() {
    let (mut guest, [address, other]) = two_listeners();
    assert_eq!(guest.socket(IPV4, STREAM), Err(Errno::Acces));
    assert_eq!(guest.socket(IPV6, DATAGRAM), Err(Errno::Acces));
    for fd in [3, 4] {
        assert_eq!(guest.with_address("sock_connect", fd, other), Err(Errno::Acces));
        assert_eq!(guest.with_address("sock_bind", fd, loopback(0)), Err(Errno::Acces));
        assert_eq!(guest.send_to(fd, b"x", other), Err(Errno::Acces));
        assert_eq!(guest.call("sock_listen", &[fd, 1]), Err(Errno::Acces));
    }
    let host = TcpStream::connect(address).unwrap();
    let fd = guest.accept(3, 0).unwrap();
    assert_eq!(guest.with_address("sock_connect", fd, other), Err(Errno::Acces));
    drop(host);
}

#[test]
fn standard_streams_can_be_sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut host = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let stream = fs::File::from(OwnedFd::from(listener.accept().unwrap().0));
    let mut guest = Guest::with(|options, _| options.stdin(Stdio::File(stream)));
    host.write_all(b"input").unwrap();
    assert_eq!(guest.receive(0, &[2], 0), Ok((b"in".to_vec(), false)));
    assert_eq!(guest.read(0, 9), Ok(b"put".to_vec()));
    assert_eq!(guest.write(0, b"x"), Err(Errno::Badf), "it is for input");
    assert_eq!(guest.accept(0, 0), Err(Errno::Inval));
}

#[test]
fn where_nobody_can_listen() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = WasiOptions::new().listen(&address).err().unwrap().to_string();
    assert!(error.starts_with(&format!("cannot listen at `{address}`: ")), "{error}");
    assert!(WasiOptions::new().listen("127.0.0.1").is_err(), "no port");
    assert!(WasiOptions::new().listen("127.0.0.1:0").is_ok());
    let error = WasiOptions::new().addresses("1.2.3.4").err().unwrap().to_string();
    assert_eq!(error, "invalid range of addresses `1.2.3.4`: expected ADDRESS/PREFIX");
    let error = WasiOptions::new().names("a,b*").err().unwrap().to_string();
    assert_eq!(error, "invalid pattern of names `b*`: expected NAME or *.NAME");
}
