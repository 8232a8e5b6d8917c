//! Runs images, without a compiler: `graver-run app.aot [args]`.

use std::process::ExitCode;

use graver_loader::command::{self, NativeRunner};

#[cfg(feature = "native-lib")]
const WITH_NATIVES: Option<NativeRunner> = Some(graver_capi::run_with_natives);
#[cfg(not(feature = "native-lib"))]
const WITH_NATIVES: Option<NativeRunner> = None;

fn main() -> ExitCode {
    command::main(std::env::args_os(), WITH_NATIVES)
}
