//! Checks the jobs' tables: decodes every record, recounts the indexes, and exports what can be read. Repairs nothing.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    record::{
        ARTIFACTS, BY_KEY, BY_STATUS, BY_TENANT, BY_TYPE, COUNTS, EVENTS, IDEMPOTENCY, JOBS, JOURNAL, LANES, PURGED,
        QUEUE, RESULTS, TEXTS, status_byte, type_byte,
    },
    row::JobRow,
    texts,
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
    let mut findings = Vec::new();
    let (mut jobs, mut recount) = (0, HashMap::new());
    read.scan(&JOBS, &Span::all(), Order::Rising, |_, row| {
        jobs += 1;
        let cell = (type_byte(row.job_type.into()), status_byte(row.state.status()));
        *recount.entry(cell).or_default() += 1;
        check_job(read, &row, &mut findings)?;
        Ok::<_, StoreError>(true)
    })?;
    check_indexes(read, jobs, &recount, &mut findings)?;
    let mut owner = None;
    read.scan(&EVENTS, &Span::all(), Order::Rising, |(id, seq), _| {
        if owner != Some(id) {
            owner = Some(id);
            let left = read.get(&PURGED, &id)?.map_or(0, |left| left.0);
            if read.get(&JOBS, &id)?.is_none() && left < seq {
                findings.push(format!("events of {} are left, which is no job", uuid::Uuid::from_u128(id)));
            }
        }
        Ok::<_, StoreError>(true)
    })?;
    let counted = vec![
        ("jobs", jobs),
        ("events", read.check(&EVENTS)?),
        ("results", read.check(&RESULTS)?),
        ("artifacts", read.check(&ARTIFACTS)?),
        ("journal notes", read.check(&JOURNAL)?),
        ("specifications", texts_of_jobs(read, &mut findings)?),
        ("idempotency keys", read.check(&IDEMPOTENCY)?),
    ];
    Ok(Checked { counted, findings })
}

/// Texts of specifications; each is of a job.
fn texts_of_jobs(read: &Read, findings: &mut Vec<String>) -> Result<u64, StoreError> {
    let mut count = 0;
    read.scan(&TEXTS, &Span::all(), Order::Rising, |id, _| {
        count += 1;
        if read.get(&JOBS, &id)?.is_none() {
            findings.push(format!("the specification of {} is left, which is no job", uuid::Uuid::from_u128(id)));
        }
        Ok::<_, StoreError>(true)
    })?;
    Ok(count)
}

/// One job against its rows in the indexes, the queue and the event log.
fn check_job(read: &Read, row: &JobRow, findings: &mut Vec<String>) -> Result<(), StoreError> {
    let (id, name, status) = (row.id, row.uuid(), row.state.status());
    let is_indexed = read.get(&BY_STATUS, &(status_byte(status), id))?.is_some()
        && read.get(&BY_TYPE, &(type_byte(row.job_type.into()), id))?.is_some()
        && read.get(&BY_TENANT, &(row.tenant, id))?.is_some()
        && read.get(&BY_KEY, &(row.key_id.clone(), id))?.is_some();
    if !is_indexed {
        findings.push(format!("job {name} is missing from an index"));
    }
    let queued = read.get(&QUEUE, &row.queue_key())?;
    if let Some(queued) = &queued
        && read.get(&LANES, &queued.lane_key(row.queue_key().0, id))?.map(|due| due.0) != Some(queued.not_before)
    {
        findings.push(format!("job {name} waits, but not in its lane"));
    }
    if queued.is_some() != (status == JobStatus::Pending) {
        findings.push(format!("job {name} is {} but the queue says otherwise", status.word()));
    }
    let (mut next, mut completes) = (1, 0);
    read.scan(&EVENTS, &Span::prefix(&id), Order::Rising, |(_, seq), event| {
        if seq != next {
            findings.push(format!("job {name} lacks event {next}"));
        }
        next = seq + 1;
        completes += u32::from(event.kind.starts_with("{\"type\":\"complete\""));
        Ok::<_, StoreError>(true)
    })?;
    if next != row.last_seq + 1 || completes != u32::from(status.is_terminal()) {
        findings.push(format!("job {name} has {} events and {completes} ends", next - 1));
    }
    Ok(())
}

/// Lengths of the indexes and of the queue's lanes, and the counts, against the jobs.
fn check_indexes(
    read: &Read,
    jobs: u64,
    recount: &HashMap<(u8, u8), u64>,
    findings: &mut Vec<String>,
) -> Result<(), StoreError> {
    for (table, rows) in [
        ("status", read.len(&BY_STATUS)?),
        ("type", read.len(&BY_TYPE)?),
        ("tenant", read.len(&BY_TENANT)?),
        ("key", read.len(&BY_KEY)?),
    ] {
        if rows != jobs {
            findings.push(format!("the index by {table} has {rows} rows for {jobs} jobs"));
        }
    }
    let (queued, in_lanes) = (read.len(&QUEUE)?, read.len(&LANES)?);
    if queued != in_lanes {
        findings.push(format!("{in_lanes} jobs are in the lanes of a queue of {queued}"));
    }
    read.scan(&COUNTS, &Span::all(), Order::Rising, |key, count| {
        if recount.get(&key).copied().unwrap_or(0) != count.0 {
            findings.push(format!("the count of {key:?} is {}", count.0));
        }
        Ok::<_, StoreError>(true)
    })
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
            "parameters": texts::whole(read, &row).map_or_else(
                |_| serde_json::from_str(&row.operation).unwrap_or_default(),
                |operation| json!(operation),
            ),
            "result": result.and_then(|text| serde_json::from_str::<Value>(&text.0).ok()),
            "events": events,
        }))
    })?;
    Ok(lost + within)
}
