//! `clients`: the C library as users get it, and C programs against it.

use crate::install::{self, Library};
use crate::run::{Failed, root, test_binary};

/// Installs the library for the target that the arguments name, or for the thread sanitizer, and runs the clients with it.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failed> {
    let target = arguments.iter().skip_while(|argument| *argument != "--target").nth(1);
    let races = arguments.iter().any(|argument| argument == "--races");
    let folder = if races { "races" } else { target.map_or("here", String::as_str) };
    let prefix = root().join("target/clients").join(folder);
    let library = if races { Library::ForThreadSanitizer } else { Library::For(target.map(String::as_str)) };
    install::library(prefix.clone(), library)?;
    test_binary("clients", &[&["--prefix".to_owned(), prefix.to_string_lossy().into_owned()], arguments].concat())
}
