//! The row.

use graver_aot_format::{Arch, BoundsStrategy, CpuFeature, FloatAbi};

/// A machine to compile for.
#[derive(Debug)]
pub struct Target {
    /// The name on the command line.
    pub name: &'static str,
    /// Other names that mean this row: those of other tools and of CPUs.
    pub aliases: &'static [&'static str],
    /// One line for people.
    pub summary: &'static str,
    /// Instruction set.
    pub arch: Arch,
    /// Bytes in a pointer.
    pub pointer_bytes: u8,
    /// How floats cross the boundary between image and host.
    pub float_abi: FloatAbi,
    /// CPU features that code for this row may use, bits of [`CpuFeature`].
    pub cpu_features: u64,
    /// Whether loads and stores must be aligned for their size.
    pub needs_alignment: bool,
    /// Log2 of the alignment that the address of the text needs at least.
    pub text_align_log2: u8,
    /// Log2 of the alignment that the address of the read-only data needs at least.
    pub rodata_align_log2: u8,
    /// Log2 of the alignment of the text in the file: a page where images are mapped, less on boards.
    pub file_align_log2: u8,
    /// Whether text and read-only data may lie apart, and text is read in aligned words only.
    pub is_split: bool,
    /// How memory accesses can be checked.
    pub bounds: Bounds,
    /// The machine it is proven on where that is not the host.
    pub board: Option<Board>,
    /// A machine with this very CPU that has memory for a part of the tests only.
    pub small_board: Option<Board>,
    /// Where it is proven, for people.
    pub proven: &'static str,
    /// What LLVM must be told.
    #[cfg(feature = "host")]
    pub llvm: crate::Llvm,
    /// `e_machine` of its objects.
    #[cfg(feature = "host")]
    pub elf_machine: u16,
    /// Beginnings of the names of sections with unwind tables: allocated, and of no use to an image.
    #[cfg(feature = "host")]
    pub unwind_sections: &'static [&'static str],
    /// The relocations its objects may have.
    #[cfg(feature = "host")]
    pub relocations: &'static [crate::Relocation],
    /// Library calls that LLVM makes for it, by group.
    #[cfg(feature = "host")]
    pub library: &'static [&'static [crate::LibraryCall]],
    /// Fills gaps in the text: an instruction that traps.
    #[cfg(feature = "host")]
    pub text_filler: &'static [u8],
    /// Writes the entry glue.
    #[cfg(feature = "host")]
    pub(crate) glue: fn(&crate::Glue) -> alloc::string::String,
}

/// How memory accesses of a target can be checked.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// What to use unless told otherwise.
    pub default: BoundsStrategy,
    /// What can be used.
    pub supported: &'static [BoundsStrategy],
}

/// A machine that programs for a target run on: an emulated one, or this one.
#[derive(Clone, Copy, Debug)]
pub struct Board {
    /// What reports and the list of skipped tests call it.
    pub name: &'static str,
    /// The emulator's command; `None` where programs run without one.
    pub emulator: Option<&'static str>,
    /// Its arguments up to the program. On bare machines the program follows as the kernel, unless the last argument ends
    /// with `=` and means the program.
    pub args: &'static [&'static str],
    /// What programs find there.
    pub environment: Environment,
    /// The flash in which firmware finds its script, if there is too little memory to read it as a file of the host's.
    pub script: Option<Flash>,
    /// How Rust programs for it are built.
    pub rust: RustBuild,
}

/// A part of a board's flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flash {
    /// Its address.
    pub start: u32,
    /// Its size.
    pub bytes: u32,
}

/// What a program finds where it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Linux: the emulator, if any, runs the program in user mode.
    Linux,
    /// Nothing but the machine: the program is a firmware that reaches the host's files by semihosting. Its memory map is
    /// the linker script of the board's name below `tests/firmware`.
    Bare,
}

/// How Rust programs for a machine are built.
#[derive(Clone, Copy, Debug)]
pub struct RustBuild {
    /// Rust's name of the target, or the path of its description below `tests/firmware`.
    pub target: &'static str,
    /// The linker, if it is not Rust's default for the target.
    pub linker: Option<&'static str>,
    /// Further compiler flags.
    pub flags: &'static [&'static str],
    /// Whether Rust's libraries must be compiled as well, because it ships none for the target: `core` and `alloc`, or
    /// under an operating system all of them.
    pub builds_core: bool,
}

impl RustBuild {
    /// Stands for the linker that the compiler has for boards.
    pub const OUR_LINKER: &'static str = "graver";

    /// A target that needs nothing special.
    pub const fn of(target: &'static str) -> Self {
        Self { target, linker: None, flags: &[], builds_core: false }
    }
}

impl Target {
    /// The descriptor of a relocation type, for the instruction or data that starts with the byte `first`.
    #[cfg(feature = "host")]
    pub fn relocation(&self, elf_type: u32, first: u8) -> Option<&'static crate::Relocation> {
        self.relocations.iter().find(|row| row.elf_type == elf_type && row.suits(first))
    }

    /// The row called `name`, or with that alias.
    pub fn get(name: &str) -> Option<&'static Self> {
        let is_named = |target: &&&'static Self| target.name == name || target.aliases.contains(&name);
        crate::ALL.iter().find(is_named).copied()
    }

    /// What must be added to a symbol's address to call it: bit 0 selects the Thumb instruction set.
    pub const fn code_bit(&self) -> u32 {
        matches!(self.arch, Arch::Thumb) as u32
    }

    /// Whether LLVM's rounding of floats of `bits` bits leaves a signalling NaN as it is. RISC-V has no instruction before
    /// Zfa: what is too large to have a fraction is left alone, and NaNs with it.
    pub const fn rounding_keeps_signalling_nans(&self, bits: u32) -> bool {
        let has_fpu =
            matches!(self.float_abi, FloatAbi::Hard) || matches!(self.float_abi, FloatAbi::HardSingle) && bits == 32;
        matches!(self.arch, Arch::Riscv32 | Arch::Riscv64) && has_fpu
    }

    /// The machine of this name among those that programs for the target run on.
    pub fn board(&self, name: &str) -> Option<&Board> {
        self.boards().find(|board| board.name == name)
    }

    /// The machines that programs for the target run on.
    pub fn boards(&self) -> impl Iterator<Item = &Board> {
        self.board.iter().chain(&self.small_board)
    }

    /// Whether memory accesses can be checked with `strategy`.
    pub fn supports(&self, strategy: BoundsStrategy) -> bool {
        self.bounds.supported.contains(&strategy)
    }
}

/// The mask of `names`, all features of `arch`; evaluated at compile time, where an unknown name is an error.
pub(crate) const fn feature_mask(arch: Arch, names: &[&str]) -> u64 {
    let mut mask = 0;
    let mut i = 0;
    while i < names.len() {
        mask |= feature_bit(arch, names[i]);
        i += 1;
    }
    mask
}

const fn feature_bit(arch: Arch, name: &str) -> u64 {
    match CpuFeature::find(arch, name) {
        Some(feature) => feature.mask(),
        None => panic!("aot-format has no CPU feature of this name"),
    }
}
