//! The skeleton of a piece of code: what a parser can tell apart of it. Quoted texts, comments, numbers and names that
//! cannot be words of the language are each replaced by one that stands for all. Of two pieces with one skeleton a
//! parser takes both or refuses both, so that one of them need not be read: large tenants hold thousands that differ in
//! names alone.
//!
//! It knows the lexical rules that Terraform's language and Bicep share, and gives up on all else: such a piece has no
//! skeleton and is always read.

/// How a language writes texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// Bicep.
    Single,
    /// Terraform.
    Double,
}

/// Where the reading is.
enum Within {
    Text,
    /// Code, and its braces that are open. The outermost code is that of the piece.
    Code(usize),
}

/// The skeleton of a piece; `None`: the piece holds something that is not known here.
pub fn skeleton(piece: &str, quote: Quote) -> Option<Vec<u8>> {
    let mark = match quote {
        Quote::Single => b'\'',
        Quote::Double => b'"',
    };
    let bytes = piece.as_bytes();
    let mut reading =
        Reading { bytes, mark, out: Vec::with_capacity(bytes.len() / 2), at: 0, within: vec![Within::Code(0)] };
    while let Some(byte) = bytes.get(reading.at).copied() {
        match reading.within.last()? {
            Within::Text => reading.text(byte)?,
            Within::Code(_) => reading.code(byte)?,
        }
    }
    matches!(reading.within.as_slice(), [Within::Code(0)]).then_some(reading.out)
}

struct Reading<'p> {
    bytes: &'p [u8],
    /// What begins and ends a text.
    mark: u8,
    out: Vec<u8>,
    at: usize,
    within: Vec<Within>,
}

impl Reading<'_> {
    fn next(&self) -> Option<u8> {
        self.bytes.get(self.at + 1).copied()
    }

    /// Takes bytes as they are.
    fn keep(&mut self, length: usize) -> Option<()> {
        self.out.extend_from_slice(self.bytes.get(self.at..self.at + length)?);
        self.at += length;
        Some(())
    }

    /// One step in a text.
    fn text(&mut self, byte: u8) -> Option<()> {
        match byte {
            _ if byte == self.mark => {
                self.within.pop();
                self.keep(1)
            }
            b'\\' => self.keep(escape(self.bytes.get(self.at..)?)?),
            b'$' if self.next() == Some(b'{') => {
                self.within.push(Within::Code(0));
                self.keep(2)
            }
            // `$${` and `%{` are words of templates.
            b'$' | b'%' if matches!(self.next(), Some(b'{' | b'$' | b'%')) => None,
            b'$' | b'%' => self.keep(1),
            0..b' ' => None,
            _ => {
                self.out.push(b't');
                let mark = self.mark;
                self.at += run(self.bytes, self.at, |byte| {
                    byte != mark && byte >= b' ' && !matches!(byte, b'\\' | b'$' | b'%')
                });
                Some(())
            }
        }
    }

    /// One step in code.
    fn code(&mut self, byte: u8) -> Option<()> {
        match byte {
            _ if byte == self.mark => {
                // Texts of several lines have other rules.
                if self.bytes.get(self.at..)?.starts_with(b"'''") {
                    return None;
                }
                self.within.push(Within::Text);
                self.keep(1)
            }
            b'{' | b'}' => {
                match self.within.last_mut()? {
                    Within::Code(open) if byte == b'{' => *open += 1,
                    Within::Code(open @ 1..) => *open -= 1,
                    _ => drop(self.within.pop()),
                }
                self.keep(1)
            }
            b'/' if self.next() == Some(b'/') => {
                self.at += run(self.bytes, self.at, |byte| byte != b'\n');
                Some(())
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let length = run(self.bytes, self.at, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
                let word = self.bytes.get(self.at..self.at + length)?;
                self.at += length;
                self.out.extend_from_slice(if is_name(word) { b"a_" } else { word });
                Some(())
            }
            // Which numbers begin with a zero or end with a letter is the parser's to say. A zero alone is itself.
            b'0' if self.next().is_none_or(|next| !next.is_ascii_alphanumeric() && next != b'_') => self.keep(1),
            b'0' => None,
            b'1'..=b'9' => {
                self.at += run(self.bytes, self.at, |byte| byte.is_ascii_digit());
                self.out.push(b'1');
                let is_word = self.bytes.get(self.at).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
                (!is_word).then_some(())
            }
            _ if is_foreign(byte, self.next()) => None,
            _ => self.keep(1),
        }
    }
}

