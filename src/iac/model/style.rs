//! How a language spells the names that are made for it.

/// Terraform's names are of words with underscores; those of templates are in one word, each part but the first with a capital.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    #[default]
    Snake,
    Camel,
}

/// An identifier of Bicep and a parameter of a template have at most 255 characters; room for what tells two apart.
const LONGEST: usize = 230;

impl Style {
    /// A name of words with underscores as the language spells it.
    pub fn of(self, snake: &str) -> String {
        let mut out = match self {
            Self::Snake => snake.to_owned(),
            Self::Camel => camel(snake),
        };
        out.truncate(LONGEST);
        out
    }
}

fn camel(snake: &str) -> String {
    let mut out = String::with_capacity(snake.len());
    for part in snake.split('_').filter(|part| !part.is_empty()) {
        let mut letters = part.chars();
        if let Some(first) = letters.next() {
            out.push(if out.is_empty() { first.to_ascii_lowercase() } else { first.to_ascii_uppercase() });
        }
        out.push_str(letters.as_str());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_names() {
        assert_eq!(Style::Camel.of("rg_hub_network_2"), "rgHubNetwork2");
        assert_eq!(Style::Snake.of("rg_hub_network_2"), "rg_hub_network_2");
        assert_eq!(Style::Camel.of(&"a".repeat(400)).len(), LONGEST);
    }
}
