//! Finds products by words: `GET /v1/catalog/search`.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use outport_app::gate::catalog::{Facet, MOST_BEFORE, MOST_HITS, SearchQuery};
use url::form_urlencoded;

use super::answer;
use crate::{
    identify::Visitor,
    manage::{enter, unknown_parameter},
    problem::Problem,
    state::Doors,
};

/// Hits of a page where nothing is said.
const HITS: usize = 20;

/// Characters of the words at most.
const LONGEST: usize = 200;

const KNOWN: &str = "there are `q`, of 200 characters at most, `domain`, `alignment`, `status`, `owner`, `classification` \
                     and `quality`, each as often as is wanted, `limit` and `offset`";

/// The products in which the words are found, those that fit best first.
pub(super) async fn search(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    RawQuery(parameters): RawQuery,
) -> Result<Response, Problem> {
    let parameters = parameters.unwrap_or_default();
    let said = if parameters.is_empty() { String::new() } else { format!("?{parameters}") };
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/catalog/search{said}")).await?;
    match wanted(&parameters) {
        Some(query) => answer(inquiry, doors.gate.search(&caller, query)).await,
        None => Err(inquiry.reject(unknown_parameter(KNOWN))),
    }
}

/// What an address asks for; `None` where it is not understood.
fn wanted(parameters: &str) -> Option<SearchQuery> {
    let mut query = SearchQuery { words: String::new(), chosen: BTreeMap::new(), limit: HITS, offset: 0 };
    for (name, value) in form_urlencoded::parse(parameters.as_bytes()) {
        match name.as_ref() {
            "q" if value.chars().count() <= LONGEST => query.words = value.into_owned(),
            "limit" => query.limit = value.parse::<usize>().ok()?.min(MOST_HITS),
            "offset" => query.offset = value.parse::<usize>().ok()?.min(MOST_BEFORE),
            name => {
                let facet = Facet::ALL.into_iter().find(|facet| facet.as_str() == name)?;
                query.chosen.entry(facet).or_default().insert(value.into_owned());
            }
        }
    }
    Some(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_understood_or_refused() {
        let query = wanted("q=late+orders&domain=sales&domain=hr&quality=failed&limit=1000&offset=7").unwrap();
        assert_eq!((query.words.as_str(), query.limit, query.offset), ("late orders", MOST_HITS, 7));
        let domains: Vec<_> = query.chosen[&Facet::Domain].iter().map(String::as_str).collect();
        assert_eq!(domains, ["hr", "sales"]);
        assert_eq!(query.chosen.len(), 2);
        let all = wanted("").unwrap();
        assert_eq!((all.words.as_str(), all.limit, all.chosen.len()), ("", HITS, 0));
        let long = format!("q={}", "x".repeat(201));
        for wrong in ["limit=-1", "limit=many", "offset=", "colour=red", long.as_str()] {
            assert!(wanted(wrong).is_none(), "{wrong}");
        }
    }
}
