//! Rust sources as tokens, so that comments and strings are not mistaken for code.

use proc_macro2::{TokenStream, TokenTree};

use super::sources::Source;

/// A word or a string of the code.
pub(crate) struct Token {
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) is_string: bool,
}

/// Identifiers, string literals and punctuation in order; documentation is left out.
pub(crate) fn tokens(source: &Source) -> Vec<Token> {
    let stream: TokenStream =
        source.text.parse().unwrap_or_else(|error| panic!("{} is not Rust: {error}", source.path));
    let mut found = Vec::new();
    flatten(stream, &mut found);
    found
}

fn flatten(stream: TokenStream, found: &mut Vec<Token>) {
    let mut after_hash = false;
    for tree in stream {
        let line = tree.span().start().line;
        let was_hash = std::mem::replace(&mut after_hash, false);
        match tree {
            TokenTree::Group(group) => {
                if !(was_hash && is_doc(&group.stream())) {
                    flatten(group.stream(), found);
                }
            }
            TokenTree::Ident(ident) => found.push(Token { line, text: ident.to_string(), is_string: false }),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let is_string = text.contains('"');
                found.push(Token { line, text, is_string });
            }
            TokenTree::Punct(punct) => {
                after_hash = punct.as_char() == '#' || punct.as_char() == '!' && was_hash;
                found.push(Token { line, text: punct.to_string(), is_string: false });
            }
        }
    }
}

fn is_doc(stream: &TokenStream) -> bool {
    matches!(stream.clone().into_iter().next(), Some(TokenTree::Ident(ident)) if ident == "doc")
}

#[test]
fn comments_are_not_code() {
    let source = Source { path: "x.rs".into(), text: "//! inkwell\n/// \"arm\"\nfn a() { b(\"c\") /* d */ }".into() };
    let texts: Vec<String> = tokens(&source).into_iter().map(|token| token.text).collect();
    assert!(texts.contains(&"a".into()) && texts.contains(&"\"c\"".into()));
    assert!(!texts.iter().any(|text| text.contains("inkwell") || text.contains("arm") || text == "d"));
}
