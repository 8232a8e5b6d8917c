//! Which crate may know which: `compiler -> targets -> aot-format <- loader`.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use super::sources::{assert_none, root};

/// For each crate of the workspace, the crates of the workspace that it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("graver-aot-format", &[]),
    ("graver-targets", &["graver-aot-format"]),
    ("graver-compiler", &["graver-aot-format", "graver-targets"]),
    ("graver-loader", &["graver-aot-format"]),
    ("graver-capi", &["graver-loader"]),
    // The only product that knows both sides.
    ("graver-cli", &["graver-aot-format", "graver-targets", "graver-compiler", "graver-loader"]),
    (
        "graver-tests",
        &[
            "graver-aot-format",
            "graver-targets",
            "graver-compiler",
            "graver-loader",
            "graver-capi",
            "graver-guests",
            "graver-test-natives",
            "graver-test-script",
        ],
    ),
    // Run on boards, beside the loader.
    ("graver-test-natives", &["graver-loader"]),
    ("graver-test-script", &["graver-loader"]),
    // Measures both halves in one process.
    ("graver-benches", &["graver-aot-format", "graver-targets", "graver-compiler", "graver-loader", "graver-guests"]),
    // Programs for tests and benches; it runs the commands, and links with none of it.
    ("graver-guests", &[]),
    ("xtask", &["graver-targets"]),
];

/// Crates that reach LLVM, and the one crate that may.
const LLVM: &[&str] = &["inkwell", "llvm-sys"];

fn metadata() -> Metadata {
    let manifest = root().join("Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo metadata")
}

fn package<'m>(metadata: &'m Metadata, name: &str) -> &'m Package {
    metadata.packages.iter().find(|package| *package.name == name).unwrap_or_else(|| panic!("no crate {name}"))
}

#[test]
fn arrows_point_one_way() {
    let metadata = metadata();
    let mut complaints = Vec::new();
    for package in &metadata.packages {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == *package.name) else {
            complaints.push(format!("{} is not in the picture", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let is_ours = ALLOWED.iter().any(|(name, _)| *name == dependency.name);
            if is_ours && !allowed.contains(&dependency.name.as_str()) && dependency.name != *package.name {
                complaints.push(format!("{} must not know {}", package.name, dependency.name));
            }
        }
    }
    assert_none("crates that know too much", &complaints);
    assert_eq!(metadata.packages.len(), ALLOWED.len(), "crates in the picture that do not exist");
}

#[test]
fn only_the_compiler_reaches_llvm() {
    let metadata = metadata();
    let reaches = |package: &&Package| package.dependencies.iter().any(|found| LLVM.contains(&found.name.as_str()));
    let found: Vec<&str> = metadata.packages.iter().filter(reaches).map(|package| package.name.as_str()).collect();
    assert!(found.iter().all(|name| *name == "graver-compiler"), "{found:?}");
}

#[test]
fn the_format_depends_on_nothing() {
    let metadata = metadata();
    let found: Vec<&str> = package(&metadata, "graver-aot-format")
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .map(|dependency| dependency.name.as_str())
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

/// What the loader always has must be usable without `std`, which crates put into their default features.
#[test]
fn the_core_of_the_loader_takes_no_default_features() {
    let metadata = metadata();
    let complaints: Vec<String> = package(&metadata, "graver-loader")
        .dependencies
        .iter()
        .filter(|found| found.kind == DependencyKind::Normal && !found.optional)
        .filter(|found| found.uses_default_features && found.name != "graver-aot-format")
        .map(|found| found.name.clone())
        .collect();
    assert_none("dependencies that need `default-features = false`", &complaints);
}
