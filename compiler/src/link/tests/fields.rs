//! Every descriptor of every row: what is stored is read back, and nothing else changes.

use crate::link::field::{decode, encode};
use graver_targets::{ALL, Aarch64Field, ArmField, Field, RiscvField, ThumbField, Value, XtensaField};

/// Values at the ends of the range and around zero.
fn values(field: Field) -> Vec<i64> {
    let step = field.shape().alignment;
    if matches!(field, Field::Thumb(ThumbField::Movw | ThumbField::Movt) | Field::Arm(ArmField::Movw | ArmField::Movt))
    {
        return vec![0, 1, -1, 0x7fff, -0x8000, 0x0800, 0x00ff, 0x0f00, 0x7000, 0x5a5a, -0x5a5b];
    }
    if matches!(field, Field::Riscv(RiscvField::LowI | RiscvField::LowS)) {
        return [vec![0, 1, -1, 2047, -2048], (0..11).map(|bit| 1 << bit).collect()].concat();
    }
    if field == Field::Riscv(RiscvField::High) {
        return [vec![0, -1, 0x3ffff, -0x40000], (0..18).map(|bit| 1 << bit).collect()].concat();
    }
    if field == Field::Xtensa(XtensaField::L32r) {
        // Always back.
        return [vec![-4, -(1 << 18)], (2..18).map(|bit| -(1 << bit)).collect()].concat();
    }
    if matches!(field, Field::Aarch64(Aarch64Field::Add12 | Aarch64Field::Access12(_))) {
        return (0..12).map(|bit| 1 << bit).chain([0, (1 << 12) - step]).filter(|value| value % step == 0).collect();
    }
    let end = 1_i64.checked_shl(field.shape().range_bits).map_or(i64::MAX, |end| end.wrapping_sub(step));
    let mut values = vec![end, -end - step, 0, step, -step, end / 2 / step * step, -end / 2 / step * step];
    // Each bit alone.
    values.extend((0..field.shape().range_bits).map(|bit| 1_i64 << bit).filter(|value| value % step == 0));
    values
}

#[test]
fn fields_hold_what_was_put_in() {
    let rows = ALL.iter().flat_map(|target| target.relocations).filter(|row| row.value != Value::Nothing);
    for row in rows {
        for fill in [0x00, 0xff, 0xa5] {
            let mask = changed_bits(row.field);
            for value in values(row.field) {
                let mut place = vec![fill; row.field.shape().bytes];
                // MOVT stores the upper half.
                let stored = match row.field {
                    Field::Thumb(ThumbField::Movt) | Field::Arm(ArmField::Movt) => value << 16,
                    Field::Riscv(RiscvField::High) => value << 12,
                    _ => value,
                };
                encode(row.field, &mut place, stored).unwrap();
                let expected = if row.field == Field::Riscv(RiscvField::High) { stored } else { value };
                assert_eq!(decode(row.field, &place), Some(expected), "{} {value:#x}", row.name);
                for (byte, mask) in place.iter().zip(&mask) {
                    assert_eq!(byte & !mask, fill & !mask, "{}: changed a bit of the instruction", row.name);
                }
            }
        }
    }
}

#[test]
fn places_may_be_too_short() {
    for row in ALL.iter().flat_map(|target| target.relocations) {
        for length in 0..row.field.shape().bytes {
            let mut place = vec![0; length];
            assert_eq!(decode(row.field, &place), None);
            assert_eq!(encode(row.field, &mut place, 0), None);
        }
    }
}

/// The bits that belong to the field, as the instruction set manuals draw them.
fn changed_bits(field: Field) -> Vec<u8> {
    match field {
        Field::Byte => vec![0xff],
        Field::Half => vec![0xff; 2],
        Field::Word32 => vec![0xff; 4],
        Field::Word64 => vec![0xff; 8],
        Field::Word31 => vec![0xff, 0xff, 0xff, 0x7f],
        Field::Aarch64(field) => aarch64(field).to_le_bytes().to_vec(),
        Field::Arm(ArmField::Branch24) => 0x00ff_ffff_u32.to_le_bytes().to_vec(),
        Field::Arm(ArmField::Movw | ArmField::Movt) => 0x000f_0fff_u32.to_le_bytes().to_vec(),
        Field::Thumb(field) => thumb(field),
        Field::Riscv(field) => riscv(field),
        Field::Xtensa(XtensaField::L32r) => vec![0, 0xff, 0xff],
        Field::Xtensa(XtensaField::Call | XtensaField::Jump) => vec![0xc0, 0xff, 0xff],
    }
}

fn aarch64(field: Aarch64Field) -> u32 {
    match field {
        Aarch64Field::Branch26 => 0b0000_0011_1111_1111_1111_1111_1111_1111,
        Aarch64Field::Branch19 => 0b0000_0000_1111_1111_1111_1111_1110_0000,
        Aarch64Field::Branch14 => 0b0000_0000_0000_0111_1111_1111_1110_0000,
        Aarch64Field::Adr | Aarch64Field::Adrp => 0b0110_0000_1111_1111_1111_1111_1110_0000,
        Aarch64Field::Add12 | Aarch64Field::Access12(_) => 0b0000_0000_0011_1111_1111_1100_0000_0000,
    }
}

fn thumb(field: ThumbField) -> Vec<u8> {
    let halves = |high: u16, low: u16| [high.to_le_bytes(), low.to_le_bytes()].concat();
    match field {
        ThumbField::Branch24 => halves(0b0000_0111_1111_1111, 0b0010_1111_1111_1111),
        ThumbField::Branch19 => halves(0b0000_0100_0011_1111, 0b0010_1111_1111_1111),
        ThumbField::Branch11 => 0x07ff_u16.to_le_bytes().to_vec(),
        ThumbField::Branch8 => 0x00ff_u16.to_le_bytes().to_vec(),
        ThumbField::Movw | ThumbField::Movt => halves(0b0000_0100_0000_1111, 0b0111_0000_1111_1111),
    }
}

fn riscv(field: RiscvField) -> Vec<u8> {
    let word = |bits: u32| bits.to_le_bytes().to_vec();
    let half = |bits: u16| bits.to_le_bytes().to_vec();
    match field {
        RiscvField::High | RiscvField::Jump => word(0xffff_f000),
        RiscvField::LowI => word(0xfff0_0000),
        RiscvField::LowS | RiscvField::Branch => word(0xfe00_0f80),
        RiscvField::Call => [word(0xffff_f000), word(0xfff0_0000)].concat(),
        RiscvField::ShortBranch => half(0b0001_1100_0111_1100),
        RiscvField::ShortJump => half(0b0001_1111_1111_1100),
    }
}

#[test]
fn halves_of_an_address_add_up() {
    for value in [0, 1, -1, 0x7ff, 0x800, 0xfff, 0x1000, -0x800, -0x801, 0x1234_5678, -0x1234_5678] {
        let mut places = [vec![0; 4], vec![0; 4], vec![0; 4]];
        let fields = [RiscvField::High, RiscvField::LowI, RiscvField::LowS].map(Field::Riscv);
        for (place, field) in places.iter_mut().zip(fields) {
            encode(field, place, value).unwrap();
        }
        let [high, low_i, low_s] = [0, 1, 2].map(|i| decode(fields[i], &places[i]).unwrap());
        assert_eq!((high + low_i, low_i), (value, low_s), "{value:#x}");
    }
}
