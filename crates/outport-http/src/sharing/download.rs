//! Gives files out to whoever has a signed address.

use std::{io::SeekFrom, ops::Range, sync::Arc};

use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use futures::Stream;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use outport_app::gate::GateError;
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};

use super::{
    files::{Files, Kept},
    link::Signed,
    refusal::Refusal,
};
use crate::{problem::Problem, state::Doors, unread::Path};

/// Bytes that are read from the disk at once.
const PIECE: u64 = 256 * 1024;

pub(super) async fn file(
    State(doors): State<Arc<Doors>>,
    Extension(files): Extension<Arc<Files>>,
    Path(name): Path<String>,
    signed: Result<Query<Signed>, QueryRejection>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = name.strip_suffix(".parquet").unwrap_or(&name);
    // Whoever has no good signature is not told whether there is such a file.
    let refused =
        || Problem::forbidden("the address is not signed, or does not hold any more").with_help("query again");
    let Query(signed) = signed.map_err(|_| refused())?;
    if !files.signer.accepts(id, &signed, doors.gate.app().clock.now()) {
        return Err(refused().into());
    }
    let gone = || Problem::not_found("the file is not kept any more").with_help("query again");
    let kept = files.get(id).ok_or_else(gone)?;
    let mut request =
        doors.gate.begin(&kept.key.owner, format!("delta-sharing file of {}.{}", kept.key.product, kept.key.table));
    let request_id = request.id();
    if let Err(error) = still_good(&doors, &kept).await {
        return Err(Problem::from(request.fail(error)).with_request(request_id).into());
    }
    let wanted = match wanted(&headers, kept.bytes) {
        Ok(wanted) => wanted,
        Err(Unsatisfiable) => {
            request.answered();
            return Ok(unsatisfiable(kept.bytes));
        }
    };
    let Ok(file) = File::open(&kept.path).await else {
        let _ = request.fail(GateError::NotFound { what: "file", name: id.to_owned() });
        return Err(gone().with_request(request_id).into());
    };
    let is_part = wanted.is_some();
    let range = wanted.unwrap_or(0..kept.bytes);
    request.reads(kept.reads.clone());
    request.count(0, if method == Method::HEAD { 0 } else { range.end - range.start });
    request.answered();
    Ok(respond(file, is_part, range, kept.bytes))
}

/// Whether the owner may still have what is in the file.
async fn still_good(doors: &Doors, kept: &Kept) -> Result<(), GateError> {
    let key = &kept.key;
    let view = doors.gate.view(&key.owner).await?;
    let seen = view.products.get(&key.product).and_then(|product| product.tables.get(&key.table));
    if seen.is_some_and(|table| table.sight == key.sight) {
        return Ok(());
    }
    let principal = key.owner.principal.id.to_string();
    Err(GateError::Forbidden { principal, action: "read what the file has any more".to_owned() })
}

/// A part of a file, or all of it.
fn respond(file: File, is_part: bool, range: Range<u64>, size: u64) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.apache.parquet"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    let status = if is_part {
        let said = HeaderValue::from_str(&format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1)));
        headers.extend(said.ok().map(|value| (header::CONTENT_RANGE, value)));
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    (status, headers, Body::from_stream(pieces(file, range))).into_response()
}

fn unsatisfiable(size: u64) -> Response {
    let mut headers = HeaderMap::new();
    headers.extend(HeaderValue::from_str(&format!("bytes */{size}")).ok().map(|value| (header::CONTENT_RANGE, value)));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.apache.parquet"));
    (StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response()
}

/// A part of a file as it is read. A file that is shorter than it was breaks the answer off.
fn pieces(file: File, range: Range<u64>) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    futures::stream::try_unfold((file, range, false), |(mut file, range, sought)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        if !sought {
            file.seek(SeekFrom::Start(range.start)).await?;
        }
        let size = (range.end - range.start).min(PIECE);
        let mut piece = vec![0; usize::try_from(size).unwrap_or_default()];
        file.read_exact(&mut piece).await?;
        Ok(Some((Bytes::from(piece), (file, range.start + size..range.end, true))))
    })
}

/// There is nothing of the file in the part that is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Unsatisfiable;

/// The part of a file that is asked for; `None` is all of it, also where several parts are asked for or the header makes
/// no sense, as RFC 9110 allows.
fn wanted(headers: &HeaderMap, size: u64) -> Result<Option<Range<u64>>, Unsatisfiable> {
    let text = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let Some((first, last)) = text.and_then(|text| text.strip_prefix("bytes=")?.split_once('-')) else {
        return Ok(None);
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (first.trim(), last.trim()) {
        ("", last) => match number(last) {
            None => return Ok(None),
            Some(length) => size.saturating_sub(length)..size,
        },
        (first, "") => match number(first) {
            None => return Ok(None),
            Some(start) => start..size,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(start), Some(end)) if start <= end => start..end.saturating_add(1).min(size),
            _ => return Ok(None),
        },
    };
    if range.start < range.end { Ok(Some(range)) } else { Err(Unsatisfiable) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(range: &str, size: u64) -> Result<Option<Range<u64>>, Unsatisfiable> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        wanted(&headers, size)
    }

    #[test]
    fn parts_of_files_are_as_asked_for() {
        assert_eq!(wanted(&HeaderMap::new(), 10), Ok(None));
        assert_eq!(read("bytes=0-3", 10), Ok(Some(0..4)));
        assert_eq!(read("bytes=4-", 10), Ok(Some(4..10)));
        assert_eq!(read("bytes=-4", 10), Ok(Some(6..10)));
        assert_eq!(read("bytes=-40", 10), Ok(Some(0..10)));
        assert_eq!(read("bytes=8-99", 10), Ok(Some(8..10)));
        assert_eq!(read("bytes=10-", 10), Err(Unsatisfiable));
        assert_eq!(read("bytes=-0", 10), Err(Unsatisfiable));
        assert_eq!(read("bytes=0-18446744073709551615", 10), Ok(Some(0..10)));
        for whole in ["bytes=5-2", "bytes=a-b", "bytes=0-1,3-4", "lines=1-2", "bytes=--1"] {
            assert_eq!(read(whole, 10), Ok(None), "{whole}");
        }
    }
}
