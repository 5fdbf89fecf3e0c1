//! Images of machines by what people call them, as the marketplace names them.

use serde_json::{Value, json};

/// Words of a name, and publisher, offer, sku.
const IMAGES: [(&[&str], [&str; 3]); 9] = [
    (&["ubuntu", "22.04"], ["Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2"]),
    (&["ubuntu", "20.04"], ["Canonical", "0001-com-ubuntu-server-focal", "20_04-lts-gen2"]),
    (&["ubuntu"], ["Canonical", "ubuntu-24_04-lts", "server"]),
    (&["windows", "2019"], ["MicrosoftWindowsServer", "WindowsServer", "2019-datacenter-gensecond"]),
    (&["windows", "2025"], ["MicrosoftWindowsServer", "WindowsServer", "2025-datacenter-g2"]),
    (&["windows"], ["MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-g2"]),
    (&["debian", "11"], ["Debian", "debian-11", "11-gen2"]),
    (&["debian"], ["Debian", "debian-12", "12-gen2"]),
    (&["linux"], ["Canonical", "ubuntu-24_04-lts", "server"]),
];

/// The image that a text means: `publisher:offer:sku:version`, or what people call one.
pub(super) fn of(text: &str) -> Option<Value> {
    let parts: Vec<&str> = text.split(':').map(str::trim).collect();
    if let [publisher, offer, sku, version] = parts.as_slice() {
        return Some(json!({"publisher": publisher, "offer": offer, "sku": sku, "version": version}));
    }
    if text.contains('/') {
        return None;
    }
    let lower = text.to_lowercase();
    let (_, [publisher, offer, sku]) =
        IMAGES.iter().find(|(words, _)| words.iter().all(|word| lower.contains(word)))?;
    Some(json!({"publisher": publisher, "offer": offer, "sku": sku, "version": "latest"}))
}
