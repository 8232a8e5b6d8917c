//! How functions get their C names, and the list of them.

/// A function of the C API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Its name in C.
    pub name: &'static str,
    /// What it does, from its doc comment.
    pub about: &'static str,
}

/// Defines functions of the C API, and `EXPORTED`, the list of them.
macro_rules! exported {
    ($(
        $(#[doc = $about:literal])*
        fn $name:ident($($param:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
    )*) => {
        $(
            $(#[doc = $about])*
            ///
            /// # Safety
            /// Called from C: pointers are null or what the header says.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($param: $type),*) $(-> $result)? $body
        )*
        pub(crate) const EXPORTED: &[crate::Exported] =
            &[$(crate::Exported { name: stringify!($name), about: concat!($($about, "\n"),*) }),*];
    };
}
pub(crate) use exported;
