//! Looking at all of it: every record decoded, the indexes recounted, and what can be read written out.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::record::{
    ARTIFACTS, BY_KEY, BY_STATUS, BY_TENANT, BY_TYPE, COUNTS, EVENTS, IDEMPOTENCY, JOBS, JOURNAL, LANES, PURGED, QUEUE,
    RESULTS, status_byte, type_byte,
};
use crate::{
    api::{JobStatus, StoreReport, Time},
    store::{Order, Read, Span, StoreError},
};

/// What a check of the jobs' tables saw.
#[derive(Debug, Default)]
pub struct Checked {
    pub counted: Vec<(&'static str, u64)>,
    pub findings: Vec<String>,
}

impl Checked {
    /// Takes its counts and findings down in a report.
    pub fn tell(self, report: &mut StoreReport) {
        for (what, count) in self.counted {
            report.note(what, Ok(count));
        }
        for finding in self.findings {
            report.note("jobs", Err(finding));
        }
    }
}

/// Decodes every record and recounts the indexes against the jobs.
pub fn check_records(read: &Read) -> Result<Checked, StoreError> {
    let mut checked = Checked::default();
    let mut finding = |text: String| checked.findings.push(text);
    let mut jobs = 0;
    let mut recount: HashMap<(u8, u8), u64> = HashMap::new();
    read.scan(&JOBS, &Span::all(), Order::Rising, |id, row| {
        jobs += 1;
        let status = row.state.status();
        let job_type = type_byte(row.job_type.into());
        *recount.entry((job_type, status_byte(status))).or_default() += 1;
        let indexed = read.get(&BY_STATUS, &(status_byte(status), id))?.is_some()
            && read.get(&BY_TYPE, &(job_type, id))?.is_some()
            && read.get(&BY_TENANT, &(row.tenant, id))?.is_some()
            && read.get(&BY_KEY, &(row.key_id.clone(), id))?.is_some();
        let name = row.uuid();
        if !indexed {
            finding(format!("job {name} is missing from an index"));
        }
        let queued = read.get(&QUEUE, &row.queue_key())?;
        if let Some(queued) = &queued
            && read.get(&LANES, &queued.lane_key(row.queue_key().0, id))?.map(|due| due.0) != Some(queued.not_before)
        {
            finding(format!("job {name} waits, but not in its lane"));
        }
        if queued.is_some() != (status == JobStatus::Pending) {
            finding(format!("job {name} is {} but the queue says otherwise", status.word()));
        }
        let mut next = 1;
        let mut completes = 0;
        read.scan(&EVENTS, &Span::prefix(&id), Order::Rising, |(_, seq), event| {
            if seq != next {
                finding(format!("job {name} lacks event {next}"));
            }
            next = seq + 1;
            completes += u32::from(event.kind.starts_with("{\"type\":\"complete\""));
            Ok::<_, StoreError>(true)
        })?;
        if next != row.last_seq + 1 || completes != u32::from(status.is_terminal()) {
            finding(format!("job {name} has {} events and {completes} ends", next - 1));
        }
        Ok::<_, StoreError>(true)
    })?;
    for (table, rows) in [
        ("status", read.len(&BY_STATUS)?),
        ("type", read.len(&BY_TYPE)?),
        ("tenant", read.len(&BY_TENANT)?),
        ("key", read.len(&BY_KEY)?),
    ] {
        if rows != jobs {
            finding(format!("the index by {table} has {rows} rows for {jobs} jobs"));
        }
    }
    let mut owner = None;
    read.scan(&EVENTS, &Span::all(), Order::Rising, |(id, seq), _| {
        if owner != Some(id) {
            owner = Some(id);
            let left = read.get(&PURGED, &id)?.map_or(0, |left| left.0);
            if read.get(&JOBS, &id)?.is_none() && left < seq {
                finding(format!("events of {} are left, which is no job", uuid::Uuid::from_u128(id)));
            }
        }
        Ok::<_, StoreError>(true)
    })?;
    let (queued, in_lanes) = (read.len(&QUEUE)?, read.len(&LANES)?);
    if queued != in_lanes {
        finding(format!("{in_lanes} jobs are in the lanes of a queue of {queued}"));
    }
    read.scan(&COUNTS, &Span::all(), Order::Rising, |key, count| {
        if recount.get(&key).copied().unwrap_or(0) != count.0 {
            finding(format!("the count of {key:?} is {}", count.0));
        }
        Ok::<_, StoreError>(true)
    })?;
    checked.counted = vec![
        ("jobs", jobs),
        ("events", read.check(&EVENTS)?),
        ("results", read.check(&RESULTS)?),
        ("artifacts", read.check(&ARTIFACTS)?),
        ("journal notes", read.check(&JOURNAL)?),
        ("idempotency keys", read.check(&IDEMPOTENCY)?),
    ];
    Ok(checked)
}

/// Every job with its parameters, result and events, one JSON object each; the answer is how many
/// records could not be read.
pub fn export<E: From<StoreError>>(read: &Read, mut line: impl FnMut(Value) -> Result<(), E>) -> Result<u64, E> {
    let mut lost = 0;
    let within = read.salvage(&JOBS, &Span::all(), |id, row| {
        let mut events: Vec<Value> = Vec::new();
        lost += read.salvage(&EVENTS, &Span::prefix(&id), |(_, seq), event| {
            let kind: Value = serde_json::from_str(&event.kind).unwrap_or_default();
            events.push(json!({"seq": seq, "at": Time::from_millis(event.at), "event": kind}));
            Ok::<_, E>(())
        })?;
        let result = read.get(&RESULTS, &id).ok().flatten();
        line(json!({
            "record": "job",
            "job": row.view(None),
            "parameters": serde_json::from_str::<Value>(&row.operation).unwrap_or_default(),
            "result": result.and_then(|text| serde_json::from_str::<Value>(&text.0).ok()),
            "events": events,
        }))
    })?;
    Ok(lost + within)
}
