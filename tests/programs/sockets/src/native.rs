//! Sockets of the standard library.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

/// A second owner, for another thread.
pub fn second(stream: &TcpStream) -> io::Result<TcpStream> {
    stream.try_clone()
}

pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
}

pub fn own_address(listener: &TcpListener) -> io::Result<SocketAddr> {
    listener.local_addr()
}

pub fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    TcpStream::connect(address)
}

pub fn given() -> io::Result<TcpListener> {
    Err(io::ErrorKind::Unsupported.into())
}

pub fn look_up(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

pub struct Datagrams(UdpSocket);

impl Datagrams {
    pub fn new(address: SocketAddr) -> io::Result<Self> {
        UdpSocket::bind(address).map(Self)
    }

    pub fn own_address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    pub fn send(&self, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        self.0.send_to(bytes, to).map(drop)
    }

    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.0.recv_from(buffer)
    }
}
