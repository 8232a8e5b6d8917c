//! The semaphores of `lib-pthread`: by name, within a program.

use graver_loader::CallError;

use super::{Guest, Outcome, Row, arg, int};

pub(super) const ROWS: &[Row] = &[
    Row { name: "sem_open", signature: "(iiii)i", run: open },
    Row { name: "sem_close", signature: "(i)i", run: |guest, args| done(guest.seat().close_semaphore(arg(args, 0))) },
    Row { name: "sem_wait", signature: "(i)i", run: |guest, args| done(guest.seat().wait_semaphore(arg(args, 0))?) },
    Row { name: "sem_trywait", signature: "(i)i", run: |guest, args| done(guest.seat().try_semaphore(arg(args, 0))) },
    Row { name: "sem_post", signature: "(i)i", run: |guest, args| done(guest.seat().post_semaphore(arg(args, 0))) },
    Row { name: "sem_getvalue", signature: "(ii)i", run: value },
    Row { name: "sem_unlink", signature: "(i)i", run: unlink },
];

/// 0, or -1 for what is not possible.
fn done(is_done: bool) -> Outcome {
    Ok(int(if is_done { 0 } else { -1 }))
}

/// How long names can be, which the host keeps.
const LONGEST: usize = 255;

/// A copy of the name at an address; `None` if it is longer than names can be.
fn name(guest: &mut Guest, address: u32) -> Result<Option<Vec<u8>>, CallError> {
    let name = guest.text(address)?;
    Ok((name.len() <= LONGEST).then(|| name.to_vec()))
}

/// Opens the semaphore of a name, and makes it if there is none, whatever the flags say: its number, or -1.
fn open(guest: &mut Guest, args: &[u64]) -> Outcome {
    let Some(name) = name(guest, arg(args, 0))? else { return done(false) };
    Ok(int(guest.seat().open_semaphore(&name, arg(args, 3)).map_or(-1, u32::cast_signed)))
}

fn value(guest: &mut Guest, args: &[u64]) -> Outcome {
    let to = arg(args, 1);
    guest.bytes(to, 4)?;
    let value = guest.seat().semaphore_value(arg(args, 0));
    if let Some(value) = value {
        guest.bytes(to, 4)?.copy_from_slice(&value.to_le_bytes());
    }
    done(value.is_some())
}

fn unlink(guest: &mut Guest, args: &[u64]) -> Outcome {
    let Some(name) = name(guest, arg(args, 0))? else { return done(false) };
    done(guest.seat().unlink_semaphore(&name))
}
