//! Gives each function a pool of its own for the constants that its instructions load.
//!
//! Such an instruction reaches back over a limited distance, so its constant must lie in front of the code. LLVM leaves
//! the constants of a function at the end of whatever section came before, at any alignment. Here they move:
//!
//! ```text
//! before   .text.f   code of f | constants of g         after   .text.f   pool of f | code of f
//!          .text.g   code of g                                  .text.g   pool of g | code of g
//! ```
//! The instructions are patched on the way, as distances within a section are final; a constant that is an address
//! becomes an ordinary reference. Sections of data that constants were left in are cut there.

use super::program::{Base, Kind, Place, ReadObject, ReadSection, ReadSymbol, Reference};
use super::{Error, field};
use graver_targets::Value;
use std::collections::BTreeMap;
use std::ops::Range;

/// How far back an instruction reaches its constant.
const REACH: u64 = 1 << 18;
const WORD: u64 = 4;

/// A section by number, and an offset in it.
type At = (usize, u64);

/// Moves all constants that instructions load. Objects without any stay as they are.
pub(super) fn repool(object: ReadObject) -> Result<ReadObject, Error> {
    let loads = loads(&object)?;
    if loads.is_empty() {
        return Ok(object);
    }
    let mut pieces = Vec::new();
    for number in 0..object.sections.len() {
        let cuts = loads.values().filter(|literal| literal.0 == number).map(|literal| literal.1).collect();
        pieces.extend(cut(&object, number, cuts));
    }
    let mut pooler = Pooler { first_section_symbol: object.symbols.len(), object, loads, pieces: Vec::new() };
    for piece in pieces {
        let filled = pooler.fill(piece)?;
        pooler.pieces.push(filled);
    }
    let sections = (0..pooler.pieces.len()).map(|number| pooler.section(number)).collect::<Result<_, _>>()?;
    let symbols = pooler.symbols();
    Ok(ReadObject { name: pooler.object.name, sections, symbols })
}

/// The instructions that load constants, and where these are now.
fn loads(object: &ReadObject) -> Result<BTreeMap<At, At>, Error> {
    let mut loads = BTreeMap::new();
    for (number, section) in object.sections.iter().enumerate() {
        for reference in section.references.iter().filter(|reference| reference.row.value == Value::Literal) {
            let literal = target(object, reference).filter(|at| word(object, *at).is_some());
            let bad_place = || Error::BadPlace { section: section.name.clone(), offset: reference.offset };
            loads.insert((number, reference.offset), literal.ok_or_else(bad_place)?);
        }
    }
    Ok(loads)
}

/// What a reference is about, unless it is undefined here.
fn target(object: &ReadObject, reference: &Reference) -> Option<At> {
    let Place::Section { section, offset } = object.symbols.get(reference.symbol)?.place else { return None };
    Some((section, offset.checked_add_signed(reference.addend)?))
}

fn word(object: &ReadObject, (section, offset): At) -> Option<[u8; 4]> {
    object.sections.get(section)?.bytes.get(offset as usize..)?.first_chunk().copied()
}

/// Bytes of a section that stay together, without foreign constants: a section of the result.
struct Piece {
    /// The section it is from.
    from: usize,
    bytes: Range<u64>,
    pool: Vec<Constant>,
    /// Where its bytes begin, behind the pool.
    start: u64,
}

/// Bytes of a constant and, for an address, the symbol and addend.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Constant {
    bytes: [u8; 4],
    reference: Option<(usize, i64)>,
}

/// Cuts a section at constants. Code ends where its functions end; what follows there is constants only.
fn cut(object: &ReadObject, number: usize, mut cuts: Vec<u64>) -> Vec<Piece> {
    let Some(section) = object.sections.get(number) else { return Vec::new() };
    let piece = |bytes: Range<u64>| Piece { from: number, bytes, pool: Vec::new(), start: 0 };
    let whole = section.bytes.len() as u64;
    if whole == 0 {
        return vec![piece(0..0)];
    }
    let code_end = functions(object, number).map(|bytes| bytes.end).max();
    if section.kind == Kind::Text && code_end.is_some() {
        return vec![piece(0..code_end.unwrap_or(whole).min(whole))];
    }
    cuts.sort_unstable();
    cuts.dedup();
    let marks = marks(object, number);
    let mut pieces = Vec::new();
    let mut start = Some(0);
    for cut in &cuts {
        if let Some(start) = start.filter(|start| start < cut) {
            pieces.push(piece(start..*cut));
        }
        // What comes next and is meant by anything; the piece keeps its alignment.
        let next = marks.get(marks.partition_point(|mark| *mark < cut + WORD)).copied();
        let is_constant = next.is_some_and(|next| cuts.binary_search(&next).is_ok());
        start = next.filter(|_| !is_constant).map(|next| next - next % section.align.max(1));
    }
    if let Some(start) = start.filter(|start| *start < whole) {
        pieces.push(piece(start..whole));
    }
    pieces
}

