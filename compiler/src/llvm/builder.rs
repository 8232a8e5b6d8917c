//! The few IR constructs that translation is made of, each with the facts that LLVM may use about it.
#![allow(unsafe_code)] // inkwell marks address arithmetic as unsafe

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use graver_aot_format::abi::{ContextHeadField, StoreField, Trap};
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::basic_block::BasicBlock;
use inkwell::builder::{Builder, BuilderError};
use inkwell::context::Context;
use inkwell::intrinsics::Intrinsic;
use inkwell::module::Module;
use inkwell::types::{BasicTypeEnum, FunctionType, IntType, PointerType};
use inkwell::values::{
    BasicMetadataValueEnum, BasicValueEnum, CallSiteValue, FunctionValue, InstructionValue, IntValue, MetadataValue,
    PointerValue,
};
use inkwell::{AddressSpace, IntPredicate};

use crate::error::{Error, Result};

impl From<BuilderError> for Error {
    fn from(error: BuilderError) -> Self {
        Self::llvm(error)
    }
}

/// What an access touches. Accesses of different kinds never touch the same bytes; the same holds for own entities that
/// nobody else can see, which have a kind of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AliasKind {
    /// Fields of the context and of what it points to, except those below.
    Context,
    /// Lengths and bases of memories and tables, which change when they grow.
    Descriptor,
    /// Visible memories, or an own one.
    Memory(Option<u32>),
    /// Visible globals, or an own one.
    Global(Option<u32>),
    /// Visible tables, or an own one.
    Table(Option<u32>),
    /// Cells for arguments and results.
    Cells,
}

/// Facts about one load or store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alias {
    /// What it touches.
    pub(crate) kind: AliasKind,
    /// The value never changes while the instance lives.
    pub(crate) is_invariant: bool,
}

impl Alias {
    /// A field that never changes.
    pub(crate) const INVARIANT: Self = Self { kind: AliasKind::Context, is_invariant: true };

    /// An access that others of the same kind may interfere with.
    pub(crate) const fn of(kind: AliasKind) -> Self {
        Self { kind, is_invariant: false }
    }
}

/// The glue that records a trap and leaves the image.
pub(super) const TRAP_FUNCTION: &str = "graver_trap";

/// An IR builder for one LLVM module.
pub(crate) struct Ir<'ctx> {
    /// The context that everything belongs to.
    pub(crate) context: &'ctx Context,
    /// The module being built.
    pub(crate) module: Module<'ctx>,
    /// inkwell's builder, for plain arithmetic.
    pub(crate) builder: Builder<'ctx>,
    /// The pointer-sized integer.
    pub(crate) word: IntType<'ctx>,
    /// The pointer type.
    pub(crate) ptr: PointerType<'ctx>,
    /// No memory that has guard regions can reach the last page of its addresses.
    pub(crate) bounded_memories: Cell<bool>,
    tbaa_root: MetadataValue<'ctx>,
    tbaa_tags: RefCell<HashMap<AliasKind, MetadataValue<'ctx>>>,
    kinds: MetadataKinds,
}

struct MetadataKinds {
    tbaa: u32,
    invariant: u32,
    profile: u32,
}

impl<'ctx> Ir<'ctx> {
    /// An empty module called `name` for a machine with pointers of `pointer_bytes`.
    pub(crate) fn new(context: &'ctx Context, name: &str, pointer_bytes: u8) -> Self {
        Self::with_module(context, context.create_module(name), pointer_bytes)
    }

    /// A builder for an existing module.
    pub(crate) fn with_module(context: &'ctx Context, module: Module<'ctx>, pointer_bytes: u8) -> Self {
        let word = if pointer_bytes == 8 { context.i64_type() } else { context.i32_type() };
        Self {
            context,
            module,
            builder: context.create_builder(),
            word,
            ptr: context.ptr_type(AddressSpace::default()),
            bounded_memories: Cell::new(false),
            tbaa_root: context.metadata_node(&[context.metadata_string("graver").into()]),
            tbaa_tags: RefCell::default(),
            kinds: MetadataKinds {
                tbaa: context.get_kind_id("tbaa"),
                invariant: context.get_kind_id("invariant.load"),
                profile: context.get_kind_id("prof"),
            },
        }
    }

