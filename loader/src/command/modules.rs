//! Programs in several images: `--module-path DIR` has what they import, each module in `NAME.aot`.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use graver_aot_format::ExternKind;

use super::run::{initialize, instantiate, status};
use crate::{Instance, Linker, LoadError, Module, Runtime, Store};

/// What the host itself provides, and nobody replaces.
const OF_THE_HOST: &[&str] = &["wasi_snapshot_preview1", "wasi"];

/// The modules that a program is made of, beside its own, each after those that it needs.
#[derive(Default)]
pub(super) struct Modules<'r>(Vec<(String, Module<'r>)>);

/// Instances by what others call their modules.
pub(super) type Instances<'m> = Vec<(&'m str, Instance)>;

/// Why a program cannot be put together.
pub(super) enum ModulesError {
    /// An image cannot be loaded.
    Load(PathBuf, LoadError),
    /// Modules that need each other, the first one twice.
    Cycle(Vec<String>),
    /// A program, where a library is expected.
    Command(PathBuf),
}

impl Display for ModulesError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Load(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Cycle(names) => write!(f, "modules need each other: {}", names.join(" -> ")),
            Self::Command(path) => {
                write!(f, "{}: this is a program (it exports `_start`), not a library to import from", path.display())
            }
        }
    }
}

impl<'r> Modules<'r> {
    /// Loads all that a module needs and a folder has.
    pub(super) fn find(
        runtime: &'r Runtime<'_>,
        module: &Module<'_>,
        folder: Option<&Path>,
    ) -> Result<Self, ModulesError> {
        let mut modules = Self::default();
        if let Some(folder) = folder {
            modules.add_needs_of(runtime, module, folder, &mut Vec::new())?;
        }
        Ok(modules)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `under_way` are the modules whose needs are being looked at, outermost first.
    fn add_needs_of(
        &mut self,
        runtime: &'r Runtime<'_>,
        module: &Module<'_>,
        folder: &Path,
        under_way: &mut Vec<String>,
    ) -> Result<(), ModulesError> {
        for import in module.image().imports().iter() {
            let name = module.name(import.module);
            let is_known = self.0.iter().any(|(known, _)| known == name) || OF_THE_HOST.contains(&name);
            let path = folder.join(format!("{name}.aot"));
            // A name is no path. What the folder does not have may be the host's: the linker knows.
            if is_known || name.contains(['/', '\0']) || !path.is_file() {
                continue;
            }
            if under_way.iter().any(|outer| outer == name) {
                under_way.push(name.to_owned());
                return Err(ModulesError::Cycle(std::mem::take(under_way)));
            }
            let needed = match Module::map_file(runtime, &path) {
                Ok(needed) if exports_function(&needed, "_start") => return Err(ModulesError::Command(path)),
                Ok(needed) => needed,
                Err(error) => return Err(ModulesError::Load(path, error)),
            };
            under_way.push(name.to_owned());
            self.add_needs_of(runtime, &needed, folder, under_way)?;
            under_way.pop();
            self.0.push((name.to_owned(), needed));
        }
        Ok(())
    }

    /// Makes an instance of each and defines what it exports. The exit status, if one ends the program at once.
    pub(super) fn link<'m>(
        &'m self,
        linker: &mut Linker<'m>,
        store: &mut Store<'m>,
    ) -> Result<Result<Instances<'m>, u8>, String> {
        let mut instances = Vec::new();
        for (name, module) in &self.0 {
            let made = instantiate(linker, store, module).map_err(|error| format!("{name}: {error}"))?;
            let instance = match made {
                Ok(instance) => instance,
                Err(error) => return Ok(Err(status(&error))),
            };
            if let Err(error) = initialize(store, instance) {
                return Ok(Err(status(&error)));
            }
            linker.instance(name, instance).map_err(|error| error.to_string())?;
            instances.push((name.as_str(), instance));
        }
        Ok(Ok(instances))
    }
}

fn exports_function(module: &Module<'_>, name: &str) -> bool {
    let image = module.image();
    image.exports().iter().any(|export| export.kind == ExternKind::Function.raw() && module.name(export.name) == name)
}

/// What `--invoke NAME` means: `$MODULE$FUNCTION` is a function of a module that the program is made of.
pub(super) fn named<'n>(
    instance: Instance,
    instances: &[(&str, Instance)],
    name: &'n str,
) -> Option<(Instance, &'n str)> {
    let Some((module, function)) = name.strip_prefix('$').and_then(|rest| rest.split_once('$')) else {
        return Some((instance, name));
    };
    instances.iter().find(|(known, _)| *known == module).map(|(_, found)| (*found, function))
}
