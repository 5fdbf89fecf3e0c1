//! What ids tell of their order and of what is above them.

use crate::arm::{self, ResourceId};

/// The order of two ids' keys.
pub fn compare_keys(a: &str, b: &str) -> std::cmp::Ordering {
    if a.is_ascii() && b.is_ascii() {
        return a.bytes().map(|a| a.to_ascii_lowercase()).cmp(b.bytes().map(|b| b.to_ascii_lowercase()));
    }
    arm::key(a).cmp(&arm::key(b))
}

/// Keys of what an id goes through: itself, its parents, its group.
pub fn prefixes(id: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = arm::key(id);
    loop {
        let Some(parsed) = ResourceId::parse(&at) else {
            // A sub-object, such as `…/ipConfigurations/x/y`: one segment less.
            match at.rsplit_once('/') {
                Some((shorter, _)) if !shorter.is_empty() => at.truncate(shorter.len()),
                _ => return found,
            }
            continue;
        };
        found.push(arm::key(&at));
        let parent = parsed.parent();
        if parent.len() <= 1 || parent.len() >= at.len() {
            return found;
        }
        at = parent;
    }
}

#[cfg(test)]
mod tests {
    use super::{compare_keys, prefixes};

    #[test]
    fn ids_are_in_the_order_of_their_keys() {
        for (a, b) in
            [("/A/b", "/a/B"), ("/a/b", "/a/b-c"), ("/a/B-c", "/a/b/c"), ("/\u{c4}", "/\u{e4}x"), ("/_", "/A")]
        {
            assert_eq!(compare_keys(a, b), crate::arm::key(a).cmp(&crate::arm::key(b)), "{a} {b}");
        }
    }

    #[test]
    fn an_id_goes_through_its_parents_up_to_the_subscription() {
        let id = "/subscriptions/S/resourceGroups/G/providers/M.N/virtualNetworks/v/subnets/a";
        assert_eq!(
            prefixes(id),
            [
                "/subscriptions/s/resourcegroups/g/providers/m.n/virtualnetworks/v/subnets/a",
                "/subscriptions/s/resourcegroups/g/providers/m.n/virtualnetworks/v",
                "/subscriptions/s/resourcegroups/g",
                "/subscriptions/s",
            ]
        );
        assert_eq!(prefixes("nonsense"), [] as [&str; 0]);
    }
}
