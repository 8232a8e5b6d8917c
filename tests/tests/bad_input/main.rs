//! Input that is damaged, foreign or incomplete: a named error every time, no panic, nothing left behind.

mod allocation;
mod commands;
mod images;
mod linking;
mod modules;
mod sample;
