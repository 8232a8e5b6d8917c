//! One target machine: from a translated module to an object, with the size of every frame.
#![allow(unsafe_code)] // the diagnostic handler is a C callback

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_void};
use std::sync::Once;

use graver_aot_format::BoundsStrategy;
use graver_targets::Target as Row;
use inkwell::OptimizationLevel;
use inkwell::attributes::AttributeLoc;
use inkwell::context::{AsContextRef, Context};
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{CodeModel, FileType, InitializationConfig, RelocMode, Target, TargetMachine, TargetTriple};
use llvm_sys::core::{LLVMContextSetDiagnosticHandler, LLVMDisposeMessage, LLVMGetDiagInfoDescription};
use llvm_sys::prelude::LLVMDiagnosticInfoRef;
use llvm_sys::support::LLVMParseCommandLineOptions;
use serde::{Deserialize, Serialize};

use super::Ir;
use crate::error::{Error, Result};
use crate::inspect::feature_names;
use crate::options::{Format, Options};
use crate::version;

/// What `default<O3>` does after inlining and simplification, as `opt -print-pipeline-passes` of LLVM 22 shows it, but for
/// passes about profiles and dead functions, and with idioms and invariants looked for again now that the markers of
/// loads are gone. Vectorised loops are not unrolled completely when long: that only spills. Nothing here looks across
/// functions.
const SECOND_HALF: &str = concat!(
    "function<eager-inv>(",
    "loop-mssa(licm<allowspeculation>),loop(loop-idiom,indvars,loop-deletion),",
    "float2int,lower-constant-intrinsics,loop(loop-rotate<header-duplication>,loop-deletion),loop-distribute,",
    "loop-vectorize,infer-alignment,loop-load-elim,instcombine<max-iterations=1;no-verify-fixpoint>,",
    "simplifycfg<forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;switch-to-lookup;no-keep-loops;",
    "hoist-common-insts;sink-common-insts>,",
    "slp-vectorizer,vector-combine,instcombine<max-iterations=1;no-verify-fixpoint>,loop-unroll<O3;full-unroll-max=8>,",
    "sroa<preserve-cfg>,infer-alignment,instcombine<max-iterations=1;no-verify-fixpoint>,",
    "loop-mssa(licm<allowspeculation>),loop-sink,instsimplify,div-rem-pairs,",
    "simplifycfg<switch-range-to-icmp;switch-to-arithmetic;switch-to-lookup;hoist-loads-stores-with-cond-faulting>",
    "),globaldce,constmerge"
);

/// The attribute that makes LLVM report a function's frame size.
pub(super) const FRAME_REPORT: &str = "warn-stack-size";

/// The code of one LLVM module.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Emitted {
    /// A relocatable object, or text for the textual formats.
    pub(crate) bytes: Vec<u8>,
    /// Frame size in bytes of every function whose frame LLVM was asked about.
    pub(crate) frames: BTreeMap<String, u32>,
    /// Functions that compare the stack pointer with the limit before they do anything else.
    pub(crate) checked: Vec<String>,
}

/// LLVM set up for a target row and an optimisation level.
pub(crate) struct Machine {
    machine: TargetMachine,
    row: &'static Row,
    opt_level: u8,
    size_level: u8,
    bounds: BoundsStrategy,
    interruptible: bool,
}

impl Machine {
    /// Creates the target machine that `options` ask for.
    ///
    /// # Errors
    /// LLVM does not have the target.
    pub(crate) fn new(options: &Options) -> Result<Self> {
        initialize();
        let row = options.target;
        // Normalised, or LLVM takes the environment of a short triple for an operating system.
        let triple = TargetMachine::normalize_triple(&TargetTriple::create(row.llvm.triple));
        let target = Target::from_triple(&triple).map_err(Error::llvm)?;
        let level = match options.opt_level {
            0 => OptimizationLevel::None,
            1 => OptimizationLevel::Less,
            2 => OptimizationLevel::Default,
            _ => OptimizationLevel::Aggressive,
        };
        let cpu = Cpu::of(row, options.extra_features);
        let machine = target
            .create_target_machine(&triple, &cpu.name, &cpu.features, level, relocation_model(row), code_model(row))
            .ok_or_else(|| Error::llvm(format!("no target machine for {}", row.name)))?;
        Ok(Self {
            machine,
            row,
            opt_level: options.opt_level,
            size_level: options.size_level,
            bounds: options.bounds(),
            interruptible: options.interruptible,
        })
    }

    /// Gives a new module the target's triple and data layout.
    pub(crate) fn prepare(&self, ir: &Ir<'_>) {
        ir.module.set_triple(&self.machine.get_triple());
        ir.module.set_data_layout(&self.machine.get_target_data().get_data_layout());
    }

