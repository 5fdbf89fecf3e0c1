//! Addresses and prefixes: others of the same length, and what contains another does so again.
//!
//! A bit is turned or not by what is before it, so two addresses begin alike for as long as they did. What says which kind
//! of network it is (10/8, 172.16/12, 192.168/16 and so on) stays, and so does the last byte: hosts keep their places, and
//! prefixes that are longer than /24 stay within one another.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Beginnings that stay: address, its bits, and how many bits stay of what begins so.
const KINDS: [([u8; 4], u32, u32); 12] = [
    ([10, 0, 0, 0], 8, 8),
    ([172, 16, 0, 0], 12, 12),
    ([192, 168, 0, 0], 16, 16),
    ([100, 64, 0, 0], 10, 10),
    ([0, 0, 0, 0], 8, 32),
    ([127, 0, 0, 0], 8, 32),
    ([169, 254, 0, 0], 16, 32),
    ([168, 63, 129, 16], 32, 32),
    ([224, 0, 0, 0], 4, 32),
    ([240, 0, 0, 0], 4, 32),
    ([192, 0, 2, 0], 24, 32),
    ([0, 0, 0, 0], 0, 8),
];

/// Another address in the place of one. `is_turned`: whether the bit behind these bits is turned.
pub(super) fn other(address: IpAddr, is_turned: &impl Fn(&[u8]) -> bool) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from(v4(u32::from(address), is_turned))),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(v6(u128::from(address), is_turned))),
    }
}

fn v4(address: u32, is_turned: &impl Fn(&[u8]) -> bool) -> u32 {
    let begins =
        |begin: [u8; 4], bits: u32| bits == 0 || (address ^ u32::from(Ipv4Addr::from(begin))) >> (32 - bits) == 0;
    let kept = KINDS.iter().find(|(begin, bits, _)| begins(*begin, *bits)).map_or(8, |(.., kept)| *kept);
    let mut out = address;
    for at in kept..24 {
        // What is before the bit, and how much that is.
        let before = if at == 0 { 0 } else { address >> (32 - at) };
        if is_turned(format!("4/{at}/{before}").as_bytes()) {
            out ^= 1 << (31 - at);
        }
    }
    out
}

fn v6(address: u128, is_turned: &impl Fn(&[u8]) -> bool) -> u128 {
    // ::, ::1 and what begins with zeros mean something.
    if address >> 112 == 0 {
        return address;
    }
    let mut out = address;
    for at in 16..64_u32 {
        if is_turned(format!("6/{at}/{}", address >> (128 - at)).as_bytes()) {
            out ^= 1 << (127 - at);
        }
    }
    out
}

/// A prefix or an address as it is written, with others in its place; `None`: it is neither.
pub(super) fn written(text: &str, is_turned: &impl Fn(&[u8]) -> bool) -> Option<String> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let Some(length) = length else { return Some(other(address, is_turned).to_string()) };
    let bits: u32 = length.parse().ok()?;
    // Bits behind the prefix are nobody's.
    let made = match (address, other(address, is_turned)) {
        (IpAddr::V4(old), IpAddr::V4(new)) => {
            let mask = if bits == 0 { 0 } else { u32::MAX.checked_shl(32_u32.checked_sub(bits)?)? };
            IpAddr::V4(Ipv4Addr::from((u32::from(new) & mask) | (u32::from(old) & !mask)))
        }
        (IpAddr::V6(old), IpAddr::V6(new)) => {
            let mask = if bits == 0 { 0 } else { u128::MAX.checked_shl(128_u32.checked_sub(bits)?)? };
            IpAddr::V6(Ipv6Addr::from((u128::from(new) & mask) | (u128::from(old) & !mask)))
        }
        (old, _) => old,
    };
    Some(format!("{made}/{length}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn turned(bits: &[u8]) -> bool {
        blake3::hash(bits).as_bytes()[0] & 1 == 1
    }

    proptest! {
        #[test]
        fn what_contains_another_does_so_again(address in any::<u32>(), outer in 0..=32_u32, more in 0..=32_u32) {
            let inner = (outer + more).min(32);
            let masked = |bits: u32| if bits == 0 { 0 } else { address & (u32::MAX << (32 - bits)) };
            let of = |bits: u32| {
                let text = format!("{}/{bits}", Ipv4Addr::from(masked(bits)));
                let made = written(&text, &turned).expect("a prefix");
                let (made, length) = made.split_once('/').expect("a length");
                prop_assert_eq!(length.parse::<u32>().expect("a number"), bits);
                let made = u32::from(made.parse::<Ipv4Addr>().expect("an address"));
                prop_assert_eq!(if bits == 0 { 0 } else { made & (u32::MAX << (32 - bits)) }, made, "{} has bits behind it", text);
                Ok(made)
            };
            let (whole, part) = (of(outer)?, of(inner)?);
            if outer >= 8 {
                prop_assert_eq!(whole >> (32 - outer), part >> (32 - outer));
            }
        }
    }

    #[test]
    fn kinds_of_networks_stay_and_networks_do_not() {
        let of = |text: &str| written(text, &turned);
        for same in ["0.0.0.0/0", "10.0.0.0/8", "192.168.0.0/16", "127.0.0.1", "::/0", "::1", "168.63.129.16"] {
            assert_eq!(of(same).as_deref(), Some(same));
        }
        let network = of("10.20.30.0/24").expect("a prefix");
        assert!(network.starts_with("10.") && network.ends_with(".0/24") && network != "10.20.30.0/24", "{network}");
        assert_eq!(of("westeurope"), None);
    }
}