fn functions(object: &ReadObject, number: usize) -> impl Iterator<Item = Range<u64>> {
    object.symbols.iter().filter(|symbol| symbol.is_function && symbol.size > 0).filter_map(move |symbol| match symbol
        .place
    {
        Place::Section { section, offset } if section == number => Some(offset..offset.saturating_add(symbol.size)),
        _ => None,
    })
}

/// Offsets in a section that symbols and references, of itself and to it, are about, ascending.
fn marks(object: &ReadObject, number: usize) -> Vec<u64> {
    let own = object.sections.get(number).into_iter().flat_map(|section| &section.references);
    let to_it = object.sections.iter().flat_map(|section| &section.references);
    let named = object.symbols.iter().filter(|symbol| !symbol.is_section).filter_map(|symbol| match symbol.place {
        Place::Section { section, offset } => Some((section, offset)),
        _ => None,
    });
    let places = to_it.filter_map(|reference| target(object, reference)).chain(named);
    let places = places.filter(|at| at.0 == number).map(|at| at.1);
    let mut marks: Vec<u64> = own.map(|reference| reference.offset).chain(places).collect();
    marks.sort_unstable();
    marks
}

struct Pooler {
    object: ReadObject,
    loads: BTreeMap<At, At>,
    pieces: Vec<Piece>,
    /// Every new section gets a symbol of its own; they follow the object's symbols.
    first_section_symbol: usize,
}

impl Pooler {
    /// Collects the constants of a piece, and lays out its pool.
    fn fill(&self, piece: Piece) -> Result<Piece, Error> {
        let mut pool = Vec::new();
        for (_, literal) in self.loads_of(&piece) {
            let constant = self.constant(literal);
            if !pool.contains(&constant) {
                pool.push(constant);
            }
        }
        let align = self.object.sections.get(piece.from).map_or(1, |section| section.align.max(WORD));
        let start = (pool.len() as u64 * WORD).next_multiple_of(align);
        let length = start + (piece.bytes.end - piece.bytes.start);
        if !pool.is_empty() && length > REACH {
            let function = self.object.sections.get(piece.from).map(|section| section.name.clone());
            return Err(Error::FunctionTooLarge { section: function.unwrap_or_default(), size: length });
        }
        Ok(Piece { pool, start, ..piece })
    }

    /// Offsets of instructions in a piece that load constants, with these.
    fn loads_of(&self, piece: &Piece) -> impl Iterator<Item = (u64, At)> {
        let range = (piece.from, piece.bytes.start)..(piece.from, piece.bytes.end);
        self.loads.range(range).map(|(at, literal)| (at.1, *literal))
    }

    fn constant(&self, literal: At) -> Constant {
        let references = self.object.sections.get(literal.0).into_iter().flat_map(|section| &section.references);
        let mut at_place = references.filter(|reference| reference.offset == literal.1);
        Constant {
            bytes: word(&self.object, literal).unwrap_or_default(),
            reference: at_place.next().map(|reference| (reference.symbol, reference.addend)),
        }
    }

    /// Where a place of the old object is in the result; the end of a piece belongs to it if to nothing else.
    fn locate(&self, (section, offset): At) -> Option<At> {
        let of_section = || self.pieces.iter().enumerate().filter(move |(_, piece)| piece.from == section);
        let found = of_section()
            .find(|(_, piece)| piece.bytes.contains(&offset))
            .or_else(|| of_section().find(|(_, piece)| piece.bytes.end == offset))?;
        Some((found.0, offset - found.1.bytes.start + found.1.start))
    }