    /// Optimises a module and generates its code.
    ///
    /// # Errors
    /// The IR is invalid (a defect of translation), or LLVM reports a failure.
    pub(crate) fn emit(&self, ir: &Ir<'_>, format: Format) -> Result<Emitted> {
        if cfg!(debug_assertions) || std::env::var_os("GRAVER_VERIFY_IR").is_some() {
            ir.module.verify().map_err(|message| Error::llvm(format!("invalid IR: {}", message.to_string_lossy())))?;
        }
        if format == Format::LlvmIrUnopt {
            return Ok(text(ir));
        }
        self.optimise(ir)?;
        let checked = ir.insert_checks(self.row, self.interruptible)?;
        ir.rewrite_for(&self.row.llvm.quirks)?;
        let emitted = match format {
            Format::LlvmIrOpt => Ok(text(ir)),
            Format::Asm => self.generate(ir, FileType::Assembly),
            _ => self.generate(ir, FileType::Object),
        };
        emitted.map(|emitted| Emitted { checked, ..emitted })
    }

    /// Generates the code of a library routine: the same, but without stack checks, which need a context.
    ///
    /// # Errors
    /// As for [`Self::emit`].
    pub(crate) fn emit_library(&self, ir: &Ir<'_>) -> Result<Emitted> {
        ir.module.verify().map_err(|message| Error::llvm(format!("invalid IR: {}", message.to_string_lossy())))?;
        self.optimise(ir)?;
        ir.rewrite_for(&self.row.llvm.quirks)?;
        self.generate(ir, FileType::Object)
    }

    fn optimise(&self, ir: &Ir<'_>) -> Result<()> {
        let level = match (self.opt_level, self.size_level) {
            (0, _) => {
                self.run(ir, "function(sroa,adce)")?;
                return ir.remove_keep_markers();
            }
            (_, 3..) => "Oz",
            (_, 2) => "Os",
            (1, _) => "O1",
            (2, _) => "O2",
            _ => "O3",
        };
        if self.bounds != BoundsStrategy::Guard {
            return self.run(ir, &format!("default<{level}>"));
        }
        // The same in two halves. LLVM names only the first one, up to inlining and simplification.
        self.run(ir, &format!("thinlto-pre-link<{level}>"))?;
        ir.use_address_facts()?;
        ir.widen_indexes()?;
        ir.release_loads()?;
        self.run(ir, SECOND_HALF)
    }

    fn run(&self, ir: &Ir<'_>, passes: &str) -> Result<()> {
        let options = PassBuilderOptions::create();
        options.set_loop_vectorization(self.row.llvm.quirks.has_vectors);
        options.set_loop_slp_vectorization(self.row.llvm.quirks.has_vectors);
        ir.module.run_passes(passes, &self.machine, options).map_err(Error::llvm)
    }

    /// Generates code. Where some frame sizes may not compile, a first round finds the functions that would have such
    /// frames, all frames being larger than that, and they stay so.
    fn generate(&self, ir: &Ir<'_>, kind: FileType) -> Result<Emitted> {
        if let Some((least, most)) = self.row.llvm.quirks.unsafe_frames
            && ir.has_large_functions(least)
        {
            let draft = Ir::with_module(ir.context, ir.module.clone(), self.row.pointer_bytes);
            draft.enlarge_frames(most, None)?;
            let mut unsafe_frames = self.generate_once(&draft, kind)?.frames;
            // Offsets into the smaller frame are shorter, but alignment and spills differ a little.
            unsafe_frames.retain(|_, bytes| (least / 2..most + least / 2).contains(&bytes.saturating_sub(most)));
            ir.enlarge_frames(most, Some(&unsafe_frames))?;
        }
        self.generate_once(ir, kind)
    }

    fn generate_once(&self, ir: &Ir<'_>, kind: FileType) -> Result<Emitted> {
        let frames = FrameSizes::listen(ir.context);
        let buffer = self.machine.write_to_memory_buffer(&ir.module, kind).map_err(Error::llvm)?;
        let mut frames = frames.finish()?;
        // LLVM reports no empty frames.
        for function in ir.module.get_functions().filter(|function| function.count_basic_blocks() > 0) {
            if function.get_string_attribute(AttributeLoc::Function, FRAME_REPORT).is_some() {
                frames.entry(function.get_name().to_string_lossy().into_owned()).or_insert(0);
            }
        }
        Ok(Emitted { bytes: buffer.as_slice().to_vec(), frames, checked: Vec::new() })
    }
}

/// The version of the LLVM library in use, as major << 16 | minor << 8 | patch.
pub(crate) fn llvm_version() -> u32 {
    let mut version = [0; 3];
    let [major, minor, patch] = &mut version;
    // SAFETY: the function only writes its three out-parameters.
    unsafe { llvm_sys::core::LLVMGetVersion(major, minor, patch) };
    version::pack(version)
}

/// A CPU and its features, in LLVM's spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cpu {
    pub(crate) name: String,
    pub(crate) features: String,
}

impl Cpu {
    /// The CPU that code for a row is generated for, with more features; of the host row, the one we run on, spelled out.
    pub(crate) fn of(row: &Row, extra: u64) -> Self {
        let (name, mask) = match row.llvm.cpu {
            graver_targets::Cpu::Named(name) => (name, extra),
            graver_targets::Cpu::Host(baseline) => {
                let host = TargetMachine::get_host_cpu_features().to_string();
                (baseline, row.feature_mask(enabled(&host)))
            }
        };
        let added = feature_names(row.arch, mask).into_iter().map(|name| format!("+{name}"));
        let own = row.llvm.features.split(',').filter(|word| !word.is_empty()).map(str::to_owned);
        Self { name: name.to_owned(), features: own.chain(added).collect::<Vec<_>>().join(",") }
    }

