//! The command line. Options have the names that `wamrc` and `iwasm` use where those have one.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use graver_aot_format::BoundsStrategy;
use graver_compiler::{BaseAddress, Format};

/// Compile WebAssembly ahead of time, and run what comes out.
#[derive(Debug, Parser)]
#[command(name = "graver", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  graver compile app.wasm -o app.aot              for this machine's architecture
  graver compile app.wasm --target cortex-m4f     for that core, to app.aot
  graver compile app.wasm -o out/ --target native --target cortex-m4f
                                                  for two machines, to out/app.native.aot and so on
  graver run --dir data::/data app.wasm in.txt    compile and run in one go
  graver-run app.aot in.txt                       run an image, without the compiler
  graver inspect app.aot --disassemble";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compile a module to an image
    Compile(Box<CompileOptions>),
    /// Run a module or an image
    Run(RunOptions),
    /// Show what is in an image
    Inspect(InspectOptions),
    /// List the machines to compile for
    Targets(TargetsOptions),
}

/// What decides the code that is generated.
#[derive(Args, Clone, Debug)]
pub(crate) struct CodeOptions {
    /// Machine to compile for, once or several times; `graver targets` lists them [default: this machine's architecture]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) target: Vec<String>,
    /// Calling convention, where the name leaves it open: eabi, eabihf, ilp32, ilp32f, ilp32d, lp64, lp64d, gnu
    #[arg(long, value_name = "ABI", requires = "target")]
    pub(crate) target_abi: Option<String>,
    /// CPU, where the name leaves it open
    #[arg(long, value_name = "CPU", requires = "target")]
    pub(crate) cpu: Option<String>,
    /// CPU features to use or not; devices without them refuse the image
    #[arg(long, value_name = "+A,-B", requires = "target", allow_hyphen_values = true)]
    pub(crate) cpu_features: Option<String>,
    /// Effort for speed, 0 to 3
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) opt_level: u8,
    /// Effort for size, 0 to 3; from 2 on, size goes before speed
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) size_level: u8,
    /// How memory accesses are kept in bounds; the default depends on the target
    #[arg(long, value_name = "HOW")]
    pub(crate) bounds_checks: Option<BoundsChecks>,
    /// Memories keep their initial size: smaller code, `memory.grow` always fails
    #[arg(long)]
    pub(crate) fixed_memory: bool,
    /// Code looks in loops and functions whether it should stop: for boards, where nothing else can stop it; Linux needs
    /// no such code
    #[arg(long)]
    pub(crate) interruptible: bool,
    /// Where the image will lie in flash, as instructions and as data reads see it; only for targets whose code has
    /// addresses in it (ESP32, for one), which would otherwise have to be copied to RAM
    #[arg(long, value_name = "TEXT[,RODATA]", value_parser = base_address)]
    pub(crate) base_address: Option<BaseAddress>,
    /// Custom sections to keep in the image, for hosts that look for them there
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub(crate) emit_custom_sections: Vec<String>,
    /// Threads for code generation; the output is the same for any number [default: all processors]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) threads: usize,
    /// Make LLVM fail in a function, to test what happens then
    #[arg(long, hide = true)]
    pub(crate) abort_in_function: Option<u32>,
}

/// One or two addresses, decimal or with `0x`.
fn base_address(text: &str) -> Result<BaseAddress, String> {
    let address = |word: &str| {
        let number = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
            Some(digits) => u32::from_str_radix(&digits.replace('_', ""), 16),
            None => word.parse(),
        };
        number.map_err(|error| format!("`{word}` is no 32-bit address ({error}): write 0x400d0000, say"))
    };
    Ok(match text.split_once(',') {
        Some((text, rodata)) => BaseAddress { text: address(text)?, rodata: Some(address(rodata)?) },
        None => BaseAddress { text: address(text)?, rodata: None },
    })
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum BoundsChecks {
    /// Unmapped address space around the memory; no code
    #[value(alias = "0")]
    Guard,
    /// A comparison before each access
    #[value(alias = "1")]
    Software,
}

impl From<BoundsChecks> for BoundsStrategy {
    fn from(checks: BoundsChecks) -> Self {
        match checks {
            BoundsChecks::Guard => Self::Guard,
            BoundsChecks::Software => Self::Software,
        }
    }
}

