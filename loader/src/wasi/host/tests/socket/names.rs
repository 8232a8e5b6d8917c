use super::*;

const HINTS: u64 = 480;
const NAME: u64 = PATH;
const SERVICE: u64 = SECOND_PATH;
const ANY: u32 = u32::MAX;
const NO_FAMILY: u32 = 2;

/// Addresses with whether they are for streams, of which there is room for some; and how many there are.
fn resolve(
    guest: &mut Guest,
    name: &str,
    service: &str,
    hints: Option<(u32, u32)>,
    room: u64,
) -> Result<(Vec<(SocketAddr, bool)>, u32)> {
    guest.put(NAME, format!("{name}\0").as_bytes());
    guest.put(SERVICE, format!("{service}\0").as_bytes());
    let (kind, family) = hints.unwrap_or_default();
    guest.put(HINTS, &[kind, family, hints.is_some().into()].map(u32::to_le_bytes).concat());
    guest.memory[DATA as usize..].fill(0xaa);
    guest.call("sock_addr_resolve", &[NAME, SERVICE, HINTS, DATA, room, RESULT])?;
    let (count, mut found) = (guest.u32(RESULT), Vec::new());
    for at in (DATA..).step_by(28).take(u64::from(count).min(room) as usize) {
        let info = guest.get(at, 24).to_vec();
        guest.put(ADDRESS, &info);
        found.push((guest.read_address(), guest.u32(at + 24) == 1));
    }
    let end = (DATA + 28 * found.len() as u64) as usize;
    assert!(guest.memory[end..].iter().all(|byte| *byte == 0xaa), "written behind what fits");
    Ok((found, count))
}

fn allowed(names: &str) -> Guest {
    Guest::with(|options, _| options.names(names).unwrap())
}

#[test]
fn only_what_is_allowed() {
    let mut guest = allowed("localhost,*.example");
    for name in ["127.0.0.1", "example", "localhost.", "", "::1"] {
        assert_eq!(resolve(&mut guest, name, "", None, 4), Err(Errno::Acces), "{name}");
    }
    let (found, _) = resolve(&mut guest, "localhost", "80", Some((1, 0)), 4).unwrap();
    assert_eq!(found, [(loopback(80), true)]);
    assert_eq!(resolve(&mut Guest::new(), "localhost", "", None, 4), Err(Errno::Acces));
}

#[test]
fn kinds_and_families() {
    let mut guest = allowed("*");
    let one = |port, is_stream| Ok((vec![(loopback(port), is_stream)], 1));
    assert_eq!(resolve(&mut guest, "127.0.0.1", "53", Some((0, 0)), 4), one(53, false));
    assert_eq!(resolve(&mut guest, "127.0.0.1", "", Some((1, NO_FAMILY)), 4), one(0, true));
    let both = vec![(loopback(7), true), (loopback(7), false)];
    assert_eq!(resolve(&mut guest, "127.0.0.1", "7", Some((ANY, 0)), 4), Ok((both.clone(), 2)));
    assert_eq!(resolve(&mut guest, "127.0.0.1", "7", None, 4), Ok((both.clone(), 2)));
    assert_eq!(
        resolve(&mut guest, "127.0.0.1", "7", None, 1),
        Ok((both[..1].to_vec(), 2)),
        "more than there is room for"
    );
    assert_eq!(resolve(&mut guest, "127.0.0.1", "7", None, 0), Ok((vec![], 2)));
    let ipv6 = ("[::1]:443".parse().unwrap(), true);
    assert_eq!(resolve(&mut guest, "::1", "443", Some((1, 1)), 4), Ok((vec![ipv6], 1)));
    assert_eq!(resolve(&mut guest, "127.0.0.1", "", Some((1, 1)), 4), Err(Errno::Inval), "of another family");
    assert_eq!(resolve(&mut guest, "127.0.0.1", "no such service", None, 4), Err(Errno::Inval));
}

#[test]
fn texts_without_an_end() {
    let mut guest = allowed("*");
    guest.put(NAME, &[b'a'; 1025]);
    guest.put(SERVICE, b"\0");
    let cells = [NAME, SERVICE, HINTS, DATA, 4, RESULT];
    assert_eq!(guest.call("sock_addr_resolve", &cells), Err(Errno::NameTooLong));
    let last = guest.memory.len() as u64 - 1;
    guest.memory[last as usize] = b'a';
    for bad in [last, last + 1, u64::from(u32::MAX)] {
        for index in [0, 1] {
            let mut cells = cells;
            (cells[0], cells[index]) = (SERVICE, bad);
            assert_eq!(guest.call("sock_addr_resolve", &cells), Err(Errno::Fault), "{bad} {index}");
        }
    }
}
