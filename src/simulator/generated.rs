//! As many resources as are asked for, none of them in memory: an element is made when it is asked for.
//!
//! Groups of a hundred: a network with three subnets, a security group, a vault, a storage account, and
//! 24 machines with interface, disk and address each. Position in a list, id and body follow from each
//! other by arithmetic, and the order of positions is that of the lower-cased ids, so that a page
//! costs what its text costs and keyset paging holds. Group `n` lies in subscription `n mod m`.

use std::fmt::Write;

use uuid::Uuid;

use super::settings::CONTOSO;

/// Resources of one group.
const GROUP: u64 = 100;
const MACHINES: u64 = 24;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Disk,
    Machine,
    Vault,
    Interface,
    Security,
    Address,
    Network,
    Account,
}

/// In the order of their lower-cased names.
pub(super) const KINDS: [Kind; 8] = [
    Kind::Disk,
    Kind::Machine,
    Kind::Vault,
    Kind::Interface,
    Kind::Security,
    Kind::Address,
    Kind::Network,
    Kind::Account,
];

impl Kind {
    pub(super) const fn type_name(self) -> &'static str {
        match self {
            Self::Disk => "Microsoft.Compute/disks",
            Self::Machine => "Microsoft.Compute/virtualMachines",
            Self::Vault => "Microsoft.KeyVault/vaults",
            Self::Interface => "Microsoft.Network/networkInterfaces",
            Self::Security => "Microsoft.Network/networkSecurityGroups",
            Self::Address => "Microsoft.Network/publicIPAddresses",
            Self::Network => "Microsoft.Network/virtualNetworks",
            Self::Account => "Microsoft.Storage/storageAccounts",
        }
    }

    pub(super) const fn version(self) -> &'static str {
        match self {
            Self::Disk => "2024-03-02",
            Self::Machine => "2024-07-01",
            Self::Vault => "2023-07-01",
            Self::Account => "2023-05-01",
            _ => "2024-05-01",
        }
    }

    /// How many a whole group has.
    const fn many(self) -> u64 {
        match self {
            Self::Disk | Self::Machine | Self::Interface | Self::Address => MACHINES,
            _ => 1,
        }
    }

    /// When it comes in a group's filling: the last group may be cut short.
    const fn within(self, at: u64) -> u64 {
        match self {
            Self::Network => 0,
            Self::Security => 1,
            Self::Vault => 2,
            Self::Account => 3,
            Self::Interface => 4 + 4 * at,
            Self::Disk => 5 + 4 * at,
            Self::Machine => 6 + 4 * at,
            Self::Address => 7 + 4 * at,
        }
    }

    fn named(type_name: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.type_name().eq_ignore_ascii_case(type_name))
    }
}

/// One element: which kind, in which group, the how-many-eth there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    pub kind: Kind,
    pub group: u64,
    pub at: u64,
}

/// What a list is asked of: a subscription by its number, or one of its groups.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    pub subscription: u64,
    pub group: Option<u64>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Generated {
    resources: u64,
    subscriptions: Vec<String>,
    /// Also blob services and containers below each account, which no parent's body shows.
    pub children: bool,
}

impl Generated {
    pub(super) fn new(resources: u64, subscriptions: u32, children: bool) -> Self {
        let id = |at: u32| Uuid::from_u128(0x6e6e_0000_0000_4000_8000_0000_0000_0000 + u128::from(at)).to_string();
        Self { resources, subscriptions: (0..subscriptions.max(1)).map(id).collect(), children }
    }

    pub(super) fn subscriptions(&self) -> &[String] {
        &self.subscriptions
    }

    fn many_subscriptions(&self) -> u64 {
        self.subscriptions.len() as u64
    }

    fn groups(&self) -> u64 {
        self.resources.div_ceil(GROUP)
    }

    /// How many resources a group has.
    fn size(&self, group: u64) -> u64 {
        self.resources.saturating_sub(group * GROUP).min(GROUP)
    }

    /// Groups of a subscription.
    pub(super) fn groups_of(&self, subscription: u64) -> u64 {
        let (groups, step) = (self.groups(), self.many_subscriptions());
        (groups / step) + u64::from(groups % step > subscription)
    }

