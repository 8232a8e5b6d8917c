//! The calls that leave no relocation: which functions make them, and what they can reach.

use std::collections::{BTreeSet, HashSet};

use wasmparser::{FuncType, Operator, ValType};

use crate::error::Result;
use crate::module::Module;
use crate::plan::Plan;
use crate::translate::symbol;

/// A kind of call by what it can reach. Types are canonical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Callee {
    /// An element of a constant table.
    Table { table: u32, ty: u32 },
    /// Any function of the type whose reference is ever taken.
    Reference { ty: u32 },
    /// An import of the type.
    Import { ty: u32 },
    /// Any function of the type that the host can call.
    FromHost(u32),
}

impl Callee {
    /// Symbols of all functions of the image that a call can reach.
    pub(super) fn targets(self, module: &Module<'_>) -> Vec<String> {
        let of_type = |functions: &mut dyn Iterator<Item = u32>, ty: u32| {
            functions.filter(|index| canonical(module, *index) == ty).flat_map(|index| code(module, index)).collect()
        };
        match self {
            Self::Table { table, ty } => {
                let contents = module.tables[table as usize].constant.iter().flatten().flatten();
                of_type(&mut contents.copied(), ty)
            }
            Self::Reference { ty } => of_type(&mut module.references.iter().copied(), ty),
            Self::Import { ty } => symbol::host_thunks(ty).into(),
            Self::FromHost(ty) => {
                let own = |index: &u32| *index >= module.imported_functions;
                of_type(&mut module.escaping.iter().copied().filter(own), ty)
            }
        }
    }
}

fn canonical(module: &Module<'_>, function: u32) -> u32 {
    module.canonical(module.functions[function as usize])
}

/// What runs when a function is called: of an import, a thunk.
fn code(module: &Module<'_>, function: u32) -> Vec<String> {
    if function < module.imported_functions {
        symbol::host_thunks(canonical(module, function)).into()
    } else {
        vec![symbol::function(function)]
    }
}

/// What one function does itself.
#[derive(Debug, Default)]
struct Own {
    /// Functions of the module that it calls directly.
    direct: Vec<u32>,
    callees: Vec<Callee>,
    imports: Vec<u32>,
    /// The most bytes of arguments that a call of it may pass on the stack.
    arguments: u32,
}

/// Calls of all functions of a module.
#[derive(Debug)]
pub(super) struct Sites {
    imported: u32,
    own: Vec<Own>,
    /// The partition of each function.
    partition: Vec<usize>,
}

impl Sites {
    /// Reads the code of a module.
    pub(super) fn of(module: &Module<'_>, plan: &Plan) -> Result<Self> {
        let mut partition = vec![0; module.bodies.len()];
        for (number, part) in plan.partitions.iter().enumerate() {
            for index in part.functions.clone() {
                partition[(index - module.imported_functions) as usize] = number;
            }
        }
        let mut own = Vec::with_capacity(module.bodies.len());
        for body in &module.bodies {
            let mut function = Own::default();
            for operator in body.get_operators_reader()? {
                function.add(module, &operator?);
            }
            own.push(function);
        }
        Ok(Self { imported: module.imported_functions, own, partition })
    }

    /// The functions that may have been inlined into one, itself included.
    fn inlined(&self, index: u32) -> Vec<&Own> {
        let position = |index: u32| index.checked_sub(self.imported).map(|position| position as usize);
        let Some(start) = position(index).filter(|start| *start < self.own.len()) else { return Vec::new() };
        let mut seen = HashSet::from([start]);
        let mut work = vec![start];
        let mut found = Vec::new();
        while let Some(next) = work.pop() {
            let function = &self.own[next];
            found.push(function);
            let callees = function.direct.iter().filter_map(|callee| position(*callee));
            work.extend(
                callees.filter(|callee| self.partition[*callee] == self.partition[start] && seen.insert(*callee)),
            );
        }
        found
    }

    /// What the code of a function may call without a relocation.
    pub(super) fn calls(&self, index: u32) -> BTreeSet<Callee> {
        self.inlined(index).into_iter().flat_map(|function| function.callees.iter().copied()).collect()
    }

    /// The most bytes that the code of a function may pass to a callee on the stack.
    pub(super) fn largest_arguments(&self, index: u32) -> u32 {
        self.inlined(index).into_iter().map(|function| function.arguments).max().unwrap_or(0)
    }

    /// Whether a call through a table or reference can reach code that is not this module's.
    pub(super) fn calls_unknown(&self, module: &Module<'_>) -> bool {
        let by_reference = |callee: &Callee| matches!(callee, Callee::Reference { .. });
        !module.has_local_type_ids && self.own.iter().any(|function| function.callees.iter().any(by_reference))
    }

    /// Imported functions that are called, or whose references are taken.
    pub(super) fn called_imports(&self, module: &Module<'_>) -> Vec<u32> {
        let called = self.own.iter().flat_map(|function| function.imports.iter().copied());
        let taken = module.references.iter().copied().filter(|function| *function < module.imported_functions);
        called.chain(taken).collect::<BTreeSet<u32>>().into_iter().collect()
    }
}

impl Own {
    fn add(&mut self, module: &Module<'_>, operator: &Operator<'_>) {
        match *operator {
            Operator::Call { function_index: index } => {
                self.arguments = self.arguments.max(argument_bytes(module.function_type(index)));
                if index < module.imported_functions {
                    self.imports.push(index);
                    self.callees.push(Callee::Import { ty: canonical(module, index) });
                } else {
                    self.direct.push(index);
                }
            }
            Operator::CallIndirect { type_index, table_index: table } => {
                self.arguments = self.arguments.max(argument_bytes(&module.types[type_index as usize]));
                let ty = module.canonical(type_index);
                let is_constant = module.tables[table as usize].constant.is_some();
                self.callees.push(if is_constant { Callee::Table { table, ty } } else { Callee::Reference { ty } });
            }
            _ => {}
        }
    }
}

/// Bytes of arguments if all of them went on the stack: context, parameters, pointer to further results.
fn argument_bytes(ty: &FuncType) -> u32 {
    let bytes = |ty: &ValType| if *ty == ValType::V128 { 16 } else { 8 };
    16 + ty.params().iter().map(bytes).sum::<u32>()
}
