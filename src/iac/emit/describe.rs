//! What a parameter is, in a sentence for whoever has to give it; the same in every language.

use crate::iac::model::plan::{Parameter, Plan};

/// `Administrator login password of flexible server mysql-contoso. Azure never returns it: supply a value.`
pub fn description(plan: &Plan, parameter: &Parameter) -> String {
    let item = &plan.items[parameter.item];
    let kind = words(singular(item.type_name.rsplit('/').next().unwrap_or_default()));
    format!("{} of {kind} {}. {}.", capital(&property(&parameter.path)), item.name(), capital(parameter.why))
}

/// `secure value of environment variable 2 of container 1`: the property, and which items of lists it is in.
fn property(path: &str) -> String {
    let mut parts = path.rsplit('.');
    let last = parts.next().unwrap_or_default();
    let mut out = numbered(last).unwrap_or_else(|| words(last));
    for item in parts.filter_map(numbered) {
        out.push_str(" of ");
        out.push_str(&item);
    }
    out
}

/// `containers[0]` as people count: `container 1`.
fn numbered(part: &str) -> Option<String> {
    let (name, rest) = part.split_once('[')?;
    let number: usize = rest.strip_suffix(']')?.parse().ok()?;
    Some(format!("{} {}", words(singular(name)), number + 1))
}

/// `administratorLoginPassword` and `storage_account_name` as people write them; what is no letter parts words.
fn words(name: &str) -> String {
    let mut out = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let next_is_lower = chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
        let was_upper = at > 0 && chars[at - 1].is_ascii_uppercase();
        if c.is_alphanumeric() {
            // `DBPassword` is two words, `SQL` is one.
            let is_start = c.is_ascii_uppercase() && (!was_upper || next_is_lower);
            if is_start && !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
            let is_short =
                c.is_ascii_uppercase() && (was_upper || chars.get(at + 1).is_some_and(char::is_ascii_uppercase));
            out.push(if is_short && !next_is_lower { *c } else { c.to_ascii_lowercase() });
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.trim_end().to_owned()
}

/// Types are named by their plural.
fn singular(name: &str) -> &str {
    match name.strip_suffix('s') {
        Some(one) if !one.ends_with('s') => one,
        _ => name,
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_people_write_them() {
        for (name, expected) in [
            ("administratorLoginPassword", "administrator login password"),
            ("storage_account_name", "storage account name"),
            ("DB_PASSWORD", "DB PASSWORD"),
            ("clientSecretURL", "client secret URL"),
        ] {
            assert_eq!(words(name), expected);
        }
        for (path, expected) in [
            ("properties.administratorLogin", "administrator login"),
            (
                "properties.containers[0].properties.environmentVariables[11].secureValue",
                "secure value of environment variable 12 of container 1",
            ),
            ("properties.settings[0]", "setting 1"),
        ] {
            assert_eq!(property(path), expected);
        }
        assert_eq!((singular("flexibleServers"), singular("access")), ("flexibleServer", "access"));
        assert_eq!(capital("azure"), "Azure");
    }
}
