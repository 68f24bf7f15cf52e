//! Lists in pages: as many items as are wanted, and in `Link` the address of those that follow.
//!
//! A page goes on after the key of the last item of the one before, so that nothing is shown twice or left out where items
//! come and go meanwhile.

use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::form_urlencoded::Serializer;

use super::reply;
use crate::{problem::Problem, query::Inquiry, state::Doors};

/// Items of a page where nothing is said, and at most.
pub(crate) const PAGE: usize = 100;
pub(crate) const LARGEST_PAGE: usize = 1_000;

/// What an address says of a page of a list without other parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    pub(crate) limit: Option<usize>,
    pub(crate) cursor: Option<String>,
}

/// A page that is wanted of a list whose items come in the order of their keys.
#[derive(Debug)]
pub(crate) struct Page<K> {
    limit: usize,
    after: Option<K>,
}

impl Paging {
    /// The page that is wanted.
    pub(crate) fn page<K: DeserializeOwned>(self) -> Result<Page<K>, Problem> {
        let limit = self.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
        Page::new(limit, self.cursor.as_deref())
    }
}

impl<K> Page<K> {
    /// The page of so many items behind a cursor.
    pub(crate) fn new(limit: usize, cursor: Option<&str>) -> Result<Self, Problem>
    where
        K: DeserializeOwned,
    {
        let wrong = || {
            Problem::bad_request("the `cursor` is not one of this list")
                .with_help("follow the `Link` as it is, or begin without it")
        };
        let read = |cursor: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
            serde_json::from_slice(&bytes).map_err(|_| wrong())
        };
        Ok(Self { limit, after: cursor.map(read).transpose()? })
    }

    /// How many items there are on it at most.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// The key of the last item of the page before.
    pub(crate) fn after(&self) -> Option<&K> {
        self.after.as_ref()
    }

    /// The items of the page, and the key of the last one where more follow.
    pub(crate) fn cut<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> K) -> (Vec<T>, Option<K>)
    where
        K: Ord,
    {
        items.retain(|item| self.after.as_ref().is_none_or(|after| key(item) > *after));
        items.sort_by_key(&key);
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        let last = items.last().filter(|_| more).map(key);
        (items, last)
    }

    /// Ends a request with the page. `address` is that of the list, `parameters` what it is narrowed by.
    pub(crate) fn settle<T: Serialize>(
        &self,
        doors: &Doors,
        inquiry: Inquiry<'_>,
        (address, parameters): (&str, &[(&str, Option<&str>)]),
        (items, last): (&[T], Option<&K>),
    ) -> Response
    where
        K: Serialize,
    {
        let link = last.map(|last| {
            let mut query = Serializer::new(String::new());
            for (name, value) in parameters {
                query.extend_pairs(value.map(|value| (name, value)));
            }
            query.append_pair("limit", &self.limit.to_string()).append_pair("cursor", &encode(last));
            format!("<{}{address}?{}>; rel=\"next\"", doors.base(), query.finish())
        });
        let mut response = reply(inquiry.answered(), StatusCode::OK, &items);
        let link = link.and_then(|link| HeaderValue::from_str(&link).ok());
        response.headers_mut().extend(link.map(|link| (header::LINK, link)));
        response
    }
}

fn encode(key: &impl Serialize) -> String {
    // Keys are names, ids and moments, which can always be written.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use super::*;

    #[test]
    fn pages_have_every_item_once_also_where_items_go() {
        for limit in 1..7 {
            let (mut items, mut seen) = (vec![3, 1, 5, 2, 4], Vec::new());
            let mut page: Page<Reverse<i32>> = Page::new(limit, None).unwrap();
            loop {
                let (shown, last) = page.cut(items.clone(), |item| Reverse(*item));
                // What was shown is gone when the next page is asked for.
                items.retain(|item| !shown.contains(item));
                seen.extend(shown);
                let Some(last) = last else { break };
                page = Page::new(limit, Some(&encode(&last))).unwrap();
            }
            assert_eq!(seen, [5, 4, 3, 2, 1], "{limit}");
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for cursor in ["", "no", "IQ", &encode(&"text")] {
            assert!(Page::<i32>::new(1, Some(cursor)).is_err(), "{cursor}");
        }
        let paging = Paging { limit: Some(0), cursor: None };
        assert_eq!(paging.page::<i32>().unwrap().limit(), 1);
    }
}
