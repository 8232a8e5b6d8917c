//! How functions get their C names, and the list of them.

/// A function of the C API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Its name in C.
    pub name: &'static str,
    /// What it does, from its doc comment.
    pub about: &'static str,
    /// Whether it does what its name says.
    pub state: State,
    /// Types of its parameters, in Rust's words.
    pub params: &'static [&'static str],
    /// Type of its result, in Rust's words; empty if there is none.
    pub result: &'static str,
    /// Where it is. Whoever uses this has all functions in the program.
    pub address: *const (),
}

/// Whether a function does what its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Works,
    /// It can be called and has no effect, because there is nothing to do.
    Accepted,
    /// It fails in the way that callers must expect.
    Refused,
}

/// Defines functions of the C API, and `EXPORTED`, the list of them. `accepted` or `refused` before a function is its state.
macro_rules! exported {
    (@state) => { crate::exported::State::Works };
    (@state accepted) => { crate::exported::State::Accepted };
    (@state refused) => { crate::exported::State::Refused };
    ($(
        $(#[doc = $about:literal])*
        $(@$state:ident)? fn $name:ident($($param:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
    )*) => {
        $(
            $(#[doc = $about])*
            ///
            /// # Safety
            /// Called from C: pointers are null or what the header says.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($param: $type),*) $(-> $result)? $body
        )*
        pub(crate) const EXPORTED: &[crate::Exported] = &[$(crate::Exported {
            name: stringify!($name),
            about: concat!($($about),*),
            state: crate::exported::exported!(@state $($state)?),
            params: &[$(stringify!($type)),*],
            result: concat!($(stringify!($result))?),
            address: $name as *const (),
        }),*];
    };
}
pub(crate) use exported;
