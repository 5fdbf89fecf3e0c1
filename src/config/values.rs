//! Values that are more than a string or a number: spans of time, sizes, addresses, endpoints.

use std::{fmt, net::SocketAddr, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::Url;

/// A span of time: `"90s"`, `"30m"`, `"12h"`, `"30d"`, `"2w"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span(Duration);

const SECOND_UNITS: [(&str, u64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl Span {
    pub(crate) const fn from_seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    pub(crate) const fn from_days(days: u64) -> Self {
        Self::from_seconds(days * 86_400)
    }

    pub(crate) const fn duration(self) -> Duration {
        self.0
    }

    /// Whole milliseconds, as timestamps are kept.
    pub(crate) fn millis(self) -> i64 {
        i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no span of time: expected a number with s, m, h, d or w, such as \"30d\"");
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, unit) = text.split_at(digits);
        let (_, seconds) = SECOND_UNITS.iter().find(|(word, _)| *word == unit).ok_or_else(wrong)?;
        let count: u64 = count.parse().map_err(|_| wrong())?;
        // A century: what is beyond it is a slip of the finger, and would overflow dates.
        let total = count.checked_mul(*seconds).filter(|total| *total <= 100 * 366 * 86_400).ok_or_else(wrong)?;
        Ok(Self::from_seconds(total))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let fits = |(word, unit): &&(&str, u64)| *word != "w" && seconds != 0 && seconds.is_multiple_of(*unit);
        let (word, unit) = SECOND_UNITS.iter().find(fits).unwrap_or(&SECOND_UNITS[4]);
        write!(f, "{}{word}", seconds / unit)
    }
}

/// Bytes: a number, or a text such as `"10GiB"` or `"500MB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size(u64);

const SIZE_UNITS: [(&str, u64); 9] = [
    ("", 1),
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

impl Size {
    pub(crate) const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no size: expected bytes, or a number with KiB, MiB, GiB, TiB, KB, MB or GB");
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, unit) = text.split_at(digits);
        let unit = unit.trim_start();
        let (_, factor) = SIZE_UNITS.iter().find(|(word, _)| word.eq_ignore_ascii_case(unit)).ok_or_else(wrong)?;
        let count: u64 = count.parse().map_err(|_| wrong())?;
        // TOML's integers are signed: what `config show` prints must be readable again.
        let bytes = count.checked_mul(*factor).filter(|bytes| i64::try_from(*bytes).is_ok()).ok_or_else(wrong)?;
        Ok(Self(bytes))
    }
}

/// The address to listen on. `localhost` is read as `127.0.0.1`; other names are not looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listen(pub SocketAddr);

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let spelled = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
        spelled.as_deref().unwrap_or(text).parse().map(Self).map_err(|_| {
            format!(
                "{text:?} is no address to listen on: expected IP:PORT such as \"127.0.0.1:8420\" or \"[::1]:8420\""
            )
        })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A base URL of a service: https, or http where the host is a loopback address. No user, no query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint(Url);

impl Endpoint {
    /// Without a slash at the end, so that paths can be appended.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url: Url = text.parse().map_err(|error| format!("{text:?} is no URL ({error}): expected https://HOST"))?;
        let loopback = match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(format!("{text:?}: http is for loopback addresses only; use https")),
            other => return Err(format!("{text:?}: scheme {other:?} is not supported; use https")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a URL may not carry a user or a password".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("{text:?}: a base URL has no query and no fragment"));
        }
        Ok(Self(url))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The types above are texts in TOML.
macro_rules! as_text {
    ($($name:ident)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

as_text!(Span Listen Endpoint);

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl de::Visitor<'_> for Bytes {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size: bytes, or a text such as \"10GiB\"")
            }

            fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<Size, E> {
                u64::try_from(bytes).map(Size).map_err(|_| E::invalid_value(de::Unexpected::Signed(bytes), &self))
            }

            fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<Size, E> {
                Ok(Size(bytes))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_printed_the_same() {
        for text in ["30d", "12h", "90s", "5m", "0s"] {
            assert_eq!(text.parse::<Span>().map(|span| span.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("2w".parse::<Span>(), Ok(Span::from_days(14)));
        for wrong in ["", "d", "30", "-1d", "1.5h", "30 d", "1y", "99999999999999999999d", "40000d"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_take_binary_and_decimal_units() {
        assert_eq!("10GiB".parse::<Size>(), Ok(Size::from_bytes(10 << 30)));
        assert_eq!("5 mb".parse::<Size>(), Ok(Size::from_bytes(5_000_000)));
        assert!("10XB".parse::<Size>().is_err());
        assert!("99999999999GiB".parse::<Size>().is_err());
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for good in ["https://login.example", "http://127.0.0.1:8421", "http://[::1]:1", "http://localhost:1/"] {
            assert!(good.parse::<Endpoint>().is_ok(), "{good}");
        }
        for wrong in ["http://example.com", "ftp://127.0.0.1", "https://u:p@h", "https://h/?q", "h", "http://127.evil"]
        {
            assert!(wrong.parse::<Endpoint>().is_err(), "{wrong}");
        }
    }
}
