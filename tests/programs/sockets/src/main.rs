//! `sockets talk` sends over the loopback interface, streams and datagrams, from thread to thread; `sockets serve COUNT` takes
//! connections at the first descriptor that it was given; `sockets reach ADDRESS PORT NAME` says what it can reach.

#[cfg_attr(target_os = "wasi", path = "wasi.rs")]
#[cfg_attr(not(target_os = "wasi"), path = "native.rs")]
mod net;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::exit;
use std::thread;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["talk"] => talk(),
        ["serve", count] => serve(count.parse().unwrap_or(0)),
        ["reach", address, port, name] => match (address.parse(), port.parse()) {
            (Ok(address), Ok(port)) => reach(SocketAddr::new(address, port), name),
            _ => exit(2),
        },
        _ => exit(2),
    }
}

fn talk() -> io::Result<()> {
    let listener = net::listen(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0))?;
    let address = net::own_address(&listener)?;
    streams(listener, address)?;
    ends(address)?;
    datagrams()?;
    let mut found = net::look_up("localhost")?;
    found.retain(IpAddr::is_ipv4);
    println!("localhost is {found:?}");
    Ok(())
}

/// Sends to a server and compares what comes back.
fn streams(listener: TcpListener, address: SocketAddr) -> io::Result<()> {
    let sizes = [5, 70_000, 1_000_000];
    let server = thread::spawn(move || {
        listener.incoming().take(sizes.len()).try_for_each(|stream| echo(stream?).map(drop))?;
        listener.set_nonblocking(true)?;
        Ok::<_, io::Error>(listener.accept().map(drop))
    });
    for size in sizes {
        let sent: Vec<u8> = (0..size).map(|index| (index % 251) as u8).collect();
        let mut client = net::connect(address)?;
        let (mut writer, copy) = (net::second(&client)?, sent.clone());
        let writes = thread::spawn(move || {
            writer.write_all(&copy)?;
            writer.shutdown(Shutdown::Write)?;
            Ok::<_, io::Error>(writer.write(b"too late").map_err(|error| error.kind()))
        });
        let mut received = Vec::new();
        client.read_to_end(&mut received)?;
        let late = writes.join().expect("the writer ends")?;
        println!("{size} bytes came back: {}, then {late:?}", received == sent);
    }
    let last = server.join().expect("the server ends")?;
    println!("nobody else came: {:?}", last.map_err(|error| error.kind()));
    Ok(())
}

/// Sends back what comes, and says how much it was.
fn echo(mut stream: TcpStream) -> io::Result<usize> {
    let (mut buffer, mut total) = ([0; 10_000], 0);
    loop {
        match stream.read(&mut buffer)? {
            0 => return stream.shutdown(Shutdown::Both).or_else(already_closed).map(|()| total),
            count => {
                stream.write_all(&buffer[..count])?;
                total += count;
            }
        }
    }
}

/// The other side may have closed it first.
fn already_closed(error: io::Error) -> io::Result<()> {
    if error.kind() == ErrorKind::NotConnected { Ok(()) } else { Err(error) }
}

/// Nobody listens any more.
fn ends(address: SocketAddr) -> io::Result<()> {
    println!("afterwards: {:?}", net::connect(address).map(drop).map_err(|error| error.kind()));
    Ok(())
}

fn datagrams() -> io::Result<()> {
    let any = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
    let (server, client) = (net::Datagrams::new(any)?, net::Datagrams::new(any)?);
    let (to, from) = (server.own_address()?, client.own_address()?);
    let answers = thread::spawn(move || {
        let answer = |_| {
            let mut buffer = [0; 100];
            let (count, sender) = server.receive(&mut buffer)?;
            buffer[..count].reverse();
            server.send(&buffer[..count], sender)?;
            Ok((count, sender == from))
        };
        (0..3).map(answer).collect::<io::Result<Vec<_>>>()
    });
    for question in ["", "step on no pets", "what is it"] {
        client.send(question.as_bytes(), to)?;
        let mut buffer = [0; 100];
        let (count, sender) = client.receive(&mut buffer)?;
        println!("{:?} from the server: {}", String::from_utf8_lossy(&buffer[..count]), sender == to);
    }
    let answered = answers.join().expect("the server ends")?;
    println!("bytes asked, and whether by the client: {answered:?}");
    Ok(())
}

/// Echoes connections at descriptor 3, in capitals.
fn serve(count: usize) -> io::Result<()> {
    let listener = net::given()?;
    println!("{}", net::own_address(&listener)?.port());
    for stream in listener.incoming().take(count) {
        let mut stream = stream?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        stream.write_all(text.to_uppercase().as_bytes())?;
        println!("{text}");
    }
    Ok(())
}

fn reach(address: SocketAddr, name: &str) -> io::Result<()> {
    let say = |what: &str, result: io::Result<()>| match result {
        Ok(()) => println!("{what}: reached"),
        Err(error) => println!("{what}: {:?}", error.kind()),
    };
    say("connect", net::connect(address).map(drop));
    say("listen", net::listen(SocketAddr::new(address.ip(), 0)).map(drop));
    let any = SocketAddr::new([127, 0, 0, 1].into(), 0);
    say("datagram", net::Datagrams::new(any).and_then(|socket| socket.send(b"x", address)));
    say("name", net::look_up(name).map(drop));
    Ok(())
}
