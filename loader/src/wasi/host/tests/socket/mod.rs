//! Sockets of programs, and of the host on the other side.

mod allowed;
mod names;
mod options;
mod preopened;
mod transfer;
mod wrong;

use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};

use super::threads::{Thread, others_go_on};
use super::*;

const IPV4: u64 = 0;
const IPV6: u64 = 1;
const DATAGRAM: u64 = 0;
const STREAM: u64 = 1;

/// A receive flag: the data stays.
const PEEK: u64 = 1;
/// A receive flag: all buffers are to be filled.
const WAITALL: u64 = 2;

/// Where addresses are put and written.
const ADDRESS: u64 = 512;

/// A program that may use ranges of addresses.
fn guest(ranges: &str) -> Guest {
    Guest::with(|options, _| options.addresses(ranges).unwrap())
}

/// Whether this machine has IPv6.
fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new([127, 0, 0, 1].into(), port)
}

/// An address as programs have it, 24 bytes.
fn bytes(address: SocketAddr) -> Vec<u8> {
    let mut bytes = match address.ip() {
        IpAddr::V4(ip) => [&[0; 4][..], &ip.octets()].concat(),
        IpAddr::V6(ip) => {
            let segments = ip.segments().map(u16::to_le_bytes).concat();
            [&[1, 0, 0, 0][..], &segments].concat()
        }
    };
    bytes.extend(address.port().to_le_bytes());
    bytes.resize(24, 0);
    bytes
}

impl Guest {
    fn socket(&mut self, family: u64, kind: u64) -> Result<u64> {
        self.call("sock_open", &[u64::from(u32::MAX), family, kind, RESULT])?;
        Ok(self.u32(RESULT).into())
    }

    fn with_address(&mut self, name: &str, fd: u64, address: SocketAddr) -> Result<()> {
        self.put(ADDRESS, &bytes(address));
        self.call(name, &[fd, ADDRESS])
    }

    /// The address that a call writes, which must be one of the kinds that there are.
    fn address(&mut self, name: &str, fd: u64) -> Result<SocketAddr> {
        self.memory[ADDRESS as usize..][..24].fill(0xaa);
        self.call(name, &[fd, ADDRESS])?;
        Ok(self.read_address())
    }

    fn read_address(&self) -> SocketAddr {
        let raw = self.get(ADDRESS, 24);
        let number = |at: usize| u16::from_le_bytes([raw[at], raw[at + 1]]);
        let (ip, end): (IpAddr, usize) = match self.u32(ADDRESS) {
            0 => (<[u8; 4]>::try_from(&raw[4..8]).unwrap().into(), 8),
            1 => (core::array::from_fn::<u16, 8, _>(|index| number(4 + 2 * index)).into(), 20),
            kind => panic!("{kind}"),
        };
        SocketAddr::new(ip, number(end))
    }

    /// A socket that listens on the loopback interface.
    fn listening(&mut self) -> (u64, SocketAddr) {
        let fd = self.socket(IPV4, STREAM).unwrap();
        self.with_address("sock_bind", fd, loopback(0)).unwrap();
        self.call("sock_listen", &[fd, 8]).unwrap();
        (fd, self.address("sock_addr_local", fd).unwrap())
    }

    /// A connection to the host.
    fn connected(&mut self) -> (u64, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let fd = self.socket(IPV4, STREAM).unwrap();
        self.with_address("sock_connect", fd, listener.local_addr().unwrap()).unwrap();
        (fd, listener.accept().unwrap().0)
    }

    fn accept(&mut self, fd: u64, flags: u64) -> Result<u64> {
        self.call("sock_accept", &[fd, flags, RESULT])?;
        Ok(self.u32(RESULT).into())
    }

    /// Receives into buffers of these lengths, one behind the other; returns the bytes and whether some were lost.
    fn receive(&mut self, fd: u64, lengths: &[u64], flags: u64) -> Result<(Vec<u8>, bool)> {
        let (array, count) = self.spread(lengths);
        self.call("sock_recv", &[fd, array, count, flags, RESULT, RESULT + 4])?;
        let lost = self.u32(RESULT + 4) as u16;
        Ok((self.get(DATA, self.u32(RESULT).into()).to_vec(), lost == 1))
    }

    fn receive_from(&mut self, fd: u64, lengths: &[u64]) -> Result<(Vec<u8>, SocketAddr)> {
        let (array, count) = self.spread(lengths);
        self.call("sock_recv_from", &[fd, array, count, 0, ADDRESS, RESULT])?;
        Ok((self.get(DATA, self.u32(RESULT).into()).to_vec(), self.read_address()))
    }

    fn spread(&mut self, lengths: &[u64]) -> (u64, u64) {
        let starts = lengths.iter().scan(DATA, |at, length| Some(core::mem::replace(at, *at + length)));
        let buffers: Vec<_> = starts.zip(lengths.iter().copied()).collect();
        self.buffers(&buffers)
    }

    /// Sends the halves of some bytes as two buffers.
    fn send(&mut self, fd: u64, bytes: &[u8]) -> Result<u32> {
        let (array, count) = self.halves(bytes);
        self.call("sock_send", &[fd, array, count, 0, RESULT])?;
        Ok(self.u32(RESULT))
    }

    fn send_to(&mut self, fd: u64, bytes_: &[u8], address: SocketAddr) -> Result<u32> {
        let (array, count) = self.halves(bytes_);
        self.put(ADDRESS, &bytes(address));
        self.call("sock_send_to", &[fd, array, count, 0, ADDRESS, RESULT])?;
        Ok(self.u32(RESULT))
    }

    fn halves(&mut self, bytes: &[u8]) -> (u64, u64) {
        let (start, length) = self.put(DATA, bytes);
        let half = length / 2;
        self.buffers(&[(start, half), (start + half, length - half)])
    }

    /// The bytes of `fd_fdstat_get`: kind, flags, rights, inheriting rights.
    fn state(&mut self, fd: u64) -> (u8, u16, u64, u64) {
        self.call("fd_fdstat_get", &[fd, DATA]).unwrap();
        let flags = self.get(DATA + 2, 2).try_into().unwrap();
        (self.get(DATA, 1)[0], u16::from_le_bytes(flags), self.u64(DATA + 8), self.u64(DATA + 16))
    }
}
