//! The compiler, as the runner uses it.

use anyhow::{Result, bail};
use graver_aot_format::{Arch, BoundsStrategy, Image};
use graver_compiler::{ErrorKind, Options, WasmVersion, compile_with_report};
use graver_targets::Target;

use super::config::Config;
use super::suite::Version;
use crate::purity;

/// Why a module does not compile.
pub(crate) struct Rejection {
    /// The module is at fault, not the compiler.
    pub(crate) is_invalid: bool,
    pub(crate) text: String,
}

/// Compiles modules for one target in one way.
pub(crate) struct Compiler {
    options: Options,
}

impl Compiler {
    pub(crate) fn new(config: &Config, version: Version) -> Result<Self> {
        let mut options = Options::new(Target::find(&config.target)?);
        options.opt_level = config.effort.opt_level;
        options.size_level = config.effort.size_level;
        options.bounds = config.guard.map(|guard| if guard { BoundsStrategy::Guard } else { BoundsStrategy::Software });
        // One module at a time: files run in parallel.
        options.threads = 1;
        options.wasm_version = match version {
            Version::V1 => WasmVersion::V1,
            Version::V2 => WasmVersion::V2,
            Version::Latest => WasmVersion::Latest,
        };
        Ok(Self { options })
    }

    pub(crate) fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, Rejection> {
        let output = compile_with_report(wasm, &self.options)
            .map_err(|error| Rejection { is_invalid: error.kind == ErrorKind::Invalid, text: error.to_string() })?;
        let (image, data) = (output.bytes, output.report.map(|report| report.data_in_text).unwrap_or_default());
        let checked = Image::parse(&image)
            .map_err(anyhow::Error::from)
            .and_then(|image| Ok(purity::check(self.options.target.name, image.text(), &data)?));
        match checked {
            Ok(_) => Ok(image),
            Err(error) => Err(Rejection { is_invalid: false, text: error.to_string() }),
        }
    }

    /// Whether the loader's first look at an image would be its last.
    pub(crate) fn check_image(&self, image: &[u8]) -> Result<()> {
        let image = Image::parse(image)?;
        if image.arch() != self.options.target.arch {
            bail!("the image is for {:?}", image.arch());
        }
        Ok(())
    }
}

/// Whether images for a target run on this machine.
pub(crate) fn runs_here(target: &Target) -> bool {
    Some(target.arch) == Arch::HOST
}
