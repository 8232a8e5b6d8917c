//! The pool: one piece of memory, given away in blocks.
//!
//! Whoever frees a block knows how long it is, so blocks have no headers, and what is known about free memory is in the
//! free memory itself: a list by address, where neighbours become one. Its length is what an operation takes; a loader
//! with its few blocks, most of which live as long as their store, has few pieces between them.
#![allow(unsafe_code)] // Hands out raw memory.

use core::alloc::Layout;
use core::ptr::NonNull;

use super::source::Source;
use crate::bytes::move_bytes;

/// The first bytes of a piece of free memory.
#[derive(Clone, Copy)]
#[repr(C)]
struct Free {
    size: usize,
    next: Option<NonNull<Free>>,
}

/// The size of every block and piece is a multiple of this, and so is its address.
const UNIT: usize = size_of::<Free>();

/// The bytes that a block of so many takes.
fn rounded(size: usize) -> Option<usize> {
    Some(size.checked_add(UNIT - 1)? & !(UNIT - 1))
}

/// Bytes from an address to the next multiple of a power of two.
fn padding(address: usize, align: usize) -> usize {
    address.wrapping_neg() & (align - 1)
}

/// Where the address of a piece is noted: in the pool, or in the piece before it.
type Link = NonNull<Option<NonNull<Free>>>;

/// Memory that is given away in blocks.
#[derive(Clone, Copy)]
pub(super) struct Pool {
    first: Option<NonNull<Free>>,
}

impl Pool {
    /// # Safety
    /// The memory is the pool's own as long as the pool and its blocks are used.
    pub(super) unsafe fn new(memory: NonNull<[u8]>) -> Self {
        let mut pool = Self { first: None };
        let skipped = padding(memory.cast::<u8>().addr().get(), UNIT);
        let size = memory.len().saturating_sub(skipped) & !(UNIT - 1);
        if size > 0 {
            // SAFETY: what is given back lies in the memory.
            unsafe { pool.free_block(memory.cast::<u8>().add(skipped), size) };
        }
        pool
    }

    /// The last piece before an address, if there is one, and the link behind it.
    fn before(&mut self, address: NonNull<u8>) -> (Option<NonNull<Free>>, Link) {
        let (mut before, mut link) = (None, NonNull::from(&mut self.first));
        // SAFETY: links and pieces are the pool's own.
        while let Some(piece) = unsafe { link.read() }.filter(|piece| piece.addr() < address.addr()) {
            before = Some(piece);
            link = next_of(piece);
        }
        (before, link)
    }

    /// # Safety
    /// As for [`Source::free`], with a size that is a multiple of [`UNIT`].
    unsafe fn free_block(&mut self, block: NonNull<u8>, size: usize) {
        let (before, link) = self.before(block);
        // SAFETY: links and pieces are the pool's own, and now the block is.
        unsafe {
            let mut free = Free { size, next: link.read() };
            if let Some(after) = free.next.filter(|after| after.cast() == block.add(size)) {
                let after = after.read();
                free = Free { size: size + after.size, next: after.next };
            }
            match before {
                Some(before) if is_end(before, block) => {
                    free.size += before.read().size;
                    before.write(free);
                }
                _ => {
                    block.cast().write(free);
                    link.write(Some(block.cast()));
                }
            }
        }
    }
}

fn next_of(piece: NonNull<Free>) -> Link {
    // SAFETY: pieces are the pool's own.
    unsafe { NonNull::new_unchecked(&raw mut (*piece.as_ptr()).next) }
}

/// Whether a piece ends at an address.
fn is_end(piece: NonNull<Free>, address: NonNull<u8>) -> bool {
    // SAFETY: pieces are the pool's own.
    unsafe { piece.cast::<u8>().add(piece.read().size) == address }
}

/// Takes `size` bytes out of the piece that a link names, after `skipped` bytes. Both are multiples of [`UNIT`].
///
/// # Safety
/// The piece is so long.
unsafe fn take(link: Link, skipped: usize, size: usize) -> Option<NonNull<u8>> {
    // SAFETY: links and pieces are the pool's own, and the rest is promised by the caller.
    unsafe {
        let piece = link.read()?;
        let Free { size: length, next } = piece.read();
        let block = piece.cast::<u8>().add(skipped);
        let (mut rest, left) = (next, length - skipped - size);
        if left > 0 {
            let piece = block.add(size).cast();
            piece.write(Free { size: left, next });
            rest = Some(piece);
        }
        if skipped > 0 {
            piece.write(Free { size: skipped, next: rest });
        } else {
            link.write(rest);
        }
        Some(block)
    }
}

impl Source for Pool {
    unsafe fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        let size = rounded(layout.size())?;
        let mut link = NonNull::from(&mut self.first);
        // The first piece that is long enough. SAFETY: links and pieces are the pool's own.
        while let Some(piece) = unsafe { link.read() } {
            let skipped = padding(piece.addr().get(), layout.align());
            // SAFETY: as above.
            if unsafe { piece.read() }.size.checked_sub(skipped).is_some_and(|length| length >= size) {
                // SAFETY: it is.
                return unsafe { take(link, skipped, size) };
            }
            link = next_of(piece);
        }
        None
    }

    unsafe fn resize(&mut self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        let (own, size) = (rounded(old.size())?, rounded(new.size())?);
        let more = size.saturating_sub(own);
        let (before, link) = self.before(block);
        // SAFETY: links and pieces are the pool's own, and so is the block from where it is given back on.
        unsafe {
            let is_room = |after: NonNull<Free>| after.cast() == block.add(own) && after.read().size >= more;
            if more == 0 || link.read().is_some_and(is_room) && take(link, 0, more).is_some() {
                return Some(block);
            }
            if let Some(moved) = self.allocate(new) {
                moved.copy_from_nonoverlapping(block, old.size());
                self.free_block(block, own);
                return Some(moved);
            }
            // With the free memory on both sides. All notes are in front then, so the block's bytes are still there.
            let before = before.filter(|before| is_end(*before, block))?;
            let distance = block.addr().get() - before.addr().get();
            self.free_block(block, own);
            let (_, link) = self.before(before.cast());
            let skipped = padding(before.addr().get(), new.align());
            let length = before.read().size.saturating_sub(skipped);
            if length < size {
                take(link, distance, own);
                return None;
            }
            let moved = take(link, skipped, length)?;
            move_bytes(moved.as_ptr(), block.as_ptr(), old.size());
            if length > size {
                self.free_block(moved.add(size), length - size);
            }
            Some(moved)
        }
    }

    unsafe fn free(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: promised by the caller; a size that was allocated can be rounded.
        unsafe { self.free_block(block, rounded(layout.size()).unwrap_or_default()) }
    }
}

#[cfg(test)]
mod tests;
