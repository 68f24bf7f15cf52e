//! What the claims of a JWT say, once its signature is verified.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use outport_model::{
    name::GroupName,
    principal::{Principal, PrincipalId, PrincipalKind},
};
use serde_json::Value;

use super::Provider;

/// The claims of a JWT.
pub(crate) type Claims = serde_json::Map<String, Value>;

/// How far the clock of a provider may be ahead.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// Whether the JWT is of that provider, for this audience and for now; and when it ends.
pub(crate) fn check(
    claims: &Claims,
    provider: &Provider,
    audience: &str,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, &'static str> {
    if claims.get("iss").and_then(Value::as_str) != Some(&provider.issuer) {
        return Err("the JWT is of another issuer");
    }
    if !texts(claims.get("aud")).any(|named| named == audience) {
        return Err("the JWT is for another audience");
    }
    let end = moment(claims, "exp")?.ok_or("the JWT has no end")?;
    if end <= now {
        return Err("the JWT has expired");
    }
    if moment(claims, "nbf")?.is_some_and(|start| start > now + LEEWAY) {
        return Err("the JWT is not valid yet");
    }
    if moment(claims, "iat")?.is_some_and(|made| made > now + LEEWAY) {
        return Err("the JWT was made in the future");
    }
    Ok(end)
}

/// Whether the JWT was made for someone who signed in just now, for this client (OpenID Connect, 3.1.3.7).
pub(crate) fn check_sign_in(claims: &Claims, client_id: &str, nonce: &str) -> Result<(), &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("nonce") != Some(nonce) {
        return Err("the JWT is not what was asked for when they were sent to sign in");
    }
    if texts(claims.get("aud")).count() > 1 && text("azp") != Some(client_id) {
        return Err("the JWT was made for another client");
    }
    Ok(())
}

/// Whom the provider vouches for.
pub(crate) fn principal(claims: &Claims, provider: &Provider) -> Result<Principal, &'static str> {
    let names = &provider.claims;
    let subject = find(claims, &names.subject).and_then(Value::as_str).ok_or("the JWT has no subject")?;
    // An id is kept without white space at its ends, so that two subjects would become one.
    if subject.is_empty() || subject.trim() != subject {
        return Err("the subject of the JWT cannot be a name");
    }
    let id: PrincipalId =
        format!("{}:{subject}", provider.name).parse().map_err(|_| "the subject of the JWT cannot be a name")?;
    let text = |name: Option<&str>| name.and_then(|name| find(claims, name)).and_then(label);
    Ok(Principal {
        groups: groups(find(claims, &names.groups), provider),
        department: text(names.department.as_deref()),
        region: text(names.region.as_deref()),
        clearance: text(names.clearance.as_deref()).and_then(|clearance| clearance.parse().ok()),
        labels: labels(claims, &names.labels),
        ..Principal::new(id, kind(claims, subject))
    })
}

/// RFC 9068: where no person is involved, the subject is the client itself.
fn kind(claims: &Claims, subject: &str) -> PrincipalKind {
    match claims.get("client_id").and_then(Value::as_str) {
        Some(client) if client == subject => PrincipalKind::Service,
        _ => PrincipalKind::User,
    }
}

fn groups(claim: Option<&Value>, provider: &Provider) -> BTreeSet<GroupName> {
    let administrators = GroupName::administrators();
    let mut groups = BTreeSet::new();
    for theirs in texts(claim) {
        if provider.administrators.as_deref() == Some(theirs) {
            groups.insert(administrators.clone());
        }
        // What cannot be a name here is in no policy either.
        let ours = provider.group_names.get(theirs).cloned().or_else(|| theirs.parse().ok());
        // A provider makes administrators only where the configuration says of which group.
        groups.extend(ours.filter(|group| *group != administrators));
    }
    groups
}

fn labels(claims: &Claims, names: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let value = |claim: &String| find(claims, claim).and_then(label);
    names.iter().filter_map(|(name, claim)| Some((name.clone(), value(claim)?))).collect()
}

fn label(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The claim with this name, or at this path.
fn find<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| {
        let (object, rest) = name.split_once('.')?;
        find(claims.get(object)?.as_object()?, rest)
    })
}

fn texts(claim: Option<&Value>) -> impl Iterator<Item = &str> {
    let values = match claim {
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
        None => &[],
    };
    values.iter().filter_map(Value::as_str)
}

