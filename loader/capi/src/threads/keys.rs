//! `pthread_key_create` and what belongs to it: values that each thread has of its own.

use std::collections::BTreeMap;

use super::errno;
use super::seat::Seat;

/// How many keys a program can have.
pub(super) const COUNT: usize = 32;

/// The keys of a program.
pub(super) struct Keys {
    /// For each key in use the number of its destructor in the table, or 0.
    destructors: [Option<u32>; COUNT],
    /// Values by the thread that they are of, the number of its seat.
    values: BTreeMap<u64, [u32; COUNT]>,
}

impl Keys {
    pub(super) fn new() -> Self {
        Self { destructors: [None; COUNT], values: BTreeMap::new() }
    }

    /// A thread goes.
    pub(super) fn forget(&mut self, thread: u64) {
        self.values.remove(&thread);
    }

    fn is_known(&self, key: u32) -> bool {
        self.destructors.get(key as usize).is_some_and(Option::is_some)
    }

    /// Takes a value of a thread for which there is a destructor: both.
    fn take(&mut self, thread: u64) -> Option<(u32, u32)> {
        let values = self.values.get_mut(&thread)?;
        values.iter_mut().zip(&self.destructors).find_map(|(value, destructor)| {
            let destructor = destructor.filter(|destructor| *destructor != 0)?;
            (*value != 0).then(|| (destructor, core::mem::take(value)))
        })
    }
}

impl Seat {
    /// A new key, or an error's number.
    pub(crate) fn create_key(&self, destructor: u32) -> Result<u32, i32> {
        self.change(|members| {
            let keys = &mut members.keys;
            let key = keys.destructors.iter().position(Option::is_none).ok_or(errno::AGAIN)?;
            // Values of an earlier key of this number are none of this one's.
            keys.values.values_mut().filter_map(|values| values.get_mut(key)).for_each(|value| *value = 0);
            if let Some(place) = keys.destructors.get_mut(key) {
                *place = Some(destructor);
            }
            Ok(key as u32)
        })
    }

    /// Gives a key back. Destructors do not run.
    pub(crate) fn delete_key(&self, key: u32) -> i32 {
        self.change(|members| match members.keys.destructors.get_mut(key as usize) {
            Some(place) if place.is_some() => {
                *place = None;
                0
            }
            _ => errno::INVAL,
        })
    }

    /// Sets a thread's value.
    pub(crate) fn set_specific(&self, thread: u64, key: u32, value: u32) -> i32 {
        self.change(|members| {
            if !members.keys.is_known(key) {
                return errno::INVAL;
            }
            let values = members.keys.values.entry(thread).or_insert([0; COUNT]);
            if let Some(place) = values.get_mut(key as usize) {
                *place = value;
            }
            0
        })
    }

    /// A thread's value; 0 if it has none.
    pub(crate) fn specific(&self, thread: u64, key: u32) -> u32 {
        let members = self.program.lock();
        let values = members.keys.values.get(&thread).filter(|_| members.keys.is_known(key));
        values.and_then(|values| values.get(key as usize)).copied().unwrap_or(0)
    }

    /// A destructor that is to run for a thread that ends, and with which value.
    pub(super) fn next_destructor(&self, thread: u64) -> Option<(u32, u32)> {
        self.program.lock().keys.take(thread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destructors_run_for_values_only() {
        let mut keys = Keys::new();
        keys.destructors[3] = Some(7);
        keys.destructors[4] = Some(0);
        keys.values.insert(1, [0; COUNT]);
        keys.values.get_mut(&1).unwrap()[3..6].copy_from_slice(&[30, 40, 50]);
        assert_eq!(keys.take(2), None);
        assert_eq!(keys.take(1), Some((7, 30)));
        assert_eq!(keys.take(1), None, "each once, and none for what has no destructor");
    }
}