/// How many bytes from a place on are taken.
fn run(bytes: &[u8], at: usize, is_taken: impl Fn(u8) -> bool) -> usize {
    bytes.iter().skip(at).take_while(|byte| is_taken(**byte)).count()
}

/// The length of an escape that all parsers take; escapes by number are the parser's to judge.
fn escape(bytes: &[u8]) -> Option<usize> {
    matches!(bytes.get(1)?, b'n' | b'r' | b't' | b'\\' | b'\'' | b'"').then_some(2)
}

/// Whether a word cannot be one of a language's own: those are of lower-case letters but for one.
fn is_name(word: &[u8]) -> bool {
    word != b"targetScope" && word.iter().any(|byte| !byte.is_ascii_lowercase())
}

/// Comments that go over lines, pragmas, texts of several lines, the other language's quotes, letters that are not
/// ASCII.
fn is_foreign(byte: u8, next: Option<u8>) -> bool {
    !byte.is_ascii() || matches!((byte, next), (b'/', Some(b'*')) | (b'<', Some(b'<')) | (b'#' | b'"' | b'\'', _))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::iac::emit::bicep::read::Reader;

    fn is_bicep(text: &str) -> bool {
        Reader::new().expect("a reader").read(text, 0).is_ok()
    }

    #[test]
    fn pieces_that_differ_in_names_texts_and_numbers_have_one_skeleton() {
        let piece = |name: &str, text: &str, number: u32| {
            format!("resource {name} 'A.B/c@2024-01-01' = {{\n  name: '{text}'\n  n: {number} // {text}\n}}\n\n")
        };
        let one = skeleton(&piece("vmApp01", "vm-app.01", 12), Quote::Single).expect("a skeleton");
        assert_eq!(skeleton(&piece("x_2", "caf\u{e9} {x} // y", 7), Quote::Single), Some(one.clone()));
        for other in [piece("vmApp01", "", 12), piece("if", "vm", 12), piece("vmApp01", "${x}", 12)] {
            assert_ne!(skeleton(&other, Quote::Single), Some(one.clone()), "{other}");
        }
        let zero = skeleton(&piece("vmApp01", "vm", 0), Quote::Single).expect("a skeleton");
        assert_eq!(skeleton(&piece("y_1", "v", 0), Quote::Single), Some(zero.clone()));
        assert_ne!(zero, one);
    }

    #[test]
    fn what_only_a_parser_can_judge_has_no_skeleton() {
        for piece in
            ["x: '''\na'''", "x: 'a", "/* x", "x: 0x", "x: 1a", "#pragma", "x: '\\q'", "x: '$${a}'", "x: 'a\nb'", "}"]
        {
            assert_eq!(skeleton(piece, Quote::Single), None, "{piece}");
        }
        for piece in ["x = <<E\na\nE\n", "x = 'a'", "x = \"%{if a}\"", "# it's"] {
            assert_eq!(skeleton(piece, Quote::Double), None, "{piece}");
        }
    }

    fn code() -> impl Strategy<Value = String> {
        let token = prop_oneof![
            Just("{".to_owned()),
            Just("}".to_owned()),
            Just("[".to_owned()),
            Just("]".to_owned()),
            Just("\n".to_owned()),
            Just(" = ".to_owned()),
            Just(": ".to_owned()),
            Just("(".to_owned()),
            Just(")".to_owned()),
            Just("resource ".to_owned()),
            Just("param ".to_owned()),
            Just("null".to_owned()),
            Just(".".to_owned()),
            Just("string".to_owned()),
            "[a-z_A-Z0-9]{1,4}",
            "'[a-z${}\\\\n]{0,4}'",
            "[0-9]{1,3}",
        ];
        let values = proptest::collection::vec(token, 0..8).prop_map(|tokens| tokens.concat());
        (values, any::<bool>())
            .prop_map(|(value, is_whole)| if is_whole { value } else { format!("var a = {value}\n") })
    }

    proptest! {
        #[test]
        fn a_parser_takes_both_of_two_pieces_with_one_skeleton_or_refuses_both(piece in code()) {
            let Some(found) = skeleton(&piece, Quote::Single) else { return Ok(()) };
            // The skeleton with its own names, texts and numbers is such a piece.
            let text = String::from_utf8(found.clone()).expect("text");
            prop_assert_eq!(skeleton(&text, Quote::Single), Some(found));
            prop_assert_eq!(is_bicep(&piece), is_bicep(&text), "{} and {}", piece, text);
        }
    }
}
