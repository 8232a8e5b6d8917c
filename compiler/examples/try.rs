fn main() {
    let mut args = std::env::args().skip(1);
    let (file, target, format) = (args.next().unwrap(), args.next().unwrap(), args.next().unwrap());
    let mut options = graver_compiler::Options::new(graver_targets::Target::find(&target).unwrap());
    options.format = match format.as_str() { "asm" => graver_compiler::Format::Asm, "ll" => graver_compiler::Format::LlvmIrUnopt, "opt" => graver_compiler::Format::LlvmIrOpt, _ => graver_compiler::Format::Object };
    if let Some(level) = args.next() { options.opt_level = level.parse().unwrap(); }
    let wasm = wat::parse_file(file).unwrap();
    match graver_compiler::compile(&wasm, &options) {
        Ok(bytes) => std::io::Write::write_all(&mut std::io::stdout(), &bytes).unwrap(),
        Err(error) => eprintln!("{error}"),
    }
}
