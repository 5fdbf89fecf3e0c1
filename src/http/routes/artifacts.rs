//! A finished job's files: the zip (with ranges and ETag), the list, one file out of it. Streamed.

use std::io::{Read, SeekFrom};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::{jobs::not_finished, submit::own_job};
use crate::{
    api::{ArtifactEntry, ErrorCode, JobView},
    http::{App, caller::Caller, refusal::Refusal},
    jobs::{ArtifactsState, ArtifactsZip},
};

const CHUNK: usize = 64 << 10;
/// Chunks of an unpacked file that wait for a slow caller.
const WAITING: usize = 4;

/// The zip of everything that a completed job has made.
#[utoipa::path(get, path = "/jobs/{id}/artifacts", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The zip", content_type = "application/zip"),
        (status = 206, description = "A range of it", content_type = "application/zip")))]
pub(in crate::http) async fn zip(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (job, zip) = ready(&app, &caller, &id)?;
    send(&job, &zip, &headers).await
}

/// What is in the zip.
#[utoipa::path(get, path = "/jobs/{id}/artifacts/list", params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<ArtifactEntry>)))]
pub(in crate::http) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<ArtifactEntry>>, Refusal> {
    ready(&app, &caller, &id).map(|(_, zip)| Json(zip.entries))
}

/// One file of the zip, unpacked.
#[utoipa::path(get, path = "/jobs/{id}/artifacts/file/{*path}", params(("id" = Uuid, Path), ("path" = String, Path)),
    responses((status = 200, description = "The file", content_type = "application/octet-stream")))]
pub(in crate::http) async fn file(
    State(app): State<App>,
    caller: Caller,
    Path((id, path)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let (_, zip) = ready(&app, &caller, &id)?;
    let Some(entry) = zip.entries.iter().find(|entry| entry.path == path) else {
        let message = format!("there is no {path:?} in the artifacts; …/artifacts/list names them");
        return Err(Refusal::new(ErrorCode::NotFound, message));
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type(&path))),
        (header::CONTENT_LENGTH, HeaderValue::from(entry.size)),
        (header::ETAG, etag(&entry.sha256)?),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    let (sender, receiver) = tokio::sync::mpsc::channel::<std::io::Result<Bytes>>(WAITING);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = unpack(&zip, &path, &sender) {
            let _ = sender.blocking_send(Err(error));
        }
    });
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    Ok((headers, Body::from_stream(stream)).into_response())
}

fn unpack(
    zip: &ArtifactsZip,
    path: &str,
    sender: &tokio::sync::mpsc::Sender<std::io::Result<Bytes>>,
) -> std::io::Result<()> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&zip.path)?)?;
    let mut file = archive.by_name(path)?;
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        if file.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)? == 0
            || sender.blocking_send(Ok(chunk.into())).is_err()
        {
            return Ok(());
        }
    }
}

fn ready(app: &App, caller: &Caller, id: &str) -> Result<(JobView, ArtifactsZip), Refusal> {
    let job = own_job(app, caller, id)?;
    match app.jobs.artifacts(job.job_id).map_err(Refusal::internal)? {
        ArtifactsState::Ready(zip) => Ok((job, zip)),
        ArtifactsState::NoJob => Err(Refusal::no_job()),
        ArtifactsState::NotFinished(_) => Err(not_finished(&job)),
        ArtifactsState::Nothing => {
            Err(Refusal::new(ErrorCode::NotFound, format!("job {id} is {}: it has no artifacts", job.status.word())))
        }
        ArtifactsState::Expired => {
            Err(Refusal::new(ErrorCode::ArtifactsExpired, "the artifacts were removed after their time"))
        }
    }
}

/// The zip or the range of it that is asked for.
pub(in crate::http) async fn send(job: &JobView, zip: &ArtifactsZip, asked: &HeaderMap) -> Result<Response, Refusal> {
    let tag = etag(&zip.sha256)?;
    let text = |name| asked.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if text(header::IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let wants_part = text(header::IF_RANGE).is_none_or(|known| known == tag);
    let range = text(header::RANGE).filter(|_| wants_part).map_or(Asked::Whole, |range| parse_range(range, zip.size));
    let (status, from, length) = match range {
        Asked::Whole => (StatusCode::OK, 0, zip.size),
        Asked::Part(from, to) => (StatusCode::PARTIAL_CONTENT, from, to - from + 1),
        Asked::Nothing => {
            let refusal = Refusal::new(ErrorCode::RangeNotSatisfiable, format!("the zip has {} bytes", zip.size));
            let size = HeaderValue::from_str(&format!("bytes */{}", zip.size)).map_err(Refusal::internal)?;
            return Err(refusal.with(header::CONTENT_RANGE, size));
        }
    };
    let mut file = tokio::fs::File::open(&zip.path).await.map_err(Refusal::internal)?;
    file.seek(SeekFrom::Start(from)).await.map_err(Refusal::internal)?;
    let name = format!("attachment; filename=\"{}-{}.zip\"", job.job_type.word(), job.job_id);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::ETAG, tag),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(Refusal::internal)?),
    ];
    let stream = ReaderStream::with_capacity(file.take(length), CHUNK);
    let mut response = (status, headers, Body::from_stream(stream)).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {from}-{}/{}", from + length - 1, zip.size);
        let range = HeaderValue::from_str(&range).map_err(Refusal::internal)?;
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    Ok(response)
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    /// First and last byte.
    Part(u64, u64),
    Nothing,
}

/// One range of bytes; several, other units and nonsense are answered with the whole, as RFC 9110 has it.
fn parse_range(text: &str, size: u64) -> Asked {
    let Some((from, to)) = text.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Asked::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (from.trim(), to.trim()) {
        ("", last) => match number(last) {
            Some(0) => Asked::Nothing,
            Some(_) if size == 0 => Asked::Nothing,
            Some(count) => Asked::Part(size.saturating_sub(count), size - 1),
            None => Asked::Whole,
        },
        (first, last) => match (number(first), last.is_empty(), number(last)) {
            (Some(first), _, _) if first >= size => Asked::Nothing,
            (Some(first), true, _) => Asked::Part(first, size - 1),
            (Some(first), false, Some(last)) if last >= first => Asked::Part(first, last.min(size - 1)),
            _ => Asked::Whole,
        },
    }
}

fn etag(sha256: &str) -> Result<HeaderValue, Refusal> {
    HeaderValue::from_str(&format!("\"{sha256}\"")).map_err(Refusal::internal)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("json") => "application/json",
        Some("md") => "text/markdown; charset=utf-8",
        Some("tf") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_has_them() {
        for (text, expected) in [
            ("bytes=0-0", Asked::Part(0, 0)),
            ("bytes=2-", Asked::Part(2, 9)),
            ("bytes=-3", Asked::Part(7, 9)),
            ("bytes=-30", Asked::Part(0, 9)),
            ("bytes=5-100", Asked::Part(5, 9)),
            ("bytes=10-", Asked::Nothing),
            ("bytes=-0", Asked::Nothing),
            ("bytes=3-2", Asked::Whole),
            ("bytes=0-1,4-5", Asked::Whole),
            ("lines=1-2", Asked::Whole),
        ] {
            assert_eq!(parse_range(text, 10), expected, "{text}");
        }
    }
}