    /// A symbol and addend in terms of the result: those of sections change.
    fn relocated(&self, symbol: usize, addend: i64) -> (usize, i64) {
        let unchanged = (symbol, addend);
        let Some(old) = self.object.symbols.get(symbol).filter(|old| old.is_section) else { return unchanged };
        let Place::Section { section, offset } = old.place else { return unchanged };
        let Some(at) = offset.checked_add_signed(addend) else { return unchanged };
        self.locate((section, at))
            .map_or(unchanged, |(piece, offset)| (self.first_section_symbol + piece, offset as i64))
    }

    fn section(&self, number: usize) -> Result<ReadSection, Error> {
        let (Some(piece), pool_row) = (self.pieces.get(number), self.word_row()) else {
            return Err(Error::BadPlace { section: String::new(), offset: 0 });
        };
        let Some(old) = self.object.sections.get(piece.from) else {
            return Err(Error::BadPlace { section: String::new(), offset: 0 });
        };
        let bad_place = |offset| Error::BadPlace { section: old.name.clone(), offset };
        let pool_start = piece.start - piece.pool.len() as u64 * WORD;
        let mut bytes = vec![0; pool_start as usize];
        let mut references = Vec::new();
        for (constant, offset) in piece.pool.iter().zip((pool_start..).step_by(WORD as usize)) {
            bytes.extend_from_slice(&constant.bytes);
            if let Some((symbol, addend)) = constant.reference {
                let (symbol, addend) = self.relocated(symbol, addend);
                let row = pool_row.ok_or_else(|| bad_place(offset))?;
                references.push(Reference { offset, row, symbol, addend, base: Base::Offset(offset) });
            }
        }
        let body = old.bytes.get(piece.bytes.start as usize..piece.bytes.end as usize);
        bytes.extend_from_slice(body.ok_or_else(|| bad_place(piece.bytes.start))?);
        for reference in old.references.iter().filter(|reference| piece.bytes.contains(&reference.offset)) {
            let offset = reference.offset - piece.bytes.start + piece.start;
            if let Some(literal) = self.loads.get(&(piece.from, reference.offset)) {
                let constant = self.constant(*literal);
                let position = piece.pool.iter().position(|known| *known == constant).unwrap_or(0) as u64;
                let distance = (pool_start + position * WORD) as i64 - (offset + WORD - 1) as i64 / 4 * 4;
                let place = bytes.get_mut(offset as usize..).ok_or_else(|| bad_place(offset))?;
                field::encode(reference.row.field, place, distance).ok_or_else(|| bad_place(offset))?;
            } else {
                let (symbol, addend) = self.relocated(reference.symbol, reference.addend);
                references.push(Reference { offset, symbol, addend, base: Base::Offset(offset), ..*reference });
            }
        }
        // Cut or not, a section that held constants of code is no section of equal-sized ones.
        let kind = if matches!(old.kind, Kind::Constants { .. }) && body != Some(&old.bytes) {
            Kind::Rodata
        } else {
            old.kind
        };
        let align = if piece.pool.is_empty() { old.align } else { old.align.max(WORD) };
        Ok(ReadSection { name: old.name.clone(), kind, align, bytes, references })
    }

    /// The descriptor of an address in a word, from a constant that has one.
    fn word_row(&self) -> Option<&'static graver_targets::Relocation> {
        let references = self.object.sections.iter().flat_map(|section| &section.references);
        references.map(|reference| reference.row).find(|row| row.value == Value::Absolute)
    }

    fn symbols(&self) -> Vec<ReadSymbol> {
        let moved = self.object.symbols.iter().map(|symbol| {
            let place = match symbol.place {
                Place::Section { section, offset } => match self.locate((section, offset)) {
                    Some((section, offset)) => Place::Section { section, offset },
                    None => Place::Dropped,
                },
                place => place,
            };
            ReadSymbol { place, ..symbol.clone() }
        });
        let of_sections = (0..self.pieces.len()).map(|section| ReadSymbol {
            name: String::new(),
            place: Place::Section { section, offset: 0 },
            is_global: false,
            is_function: false,
            is_section: true,
            is_weak: false,
            size: 0,
        });
        moved.chain(of_sections).collect()
    }
}