    /// The scope of a lower-cased prefix `/subscriptions/{s}/` or `…/resourcegroups/{g}/`.
    pub(super) fn scope(&self, prefix: &str) -> Option<Scope> {
        let mut parts = prefix.trim_matches('/').split('/');
        let id = parts.next().filter(|word| *word == "subscriptions").and_then(|_| parts.next())?;
        let subscription = self.subscriptions.iter().position(|known| known == id)? as u64;
        match (parts.next(), parts.next(), parts.next()) {
            (None, ..) | (Some("resourcegroups"), None, _) => Some(Scope { subscription, group: None }),
            (Some("resourcegroups"), Some(name), None) => {
                let group = self.group_named(subscription, name)?;
                Some(Scope { subscription, group: Some(group) })
            }
            _ => None,
        }
    }

    fn group_named(&self, subscription: u64, name: &str) -> Option<u64> {
        let group: u64 = name.strip_prefix("rg-")?.parse().ok()?;
        let right = group < self.groups() && group % self.many_subscriptions() == subscription;
        (right && name.len() == 3 + 5.max(name.len() - 3)).then_some(group)
    }

    /// How many of a kind a scope has.
    pub(super) fn count(&self, scope: Scope, kind: Kind) -> u64 {
        let of = |group: u64| {
            let size = self.size(group);
            if size == GROUP {
                kind.many()
            } else {
                (0..kind.many()).filter(|at| kind.within(*at) < size).count() as u64
            }
        };
        match scope.group {
            Some(group) => of(group),
            None => match self.groups_of(scope.subscription) {
                0 => 0,
                many => (many - 1) * kind.many() + of(self.group_at(scope.subscription, many - 1)),
            },
        }
    }

    fn group_at(&self, subscription: u64, position: u64) -> u64 {
        position * self.many_subscriptions() + subscription
    }

    /// The element of a kind at a position of its list.
    pub(super) fn at(&self, scope: Scope, kind: Kind, position: u64) -> Element {
        let many = kind.many();
        let whole = |position: u64| self.group_at(scope.subscription, position / many);
        let group = scope.group.unwrap_or_else(|| whole(position));
        Element { kind, group, at: if scope.group.is_some() { position } else { position % many } }
    }

    /// How many top-level resources a scope has.
    pub(super) fn rows(&self, scope: Scope) -> u64 {
        KINDS.into_iter().map(|kind| self.count(scope, kind)).sum()
    }

    /// The element at a position of the inventory, which is ordered by id.
    pub(super) fn row(&self, scope: Scope, position: u64) -> Element {
        let group = scope.group.unwrap_or_else(|| self.group_at(scope.subscription, position / GROUP));
        let within = if scope.group.is_some() { position } else { position % GROUP };
        let mut left = within;
        let here = Scope { subscription: scope.subscription, group: Some(group) };
        for kind in KINDS {
            let many = self.count(here, kind);
            if left < many {
                return Element { kind, group, at: left };
            }
            left -= many;
        }
        Element { kind: Kind::Account, group, at: 0 }
    }

    pub(super) fn group_scope(&self, group: u64) -> String {
        let subscription = &self.subscriptions[(group % self.many_subscriptions()) as usize];
        format!("/subscriptions/{subscription}/resourceGroups/rg-{group:05}")
    }

    /// The group at a position of a subscription's list.
    pub(super) fn group(&self, subscription: u64, position: u64) -> u64 {
        self.group_at(subscription, position)
    }

    pub(super) fn group_body(&self, group: u64) -> String {
        let id = self.group_scope(group);
        format!(
            "{{\"id\":\"{id}\",\"name\":\"rg-{group:05}\",\"type\":\"Microsoft.Resources/resourceGroups\",\"location\":\"eastus\",\"properties\":{{\"provisioningState\":\"Succeeded\"}}}}"
        )
    }

    fn name(element: Element) -> String {
        let (at, overall) = (element.at, Self::overall(element));
        match element.kind {
            Kind::Disk => format!("disk-{at:02}"),
            Kind::Machine => format!("vm-{at:02}"),
            Kind::Vault => format!("kv{overall}"),
            Kind::Interface => format!("nic-{at:02}"),
            Kind::Security => "nsg".to_owned(),
            Kind::Address => format!("pip-{at:02}"),
            Kind::Network => "vnet".to_owned(),
            Kind::Account => format!("st{overall}"),
        }
    }

