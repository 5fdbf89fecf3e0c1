//! Pure knowledge of Azure Resource Manager's spelling: ids, types, locations, api-versions, and the
//! language of template expressions with the functions that need nothing but their arguments.
//!
//! No clock, no I/O, no other room. ARM spells one id in many ways (`/resourcegroups/`, lower-cased
//! providers, a missing leading slash), so every comparison is on a [`key`], and the spelling that
//! was read is kept beside it for output.

mod expression;
mod functions;
mod id;
mod target;
mod version;

pub use expression::{Scope, evaluate, evaluate_text};
pub use functions::{call, shown};
pub use id::{ResourceId, key, looks_like_id};
pub use target::{Target, below};
pub use version::{ApiVersion, newest};

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
