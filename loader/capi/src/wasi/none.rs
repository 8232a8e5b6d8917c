//! A library without WASI: settings are refused with a message, and programs that import from it trap there.

use graver_loader::{CallError, Caller, Signature};

use super::Texts;
use crate::log::error;

/// Nothing can go wrong.
pub(crate) type Error = core::convert::Infallible;

/// What was chosen: nothing can be, and whether that was said.
#[derive(Clone, Default)]
pub(crate) struct Settings(bool);

impl Settings {
    fn refuse(&mut self) {
        if !core::mem::replace(&mut self.0, true) {
            error!("this library was built without WASI, so programs see nothing of the system");
        }
    }

    pub(crate) fn set_dirs(&mut self, _dirs: Texts, _mapped: Texts) {
        self.refuse();
    }

    pub(crate) fn set_env(&mut self, _env: Texts) {
        self.refuse();
    }

    pub(crate) fn set_args(&mut self, _args: Texts) {
        self.refuse();
    }

    pub(crate) fn set_addresses(&mut self, _addresses: Texts) {
        self.refuse();
    }

    pub(crate) fn set_names(&mut self, _names: Texts) {
        self.refuse();
    }

    pub(crate) fn set_stdio(&mut self, _streams: [i64; 3]) {
        self.refuse();
    }
}

/// What an instance has open: nothing.
pub(crate) struct System;

impl System {
    pub(crate) fn open(_module: &Settings, _args: &Settings) -> Result<Self, Error> {
        Ok(Self)
    }

    /// For another thread of the program.
    #[cfg(feature = "std")]
    pub(crate) fn share(&self) -> Self {
        Self
    }
}

/// There are none.
#[derive(Clone, Copy)]
pub(crate) enum Function {}

impl Function {
    pub(crate) fn fits(self, _ty: Signature<'_>) -> bool {
        match self {}
    }

    pub(crate) fn call(
        self,
        _system: Option<&System>,
        _caller: &mut Caller<'_, '_>,
        _cells: &mut [u64],
    ) -> Result<(), CallError> {
        match self {}
    }
}

pub(crate) fn find(_module: &str, _name: &str) -> Option<Function> {
    None
}
