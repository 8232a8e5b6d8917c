//! The list of preview 1's functions and WAMR's for sockets, from which the imports and the documentation come.

use graver_aot_format::ValType;

/// A parameter as the methods of a host take it.
pub(super) trait Param {
    const TYPE: ValType;
    fn from_cell(cell: u64) -> Self;
}

impl Param for u32 {
    const TYPE: ValType = ValType::I32;
    fn from_cell(cell: u64) -> Self {
        cell as u32
    }
}

impl Param for u64 {
    const TYPE: ValType = ValType::I64;
    fn from_cell(cell: u64) -> Self {
        cell
    }
}

impl Param for i64 {
    const TYPE: ValType = ValType::I64;
    fn from_cell(cell: u64) -> Self {
        cell.cast_signed()
    }
}

/// What boards carry out: passes the list to a macro, with rows of the caller's behind it.
macro_rules! for_each_board_function {
    ($with:ident $($more:tt)*) => {
        $with! {
            /// Read the arguments.
            args_get(pointers: u32, bytes: u32);
            /// Get the number of arguments and the bytes they take.
            args_sizes_get(count: u32, size: u32);
            /// Get the resolution of a clock.
            clock_res_get(clock: u32, resolution: u32);
            /// Get the time of a clock.
            clock_time_get(clock: u32, precision: u64, time: u32);
            /// Read the environment variables.
            environ_get(pointers: u32, bytes: u32);
            /// Get the number of environment variables and the bytes they take.
            environ_sizes_get(count: u32, size: u32);
            /// Close a descriptor.
            fd_close(fd: u32);
            /// Get a descriptor's kind, flags and rights.
            fd_fdstat_get(fd: u32, result: u32);
            /// Get the length of a preopened directory's name.
            fd_prestat_get(fd: u32, result: u32);
            /// Read from a file or stream.
            fd_read(fd: u32, buffers: u32, count: u32, read: u32);
            /// Set the position.
            fd_seek(fd: u32, offset: i64, whence: u32, result: u32);
            /// Get the position.
            fd_tell(fd: u32, result: u32);
            /// Write to a file or stream.
            fd_write(fd: u32, buffers: u32, count: u32, written: u32);
            /// Wait for time to pass or for streams.
            poll_oneoff(subscriptions: u32, events: u32, count: u32, result: u32);
            /// Get random bytes.
            random_get(buffer: u32, length: u32);
            /// Let other threads run.
            sched_yield();
            $($more)*
        }
    };
}
pub(super) use for_each_board_function;

