//! What a caller can ask of the compiler.

use graver_aot_format::BoundsStrategy;
use graver_targets::Target;
use serde::{Deserialize, Serialize};
use wasmparser::WasmFeatures;

use crate::error::{Error, ErrorKind, Result};

/// What [`crate::compile`] makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// A loadable image.
    #[default]
    Aot,
    /// A C source with the image as a constant array.
    CArray,
    /// A relocatable ELF object for the target with the image as read-only data.
    StaticObject,
    /// The relocatable ELF object of the module's functions, before linking.
    Object,
    /// LLVM IR as translated.
    LlvmIrUnopt,
    /// LLVM IR after optimisation.
    LlvmIrOpt,
    /// Assembly text.
    Asm,
}

impl Format {
    /// Whether an image is made, to be wrapped or not.
    pub const fn is_image(self) -> bool {
        matches!(self, Self::Aot | Self::CArray | Self::StaticObject)
    }
}

/// Which WebAssembly the input may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WasmVersion {
    /// WebAssembly 1.0 exactly.
    V1,
    /// WebAssembly 2.0 exactly.
    V2,
    /// WebAssembly 2.0 and the later features that this version compiles.
    #[default]
    Latest,
}

impl WasmVersion {
    pub(crate) fn features(self) -> WasmFeatures {
        match self {
            Self::V1 => WasmFeatures::WASM1,
            Self::V2 => WasmFeatures::WASM2,
            Self::Latest => {
                WasmFeatures::WASM2
                    | WasmFeatures::EXTENDED_CONST
                    | WasmFeatures::MULTI_MEMORY
                    | WasmFeatures::CUSTOM_PAGE_SIZES
                    | WasmFeatures::THREADS
            }
        }
    }
}

/// The place in memory that an image file is linked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseAddress {
    /// The start of the file as instructions are fetched from it.
    pub text: u32,
    /// The start of the file as data is read from it, if that is another address.
    pub rodata: Option<u32>,
}

/// How to compile. [`Options::new`] gives what `graver compile` does without options.
#[derive(Clone, Debug)]
pub struct Options {
    /// The machine to compile for.
    pub target: &'static Target,
    /// CPU features beyond the target's, bits of the header's `cpu_features`.
    pub extra_features: u64,
    /// Effort for speed, 0 to 3.
    pub opt_level: u8,
    /// Effort for size, 0 to 3: 0 and 1 do not trade speed for size.
    pub size_level: u8,
    /// How memory accesses are kept in bounds; the target's default if not given.
    pub bounds: Option<BoundsStrategy>,
    /// Take the memories' lengths as fixed: code gets smaller, and the memories can never grow.
    pub fixed_memory: bool,
    /// Code looks in loops and functions whether it should stop: for boards, where nobody can stop it from outside.
    pub interruptible: bool,
    /// Where the file will lie, on targets whose code has addresses in it: such an image runs there, from flash, and
    /// nowhere else. Without it the loader copies the code and puts the addresses in.
    pub base_address: Option<BaseAddress>,
    /// Names of custom sections to keep in the image, for programs that look for them there.
    pub custom_sections: Vec<String>,
    /// What to make.
    pub format: Format,
    /// What the image is called in C, for the formats that are linked.
    pub symbol: String,
    /// What the input may use.
    pub wasm_version: WasmVersion,
    /// Threads for code generation; 0 for as many as there are processors. Does not change the output.
    pub threads: usize,
    /// Test hook: makes LLVM end the process while it compiles this function.
    #[doc(hidden)]
    pub abort_in_function: Option<u32>,
}

impl Options {
    /// The defaults for a target: speed, the target's bounds strategy, an image.
    pub fn new(target: &'static Target) -> Self {
        Self {
            target,
            extra_features: 0,
            opt_level: 3,
            size_level: 0,
            bounds: None,
            fixed_memory: false,
            interruptible: false,
            base_address: None,
            custom_sections: Vec::new(),
            format: Format::Aot,
            symbol: "aot_image".to_owned(),
            wasm_version: WasmVersion::Latest,
            threads: 0,
            abort_in_function: None,
        }
    }

    /// Refuses what no compilation can honour.
    ///
    /// # Errors
    /// An option is out of range, or the target cannot do what is asked.
    pub fn check(&self) -> Result<()> {
        let wrong = |message: String| Err(Error::new(ErrorKind::Options, message));
        if self.opt_level > 3 || self.size_level > 3 {
            return wrong("levels go from 0 to 3".to_owned());
        }
        if !crate::embed::is_identifier(&self.symbol) {
            return wrong(format!("`{}` is no name in C: use --symbol NAME", self.symbol));
        }
        if !self.target.supports(self.bounds()) {
            let name = self.target.name;
            return wrong(format!("{name} has no guard regions: use --bounds-checks=software"));
        }
        if let Some(BaseAddress { text, rodata }) = self.base_address {
            let name = self.target.name;
            if !self.target.is_split {
                return wrong(format!("code for {name} runs at any address: leave out --base-address"));
            }
            if !self.format.is_image() {
                return wrong("--base-address is about images: there is none in this format".to_owned());
            }
            let align = 1 << self.target.file_align_log2;
            if [Some(text), rodata].into_iter().flatten().any(|address| !address.is_multiple_of(align)) {
                return wrong(format!("--base-address: images for {name} lie at multiples of {align}"));
            }
        }
        Ok(())
    }

    /// The bounds strategy in force.
    pub(crate) fn bounds(&self) -> BoundsStrategy {
        self.bounds.unwrap_or(self.target.bounds.default)
    }
}
