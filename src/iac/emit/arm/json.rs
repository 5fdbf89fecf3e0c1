//! JSON, written as it is made: no tree of a template is ever in memory.

use serde_json::Value;

/// Writes one value with two spaces a level.
pub struct Writer {
    out: Vec<u8>,
    depth: usize,
    /// Nothing stands yet in what was opened last.
    is_fresh: bool,
}

impl Writer {
    pub fn new() -> Self {
        Self { out: Vec::new(), depth: 0, is_fresh: true }
    }

    pub fn finish(mut self) -> String {
        self.out.push(b'\n');
        String::from_utf8(self.out).unwrap_or_default()
    }

    /// `{ … }` with what `fill` writes.
    pub fn object(&mut self, fill: impl FnOnce(&mut Self)) {
        self.between(b'{', b'}', fill);
    }

    /// `[ … ]` with what `fill` writes.
    pub fn list(&mut self, fill: impl FnOnce(&mut Self)) {
        self.between(b'[', b']', fill);
    }

    fn between(&mut self, open: u8, close: u8, fill: impl FnOnce(&mut Self)) {
        self.out.push(open);
        self.depth += 1;
        self.is_fresh = true;
        fill(self);
        self.depth -= 1;
        if !self.is_fresh {
            self.line();
        }
        self.is_fresh = false;
        self.out.push(close);
    }

    fn line(&mut self) {
        self.out.push(b'\n');
        self.out.resize(self.out.len() + 2 * self.depth, b' ');
    }

    /// A name; its value comes next.
    pub fn key(&mut self, name: &str) {
        self.item();
        self.text(name);
        self.out.extend_from_slice(b": ");
    }

    /// The place of the next item.
    pub fn item(&mut self) {
        if !self.is_fresh {
            self.out.push(b',');
        }
        self.is_fresh = false;
        self.line();
    }

    pub fn text(&mut self, text: &str) {
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut self.out, text);
    }

    pub fn field(&mut self, name: &str, text: &str) {
        self.key(name);
        self.text(text);
    }

    /// A value that is no list and no object.
    pub fn scalar(&mut self, value: &Value) {
        let _ = serde_json::to_writer(&mut self.out, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_what_a_pretty_printer_prints() {
        let mut writer = Writer::new();
        writer.object(|object| {
            object.field("a", "x\"\n");
            object.key("b");
            object.list(|list| {
                list.item();
                list.scalar(&json!(1.5));
                list.item();
                list.object(|_| {});
                list.item();
                list.list(|_| {});
            });
        });
        let expected = serde_json::to_string_pretty(&json!({"a": "x\"\n", "b": [1.5, {}, []]})).expect("JSON");
        assert_eq!(writer.finish(), expected + "\n");
    }
}
