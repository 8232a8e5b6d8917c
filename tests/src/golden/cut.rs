//! Cutting functions out of what LLVM prints: the rest (glue, attributes, metadata) changes for other reasons.

/// The definitions in textual IR whose names are shown.
pub(super) fn ir_functions(text: &str, is_shown: impl Fn(&str) -> bool) -> String {
    let mut shown = String::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("define ") {
            inside =
                line.split_once('@').and_then(|(_, rest)| rest.split_once('(')).is_some_and(|(name, _)| is_shown(name));
        }
        if inside {
            push(&mut shown, &without_references(line));
        }
        if line == "}" && std::mem::take(&mut inside) {
            shown.push('\n');
        }
    }
    shown
}

/// Numbers of attribute groups and metadata say where LLVM put them, not what they are.
fn without_references(line: &str) -> String {
    let words = line.split(' ').filter(|word| !word.starts_with('#'));
    let line = words.collect::<Vec<_>>().join(" ");
    match line.find(", !") {
        Some(start) if line.ends_with(|last: char| last.is_ascii_digit()) => kinds(&line, start),
        _ => line,
    }
}

/// Keeps the kinds of metadata attached to an instruction, without their numbers.
fn kinds(line: &str, start: usize) -> String {
    let attached = line[start..].split(", ").filter(|part| part.starts_with('!'));
    let kinds: Vec<&str> = attached.filter_map(|part| part.split(' ').next()).collect();
    format!("{}, {}", &line[..start], kinds.join(", "))
}

/// The functions in assembly whose names are shown, without directives.
pub(super) fn assembly_functions(text: &str, is_shown: impl Fn(&str) -> bool) -> String {
    let mut shown = String::new();
    let mut inside = false;
    for line in text.lines() {
        let label = line.strip_suffix(':').or_else(|| line.split_once(":  ").map(|(label, _)| label));
        match label {
            Some(label) if label.starts_with(".Lfunc_end") => {
                let separator = if std::mem::take(&mut inside) { "\n" } else { "" };
                shown.push_str(separator);
            }
            Some(label) if !label.starts_with(['.', '\t', ' ']) => {
                inside = is_shown(label);
                if inside {
                    push(&mut shown, line);
                }
            }
            _ if inside && (label.is_some() || is_instruction(line)) => push(&mut shown, line),
            _ => {}
        }
    }
    shown
}

/// Data inside code (jump tables, literals) counts; the other directives are about the object file.
fn is_instruction(line: &str) -> bool {
    let word = line.trim_start();
    !word.starts_with('.') || [".long", ".quad", ".byte", ".short"].iter().any(|data| word.starts_with(data))
}

fn push(shown: &mut String, line: &str) {
    shown.push_str(&line.replace('\t', "    "));
    shown.truncate(shown.trim_end().len());
    shown.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_ir() {
        let text = "; x\ndefine i32 @f0(ptr %0) #0 {\n  %1 = load i32, ptr %0, align 1, !tbaa !0, !invariant.load !3\n}\n\ndefine void @g() {\n}\n";
        let shown = ir_functions(text, |name| name == "f0");
        assert_eq!(shown, "define i32 @f0(ptr %0) {\n  %1 = load i32, ptr %0, align 1, !tbaa, !invariant.load\n}\n\n");
    }

    #[test]
    fn functions_of_assembly() {
        let text = "glue:\n\tret\n\t.section x\nf0:\n\t.fnstart\n\tnop\n.LBB0_1:\n\tbl\tx\n\t.long\t4\n.Lfunc_end0:\n\t.size f0\nf1:\n\tnop\n";
        assert_eq!(
            assembly_functions(text, |name| name == "f0"),
            "f0:\n    nop\n.LBB0_1:\n    bl    x\n    .long    4\n\n"
        );
    }
}
