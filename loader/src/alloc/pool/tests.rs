//! The pool against a list of what it gave away.

use core::alloc::Layout;
use core::ptr::NonNull;

use super::{Pool, Source, UNIT};

const UNITS: usize = 64;

#[repr(align(4096))]
struct Memory([u8; UNITS * UNIT]);

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a layout")
}

/// A block, and the byte that fills it.
struct Block {
    start: NonNull<u8>,
    layout: Layout,
    fill: u8,
}

impl Block {
    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: the test's own memory, which the pool gave away.
        unsafe { core::slice::from_raw_parts_mut(self.start.as_ptr(), self.layout.size()) }
    }
}

/// Numbers that look random.
struct Random(u32);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % limit
    }
}

/// The memory and a pool of it.
fn pool(memory: &mut Memory) -> Pool {
    // SAFETY: the memory outlives the pool in each test.
    unsafe { Pool::new(NonNull::from(&mut memory.0[..])) }
}

#[test]
fn blocks_are_aligned_apart_and_keep_their_bytes() {
    let mut memory = Memory([0; UNITS * UNIT]);
    let range = memory.0.as_ptr_range();
    let mut pool = pool(&mut memory);
    let (mut random, mut blocks) = (Random(7), Vec::<Block>::new());
    for turn in 0..20_000 {
        match random.below(3) {
            0 => {
                let layout = layout(1 + random.below(8 * UNIT), 1 << random.below(9));
                // SAFETY: the size is not 0.
                if let Some(start) = unsafe { pool.allocate(layout) } {
                    let mut block = Block { start, layout, fill: turn as u8 };
                    block.bytes().fill(turn as u8);
                    blocks.push(block);
                }
            }
            1 if !blocks.is_empty() => {
                let block = blocks.swap_remove(random.below(blocks.len()));
                // SAFETY: it came from the pool.
                unsafe { pool.free(block.start, block.layout) };
            }
            2 if !blocks.is_empty() => {
                let index = random.below(blocks.len());
                let block = &mut blocks[index];
                let old = block.layout;
                let new = layout(old.size() + random.below(8 * UNIT), old.align());
                // SAFETY: it came from the pool.
                if let Some(start) = unsafe { pool.resize(block.start, old, new) } {
                    (block.start, block.layout) = (start, new);
                    let fill = block.fill;
                    assert!(block.bytes()[..old.size()].iter().all(|byte| *byte == fill), "turn {turn}");
                    block.bytes().fill(fill);
                }
            }
            _ => {}
        }
        for block in &mut blocks {
            let (fill, align) = (block.fill, block.layout.align());
            assert!(block.start.addr().get().is_multiple_of(align));
            assert!(range.contains(&block.start.as_ptr().cast_const()));
            assert!(block.bytes().iter().all(|byte| *byte == fill), "turn {turn}");
        }
    }
    blocks.drain(..).for_each(|block| {
        // SAFETY: it came from the pool.
        unsafe { pool.free(block.start, block.layout) };
    });
    // Everything is one piece again.
    // SAFETY: the size is not 0.
    assert!(unsafe { pool.allocate(layout(UNITS * UNIT, 1)) }.is_some());
}

#[test]
fn a_block_grows_into_what_is_free_on_both_sides() {
    let mut memory = Memory([0; UNITS * UNIT]);
    let start = NonNull::from(&mut memory.0).cast::<u8>();
    let mut pool = pool(&mut memory);
    let quarter = layout(UNITS * UNIT / 4, UNIT);
    // SAFETY: sizes are not 0, and blocks are those of the pool.
    unsafe {
        let blocks: [_; 4] = core::array::from_fn(|_| pool.allocate(quarter).expect("a quarter"));
        assert!(pool.allocate(layout(1, 1)).is_none());
        pool.free(blocks[2], quarter);
        blocks[1].write_bytes(5, quarter.size());
        // Behind it.
        let half = layout(quarter.size() * 2, UNIT);
        assert_eq!(pool.resize(blocks[1], quarter, half), Some(blocks[1]));
        // In front of it, too.
        pool.free(blocks[0], quarter);
        assert_eq!(pool.resize(blocks[1], half, layout(half.size() * 2, UNIT)), None, "the last quarter is in use");
        let most = layout(quarter.size() * 3, UNIT);
        assert_eq!(pool.resize(blocks[1], half, most), Some(start));
        assert!(core::slice::from_raw_parts(start.as_ptr(), quarter.size()).iter().all(|byte| *byte == 5));
        assert!(pool.allocate(layout(1, 1)).is_none());
    }
}

#[test]
fn memory_too_short_for_a_piece_has_no_blocks() {
    let mut memory = Memory([0; UNITS * UNIT]);
    for length in 0..UNIT {
        // SAFETY: the memory outlives the pool.
        let mut pool = unsafe { Pool::new(NonNull::from(&mut memory.0[1..=length])) };
        // SAFETY: the size is not 0.
        assert!(unsafe { pool.allocate(layout(1, 1)) }.is_none());
        // SAFETY: as above.
        assert!(unsafe { pool.allocate(layout(isize::MAX as usize, 1)) }.is_none());
    }
}
