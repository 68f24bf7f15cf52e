//! Who asks.

use axum::body::Body;
use http::Request;
use outport_model::{audit::RequestResult, principal::Door};

use serde_json::json;

use crate::support::{Home, get, rows, send, with};

fn showing(authorization: &[&str]) -> Request<Body> {
    let mut request = Request::get("/v1/products").body(Body::empty()).unwrap();
    for value in authorization {
        request.headers_mut().append("authorization", value.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn nobody_gets_in_without_a_credential() {
    let home = Home::new().await;
    let router = home.router();
    assert_eq!(
        send(&router, showing(&[])).await.problem(),
        json!({ "type": "urn:outport:problem:unauthenticated", "title": "the credential is not accepted", "status": 401, "help": "send an API token: `Authorization: Bearer …`" })
    );
    for wrong in [
        &["Bearer wrong"][..],
        &["Bearer"],
        &["Bearer "],
        &["Digest x"],
        &["Basic !!"],
        &["Basic YQ=="],
        &["Bearer ada-token", "Bearer ada-token"],
    ] {
        let reply = send(&router, showing(wrong)).await;
        assert_eq!(reply.problem()["status"], 401, "{wrong:?}");
        let schemes: Vec<_> =
            reply.headers.get_all("www-authenticate").iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(schemes, ["Bearer realm=\"outport\"", "Basic realm=\"outport\", charset=\"UTF-8\""]);
    }
    let records = home.records();
    assert_eq!(records.len(), 2, "that nothing was shown, and what was shown and refused; the others are counted");
    for record in &records {
        assert!(matches!(record.result, RequestResult::Refused { .. }));
        assert_eq!((record.door, &record.principal, record.times), (Door::Rest, &None, 1));
        assert_eq!(record.request, "authenticate from unknown");
    }
}

#[tokio::test]
async fn tokens_and_passwords_are_shown_in_the_usual_ways() {
    let home = Home::new().await;
    let user = outport_test::fixture::principal("ada", &["analysts"]);
    home.authenticator.accept_bearer("other", user.clone());
    home.authenticator.accept_as(
        "scoped",
        outport_app::identity::Authenticated {
            principal: user.clone(),
            scope: outport_app::identity::TokenScope { doors: Some([Door::Sql].into()), products: None },
            until: None,
            token: None,
            local_user: false,
        },
    );
    let router = home.router();
    for right in ["Bearer ada-token", "bearer other", "BEARER  ada-token"] {
        assert_eq!(send(&router, showing(&[right])).await.status, 200, "{right}");
    }
    assert_eq!(send(&router, showing(&["Bearer scoped"])).await.status, 401, "not for this door");
    assert_eq!(home.authenticator.attempts(), ["unknown"; 4]);
}

#[tokio::test]
async fn a_purpose_is_one_line() {
    let home = Home::new().await;
    home.answer(vec![rows(&[])]);
    let router = home.router();
    let wrong = send(&router, with(get("/v1/products"), "outport-purpose", &"x".repeat(201))).await;
    assert_eq!(
        wrong.problem(),
        json!({ "type": "urn:outport:problem:bad-request", "title": "the request cannot be understood", "status": 400, "detail": "`Outport-Purpose` is not a purpose: it is longer than 200 characters", "help": "name the purpose in one line of at most 200 characters" })
    );
    let mut utf8 = get("/v1/products");
    utf8.headers_mut().insert("outport-purpose", http::HeaderValue::from_bytes("für Lisa".as_bytes()).unwrap());
    assert_eq!(send(&router, utf8).await.status, 200);
    let purposes = home.records().into_iter().map(|record| record.purpose.map(|purpose| purpose.to_string()));
    assert_eq!(purposes.collect::<Vec<_>>(), [None, Some("für Lisa".to_owned())]);
}
