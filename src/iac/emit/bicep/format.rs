//! Line breaks as `bicep format` makes them: a call that reaches past column 120 has one argument a line.
//!
//! Strings, calls in them and calls with one argument are never broken.

/// The formatter's line.
const WIDTH: usize = 120;

/// An expression that begins behind `before` characters of its line, on a line that is indented so deep; what follows it
/// on the line has `after` characters.
pub fn wrapped(code: &str, indent: usize, before: usize, after: usize) -> String {
    if before + code.chars().count() + after <= WIDTH {
        return code.to_owned();
    }
    let Some(call) = call(code) else { return code.to_owned() };
    match call.arguments.as_slice() {
        [] => code.to_owned(),
        [only] => {
            let head = call.name.chars().count() + 1;
            let inner = wrapped(only, indent, before + head, after + 1 + call.rest.chars().count());
            format!("{}({inner}){}", call.name, call.rest)
        }
        many => {
            let (deeper, blanks) = (indent + 2, " ".repeat(indent + 2));
            let lines: Vec<String> = many
                .iter()
                .enumerate()
                .map(|(at, argument)| {
                    let comma = usize::from(at + 1 < many.len());
                    format!("{blanks}{}", wrapped(argument, deeper, deeper, comma))
                })
                .collect();
            format!("{}(\n{}\n{}){}", call.name, lines.join(",\n"), " ".repeat(indent), call.rest)
        }
    }
}

/// A call, taken apart.
struct Call<'c> {
    name: &'c str,
    arguments: Vec<&'c str>,
    /// What follows the closing parenthesis.
    rest: &'c str,
}

fn call(code: &str) -> Option<Call<'_>> {
    let open = code.find('(')?;
    let name = &code[..open];
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
        return None;
    }
    let bytes = code.as_bytes();
    let (mut arguments, mut depth, mut start, mut at) = (Vec::new(), 0_usize, open + 1, open + 1);
    while at < bytes.len() {
        match bytes[at] {
            b'\'' => {
                at = end_of_string(bytes, at);
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => {
                let last = code[start..at].trim();
                arguments.extend((!last.is_empty()).then_some(last));
                return Some(Call { name, arguments, rest: &code[at + 1..] });
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                arguments.push(code[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The place behind a string that begins here; strings may hold expressions, and those strings.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\'' => return at + 1,
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                at += 2;
                while at < bytes.len() && bytes[at] != b'}' {
                    at = if bytes[at] == b'\'' { end_of_string(bytes, at) } else { at + 1 };
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_reaches_past_the_line_has_one_argument_a_line() {
        let (long, other) = ("a".repeat(60), "b".repeat(60));
        let code = format!("resourceId('{long}', '{other}')");
        assert_eq!(wrapped(&code, 4, 10, 0), format!("resourceId(\n      '{long}',\n      '{other}'\n    )"));
        assert_eq!(wrapped(&code[..80], 4, 40, 0), &code[..80], "it just fits");
    }

    #[test]
    fn an_inner_call_is_broken_only_where_it_reaches_past_the_line_itself() {
        let name = "n".repeat(50);
        let inner = format!("f('{name}', '{name}')");
        let code = format!("g({inner}, 'x')");
        assert_eq!(wrapped(&code, 2, 14, 0), format!("g(\n    {inner},\n    'x'\n  )"));
        let long = format!("f('{name}', '{name}', '{name}')");
        let code = format!("g({long}, 'x')");
        let broken = format!("f(\n      '{name}',\n      '{name}',\n      '{name}'\n    )");
        assert_eq!(wrapped(&code, 2, 14, 0), format!("g(\n    {broken},\n    'x'\n  )"));
    }

    #[test]
    fn strings_and_calls_with_one_argument_stay() {
        let text = format!("'{}${{f('a', 'b')}}'", "x".repeat(130));
        assert_eq!(wrapped(&text, 2, 8, 0), text);
        let one = format!("readEnvironmentVariable('{}')", "X".repeat(130));
        assert_eq!(wrapped(&one, 0, 8, 0), one);
        let nested = format!("f('a(,${{split(x, ',')[0]}}', '{}')", "y".repeat(110));
        assert!(wrapped(&nested, 0, 8, 0).starts_with("f(\n  'a(,${split(x, ',')[0]}',\n  'yyy"));
    }
}
