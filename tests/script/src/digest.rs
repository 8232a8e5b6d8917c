//! A memory as one number.

/// Depends on every byte that is not 0 and on where it is: FNV-1a over the 64-bit words that are not 0, each behind its
/// address. Quick where most words are 0.
pub fn digest(memory: &[u8]) -> u64 {
    let mix = |hash: u64, value: u64| (hash ^ value).wrapping_mul(0x0100_0000_01b3);
    let words = memory.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    let is_used = |(_, word): &(usize, u64)| *word != 0;
    words
        .enumerate()
        .filter(is_used)
        .fold(0xcbf2_9ce4_8422_2325, |hash, (index, word)| mix(mix(hash, index as u64), word))
}
