use std::ffi::OsStr;

use super::super::OptionsError;
use super::*;

fn mapping(host: &str, guest: &str) -> Mapping {
    Mapping { host: host.into(), guest: guest.into() }
}

#[test]
fn mappings() {
    let host_first = |text| Mapping::parse(OsStr::new(text)).ok();
    assert_eq!(host_first("/a"), Some(mapping("/a", "/a")));
    assert_eq!(host_first("."), Some(mapping(".", ".")));
    assert_eq!(host_first("/a::/b"), Some(mapping("/a", "/b")));
    assert_eq!(host_first("a:b::c:d"), Some(mapping("a:b", "c:d")));
    for bad in ["", "::", "::b", "a::"] {
        assert_eq!(host_first(bad), None, "{bad}");
    }
    let guest_first = |text| Mapping::parse_guest_first(OsStr::new(text)).ok();
    assert_eq!(guest_first("/b::/a"), Some(mapping("/a", "/b")));
    for bad in ["", "/a", "::", "::a", "b::"] {
        assert_eq!(guest_first(bad), None, "{bad}");
    }
}

#[test]
fn refusals() {
    let error = |options: WasiOptions| options.build().err().unwrap();
    let missing = error(WasiOptions::new().directory(mapping("/no/such/directory", "/")));
    assert!(missing.to_string().starts_with("error while pre-opening directory /no/such/directory: "), "{missing}");
    let file = tempfile::NamedTempFile::new().unwrap();
    let not_a_directory = Mapping { host: file.path().into(), guest: "/".into() };
    assert!(matches!(error(WasiOptions::new().directory(not_a_directory)), OptionsError::Directory(..)));
    assert!(matches!(error(WasiOptions::new().arg("a\0b")), OptionsError::Nul(_)));
    assert!(matches!(error(WasiOptions::new().env("A=\0")), OptionsError::Nul(_)));
    assert!(matches!(error(WasiOptions::new().directory(mapping("/", "a\0"))), OptionsError::Nul(_)));
    for bad in ["A", "", "=x"] {
        assert!(matches!(error(WasiOptions::new().env(bad)), OptionsError::Variable(_)), "{bad}");
    }
}
