//! Sockets of WAMR's extension; streams are the standard library's once they are there.

use std::ffi::CString;
use std::io;
use std::mem::ManuallyDrop;
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd};

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn sock_open(pool: i32, family: i32, kind: i32, result: *mut i32) -> i32;
    fn sock_bind(fd: i32, address: *const Address) -> i32;
    fn sock_listen(fd: i32, backlog: i32) -> i32;
    fn sock_connect(fd: i32, address: *const Address) -> i32;
    fn sock_close(fd: i32) -> i32;
    fn sock_addr_local(fd: i32, result: *mut Address) -> i32;
    fn sock_addr_resolve(
        name: *const i8,
        service: *const i8,
        hints: *const Hints,
        infos: *mut Info,
        count: u32,
        result: *mut u32,
    ) -> i32;
    fn sock_send_to(
        fd: i32,
        buffers: *const Buffer<*const u8>,
        count: i32,
        flags: i32,
        address: *const Address,
        sent: *mut u32,
    ) -> i32;
    fn sock_recv_from(
        fd: i32,
        buffers: *const Buffer<*mut u8>,
        count: i32,
        flags: i32,
        address: *mut Address,
        received: *mut u32,
    ) -> i32;
}

const DATAGRAM: i32 = 0;
const STREAM: i32 = 1;

#[repr(C)]
struct Buffer<P> {
    start: P,
    length: usize,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Address {
    kind: u32,
    /// Four bytes and a port, or eight numbers and a port.
    rest: [u16; 10],
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Info {
    address: Address,
    kind: i32,
}

#[repr(C)]
struct Hints {
    kind: i32,
    family: i32,
    is_enabled: u8,
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        let mut rest = [0; 10];
        match address.ip() {
            IpAddr::V4(ip) => {
                let [a, b, c, d] = ip.octets();
                (rest[0], rest[1], rest[2]) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]), address.port());
                Self { kind: 0, rest }
            }
            IpAddr::V6(ip) => {
                rest[..8].copy_from_slice(&ip.segments());
                rest[8] = address.port();
                Self { kind: 1, rest }
            }
        }
    }
}

impl From<Address> for SocketAddr {
    fn from(Address { kind, rest }: Address) -> Self {
        if kind == 0 {
            let ([a, b], [c, d]) = (rest[0].to_le_bytes(), rest[1].to_le_bytes());
            return Self::new([a, b, c, d].into(), rest[2]);
        }
        let [a, b, c, d, e, f, g, h, port, _] = rest;
        Self::new([a, b, c, d, e, f, g, h].into(), port)
    }
}

fn check(error: i32) -> io::Result<()> {
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error)) }
}

fn open(kind: i32, address: SocketAddr) -> io::Result<i32> {
    let mut fd = 0;
    check(unsafe { sock_open(-1, i32::from(address.is_ipv6()), kind, &mut fd) })?;
    Ok(fd)
}

fn own_address_of(fd: i32) -> io::Result<SocketAddr> {
    let mut address = Address::default();
    check(unsafe { sock_addr_local(fd, &mut address) })?;
    Ok(address.into())
}

pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let fd = open(STREAM, address)?;
    check(unsafe { sock_bind(fd, &address.into()) })?;
    check(unsafe { sock_listen(fd, 8) })?;
    Ok(unsafe { TcpListener::from_raw_fd(fd) })
}

pub fn own_address(listener: &TcpListener) -> io::Result<SocketAddr> {
    own_address_of(listener.as_raw_fd())
}

pub fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let fd = open(STREAM, address)?;
    check(unsafe { sock_connect(fd, &address.into()) })?;
    Ok(unsafe { TcpStream::from_raw_fd(fd) })
}

/// Behind the standard streams come the listeners that the program was given.
pub fn given() -> io::Result<TcpListener> {
    Ok(unsafe { TcpListener::from_raw_fd(3) })
}

pub fn look_up(name: &str) -> io::Result<Vec<IpAddr>> {
    let name = CString::new(name)?;
    let hints = Hints { kind: STREAM, family: 2, is_enabled: 1 };
    let (mut infos, mut count) = ([Info::default(); 8], 0);
    let (room, service) = (infos.len() as u32, c"".as_ptr());
    check(unsafe { sock_addr_resolve(name.as_ptr(), service, &hints, infos.as_mut_ptr(), room, &mut count) })?;
    Ok(infos.iter().take(count as usize).map(|info| SocketAddr::from(info.address).ip()).collect())
}

pub struct Datagrams(i32);

impl Datagrams {
    pub fn new(address: SocketAddr) -> io::Result<Self> {
        let socket = Self(open(DATAGRAM, address)?);
        check(unsafe { sock_bind(socket.0, &address.into()) })?;
        Ok(socket)
    }

    pub fn own_address(&self) -> io::Result<SocketAddr> {
        own_address_of(self.0)
    }

    pub fn send(&self, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        let buffer = Buffer { start: bytes.as_ptr(), length: bytes.len() };
        check(unsafe { sock_send_to(self.0, &buffer, 1, 0, &to.into(), &mut 0) })
    }

    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (mut from, mut count) = (Address::default(), 0);
        let buffer = Buffer { start: buffer.as_mut_ptr(), length: buffer.len() };
        check(unsafe { sock_recv_from(self.0, &buffer, 1, 0, &mut from, &mut count) })?;
        Ok((count as usize, from.into()))
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        let error = unsafe { sock_close(self.0) };
        assert_eq!(error, 0);
    }
}

/// The same one for another thread: WASI has no second descriptor for a socket.
pub struct SecondStream(ManuallyDrop<TcpStream>);

pub fn second(stream: &TcpStream) -> io::Result<SecondStream> {
    Ok(SecondStream(ManuallyDrop::new(unsafe { TcpStream::from_raw_fd(stream.as_raw_fd()) })))
}

impl SecondStream {
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how)
    }
}

impl io::Write for SecondStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
