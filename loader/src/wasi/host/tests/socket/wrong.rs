//! Descriptors that are no sockets, that are closed, or lack rights.

use super::super::super::Function;
use super::*;

/// Functions with a socket, and arguments that are good but for that.
fn functions() -> impl Iterator<Item = (&'static Function, Vec<u64>)> {
    let value = |name: &&str| match *name {
        "buffers" => 64,
        "count" => 1,
        "address" | "group" => ADDRESS,
        "received" | "sent" | "result" => RESULT,
        "result_flags" | "seconds_result" => RESULT + 16,
        "how" | "value" => 1,
        _ => 0,
    };
    let sockets = FUNCTIONS.iter().filter(|function| function.name.starts_with("sock_"));
    sockets.filter_map(move |function| {
        let cells = function.names.iter().map(value).collect();
        (function.names[0] == "fd").then_some((function, cells))
    })
}

#[test]
fn what_is_no_socket() {
    let mut guest = guest("127.0.0.0/8");
    guest.put(ADDRESS, &bytes(loopback(0)));
    guest.buffers(&[(DATA, 4)]);
    let file = guest.open("file", CREAT, READ | WRITE).unwrap();
    let closed = guest.socket(IPV4, STREAM).unwrap();
    guest.call("sock_close", &[closed]).unwrap();
    let mut tried = 0;
    for (function, mut cells) in functions() {
        for (fd, expected) in [
            (0, Errno::NotSock),
            (1, Errno::NotSock),
            (ROOT, Errno::NotSock),
            (file, Errno::NotSock),
            (closed, Errno::Badf),
            (4096, Errno::Badf),
            (u64::from(u32::MAX), Errno::Badf),
        ] {
            cells[0] = fd;
            assert_eq!(guest.call(function.name, &cells), Err(expected), "{} {fd}", function.name);
            tried += 1;
        }
    }
    assert_eq!(tried, 7 * 50, "all but sock_open and sock_addr_resolve");
    assert_eq!(guest.write(file, b"still open"), Ok(10));
}

#[test]
fn rights_that_were_given_up() {
    let mut guest = guest("127.0.0.0/8");
    let address = bytes(loopback(9));
    let (fd, host) = guest.connected();
    for right in [1, 3, 6, 28, 29] {
        let all = guest.state(fd).2;
        let copy = guest.socket(IPV4, STREAM).unwrap();
        guest.call("fd_fdstat_set_rights", &[copy, all & !(1 << right), 0]).unwrap();
        guest.put(ADDRESS, &address);
        guest.buffers(&[(DATA, 4)]);
        for (function, mut cells) in functions() {
            let needs = match function.name {
                "sock_recv" | "sock_recv_from" => Some((1, Errno::Badf)),
                "sock_send" | "sock_send_to" => Some((6, Errno::Badf)),
                "sock_shutdown" => Some((28, Errno::NotCapable)),
                "sock_accept" => Some((29, Errno::NotCapable)),
                "sock_bind" | "sock_connect" | "sock_listen" => Some((3, Errno::NotCapable)),
                name if name.starts_with("sock_set_") => Some((3, Errno::NotCapable)),
                _ => None,
            };
            if let Some((_, error)) = needs.filter(|(needed, _)| *needed == right) {
                cells[0] = copy;
                assert_eq!(guest.call(function.name, &cells), Err(error), "{} without {right}", function.name);
            }
        }
        guest.call("sock_close", &[copy]).unwrap();
    }
    // What is accepted has what the listener passes on.
    let (server, address) = guest.listening();
    let all = guest.state(server).2;
    guest.call("fd_fdstat_set_rights", &[server, all, READ]).unwrap();
    let client = TcpStream::connect(address).unwrap();
    let accepted = guest.accept(server, 0).unwrap();
    assert_eq!(guest.state(accepted).2, READ);
    assert_eq!(guest.send(accepted, b"x"), Err(Errno::Badf));
    drop((client, host));
}

#[test]
fn as_many_as_there_can_be() {
    let mut guest = guest("127.0.0.0/8");
    let (server, address) = guest.listening();
    while guest.open(".", DIRECTORY, 0).is_ok() {}
    assert_eq!(guest.socket(IPV4, STREAM), Err(Errno::Mfile));
    let _client = TcpStream::connect(address).unwrap();
    assert_eq!(guest.accept(server, 0), Err(Errno::Mfile));
    guest.call("fd_close", &[4000]).unwrap();
    assert_eq!(guest.accept(server, 0), Ok(4000), "the connection was not lost");
}