    /// The features that the code may use, bits of the header's `cpu_features`.
    pub(crate) fn required_features(&self, row: &Row) -> u64 {
        match row.llvm.cpu {
            graver_targets::Cpu::Named(_) => row.cpu_features | row.feature_mask(enabled(&self.features)),
            graver_targets::Cpu::Host(_) => row.feature_mask(enabled(&self.features)),
        }
    }
}

/// The features that LLVM's list `+a,-b` turns on.
fn enabled(features: &str) -> impl Iterator<Item = &str> {
    features.split(',').filter_map(|feature| feature.strip_prefix('+'))
}

fn relocation_model(row: &Row) -> RelocMode {
    match row.llvm.relocation_model {
        graver_targets::RelocationModel::Pic => RelocMode::PIC,
        graver_targets::RelocationModel::Static => RelocMode::Static,
    }
}

fn code_model(row: &Row) -> CodeModel {
    match row.llvm.code_model {
        graver_targets::CodeModel::Default => CodeModel::Default,
        graver_targets::CodeModel::Small => CodeModel::Small,
    }
}

fn text(ir: &Ir<'_>) -> Emitted {
    Emitted { bytes: ir.module.print_to_string().to_bytes().to_vec(), ..Emitted::default() }
}

/// Registers the targets with LLVM, once.
pub(super) fn initialize() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let config = InitializationConfig::default();
        Target::initialize_x86(&config);
        Target::initialize_arm(&config);
        super::xtensa::initialize();
        Target::initialize_aarch64(&config);
        Target::initialize_riscv(&config);
        let arguments: Vec<*const c_char> =
            [c"graver"].iter().chain(graver_targets::LLVM_OPTIONS).map(|option| option.as_ptr()).collect();
        // SAFETY: the arguments are C strings, as many as said, and live forever; `Once` keeps other threads away.
        unsafe { LLVMParseCommandLineOptions(arguments.len() as i32, arguments.as_ptr(), std::ptr::null()) };
    });
}

/// Collects what LLVM reports during code generation: frame sizes, through `"warn-stack-size"="0"`, and errors.
struct FrameSizes<'ctx> {
    context: &'ctx Context,
    reports: Box<RefCell<Vec<(llvm_sys::LLVMDiagnosticSeverity, String)>>>,
}

impl<'ctx> FrameSizes<'ctx> {
    fn listen(context: &'ctx Context) -> Self {
        let reports: Box<RefCell<Vec<_>>> = Box::default();
        let data = std::ptr::from_ref(&*reports).cast_mut().cast::<c_void>();
        // SAFETY: `reports` is boxed and outlives the registration, which `drop` ends; LLVM calls back on this thread.
        unsafe { LLVMContextSetDiagnosticHandler(context.as_ctx_ref(), Some(on_diagnostic), data) };
        Self { context, reports }
    }

    fn finish(self) -> Result<BTreeMap<String, u32>> {
        let mut frames = BTreeMap::new();
        for (severity, text) in self.reports.borrow().iter() {
            match parse_frame_size(text) {
                Some((function, bytes)) => {
                    frames.insert(function.to_owned(), bytes);
                }
                None if matches!(severity, llvm_sys::LLVMDiagnosticSeverity::LLVMDSError) => {
                    return Err(Error::llvm(text));
                }
                None => {}
            }
        }
        Ok(frames)
    }
}

impl Drop for FrameSizes<'_> {
    fn drop(&mut self) {
        // SAFETY: replaces the handler whose data is about to be freed.
        unsafe { LLVMContextSetDiagnosticHandler(self.context.as_ctx_ref(), None, std::ptr::null_mut()) };
    }
}

extern "C" fn on_diagnostic(info: LLVMDiagnosticInfoRef, data: *mut c_void) {
    // SAFETY: `data` is what `listen` registered; the description is a C string that this call owns until it frees it.
    unsafe {
        let reports = &*data.cast::<RefCell<Vec<(llvm_sys::LLVMDiagnosticSeverity, String)>>>();
        let description = LLVMGetDiagInfoDescription(info);
        let text = CStr::from_ptr(description).to_string_lossy().into_owned();
        LLVMDisposeMessage(description);
        reports.borrow_mut().push((llvm_sys::core::LLVMGetDiagInfoSeverity(info), text));
    }
}

/// Reads `stack frame size (N) exceeds limit (0) in function 'NAME'`.
fn parse_frame_size(text: &str) -> Option<(&str, u32)> {
    let (_, rest) = text.split_once("stack frame size (")?;
    let (bytes, rest) = rest.split_once(')')?;
    let (_, rest) = rest.split_once("in function '")?;
    Some((rest.split_once('\'')?.0, bytes.parse().ok()?))
}