    fn overall(element: Element) -> u64 {
        element.group * GROUP + element.kind.within(element.at)
    }

    pub(super) fn id(&self, element: Element) -> String {
        format!("{}/providers/{}/{}", self.group_scope(element.group), element.kind.type_name(), Self::name(element))
    }

    /// The body of whatever bears a key, if it is one of these: a group, a resource, a child.
    pub(super) fn get(&self, key: &str) -> Option<(String, String)> {
        let parts: Vec<&str> = key.trim_matches('/').split('/').collect();
        let ["subscriptions", subscription, "resourcegroups", group, rest @ ..] = parts.as_slice() else { return None };
        let subscription = self.subscriptions.iter().position(|known| known == subscription)? as u64;
        let group = self.group_named(subscription, group)?;
        match rest {
            [] => Some((self.group_scope(group), self.group_body(group))),
            ["providers", namespace, kind, name, below @ ..] => {
                let kind = Kind::named(&format!("{namespace}/{kind}"))?;
                let here = Scope { subscription, group: Some(group) };
                let at =
                    name.rsplit('-').next().and_then(|at| at.parse().ok()).filter(|_| kind.many() > 1).unwrap_or(0);
                let element = Element { kind, group, at };
                if at >= self.count(here, kind) || Self::name(element) != **name {
                    return None;
                }
                if below.is_empty() {
                    let mut text = String::with_capacity(1_200);
                    self.body(element, &mut text);
                    return Some((self.id(element), text));
                }
                let id = self.children_of(element).into_iter().find(|(id, _)| crate::arm::key(id) == key)?;
                Some(id)
            }
            _ => None,
        }
    }

    /// Everything that bears a key or lies below it, with bodies: of a subscription, a group, a resource.
    pub(super) fn below(&self, key: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let prefix = format!("{key}/");
        match self.scope(&prefix) {
            Some(Scope { subscription, group: None }) => {
                for position in 0..self.groups_of(subscription) {
                    self.whole_group(self.group_at(subscription, position), &mut found);
                }
            }
            Some(Scope { group: Some(group), .. }) => self.whole_group(group, &mut found),
            None => {
                let Some(itself) = self.get(key) else { return found };
                found.push(itself);
                let parts: Vec<&str> = key.split('/').collect();
                if let (Some(kind), Some(group)) = (
                    parts.get(6..8).and_then(|kind| Kind::named(&kind.join("/"))),
                    parts.get(4).and_then(|name| name.strip_prefix("rg-")?.parse().ok()),
                ) {
                    // Only networks and accounts have children, and a group has one of each.
                    let children = self.children_of(Element { kind, group, at: 0 });
                    found.extend(children.into_iter().filter(|(id, _)| crate::arm::key(id).starts_with(&prefix)));
                }
            }
        }
        found
    }

    fn whole_group(&self, group: u64, found: &mut Vec<(String, String)>) {
        found.push((self.group_scope(group), self.group_body(group)));
        let scope = Scope { subscription: group % self.many_subscriptions(), group: Some(group) };
        for position in 0..self.rows(scope) {
            let element = self.row(scope, position);
            let mut text = String::new();
            self.body(element, &mut text);
            found.push((self.id(element), text));
            found.extend(self.children_of(element));
        }
    }

    /// Children with ids of their own, of all depths.
    pub(super) fn children_of(&self, element: Element) -> Vec<(String, String)> {
        match element.kind {
            Kind::Network => (0..3)
                .map(|subnet| {
                    let mut text = String::new();
                    self.subnet(element, subnet, &mut text);
                    (format!("{}/subnets/snet-{subnet}", self.id(element)), text)
                })
                .collect(),
            Kind::Account if self.children => {
                let service = format!("{}/blobServices/default", self.id(element));
                let container = format!("{service}/containers/data");
                let body = |id: &str, name: &str, kind: &str, properties: &str| {
                    format!(
                        "{{\"id\":\"{id}\",\"name\":\"{name}\",\"type\":\"Microsoft.Storage/storageAccounts/{kind}\",\"properties\":{properties}}}"
                    )
                };
                let first = body(&service, "default", "blobServices", "{\"isVersioningEnabled\":false}");
                let second = body(&container, "data", "blobServices/containers", "{\"publicAccess\":\"None\"}");
                vec![(service, first), (container, second)]
            }
            _ => Vec::new(),
        }
    }

