//! How deep the native stack can get, from frame sizes and the call graph.
//!
//! A node is a function of the linked text, and costs its frame and what calling it takes. Edges are the relocations of
//! calls; a function whose address is taken counts as called by who takes it. Calls through tables and of imports leave
//! no relocation, so the module says which functions make them, to which types: they go by way of nodes that cost
//! nothing, one per table and type. LLVM may have inlined what makes such a call, so a function has the calls of all that
//! it can reach within its partition.
//!
//! What hosts and other modules do when they are called is theirs: thunks that call them end a path.

mod graph;
mod sites;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use graver_targets::{Glue, Target};

use crate::error::{Error, ErrorKind, Result};
use crate::link::Linked;
use crate::llvm::Emitted;
use crate::module::Module;
use crate::plan::Plan;
use crate::translate::symbol;
use graph::{Depth, Graph};
use sites::{Callee, Sites};

/// Room for arguments is part of the frame unless it is large, as every target's frame lowering has it. The least limit
/// is Thumb-1's, 510 bytes.
const RESERVED_ARGUMENTS: u32 = 256;

/// What is known of functions by their symbols.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    sizes: HashMap<String, u32>,
    checked: BTreeSet<String>,
}

impl Frames {
    /// Adds what LLVM said of a piece of code.
    pub(crate) fn add(&mut self, emitted: &Emitted) {
        self.sizes.extend(emitted.frames.iter().map(|(name, bytes)| (name.clone(), *bytes)));
        self.checked.extend(emitted.checked.iter().cloned());
    }

    /// A function's frame, if it is known.
    fn get(&self, name: &str) -> Option<u32> {
        let is_glue = [Glue::ENTER, Glue::LEAVE, Glue::TRAP].contains(&name);
        // LLVM's outliner works after frames are laid out; what it makes saves at most the return address, twice.
        let is_outlined = name.starts_with("OUTLINED_FUNCTION");
        self.sizes.get(name).copied().or(is_glue.then_some(0)).or(is_outlined.then_some(32))
    }

    fn size(&self, name: &str) -> u32 {
        self.get(name).unwrap_or(0)
    }
}

/// How deep the stack can get in any call from the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// Bytes, the host's own and what it calls back aside.
    Bytes(u32),
    /// `base` bytes, and `round` more for each call of a function that is already active.
    Recursive {
        base: u32,
        round: u32,
        /// Functions of cycles: indexes in `Linked::functions`.
        functions: Vec<usize>,
    },
}

/// The result of the analysis.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    pub(crate) bound: Bound,
    /// Bytes below the limit that code may use without a check.
    pub(crate) slack: u32,
    /// For each of `Linked::functions` the frame.
    pub(crate) frames: Vec<u32>,
    /// For each of `Linked::functions` the bytes it needs with all it calls; `None` where recursion is involved.
    pub(crate) depths: Vec<Option<u32>>,
    /// Functions of other modules may be called through tables or references.
    pub(crate) calls_unknown: bool,
    /// Imported functions that some function of the module calls, or that may be called through a table, ascending.
    pub(crate) called_imports: Vec<u32>,
}

/// Analyses linked code.
///
/// # Errors
/// Unchecked functions call each other in a circle, which is a defect of the compiler.
pub(crate) fn analyse(
    target: &Target,
    module: &Module<'_>,
    plan: &Plan,
    linked: &Linked,
    frames: &Frames,
) -> Result<Stack> {
    if let Some(unknown) = linked.functions.iter().find(|function| frames.get(&function.name).is_none()) {
        let message = format!("the frame size of `{}` is not known: please report this", unknown.name);
        return Err(Error::new(ErrorKind::Link, message));
    }
    let sites = Sites::of(module, plan)?;
    let mut builder =
        Builder { target, module, linked, frames, graph: Graph::default(), virtual_nodes: BTreeMap::new() };
    let names = builder.add_functions(&sites);
    builder.add_calls(&sites, &names);
    let Builder { graph, .. } = builder;

    let usage = target.stack_use();
    let depths = graph.depths(usage.below);
    let unchecked = graph.unchecked_depths(usage.call, usage.below);
    let Some(unchecked) = unchecked else {
        return Err(Error::new(ErrorKind::Link, "unchecked functions call each other: please report this"));
    };
    let doors = || linked.functions.iter().zip(0..).filter(|(function, _)| is_door(&function.name));
    let enter = u64::from(usage.enter + if module.uses_floats { usage.enter_floats } else { 0 });
    let entered = |bytes: u64| if doors().next().is_some() { bytes + enter } else { 0 };
    let deepest = doors().filter_map(|(_, node)| depths.get(node)).map(|depth| depth.bytes).max().unwrap_or(0);
    let first = doors().filter_map(|(_, node)| unchecked.get(node)).copied().max().unwrap_or(0);
    let base = saturate(entered(deepest));
    let is_bounded = doors().filter_map(|(_, node)| depths.get(node)).all(Depth::is_bounded);
    let bound = if is_bounded { Bound::Bytes(base) } else { recursion(&graph, &depths, linked, base) };
    let own = |list: Vec<Option<u32>>| list.into_iter().take(linked.functions.len()).collect();
    Ok(Stack {
        bound,
        slack: saturate(unchecked.iter().copied().max().unwrap_or(0).max(entered(first))),
        frames: linked.functions.iter().map(|function| frames.size(&function.name)).collect(),
        depths: own(depths.iter().map(|depth| depth.is_bounded().then(|| saturate(depth.bytes))).collect()),
        calls_unknown: sites.calls_unknown(module),
        called_imports: sites.called_imports(module),
    })
}

