use std::time::{Duration, Instant};

use super::*;

fn clock(user_data: u64, id: u32, time: u64, flags: u16) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[0..8].copy_from_slice(&user_data.to_le_bytes());
    bytes[16..20].copy_from_slice(&id.to_le_bytes());
    bytes[24..32].copy_from_slice(&time.to_le_bytes());
    bytes[40..42].copy_from_slice(&flags.to_le_bytes());
    bytes
}

fn stream(user_data: u64, kind: u8, fd: u32) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[0..8].copy_from_slice(&user_data.to_le_bytes());
    bytes[8] = kind;
    bytes[16..20].copy_from_slice(&fd.to_le_bytes());
    bytes
}

/// The events: user data, error, kind.
fn poll(guest: &mut Guest, subscriptions: &[Vec<u8>]) -> Result<Vec<(u64, u16, u8)>> {
    guest.put(DATA, &subscriptions.concat());
    let events = DATA + 8192;
    guest.call("poll_oneoff", &[DATA, events, subscriptions.len() as u64, RESULT])?;
    let count = u64::from(guest.u32(RESULT));
    Ok((0..count)
        .map(|index| events + index * 32)
        .map(|at| (guest.u64(at), guest.u32(at + 8) as u16, guest.memory[at as usize + 10]))
        .collect())
}

#[test]
fn sleeping() {
    let mut guest = Guest::new();
    let started = Instant::now();
    let events = poll(&mut guest, &[clock(7, 1, 20_000_000, 0), clock(8, 0, 3_600_000_000_000, 0)]);
    assert_eq!(events, Ok(vec![(7, 0, 0)]));
    assert!(started.elapsed() >= Duration::from_millis(20));
    guest.call("clock_time_get", &[0, 0, RESULT]).unwrap();
    let soon = guest.u64(RESULT) + 20_000_000;
    let started = Instant::now();
    assert_eq!(poll(&mut guest, &[clock(9, 0, soon, 1)]), Ok(vec![(9, 0, 0)]));
    assert!(started.elapsed() >= Duration::from_millis(10));
    assert_eq!(poll(&mut guest, &[clock(9, 0, 1, 1), clock(10, 1, 0, 0)]), Ok(vec![(9, 0, 0), (10, 0, 0)]));
}

#[test]
fn bad_subscriptions() {
    let mut guest = Guest::new();
    assert_eq!(poll(&mut guest, &[]), Err(Errno::Inval));
    assert_eq!(poll(&mut guest, &[stream(1, 3, 0)]), Err(Errno::Inval));
    let forever = clock(1, 1, u64::MAX, 0);
    assert_eq!(poll(&mut guest, &[forever.clone(), clock(2, 9, 0, 0)]), Ok(vec![(2, 28, 0)]));
    assert_eq!(poll(&mut guest, &[forever.clone(), clock(2, 2, 0, 0)]), Ok(vec![(2, 58, 0)]));
    assert_eq!(poll(&mut guest, &[forever.clone(), stream(3, 1, 77)]), Ok(vec![(3, 8, 1)]));
    assert_eq!(poll(&mut guest, &[forever, stream(3, 2, ROOT as u32)]), Ok(vec![(3, 8, 2)]));
    assert_eq!(guest.call("poll_oneoff", &[0, 0, 1025, RESULT]), Err(Errno::Inval), "more than there may be");
    for count in [2000, u64::from(u32::MAX), 89_478_486] {
        assert_eq!(guest.call("poll_oneoff", &[0, 0, count, RESULT]), Err(Errno::Fault));
    }
}

#[test]
fn streams() {
    let (input, ours) = std::io::pipe().unwrap();
    let input = std::fs::File::from(std::os::fd::OwnedFd::from(input));
    let mut guest = Guest::with(|options, _| options.stdin(Stdio::File(input)));
    let file = guest.open("file", CREAT, READ | WRITE).unwrap() as u32;
    let later = clock(1, 1, 10_000_000, 0);
    assert_eq!(poll(&mut guest, &[later.clone(), stream(2, 1, 0)]), Ok(vec![(1, 0, 0)]), "nothing to read yet");
    assert_eq!(poll(&mut guest, &[stream(3, 2, file), stream(4, 1, file)]), Ok(vec![(3, 0, 2), (4, 0, 1)]));
    std::io::Write::write_all(&mut &ours, b"four").unwrap();
    assert_eq!(poll(&mut guest, &[later, stream(2, 1, 0)]), Ok(vec![(2, 0, 1)]));
    assert_eq!(guest.u64(DATA + 8192 + 16), 4, "bytes to read");
    drop(ours);
    guest.read(0, 4).unwrap();
    assert_eq!(poll(&mut guest, &[stream(2, 1, 0)]), Ok(vec![(2, 0, 1)]));
    assert_eq!(guest.memory[DATA as usize + 8192 + 24], 1, "hung up");
    assert_eq!(poll(&mut guest, &[stream(5, 2, 1)]), Ok(vec![(5, 0, 2)]), "in memory");
}