    fn subnet(&self, element: Element, subnet: u64, out: &mut String) {
        let scope = self.group_scope(element.group);
        let _ = write!(
            out,
            "{{\"id\":\"{scope}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/snet-{subnet}\",\"name\":\"snet-{subnet}\",\"type\":\"Microsoft.Network/virtualNetworks/subnets\",\"properties\":{{\"addressPrefix\":\"10.{}.{subnet}.0/24\",\"networkSecurityGroup\":{{\"id\":\"{scope}/providers/Microsoft.Network/networkSecurityGroups/nsg\"}},\"provisioningState\":\"Succeeded\"}}}}",
            element.group % 250
        );
    }

    /// What every body begins with; `rows` of the inventory are this and a little more.
    fn head(&self, element: Element, out: &mut String) {
        let overall = Self::overall(element);
        let tier = match element.kind {
            Kind::Account => ",\"kind\":\"StorageV2\",\"sku\":{\"name\":\"Standard_LRS\",\"tier\":\"Standard\"}",
            Kind::Address => ",\"sku\":{\"name\":\"Standard\",\"tier\":\"Regional\"}",
            _ => "",
        };
        let _ = write!(
            out,
            "{{\"id\":\"{}\",\"name\":\"{}\",\"type\":\"{}\",\"location\":\"eastus\",\"tags\":{{\"env\":\"{}\",\"cost-center\":\"cc-{}\"}}{tier}",
            self.id(element),
            Self::name(element),
            element.kind.type_name(),
            if overall.is_multiple_of(3) { "prod" } else { "test" },
            overall % 17,
        );
    }

    pub(super) fn inventory_row(&self, element: Element, out: &mut String) {
        self.head(element, out);
        out.push_str(",\"provisioningState\":\"Succeeded\",\"createdTime\":\"2024-01-02T03:04:05.0000000Z\",\"changedTime\":\"2024-02-03T04:05:06.0000000Z\"}");
    }