#[derive(Args, Debug)]
#[command(after_help = COMPILE_HELP)]
pub(crate) struct CompileOptions {
    /// Module to compile, binary or text
    #[arg(value_name = "IN.wasm|IN.wat")]
    pub(crate) input: PathBuf,
    /// File to write, or folder if it ends in `/` or is one [default: the input's name with the format's extension]
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// What to write
    #[arg(long, value_name = "WHAT", default_value = "aot")]
    pub(crate) format: OutputFormat,
    /// Name in C, for c-array and static-object [default: the input's name and `_aot`]
    #[arg(long, value_name = "NAME")]
    pub(crate) symbol: Option<String>,
    /// Say what the image takes of flash, RAM and stack: as text, as JSON, or to a file (as JSON if it ends in `.json`)
    #[arg(long, value_name = "text|json|FILE", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    pub(crate) report: Option<String>,
    #[command(flatten)]
    pub(crate) code: CodeOptions,
}

const COMPILE_HELP: &str = "\
Several targets are compiled at the same time, each to a file of its own with the target in its name; a table says what
each image takes. If one fails, the others are still written, every failure is named, and the exit code is 1. Options that
a target cannot honour end the command before anything is compiled. A file is written whole or not at all.

Exit codes: 0 all written, 1 bad input or failed compilation, 2 wrong use.

Examples:
  graver compile app.wasm -o app.aot --target cortex-m4f --size-level 3
  graver compile app.wasm --target native --target haswell       to app.native.aot and so on
  graver compile app.wasm --target cortex-m4 --target-abi eabihf
  graver compile app.wasm --target haswell --cpu-features +avx512f,-movbe
  graver compile app.wasm --target cortex-m4 --report            with sizes, RAM and stack of each function
  graver compile app.wasm --target cortex-m4 --report=app.json
  graver compile app.wasm --target cortex-m4 --format c-array    to app.c, as `const unsigned char app_aot[]`
  graver compile app.wasm --target cortex-m4 --format static-object --symbol blinky
  graver compile app.wasm --target esp32 --base-address 0x400d0000,0x3f400000    to run in flash there";

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OutputFormat {
    /// A loadable image
    Aot,
    /// C source with the image as a constant array
    CArray,
    /// An object file for the target with the image, to link with firmware
    StaticObject,
    /// A relocatable ELF object, before linking
    Object,
    /// LLVM IR as translated
    LlvmirUnopt,
    /// LLVM IR after optimisation
    LlvmirOpt,
    /// Assembly
    Asm,
}

impl OutputFormat {
    /// The compiler's name for it.
    pub(crate) fn format(self) -> Format {
        match self {
            Self::Aot => Format::Aot,
            Self::CArray => Format::CArray,
            Self::StaticObject => Format::StaticObject,
            Self::Object => Format::Object,
            Self::LlvmirUnopt => Format::LlvmIrUnopt,
            Self::LlvmirOpt => Format::LlvmIrOpt,
            Self::Asm => Format::Asm,
        }
    }

    /// Whether it is for linkers: C code declares what is in it.
    pub(crate) fn is_linked(self) -> bool {
        matches!(self, Self::CArray | Self::StaticObject)
    }

    /// The usual extension of such files.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Aot => "aot",
            Self::CArray => "c",
            Self::Object | Self::StaticObject => "o",
            Self::LlvmirUnopt | Self::LlvmirOpt => "ll",
            Self::Asm => "s",
        }
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  graver run --dir data::/data --env LEVEL=3 app.wasm in.txt

The options are those of `graver-run`, see `graver-run --help`; a module is compiled for this machine first.")]
pub(crate) struct RunOptions {
    /// Options, the module or image, and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS FILE ARGS", required = true)]
    pub(crate) arguments: Vec<std::ffi::OsString>,
}

#[derive(Args, Debug)]
pub(crate) struct TargetsOptions {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  graver inspect app.aot
  graver inspect app.aot --disassemble
  graver inspect app.aot --json")]
pub(crate) struct InspectOptions {
    /// Image to read
    #[arg(value_name = "FILE.aot")]
    pub(crate) input: PathBuf,
    /// Show the machine code too
    #[arg(long)]
    pub(crate) disassemble: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