/// The thunks by which the host comes in.
fn is_door(name: &str) -> bool {
    name.starts_with(symbol::CALL_THUNK) || name.starts_with(symbol::INIT_THUNK)
}

fn recursion(graph: &Graph, depths: &[Depth], linked: &Linked, base: u32) -> Bound {
    let functions: Vec<usize> =
        (0..linked.functions.len()).filter(|node| depths.get(*node).is_some_and(|depth| depth.is_in_cycle)).collect();
    let round = functions.iter().map(|node| graph.cost(*node)).max().unwrap_or(0);
    Bound::Recursive { base, round: saturate(round), functions }
}

fn saturate(bytes: u64) -> u32 {
    // `NONE` means something else.
    u32::try_from(bytes).unwrap_or(u32::MAX).min(u32::MAX - 1)
}

struct Builder<'b> {
    target: &'b Target,
    module: &'b Module<'b>,
    linked: &'b Linked,
    frames: &'b Frames,
    graph: Graph,
    virtual_nodes: BTreeMap<Callee, usize>,
}

impl<'b> Builder<'b> {
    /// One node for each function, in their order, with the edges that relocations are.
    fn add_functions(&mut self, sites: &Sites) -> HashMap<&'b str, usize> {
        let mut names = HashMap::new();
        for (node, function) in self.linked.functions.iter().enumerate() {
            names.insert(function.name.as_str(), node);
            let index = symbol::function_index(&function.name);
            let arguments = index.map_or(0, |index| sites.largest_arguments(index));
            let outgoing = if arguments > RESERVED_ARGUMENTS { arguments } else { 0 };
            let cost = self.frames.size(&function.name) + self.target.stack_use().call + outgoing;
            self.graph.add(u64::from(cost), self.frames.checked.contains(&function.name));
            for to in function.calls.iter().chain(&function.takes) {
                self.graph.connect(node, *to as usize);
            }
        }
        names
    }

    /// The edges that only the module knows.
    fn add_calls(&mut self, sites: &Sites, names: &HashMap<&str, usize>) {
        for (node, function) in self.linked.functions.iter().enumerate() {
            let name = function.name.as_str();
            if let Some(index) = symbol::function_index(name) {
                for callee in sites.calls(index) {
                    let to = self.callee(callee, names);
                    self.graph.connect(node, to);
                }
            } else if let Some(ty) = name.strip_prefix(symbol::CALL_THUNK).and_then(|ty| ty.parse().ok()) {
                let to = self.callee(Callee::FromHost(ty), names);
                self.graph.connect(node, to);
            } else if name.starts_with(symbol::INIT_THUNK) {
                for number in 0..self.module.init_functions.len() as u32 {
                    if let Some(to) = names.get(symbol::init(number).as_str()) {
                        self.graph.connect(node, *to);
                    }
                }
            }
        }
    }

    /// The node that stands for everything that a call of this kind can reach.
    fn callee(&mut self, callee: Callee, names: &HashMap<&str, usize>) -> usize {
        if let Some(node) = self.virtual_nodes.get(&callee) {
            return *node;
        }
        let node = self.graph.add(0, false);
        self.virtual_nodes.insert(callee, node);
        for symbol in callee.targets(self.module) {
            if let Some(to) = names.get(symbol.as_str()) {
                self.graph.connect(node, *to);
            }
        }
        node
    }
}

#[cfg(test)]
mod tests;