/// A moment in seconds since 1970, perhaps with a fraction.
fn moment(claims: &Claims, name: &str) -> Result<Option<DateTime<Utc>>, &'static str> {
    let Some(claim) = claims.get(name) else { return Ok(None) };
    let moment = claim.as_f64().and_then(|seconds| {
        let since = Duration::try_from_secs_f64(seconds).ok()?;
        DateTime::UNIX_EPOCH.checked_add_signed(TimeDelta::from_std(since).ok()?)
    });
    moment.map(Some).ok_or("the JWT has a time that is none")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::KeySource;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_793_491_200, 0).unwrap()
    }

    fn provider() -> Provider {
        let mut provider = Provider::new(
            "corp".parse().unwrap(),
            "https://id.example.com",
            "outport",
            KeySource::File("keys.json".into()),
        );
        provider.claims.groups = "realm_access.roles".to_owned();
        provider.claims.department = Some("https://example.com/department".to_owned());
        provider.claims.clearance = Some("clearance".to_owned());
        provider.claims.labels.insert("site".to_owned(), "site".to_owned());
        provider
    }

    fn claims(further: &Value) -> Claims {
        let mut claims = json!({
            "iss": "https://id.example.com", "aud": "outport", "sub": "ada", "exp": 1_793_491_260,
        });
        for (name, value) in further.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object().unwrap().clone()
    }

    fn checked(further: &Value) -> Result<i64, &'static str> {
        check(&claims(further), &provider(), "outport", now()).map(|end| end.timestamp() - now().timestamp())
    }

    fn named(further: &Value) -> Result<Principal, &'static str> {
        principal(&claims(further), &provider())
    }

    #[test]
    fn a_jwt_is_for_now_and_for_here() {
        assert_eq!(checked(&json!({})), Ok(60));
        assert_eq!(checked(&json!({"aud": ["else", "outport"]})), Ok(60));
        assert_eq!(checked(&json!({"exp": 1_793_491_200.5})), Ok(0));
        assert_eq!(checked(&json!({"nbf": 1_793_491_260, "iat": 1_793_491_260})), Ok(60));
        for (wrong, reason) in [
            (json!({"iss": "https://id.example.com/"}), "the JWT is of another issuer"),
            (json!({"iss": ["https://id.example.com"]}), "the JWT is of another issuer"),
            (json!({"aud": "Outport"}), "the JWT is for another audience"),
            (json!({"aud": null}), "the JWT is for another audience"),
            (json!({"aud": ["outport/api"]}), "the JWT is for another audience"),
            (json!({"exp": 1_793_491_200}), "the JWT has expired"),
            (json!({"exp": null}), "the JWT has a time that is none"),
            (json!({"exp": "1793491260"}), "the JWT has a time that is none"),
            (json!({"exp": 1e300}), "the JWT has a time that is none"),
            (json!({"exp": -1}), "the JWT has a time that is none"),
            (json!({"nbf": 1_793_491_261}), "the JWT is not valid yet"),
            (json!({"iat": 1_793_491_261}), "the JWT was made in the future"),
        ] {
            assert_eq!(checked(&wrong), Err(reason), "{wrong}");
        }
        let mut endless = claims(&json!({}));
        endless.remove("exp");
        assert_eq!(check(&endless, &provider(), "outport", now()), Err("the JWT has no end"));
    }

    #[test]
    fn claims_are_read_where_the_configuration_says() {
        let ada = named(&json!({
            "realm_access": {"roles": ["analysts", "/team/a", "9a", 7]},
            "https://example.com/department": "finance",
            "clearance": "3",
            "site": 12,
            "groups": ["elsewhere"],
        }));
        let ada = ada.unwrap();
        assert_eq!(ada.id.as_str(), "corp:ada");
        assert_eq!(ada.kind, PrincipalKind::User);
        assert_eq!(ada.groups, ["analysts".parse().unwrap()].into());
        assert_eq!(ada.department.as_deref(), Some("finance"));
        assert_eq!(ada.region, None);
        assert_eq!(ada.clearance, Some(3));
        assert_eq!(ada.labels, [("site".to_owned(), "12".to_owned())].into());
        assert_eq!(named(&json!({"client_id": "ada"})).unwrap().kind, PrincipalKind::Service);
        assert_eq!(named(&json!({"clearance": 2})).unwrap().clearance, Some(2));
        assert_eq!(named(&json!({"clearance": 2.5})).unwrap().clearance, None);
    }

    #[test]
    fn only_the_configured_group_makes_administrators() {
        let mut provider = provider();
        let of = |provider: &Provider, groups: Value| {
            principal(&claims(&json!({"realm_access": {"roles": groups}})), provider).unwrap()
        };
        assert!(!of(&provider, json!(["administrators"])).is_administrator());
        assert!(!of(&provider, json!("administrators")).is_administrator());
        provider.group_names.insert("staff".to_owned(), GroupName::administrators());
        assert!(!of(&provider, json!(["staff"])).is_administrator());
        provider.administrators = Some("platform".to_owned());
        assert!(!of(&provider, json!(["administrators", "Platform", "platform "])).is_administrator());
        let groups = of(&provider, json!(["platform"])).groups;
        assert_eq!(groups, [GroupName::administrators(), "platform".parse().unwrap()].into());
    }

    #[test]
    fn two_subjects_are_never_one() {
        for wrong in [json!({"sub": "ada "}), json!({"sub": ""}), json!({"sub": 7}), json!({"sub": "a\nb"})] {
            assert!(named(&wrong).is_err(), "{wrong}");
        }
    }
}
