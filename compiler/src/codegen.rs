//! Generates the code of all partitions, in parallel. What comes out does not depend on the number of threads: the
//! split is part of the plan, and results are kept in its order.

use rayon::prelude::*;

use crate::error::{Error, ErrorKind, Result};
use crate::llvm::Emitted;
use crate::module::Module;
use crate::options::Options;
use crate::plan::Plan;
use crate::translate;

/// One object (or text) per partition.
///
/// # Errors
/// The first failure in the order of the partitions.
pub(crate) fn generate(module: &Module<'_>, options: &Options, plan: &Plan) -> Result<Vec<Emitted>> {
    if let [only] = plan.partitions.as_slice() {
        return Ok(vec![translate::generate(module, options, plan, only)?]);
    }
    // LLVM recurses deeply in large functions.
    const STACK: usize = 64 << 20;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .stack_size(STACK)
        .build()
        .map_err(|error| Error::new(ErrorKind::Io, format!("cannot start threads: {error}")))?;
    pool.install(|| {
        let results: Vec<Result<Emitted>> =
            plan.partitions.par_iter().map(|partition| translate::generate(module, options, plan, partition)).collect();
        results.into_iter().collect()
    })
}
