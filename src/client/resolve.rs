//! Finds the job whose id begins with what was typed.

use uuid::Uuid;

use super::{Api, ClientError, JobsQuery};

/// Shorter prefixes say too little to be meant.
const SHORTEST: usize = 4;
/// Pages of 200 jobs that are looked through, newest first.
const PAGES: usize = 50;

/// The job that `text` means: a whole id, or the beginning of exactly one job's.
pub(super) async fn resolve(api: &Api, text: &str) -> Result<Uuid, ClientError> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let prefix = Prefix::parse(text)?;
    let mut query = JobsQuery { limit: 200, ..JobsQuery::default() };
    let mut found = Vec::new();
    for _ in 0..PAGES {
        let page = api.jobs(&query).await?;
        found.extend(page.jobs.iter().map(|job| job.job_id).filter(|id| prefix.matches(*id)));
        query.cursor = page.next_cursor;
        if found.len() > 1 || query.cursor.is_none() {
            break;
        }
    }
    prefix.only(found)
}

/// Hexadecimal digits that an id begins with, whatever the hyphens.
#[derive(Debug)]
struct Prefix<'t> {
    written: &'t str,
    digits: String,
}

impl<'t> Prefix<'t> {
    fn parse(written: &'t str) -> Result<Self, ClientError> {
        let digits: String = written.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
        if !(SHORTEST..=32).contains(&digits.len()) || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(ClientError::NoJobId(written.to_owned()));
        }
        Ok(Self { written, digits })
    }

    fn matches(&self, id: Uuid) -> bool {
        id.simple().to_string().starts_with(&self.digits)
    }

    fn only(&self, found: Vec<Uuid>) -> Result<Uuid, ClientError> {
        match found.as_slice() {
            [] => Err(ClientError::NoSuchJob(self.written.to_owned())),
            [id] => Ok(*id),
            _ => Err(ClientError::Ambiguous {
                prefix: self.written.to_owned(),
                candidates: found.into_iter().take(5).collect(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str) -> Result<Uuid, ClientError> {
        let ids = ["0192aaaa-bbbb-7000-8000-000000000001", "0192aaaa-cccc-7000-8000-000000000002"];
        let prefix = Prefix::parse(text)?;
        let matching = |id: &Uuid| prefix.matches(*id);
        prefix.only(ids.iter().map(|id| id.parse().expect("an id")).filter(matching).collect())
    }

    #[test]
    fn a_prefix_must_mean_exactly_one_job() {
        assert!(chosen("0192aaaa-b").is_ok());
        assert!(chosen("0192AAAAC").is_ok());
        assert!(matches!(chosen("0192aaaa"), Err(ClientError::Ambiguous { .. })));
        assert!(matches!(chosen("0193"), Err(ClientError::NoSuchJob(_))));
        for wrong in ["", "019", "xyzw", "0192/../"] {
            assert!(matches!(chosen(wrong), Err(ClientError::NoJobId(_))), "{wrong}");
        }
    }
}
