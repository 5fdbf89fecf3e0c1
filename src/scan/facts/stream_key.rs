//! What the cursor of a stream is stored under.
//!
//! A scan that was interrupted finds its cursors by these texts, also after an update of the daemon: their spelling
//! stays, and a test holds it.

use std::fmt;

/// One stream of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamKey<'a> {
    Subscriptions,
    Groups {
        subscription: &'a str,
    },
    /// `part`: which of the lists that together are the inventory; empty where there is one.
    Inventory {
        subscription: &'a str,
        part: &'a str,
    },
    /// LIST of a type below a scope.
    List {
        scope: &'a str,
        type_name: &'a str,
    },
    /// GET by id, of what the inventory or a change has named.
    Get {
        key: &'a str,
    },
    /// Rows of the inventory that are kept for want of a body.
    Inventoried,
    /// `list`: the last word of the list's address.
    Children {
        parent: &'a str,
        list: &'a str,
    },
    Extension {
        parent: &'a str,
        type_name: &'a str,
    },
    Located {
        scope: &'a str,
        location: &'a str,
        type_name: &'a str,
    },
    /// GET by id, of what a body has named.
    Mention {
        key: &'a str,
    },
    Access {
        scope: &'a str,
        type_name: &'a str,
    },
    ManagementGroups,
    /// A collection of Microsoft Graph.
    Directory {
        collection: &'a str,
    },
    /// Objects of Microsoft Graph that something refers to.
    Referenced,
    /// Bodies of a subscription by Resource Graph.
    Bodies {
        subscription: &'a str,
    },
    Changes {
        subscription: &'a str,
    },
}

impl fmt::Display for StreamKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscriptions => f.write_str("subscriptions"),
            Self::Groups { subscription } => write!(f, "groups/{subscription}"),
            Self::Inventory { subscription, part } => write!(f, "inventory/{subscription}{part}"),
            Self::List { scope, type_name } => write!(f, "list/{}/{}", scope.to_lowercase(), type_name.to_lowercase()),
            Self::Get { key } => write!(f, "get/{key}"),
            Self::Inventoried => f.write_str("inventoried"),
            Self::Children { parent, list } => write!(f, "child/{parent}/{list}"),
            Self::Extension { parent, type_name } => write!(f, "extension/{parent}/{}", type_name.to_lowercase()),
            Self::Located { scope, location, type_name } => {
                write!(f, "located/{scope}/{location}/{}", type_name.to_lowercase())
            }
            Self::Mention { key } => write!(f, "mention/{key}"),
            Self::Access { scope, type_name } => write!(f, "access/{}/{type_name}", scope.to_lowercase()),
            Self::ManagementGroups => f.write_str("management-groups"),
            Self::Directory { collection } => write!(f, "graph/{collection}"),
            Self::Referenced => f.write_str("graph/referenced"),
            Self::Bodies { subscription } => write!(f, "bodies/{subscription}"),
            Self::Changes { subscription } => write!(f, "changes/{subscription}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_keys_keep_the_spelling_that_older_versions_wrote() {
        let subscription = "0a0b";
        let scope = "/subscriptions/0a0b/resourceGroups/RG";
        let parent = "/subscriptions/0a0b/resourcegroups/rg/providers/microsoft.x/things/a";
        let type_name = "Microsoft.X/Things";
        let spelled = [
            (StreamKey::Subscriptions, "subscriptions".to_owned()),
            (StreamKey::Groups { subscription }, "groups/0a0b".to_owned()),
            (StreamKey::Inventory { subscription, part: "/rg?n.x/t" }, "inventory/0a0b/rg?n.x/t".to_owned()),
            (
                StreamKey::List { scope, type_name },
                "list//subscriptions/0a0b/resourcegroups/rg/microsoft.x/things".to_owned(),
            ),
            (StreamKey::List { scope: "", type_name }, "list//microsoft.x/things".to_owned()),
            (StreamKey::Get { key: parent }, format!("get/{parent}")),
            (StreamKey::Inventoried, "inventoried".to_owned()),
            (StreamKey::Children { parent, list: "blobServices" }, format!("child/{parent}/blobServices")),
            (StreamKey::Extension { parent, type_name }, format!("extension/{parent}/microsoft.x/things")),
            (
                StreamKey::Located { scope: "/subscriptions/0a0b", location: "eastus", type_name },
                "located//subscriptions/0a0b/eastus/microsoft.x/things".to_owned(),
            ),
            (StreamKey::Mention { key: parent }, format!("mention/{parent}")),
            (
                StreamKey::Access { scope: "/subscriptions/0A0B", type_name },
                "access//subscriptions/0a0b/Microsoft.X/Things".to_owned(),
            ),
            (StreamKey::ManagementGroups, "management-groups".to_owned()),
            (StreamKey::Directory { collection: "users" }, "graph/users".to_owned()),
            (StreamKey::Referenced, "graph/referenced".to_owned()),
            (StreamKey::Bodies { subscription }, "bodies/0a0b".to_owned()),
            (StreamKey::Changes { subscription }, "changes/0a0b".to_owned()),
        ];
        for (key, text) in spelled {
            assert_eq!(key.to_string(), text);
        }
    }
}
