fn main() {
    if std::env::args().nth(1).as_deref() == Some(graver_compiler::worker::ARGUMENT) {
        graver_compiler::worker::serve().unwrap();
        return;
    }
    let mut args = std::env::args().skip(1);
    let (file, target, format) = (args.next().unwrap(), args.next().unwrap(), args.next().unwrap());
    let mut options = graver_compiler::Options::new(graver_targets::Target::find(&target).unwrap());
    options.format = match format.as_str() {
        "asm" => graver_compiler::Format::Asm,
        "ll" => graver_compiler::Format::LlvmIrUnopt,
        "opt" => graver_compiler::Format::LlvmIrOpt,
        "obj" => graver_compiler::Format::Object,
        _ => graver_compiler::Format::Aot,
    };
    if let Some(level) = args.next() {
        options.opt_level = level.parse().unwrap();
    }
    if let Some(level) = args.next() {
        options.abort_in_function = Some(level.parse().unwrap());
    }
    let wasm = wat::parse_file(file).unwrap();
    match graver_compiler::worker::compile(&wasm, &options) {
        Ok(bytes) => {
            if options.format == graver_compiler::Format::Aot {
                let i = graver_aot_format::Image::parse(&bytes).unwrap();
                eprintln!("{:?} {:?}\ntext {} rodata {}", i.header(), i.module(), i.text().len(), i.rodata().len());
            }
            std::io::Write::write_all(&mut std::io::stdout(), &bytes).unwrap()
        }
        Err(error) => eprintln!("{error}"),
    }
}
