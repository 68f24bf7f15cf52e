//! What there is to know of products: `GET /v1/catalog/products`, and `GET /v1/estate` for all of them together.
//! [`search`] finds them by words.
//!
//! The gate says what a caller may know; here it is only written. [`lines`] are what people copy to use a product, with the
//! addresses of this server. `manage::openapi` describes it all.

mod lines;
mod search;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
    routing::get,
};
use http::{HeaderMap, StatusCode};
use outport_app::gate::{
    GateError,
    catalog::{DAYS, Direction, MOST_DAYS, ProductPage},
};
use outport_model::name::ProductName;
use serde::{Deserialize, Serialize};

use self::lines::Door;
use crate::{
    identify::Visitor,
    known,
    manage::{
        enter,
        page::{Page, Paging},
        reply, unknown_parameter,
    },
    problem::Problem,
    query::Inquiry,
    state::Doors,
    unread::Path,
};

/// Products away that lineage is followed where nothing is said, and at most.
const DEPTH: u16 = 3;
const DEEPEST: u16 = 20;

/// The paths of this door.
pub(crate) fn routes() -> Router<Arc<Doors>> {
    Router::new()
        .route("/v1/catalog/search", get(search::search))
        .route("/v1/catalog/products", get(products))
        .route("/v1/catalog/products/{product}", get(product))
        .route("/v1/catalog/products/{product}/quality", get(quality))
        .route("/v1/catalog/products/{product}/lineage", get(lineage))
        .route("/v1/catalog/products/{product}/consumers", get(consumers))
        .route("/v1/catalog/products/{product}/changes", get(changes))
        .route("/v1/catalog/products/{product}/access", get(access))
        .route("/v1/estate", get(estate))
}

/// A product in full, and how to use it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(flatten)]
    page: ProductPage,
    doors: Vec<Door>,
}

/// What an address says of lineage.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lineage {
    #[serde(default)]
    direction: Direction,
    depth: Option<u16>,
}

/// What an address says of consumers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Consumers {
    days: Option<u16>,
}

/// Products at a glance, in pages.
async fn products(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Response, Problem> {
    let address = "/v1/catalog/products";
    let (caller, inquiry) = enter(&doors, visitor, format!("GET {address}")).await?;
    let Ok(Query(paging)) = paging else {
        return Err(inquiry.reject(unknown_parameter("there are `limit` and `cursor`")));
    };
    let page: Page<ProductName> = match paging.page() {
        Ok(page) => page,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    match doors.gate.cards_after(&caller, page.after(), page.limit()).await {
        Ok((cards, more)) => {
            let last = cards.last().filter(|_| more).map(|card| card.name.clone());
            Ok(page.settle(&doors, inquiry, (address, &[]), (&cards, last.as_ref())))
        }
        Err(error) => Err(inquiry.refuse(error)),
    }
}

/// One product in full.
async fn product(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/catalog/products/{name}")).await?;
    let described = async {
        let page = doors.gate.product_page(&caller, &named(&name)?).await?;
        let lines = lines::of(&page, &caller.principal.id, &doors.options);
        Ok(Described { page, doors: lines })
    };
    answer(inquiry, described).await
}

/// What its checks came to.
async fn quality(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/catalog/products/{name}/quality")).await?;
    answer(inquiry, async { doors.gate.product_quality(&caller, &named(&name)?).await }).await
}

/// Where it comes from and where it goes.
async fn lineage(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
    wanted: Result<Query<Lineage>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/catalog/products/{name}/lineage")).await?;
    let Ok(Query(Lineage { direction, depth })) = wanted else {
        let known = "there are `direction`, which is `up`, `down` or `both`, and `depth`, a number";
        return Err(inquiry.reject(unknown_parameter(known)));
    };
    let depth = depth.unwrap_or(DEPTH).clamp(1, DEEPEST);
    answer(inquiry, async { doors.gate.product_lineage(&caller, &named(&name)?, direction, depth).await }).await
}

/// Who reads it.
async fn consumers(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
    wanted: Result<Query<Consumers>, QueryRejection>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/catalog/products/{name}/consumers")).await?;
    let Ok(Query(Consumers { days })) = wanted else {
        return Err(inquiry.reject(unknown_parameter("there is `days`, a number")));
    };
    let days = days.unwrap_or(DAYS).clamp(1, MOST_DAYS);
    answer(inquiry, async { doors.gate.product_consumers(&caller, &named(&name)?, days).await }).await
}

/// What happened to it.
async fn changes(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/catalog/products/{name}/changes")).await?;
    answer(inquiry, async { doors.gate.product_changes(&caller, &named(&name)?).await }).await
}

/// What the caller may do with it.
async fn access(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, format!("GET /v1/catalog/products/{name}/access")).await?;
    answer(inquiry, async { doors.gate.product_access(&caller, &named(&name)?).await }).await
}

/// Every product, and who reads whom; not once more where that is what the client has.
async fn estate(State(doors): State<Arc<Doors>>, visitor: Visitor, headers: HeaderMap) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/estate".to_owned()).await?;
    let (id, estate) = inquiry.run(doors.gate.estate(&caller)).await?;
    known::reply(id, &headers, &estate)
}

/// Ends a request with what there is to say, or why it is not said.
async fn answer<T: Serialize>(
    inquiry: Inquiry<'_>,
    work: impl Future<Output = Result<T, GateError>>,
) -> Result<Response, Problem> {
    let (id, value) = inquiry.run(work).await?;
    Ok(reply(id, StatusCode::OK, &value))
}

/// The product of this name. What is no name is that of no product.
fn named(name: &str) -> Result<ProductName, GateError> {
    name.parse().map_err(|_| GateError::NotFound { what: "product", name: name.to_owned() })
}