    /// A word constant.
    pub(crate) fn word(&self, value: u64) -> IntValue<'ctx> {
        self.word.const_int(value, false)
    }

    /// `base + bytes`, where the result need not be inside any object.
    pub(crate) fn add_offset(&self, base: PointerValue<'ctx>, bytes: IntValue<'ctx>) -> Result<PointerValue<'ctx>> {
        // SAFETY: a GEP over i8 without `inbounds` is plain address arithmetic for any operands.
        Ok(unsafe { self.builder.build_gep(self.context.i8_type(), base, &[bytes], "") }?)
    }

    /// `base + bytes` for a constant.
    pub(crate) fn field(&self, base: PointerValue<'ctx>, bytes: u32) -> Result<PointerValue<'ctx>> {
        if bytes == 0 { Ok(base) } else { self.add_offset(base, self.word(u64::from(bytes))) }
    }

    /// Loads a value that is aligned for its type.
    pub(crate) fn load<T: Into<BasicTypeEnum<'ctx>>>(
        &self,
        ty: T,
        address: PointerValue<'ctx>,
        alias: Alias,
    ) -> Result<BasicValueEnum<'ctx>> {
        let ty: BasicTypeEnum<'ctx> = ty.into();
        let value = self.builder.build_load(ty, address, "")?;
        if let Some(instruction) = value_instruction(value) {
            self.annotate(instruction, alias)?;
        }
        Ok(value)
    }

    /// Loads a field as a pointer.
    pub(crate) fn load_pointer(
        &self,
        base: PointerValue<'ctx>,
        offset: u32,
        alias: Alias,
    ) -> Result<PointerValue<'ctx>> {
        Ok(self.load(self.ptr, self.field(base, offset)?, alias)?.into_pointer_value())
    }

    /// Loads a field as a word.
    pub(crate) fn load_word(&self, base: PointerValue<'ctx>, offset: u32, alias: Alias) -> Result<IntValue<'ctx>> {
        Ok(self.load(self.word, self.field(base, offset)?, alias)?.into_int_value())
    }

    /// Stores a value at an address aligned for its type.
    pub(crate) fn store(
        &self,
        address: PointerValue<'ctx>,
        value: BasicValueEnum<'ctx>,
        alias: Alias,
    ) -> Result<InstructionValue<'ctx>> {
        let instruction = self.builder.build_store(address, value)?;
        self.annotate(instruction, alias)?;
        Ok(instruction)
    }

    /// Attaches what LLVM may assume about a load or store.
    fn annotate(&self, instruction: InstructionValue<'ctx>, alias: Alias) -> Result<()> {
        let tag = self.tbaa_tag(alias.kind);
        instruction.set_metadata(tag, self.kinds.tbaa).map_err(Error::llvm)?;
        if alias.is_invariant {
            instruction.set_metadata(self.context.metadata_node(&[]), self.kinds.invariant).map_err(Error::llvm)?;
        }
        Ok(())
    }

    /// An access tag of type-based alias analysis: sibling types under one root never alias.
    /// <https://llvm.org/docs/LangRef.html#tbaa-metadata>
    fn tbaa_tag(&self, kind: AliasKind) -> MetadataValue<'ctx> {
        if let Some(tag) = self.tbaa_tags.borrow().get(&kind) {
            return *tag;
        }
        let name = self.context.metadata_string(&format!("{kind:?}"));
        let zero = self.context.i64_type().const_zero();
        let ty = self.context.metadata_node(&[name.into(), self.tbaa_root.into(), zero.into()]);
        let tag = self.context.metadata_node(&[ty.into(), ty.into(), zero.into()]);
        self.tbaa_tags.borrow_mut().insert(kind, tag);
        tag
    }

    /// Whether a load or store is of a linear memory.
    pub(super) fn is_memory_access(&self, instruction: InstructionValue<'ctx>) -> bool {
        let Some(tag) = instruction.get_metadata(self.kinds.tbaa) else { return false };
        self.tbaa_tags.borrow().iter().any(|(kind, known)| matches!(kind, AliasKind::Memory(_)) && *known == tag)
    }

    /// Branches on `condition`, which hardly ever holds.
    pub(crate) fn branch_unlikely(
        &self,
        condition: IntValue<'ctx>,
        then: BasicBlock<'ctx>,
        otherwise: BasicBlock<'ctx>,
    ) -> Result<()> {
        let branch = self.builder.build_conditional_branch(condition, then, otherwise)?;
        let weight = |weight| BasicMetadataValueEnum::from(self.context.i32_type().const_int(weight, false));
        let name = self.context.metadata_string("branch_weights");
        let weights = self.context.metadata_node(&[name.into(), weight(1), weight(1 << 20)]);
        branch.set_metadata(weights, self.kinds.profile).map_err(Error::llvm)
    }

    /// Calls an intrinsic that is overloaded on `types`.
    pub(crate) fn intrinsic(
        &self,
        name: &str,
        types: &[BasicTypeEnum<'ctx>],
        arguments: &[BasicMetadataValueEnum<'ctx>],
    ) -> Result<BasicValueEnum<'ctx>> {
        let declaration = Intrinsic::find(name)
            .and_then(|intrinsic| intrinsic.get_declaration(&self.module, types))
            .ok_or_else(|| Error::llvm(format!("no intrinsic {name}")))?;
        let call = self.builder.build_call(declaration, arguments, "")?;
        call_value(call).ok_or_else(|| Error::llvm(format!("{name} returns nothing")))
    }

    /// Ends the current block with a trap. `ctx` may be anything that starts like a context.
    pub(crate) fn trap(&self, ctx: PointerValue<'ctx>, trap: Trap) -> Result<()> {
        self.trap_with(ctx, self.word(u64::from(trap.code())))
    }

    /// Ends the current block with a trap whose code is computed.
    pub(crate) fn trap_with(&self, ctx: PointerValue<'ctx>, code: IntValue<'ctx>) -> Result<()> {
        let ty = self.context.void_type().fn_type(&[self.ptr.into(), self.word.into()], false);
        let function = self.function(TRAP_FUNCTION, ty);
        self.add_attribute(function, "noreturn");
        self.add_attribute(function, "cold");
        self.builder.build_call(function, &[ctx.into(), code.into()], "")?;
        self.builder.build_unreachable()?;
        Ok(())
    }

    /// Whether somebody asks the code to stop. LLVM must look each time: others write the word at any moment.
    pub(crate) fn is_interrupted(&self, ctx: PointerValue<'ctx>, pointer_bytes: u8) -> Result<IntValue<'ctx>> {
        let store = self.load_pointer(ctx, ContextHeadField::Store.offset(pointer_bytes), Alias::INVARIANT)?;
        let word = self.load_pointer(store, StoreField::Interrupt.offset(pointer_bytes), Alias::INVARIANT)?;
        let word = self.load_word(word, 0, Alias::of(AliasKind::Context))?;
        if let Some(load) = value_instruction(word.into()) {
            load.set_volatile(true).map_err(Error::llvm)?;
        }
        Ok(self.builder.build_int_compare(IntPredicate::NE, word, self.word(0), "")?)
    }

    /// Declares a function, or finds its declaration.
    pub(crate) fn function(&self, name: &str, ty: FunctionType<'ctx>) -> FunctionValue<'ctx> {
        self.module.get_function(name).unwrap_or_else(|| {
            let function = self.module.add_function(name, ty, None);
            let global = function.as_global_value();
            // Hidden: calls inside the image need no indirection.
            global.set_visibility(inkwell::GlobalVisibility::Hidden);
            self.add_attribute(function, "nounwind");
            function
        })
    }

    /// Puts a function definition in a section of its own, so that the linker can drop or move it.
    pub(crate) fn define(&self, function: FunctionValue<'ctx>, name: &str) {
        function.set_section(Some(&format!(".text.{name}")));
        // Runaway recursion must end at the stack check, not become an endless loop.
        self.add_string_attribute(function, "disable-tail-calls", "true");
        // Searches for a zero stay loops: these have no routine in the image.
        self.add_string_attribute(function, "no-builtin-strlen", "");
        self.add_string_attribute(function, "no-builtin-wcslen", "");
        // Makes LLVM report the frame size of every function; see `machine`.
        self.add_string_attribute(function, super::machine::FRAME_REPORT, "0");
        // A realigned frame takes more than its size.
        self.add_string_attribute(function, "no-realign-stack", "");
    }

    /// Adds an attribute without a value to a function.
    pub(crate) fn add_attribute(&self, function: FunctionValue<'ctx>, name: &str) {
        let kind = Attribute::get_named_enum_kind_id(name);
        function.add_attribute(AttributeLoc::Function, self.context.create_enum_attribute(kind, 0));
    }

    /// Adds a string attribute to a function.
    pub(crate) fn add_string_attribute(&self, function: FunctionValue<'ctx>, name: &str, value: &str) {
        function.add_attribute(AttributeLoc::Function, self.context.create_string_attribute(name, value));
    }
}

/// The instruction that made a value, unless it was folded to a constant.
pub(crate) fn value_instruction(value: BasicValueEnum<'_>) -> Option<InstructionValue<'_>> {
    match value {
        BasicValueEnum::IntValue(value) => value.as_instruction(),
        BasicValueEnum::FloatValue(value) => value.as_instruction(),
        BasicValueEnum::PointerValue(value) => value.as_instruction(),
        BasicValueEnum::VectorValue(value) => value.as_instruction(),
        _ => None,
    }
}

/// What a call returns, unless it is void.
pub(crate) fn call_value(call: CallSiteValue<'_>) -> Option<BasicValueEnum<'_>> {
    call.try_as_basic_value().basic()
}
