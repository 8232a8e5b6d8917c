//! `clients`: the C library as users get it, and C programs against it.

use crate::run::{Failed, root, test_binary};

/// Installs the library for the target that the arguments name, and runs the clients with it.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failed> {
    let target = arguments.iter().skip_while(|argument| *argument != "--target").nth(1);
    let prefix = root().join("target/clients").join(target.map_or("here", String::as_str));
    let prefix = prefix.to_string_lossy().into_owned();
    let mut install = vec!["--prefix".to_owned(), prefix.clone()];
    install.extend(target.into_iter().flat_map(|target| ["--target".to_owned(), target.clone()]));
    crate::install::library(&install)?;
    test_binary("clients", &[&["--prefix".to_owned(), prefix], arguments].concat())
}
