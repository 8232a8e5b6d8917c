//! The error numbers of preview 1.

use core::fmt;
#[cfg(all(feature = "wasi", target_os = "linux"))]
use std::io;

#[cfg(all(feature = "wasi", target_os = "linux"))]
use rustix::io::Errno as Host;

macro_rules! errnos {
    ($($variant:ident = $number:literal $(, $host:ident)*;)*) => {
        /// Why a WASI call failed: the number that the program gets as the call's result.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        #[expect(missing_docs, reason = "the names are POSIX's")]
        pub enum Errno { $($variant = $number),* }

        #[cfg(all(feature = "wasi", target_os = "linux"))]
        impl Errno {
            /// WASI's number for a number of the host.
            fn from_host(host: Host) -> Self {
                $($(if host == Host::$host { return Self::$variant; })*)*
                Self::Io
            }
        }
    };
}

// WASI's name and number, then the host's names for it.
errnos! {
    TooBig = 1, TOOBIG;
    Acces = 2, ACCESS;
    AddrInUse = 3, ADDRINUSE;
    AddrNotAvail = 4, ADDRNOTAVAIL;
    AfNoSupport = 5, AFNOSUPPORT;
    Again = 6, AGAIN;
    Already = 7, ALREADY;
    Badf = 8, BADF;
    BadMsg = 9, BADMSG;
    Busy = 10, BUSY;
    Canceled = 11, CANCELED;
    Child = 12, CHILD;
    ConnAborted = 13, CONNABORTED;
    ConnRefused = 14, CONNREFUSED;
    ConnReset = 15, CONNRESET;
    Deadlk = 16, DEADLK;
    DestAddrReq = 17, DESTADDRREQ;
    Dom = 18, DOM;
    Dquot = 19, DQUOT;
    Exist = 20, EXIST;
    Fault = 21, FAULT;
    Fbig = 22, FBIG;
    HostUnreach = 23, HOSTUNREACH;
    Idrm = 24, IDRM;
    Ilseq = 25, ILSEQ;
    InProgress = 26, INPROGRESS;
    Intr = 27, INTR;
    Inval = 28, INVAL;
    Io = 29, IO;
    IsConn = 30, ISCONN;
    IsDir = 31, ISDIR;
    Loop = 32, LOOP;
    Mfile = 33, MFILE;
    Mlink = 34, MLINK;
    MsgSize = 35, MSGSIZE;
    MultiHop = 36, MULTIHOP;
    NameTooLong = 37, NAMETOOLONG;
    NetDown = 38, NETDOWN;
    NetReset = 39, NETRESET;
    NetUnreach = 40, NETUNREACH;
    Nfile = 41, NFILE;
    NoBufs = 42, NOBUFS;
    NoDev = 43, NODEV;
    NoEnt = 44, NOENT;
    NoExec = 45, NOEXEC;
    NoLck = 46, NOLCK;
    NoLink = 47, NOLINK;
    NoMem = 48, NOMEM;
    NoMsg = 49, NOMSG;
    NoProtoOpt = 50, NOPROTOOPT;
    NoSpc = 51, NOSPC;
    NoSys = 52, NOSYS;
    NotConn = 53, NOTCONN;
    NotDir = 54, NOTDIR;
    NotEmpty = 55, NOTEMPTY;
    NotRecoverable = 56, NOTRECOVERABLE;
    NotSock = 57, NOTSOCK;
    NotSup = 58, NOTSUP, OPNOTSUPP;
    NoTty = 59, NOTTY;
    Nxio = 60, NXIO;
    Overflow = 61, OVERFLOW;
    OwnerDead = 62, OWNERDEAD;
    Perm = 63, PERM;
    Pipe = 64, PIPE;
    Proto = 65, PROTO;
    ProtoNoSupport = 66, PROTONOSUPPORT;
    Prototype = 67, PROTOTYPE;
    Range = 68, RANGE;
    Rofs = 69, ROFS;
    Spipe = 70, SPIPE;
    Srch = 71, SRCH;
    Stale = 72, STALE;
    TimedOut = 73, TIMEDOUT;
    TxtBsy = 74, TXTBSY;
    Xdev = 75, XDEV;
    NotCapable = 76;
}

impl Errno {
    /// The number.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// What a program gets for a call that ended so: 0, or the number of the error.
    pub fn result_of(call: Result<(), Self>) -> u32 {
        call.map_or_else(|error| error.number().into(), |()| 0)
    }
}

#[cfg(all(feature = "wasi", target_os = "linux"))]
impl From<Host> for Errno {
    fn from(host: Host) -> Self {
        Self::from_host(host)
    }
}

#[cfg(all(feature = "wasi", target_os = "linux"))]
impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        if let Some(host) = Host::from_io_error(&error) {
            return Self::from_host(host);
        }
        // Errors made by a library rather than by the host. The sandbox reports a path that leads out of its
        // directory as "permission denied".
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::Perm,
            io::ErrorKind::InvalidInput => Self::Inval,
            io::ErrorKind::NotFound => Self::NoEnt,
            io::ErrorKind::AlreadyExists => Self::Exist,
            io::ErrorKind::WouldBlock => Self::Again,
            io::ErrorKind::Interrupted => Self::Intr,
            io::ErrorKind::BrokenPipe => Self::Pipe,
            io::ErrorKind::Unsupported => Self::NotSup,
            io::ErrorKind::OutOfMemory => Self::NoMem,
            _ => Self::Io,
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WASI error {} ({self:?})", self.number())
    }
}

impl core::error::Error for Errno {}
