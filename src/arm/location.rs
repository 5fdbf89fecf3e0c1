//! The spelling of locations.

/// A location as Azure's code for it: `East US 2` and `eastus2` are the same region.
pub fn location_code(spelled: &str) -> String {
    spelled.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::location_code;

    #[test]
    fn display_names_and_codes_of_a_location_are_one() {
        assert_eq!(location_code("West US 2"), "westus2");
        assert_eq!(location_code("westus2"), "westus2");
    }
}