/// Every function of preview 1 but `proc_exit`, which alone has no result, and those of WAMR's extension for sockets: passes the
/// list to a macro. A row ends with
/// `: missing` where no host carries the function out.
#[cfg(all(feature = "wasi", target_os = "linux"))]
macro_rules! for_each_function {
    ($with:ident) => {
        for_each_board_function! {
            $with
            /// Say how a file is going to be accessed.
            fd_advise(fd: u32, offset: u64, length: u64, advice: u32);
            /// Reserve space for a file.
            fd_allocate(fd: u32, offset: u64, length: u64);
            /// Have a file's data written to the disk.
            fd_datasync(fd: u32);
            /// Set a descriptor's flags.
            fd_fdstat_set_flags(fd: u32, flags: u32);
            /// Give up rights of a descriptor.
            fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
            /// Get the attributes of an open file.
            fd_filestat_get(fd: u32, result: u32);
            /// Set the size of an open file.
            fd_filestat_set_size(fd: u32, size: u64);
            /// Set the times of an open file.
            fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, flags: u32);
            /// Read at a given position.
            fd_pread(fd: u32, buffers: u32, count: u32, offset: u64, read: u32);
            /// Get the name of a preopened directory.
            fd_prestat_dir_name(fd: u32, buffer: u32, length: u32);
            /// Write at a given position.
            fd_pwrite(fd: u32, buffers: u32, count: u32, offset: u64, written: u32);
            /// List a directory.
            fd_readdir(fd: u32, buffer: u32, length: u32, cookie: u64, used: u32);
            /// Move a descriptor to another number.
            fd_renumber(fd: u32, to: u32);
            /// Have a file written to the disk.
            fd_sync(fd: u32);
            /// Create a directory.
            path_create_directory(fd: u32, path: u32, length: u32);
            /// Get the attributes of a file.
            path_filestat_get(fd: u32, lookup: u32, path: u32, length: u32, result: u32);
            /// Set the times of a file.
            path_filestat_set_times(
                fd: u32, lookup: u32, path: u32, length: u32, accessed: u64, modified: u64, flags: u32
            );
            /// Give a file another name.
            path_link(fd: u32, lookup: u32, old: u32, old_length: u32, new_fd: u32, new: u32, new_length: u32);
            /// Open a file or directory.
            path_open(
                fd: u32, lookup: u32, path: u32, length: u32, oflags: u32, base: u64, inheriting: u64, fdflags: u32, result: u32
            );
            /// Read a symbolic link.
            path_readlink(fd: u32, path: u32, length: u32, buffer: u32, buffer_length: u32, used: u32);
            /// Remove an empty directory.
            path_remove_directory(fd: u32, path: u32, length: u32);
            /// Rename a file or directory.
            path_rename(fd: u32, old: u32, old_length: u32, new_fd: u32, new: u32, new_length: u32);
            /// Create a symbolic link.
            path_symlink(target: u32, target_length: u32, fd: u32, path: u32, length: u32);
            /// Remove a file.
            path_unlink_file(fd: u32, path: u32, length: u32);
            /// Send the process a signal.
            proc_raise(signal: u32): missing;
            /// Accept a connection.
            sock_accept(fd: u32, flags: u32, result: u32);
            /// Get a socket's own address.
            sock_addr_local(fd: u32, result: u32);
            /// Get the address that a socket is connected to.
            sock_addr_remote(fd: u32, result: u32);
            /// Look up a name and a service.
            sock_addr_resolve(name: u32, service: u32, hints: u32, infos: u32, count: u32, result: u32);
            /// Give a socket an address.
            sock_bind(fd: u32, address: u32);
            /// Close a socket.
            sock_close(fd: u32);
            /// Connect a socket.
            sock_connect(fd: u32, address: u32);
            /// Get whether datagrams may go to broadcast addresses.
            sock_get_broadcast(fd: u32, result: u32);
            /// Get whether this host gets what it sends to groups.
            sock_get_ip_multicast_loop(fd: u32, is_ipv6: u32, result: u32);
            /// Get how many hops datagrams to groups live.
            sock_get_ip_multicast_ttl(fd: u32, result: u32);
            /// Get how many hops packets live.
            sock_get_ip_ttl(fd: u32, result: u32);
            /// Get whether an IPv6 socket does without IPv4.
            sock_get_ipv6_only(fd: u32, result: u32);
            /// Get whether idle connections are tried out.
            sock_get_keep_alive(fd: u32, result: u32);
            /// Get whether and how many seconds closing waits.
            sock_get_linger(fd: u32, result: u32, seconds_result: u32);
            /// Get the space for what was received.
            sock_get_recv_buf_size(fd: u32, result: u32);
            /// Get how many microseconds receiving waits.
            sock_get_recv_timeout(fd: u32, result: u32);
            /// Get whether an address may have been in use just now.
            sock_get_reuse_addr(fd: u32, result: u32);
            /// Get whether sockets may share a port.
            sock_get_reuse_port(fd: u32, result: u32);
            /// Get the space for what is to be sent.
            sock_get_send_buf_size(fd: u32, result: u32);
            /// Get how many microseconds sending waits.
            sock_get_send_timeout(fd: u32, result: u32);
            /// Get whether connecting waits for the first data.
            sock_get_tcp_fastopen_connect(fd: u32, result: u32);
            /// Get after how many seconds an idle connection is tried out.
            sock_get_tcp_keep_idle(fd: u32, result: u32);
            /// Get how many seconds are between tries.
            sock_get_tcp_keep_intvl(fd: u32, result: u32);
            /// Get whether small packets are sent at once.
            sock_get_tcp_no_delay(fd: u32, result: u32);
            /// Get whether receipts are sent at once.
            sock_get_tcp_quick_ack(fd: u32, result: u32);
            /// Take connections.
            sock_listen(fd: u32, backlog: u32);
            /// Open a socket.
            sock_open(pool: u32, family: u32, kind: u32, result: u32);
            /// Receive from a socket.
            sock_recv(fd: u32, buffers: u32, count: u32, flags: u32, received: u32, result_flags: u32);
            /// Receive from a socket, with the sender's address.
            sock_recv_from(fd: u32, buffers: u32, count: u32, flags: u32, address: u32, received: u32);
            /// Send to a socket.
            sock_send(fd: u32, buffers: u32, count: u32, flags: u32, sent: u32);
            /// Send to an address.
            sock_send_to(fd: u32, buffers: u32, count: u32, flags: u32, address: u32, sent: u32);
            /// Set whether datagrams may go to broadcast addresses.
            sock_set_broadcast(fd: u32, value: u32);
            /// Make a socket a member of a group.
            sock_set_ip_add_membership(fd: u32, group: u32, interface: u32);
            /// End a socket's membership of a group.
            sock_set_ip_drop_membership(fd: u32, group: u32, interface: u32);
            /// Set whether this host gets what it sends to groups.
            sock_set_ip_multicast_loop(fd: u32, is_ipv6: u32, value: u32);
            /// Set how many hops datagrams to groups live.
            sock_set_ip_multicast_ttl(fd: u32, value: u32);
            /// Set how many hops packets live.
            sock_set_ip_ttl(fd: u32, value: u32);
            /// Set whether an IPv6 socket does without IPv4.
            sock_set_ipv6_only(fd: u32, value: u32);
            /// Set whether idle connections are tried out.
            sock_set_keep_alive(fd: u32, value: u32);
            /// Set whether and how many seconds closing waits.
            sock_set_linger(fd: u32, value: u32, seconds: u32);
            /// Set the space for what was received.
            sock_set_recv_buf_size(fd: u32, value: u32);
            /// Set how many microseconds receiving waits.
            sock_set_recv_timeout(fd: u32, value: u64);
            /// Set whether an address may have been in use just now.
            sock_set_reuse_addr(fd: u32, value: u32);
            /// Set whether sockets may share a port.
            sock_set_reuse_port(fd: u32, value: u32);
            /// Set the space for what is to be sent.
            sock_set_send_buf_size(fd: u32, value: u32);
            /// Set how many microseconds sending waits.
            sock_set_send_timeout(fd: u32, value: u64);
            /// Set whether connecting waits for the first data.
            sock_set_tcp_fastopen_connect(fd: u32, value: u32);
            /// Set after how many seconds an idle connection is tried out.
            sock_set_tcp_keep_idle(fd: u32, value: u32);
            /// Set how many seconds are between tries.
            sock_set_tcp_keep_intvl(fd: u32, value: u32);
            /// Set whether small packets are sent at once.
            sock_set_tcp_no_delay(fd: u32, value: u32);
            /// Set whether receipts are sent at once.
            sock_set_tcp_quick_ack(fd: u32, value: u32);
            /// Close one or both directions of a socket.
            sock_shutdown(fd: u32, how: u32);
        }
    };
}
#[cfg(all(feature = "wasi", target_os = "linux"))]
pub(super) use for_each_function;
