//! Parses Server-Sent Events from chunks that are cut anywhere. Pure.

/// Largest message that is taken: an event is small, its largest part is a job's result.
const LARGEST: usize = 64 << 20;

/// One dispatched message; its id is in the event itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub data: String,
}

/// A message grew beyond all bounds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// Reads a stream of the `text/event-stream` format. Comments and fields other than `data` are passed over.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    data: Option<String>,
    /// The last byte was a carriage return: a newline that follows belongs to it.
    after_return: bool,
}

impl Parser {
    /// The messages that `chunk` completes.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<Vec<Message>, TooLarge> {
        let mut messages = Vec::new();
        for byte in chunk {
            let ends_pair = self.after_return && *byte == b'\n';
            self.after_return = *byte == b'\r';
            match byte {
                b'\n' if ends_pair => {}
                b'\n' | b'\r' => messages.extend(self.end_line()),
                other => self.line.push(*other),
            }
        }
        if self.line.len() + self.data.as_ref().map_or(0, String::len) > LARGEST {
            return Err(TooLarge);
        }
        Ok(messages)
    }

    fn end_line(&mut self) -> Option<Message> {
        let bytes = std::mem::take(&mut self.line);
        if bytes.is_empty() {
            return self.data.take().map(|data| Message { data });
        }
        let line = String::from_utf8_lossy(&bytes);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        if field == "data" {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str =
        ": keep-alive\n\nid: 1\nevent: status\ndata: {\"a\":1}\n\nid: 2\r\ndata: one\r\ndata:two\r\n\r\ndata: é\r\r";

    fn read(chunks: &[&[u8]]) -> Vec<String> {
        let mut parser = Parser::default();
        let feed = |chunk: &&[u8]| parser.feed(chunk).expect("small").into_iter().map(|message| message.data).collect();
        chunks.iter().map(feed).collect::<Vec<Vec<String>>>().concat()
    }

    #[test]
    fn messages_end_at_empty_lines_of_any_kind() {
        assert_eq!(read(&[STREAM.as_bytes()]), ["{\"a\":1}", "one\ntwo", "é"]);
    }

    #[test]
    fn a_message_without_its_end_is_not_given_out() {
        assert_eq!(read(&[b"data: half"]), [""; 0]);
    }

    proptest! {
        #[test]
        fn the_cuts_between_chunks_make_no_difference(mut cuts in prop::collection::vec(0..STREAM.len(), 0..12)) {
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &STREAM.as_bytes()[pair[0]..pair[1]]).collect();
            prop_assert_eq!(read(&chunks), read(&[STREAM.as_bytes()]));
        }
    }
}
