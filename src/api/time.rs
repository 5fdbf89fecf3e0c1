//! Times on the wire: RFC 3339, UTC, milliseconds.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A moment; `2026-11-23T20:12:43.001Z` on the wire, Unix milliseconds elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// From Unix milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Unix milliseconds.
    pub(crate) const fn millis(self) -> i64 {
        self.0
    }

    /// The clock's now. Rules take times as parameters; this is for the edges.
    pub fn now() -> Self {
        #[cfg(test)]
        let shift = shift::get();
        #[cfg(not(test))]
        let shift = 0;
        Self(jiff::Timestamp::now().as_millisecond() + shift)
    }
}

/// A clock that tests set, on their thread.
#[cfg(test)]
pub(crate) mod shift {
    use std::cell::Cell;

    thread_local! {
        static MILLIS: Cell<i64> = const { Cell::new(0) };
    }

    pub fn get() -> i64 {
        MILLIS.get()
    }

    pub fn set(millis: i64) {
        MILLIS.set(millis);
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        write!(f, "{moment:.3}")
    }
}

impl std::str::FromStr for Time {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.parse::<jiff::Timestamp>()?.as_millisecond()))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl utoipa::PartialSchema for Time {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}

impl utoipa::ToSchema for Time {}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn times_have_milliseconds_and_come_back() {
        let time = Time::from_millis(1_700_000_000_000);
        assert_eq!(time.to_string(), "2023-11-14T22:13:20.000Z");
        assert_eq!(time.to_string().parse::<Time>().expect("a time"), time);
    }
}