    pub(super) fn body(&self, element: Element, out: &mut String) {
        self.head(element, out);
        let scope = self.group_scope(element.group);
        let network = format!("{scope}/providers/Microsoft.Network");
        let compute = format!("{scope}/providers/Microsoft.Compute");
        let (at, overall, group) = (element.at, Self::overall(element), element.group);
        out.push_str(",\"properties\":{");
        let _ = match element.kind {
            Kind::Network => {
                let _ = write!(
                    out,
                    "\"addressSpace\":{{\"addressPrefixes\":[\"10.{}.0.0/16\"]}},\"subnets\":[",
                    group % 250
                );
                for subnet in 0..3 {
                    if subnet > 0 {
                        out.push(',');
                    }
                    self.subnet(element, subnet, out);
                }
                write!(out, "],\"provisioningState\":\"Succeeded\",\"enableDdosProtection\":false")
            }
            Kind::Security => write!(out, "\"securityRules\":[],\"provisioningState\":\"Succeeded\""),
            Kind::Vault => write!(
                out,
                "\"tenantId\":\"{CONTOSO}\",\"sku\":{{\"family\":\"A\",\"name\":\"standard\"}},\"accessPolicies\":[],\"enableRbacAuthorization\":true,\"vaultUri\":\"https://kv{overall}.vault.azure.net/\",\"provisioningState\":\"Succeeded\""
            ),
            Kind::Account => write!(
                out,
                "\"supportsHttpsTrafficOnly\":true,\"accessTier\":\"Hot\",\"provisioningState\":\"Succeeded\",\"networkAcls\":{{\"bypass\":\"AzureServices\",\"virtualNetworkRules\":[{{\"id\":\"{network}/virtualNetworks/vnet/subnets/snet-0\",\"action\":\"Allow\"}}],\"ipRules\":[],\"defaultAction\":\"Deny\"}}"
            ),
            Kind::Interface => write!(
                out,
                "\"ipConfigurations\":[{{\"name\":\"ipconfig1\",\"id\":\"{network}/networkInterfaces/nic-{at:02}/ipConfigurations/ipconfig1\",\"properties\":{{\"privateIPAddress\":\"10.0.{}.{}\",\"privateIPAllocationMethod\":\"Dynamic\",\"publicIPAddress\":{{\"id\":\"{network}/publicIPAddresses/pip-{at:02}\"}},\"subnet\":{{\"id\":\"{network}/virtualNetworks/vnet/subnets/snet-{}\"}},\"primary\":true}}}}],\"enableIPForwarding\":false,\"virtualMachine\":{{\"id\":\"{compute}/virtualMachines/vm-{at:02}\"}},\"provisioningState\":\"Succeeded\"",
                at % 3,
                at + 4,
                at % 3,
            ),
            Kind::Disk => write!(
                out,
                "\"diskSizeGB\":128,\"creationData\":{{\"createOption\":\"Empty\"}},\"diskState\":\"Attached\",\"provisioningState\":\"Succeeded\",\"uniqueId\":\"{}\"",
                Uuid::from_u128(u128::from(overall))
            ),
            Kind::Machine => write!(
                out,
                "\"hardwareProfile\":{{\"vmSize\":\"Standard_D2s_v5\"}},\"provisioningState\":\"Succeeded\",\"storageProfile\":{{\"imageReference\":{{\"publisher\":\"Canonical\",\"offer\":\"ubuntu-24_04-lts\",\"sku\":\"server\",\"version\":\"latest\"}},\"osDisk\":{{\"osType\":\"Linux\",\"createOption\":\"FromImage\",\"managedDisk\":{{\"storageAccountType\":\"Premium_LRS\"}}}},\"dataDisks\":[{{\"lun\":0,\"createOption\":\"Attach\",\"managedDisk\":{{\"id\":\"{compute}/disks/disk-{at:02}\"}}}}]}},\"osProfile\":{{\"computerName\":\"vm-{at:02}\",\"adminUsername\":\"azureuser\",\"linuxConfiguration\":{{\"disablePasswordAuthentication\":true}}}},\"networkProfile\":{{\"networkInterfaces\":[{{\"id\":\"{network}/networkInterfaces/nic-{at:02}\",\"properties\":{{\"primary\":true}}}}]}},\"vmId\":\"{}\"",
                Uuid::from_u128(u128::from(overall))
            ),
            Kind::Address => write!(
                out,
                "\"publicIPAllocationMethod\":\"Static\",\"publicIPAddressVersion\":\"IPv4\",\"provisioningState\":\"Succeeded\",\"ipConfiguration\":{{\"id\":\"{network}/networkInterfaces/nic-{at:02}/ipConfigurations/ipconfig1\"}}"
            ),
        };
        out.push_str("}}");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn positions_ids_and_keys_follow_from_each_other_in_the_order_of_ids() {
        let made = Generated::new(1_037, 3, true);
        let mut all = 0;
        for subscription in 0..3 {
            let scope = Scope { subscription, group: None };
            let ids: Vec<String> =
                (0..made.rows(scope)).map(|at| made.id(made.row(scope, at)).to_lowercase()).collect();
            assert!(ids.is_sorted());
            all += ids.len();
            let mut listed = BTreeSet::new();
            for kind in KINDS {
                for at in 0..made.count(scope, kind) {
                    let element = made.at(scope, kind, at);
                    let mut text = String::new();
                    made.body(element, &mut text);
                    let body: Value = serde_json::from_str(&text).expect("JSON");
                    assert_eq!(made.get(&crate::arm::key(&made.id(element))), Some((made.id(element), text)));
                    assert_eq!(body["id"], made.id(element).as_str());
                    listed.insert(made.id(element).to_lowercase());
                }
            }
            assert_eq!(listed.into_iter().collect::<Vec<_>>(), ids);
        }
        assert_eq!(all, 1_037);
    }
}
