//! The documented sample: `atgd config default`, packaged as `/etc/atgd/config.toml`.

/// Every key, documented, at its default. A `#` directly before a key marks an optional one.
pub(crate) fn sample() -> &'static str {
    include_str!("../../packaging/config.toml")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use toml::{Table, Value};

    use super::sample;
    use crate::config::{Config, Sources, load_text};

    /// The sample with its optional keys switched on; `# ` begins prose.
    fn everything() -> String {
        let setting = |line: &&str| line.starts_with('#') && !line.starts_with("# ") && line.len() > 1;
        sample().lines().map(|line| if setting(&line) { &line[1..] } else { line }).collect::<Vec<_>>().join("\n")
    }

    fn keys(table: &Table, prefix: &str, found: &mut BTreeSet<String>) {
        for (key, value) in table {
            let path = format!("{prefix}{key}");
            match value {
                Value::Table(below) => keys(below, &format!("{path}."), found),
                _ => assert!(found.insert(path)),
            }
        }
    }

    /// The key names that serde says a table allows.
    fn allowed_in(section: &str) -> BTreeSet<String> {
        let mut table: Table = everything().parse().expect("TOML");
        let target = section.split('.').filter(|part| !part.is_empty()).fold(&mut table, |table, part| {
            table.get_mut(part).and_then(Value::as_table_mut).unwrap_or_else(|| panic!("the sample has no [{section}]"))
        });
        target.insert("nonsense".to_owned(), Value::from(1));
        let error = load_text("t", &table.to_string(), &Sources::default()).expect_err("nonsense is unknown");
        let (_, list) = error.message().split_once("expected").unwrap_or_else(|| panic!("{section}: {error}"));
        list.split("; did").next().unwrap_or(list).split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn what_is_switched_on_in_the_sample_is_the_default() {
        let read = load_text("sample", sample(), &Sources::default()).expect("valid");
        assert_eq!(read, load_text("empty", "", &Sources::default()).expect("valid"));
        assert_eq!(read, Config::default());
    }

    #[test]
    fn every_key_of_every_section_is_documented_once() {
        let table: Table = everything().parse().expect("TOML refuses a key that stands twice");
        let mut documented = BTreeSet::new();
        keys(&table, "", &mut documented);
        let written = load_text("sample", &everything(), &Sources::default()).expect("valid");
        let mut shown = BTreeSet::new();
        keys(&written.to_toml().expect("TOML").parse().expect("TOML"), "", &mut shown);
        assert_eq!(documented, shown, "what the sample documents and what `config show` prints");

        let sections = [
            "server",
            "auth",
            "limits",
            "jobs",
            "retention",
            "azure",
            "azure.clouds.lab",
            "tenants.contoso",
            "neo4j",
            "llm",
            "logging",
            "metrics",
            "sentry",
            "graph",
            "iac",
        ];
        for section in sections {
            for key in allowed_in(section) {
                let path = format!("{section}.{key}");
                let is_documented =
                    documented.iter().any(|known| *known == path || known.starts_with(&format!("{path}.")));
                assert!(is_documented, "{path} is not in packaging/config.toml");
            }
        }
        for section in allowed_in("") {
            assert!(sample().contains(&format!("[{section}")), "[{section}] is not in packaging/config.toml");
        }
    }

    #[test]
    fn what_config_show_prints_reads_as_the_same_configuration() {
        let mut first = load_text("sample", &everything(), &Sources::default()).expect("valid");
        let mut again = load_text("shown", &first.to_toml().expect("TOML"), &Sources::default()).expect("valid");
        first.notes.clear();
        again.notes.clear();
        assert_eq!(first, again);
    }
}
