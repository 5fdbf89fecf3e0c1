//! What was printed is read back by a parser of its language, piece by piece.

use std::collections::HashSet;

use parking_lot::Mutex;

use super::{
    bodies,
    limits::{self, Outline},
    skeleton::{Quote, skeleton},
    style,
};
use crate::iac::{
    emit::bicep::read::{Reader, declarations},
    error::IacError,
    model::index::hash_of,
};

/// Skeletons that are remembered, at most.
const REMEMBERED: usize = 1 << 16;

/// Reads pieces of files back. It remembers the hashes of the skeletons that a parser took.
#[derive(Debug, Default)]
pub struct ReadBack(Mutex<HashSet<u64>>);

impl ReadBack {
    /// Reads a piece of a file back; of a template its outline.
    pub fn read(&self, name: &str, text: &str) -> Result<Option<Outline>, IacError> {
        let unreadable = |cause: String| IacError::Unreadable { file: name.to_owned(), cause };
        match name.rsplit('.').next() {
            Some("tf") => {
                for block in blocks(text) {
                    let parse = || hcl::parse(block).map(drop).map_err(|error| error.to_string());
                    self.once(block, Quote::Double, parse).map_err(unreadable)?;
                }
            }
            Some("bicep") => {
                let mut reader = Reader::new().map_err(unreadable)?;
                for (before, declaration) in declarations(text) {
                    self.once(declaration, Quote::Single, || reader.read(declaration, before)).map_err(unreadable)?;
                }
                let unstyled = style::findings(name, text);
                return Ok(Some(limits::outline_bicep(name, text).with_style(unstyled)));
            }
            Some("bicepparam") => {
                let unstyled = style::findings(name, text);
                return Ok((!unstyled.is_empty()).then(|| Outline::default().with_style(unstyled)));
            }
            Some("json") => {
                let value = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
                let outline = limits::outline(name, text, &value);
                return Ok(outline.map(|outline| outline.with_types(bodies::findings(&value))));
            }
            _ => {}
        }
        Ok(None)
    }

    /// Reads a piece unless one of its skeleton was read before.
    fn once(&self, piece: &str, quote: Quote, read: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
        let form = skeleton(piece, quote).map(|skeleton| hash_of(&skeleton));
        if form.is_some_and(|form| self.0.lock().contains(&form)) {
            return Ok(());
        }
        read()?;
        if let Some(form) = form {
            let mut known = self.0.lock();
            if known.len() < REMEMBERED {
                known.insert(form);
            }
        }
        Ok(())
    }
}

/// The blocks of a Terraform file: each ends with a line of its closing brace alone, which no value that is printed holds.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive("\n}\n")
}

#[cfg(test)]
mod tests {
    use super::ReadBack;

    fn refused(reader: &ReadBack, name: &str, text: &str) -> Option<String> {
        reader.read(name, text).err().map(|error| error.to_string())
    }

    #[test]
    fn a_piece_that_is_no_code_is_refused_after_many_that_are() {
        let reader = ReadBack::default();
        for number in 0..3 {
            let good = format!("resource a{number} 'A.B/c@2024-01-01' = {{\n  name: 'n{number}'\n}}\n\n");
            assert_eq!(refused(&reader, "x.bicep", &good), None);
            let bad = good.replace('=', "");
            let said = refused(&reader, "x.bicep", &format!("{good}{bad}")).expect("refused");
            assert!(said.contains("line 5"), "{said}");
            let good = format!("resource \"a\" \"b{number}\" {{\n  name = \"${{a.b}}-{number}\"\n}}\n");
            assert_eq!(refused(&reader, "x.tf", &good), None);
            assert!(refused(&reader, "x.tf", &good.replace("name =", "name")).is_some());
        }
        assert_eq!(reader.0.lock().len(), 2);
    }
}
