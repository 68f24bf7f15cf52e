//! JWTs: which are accepted, and which are not.

use jsonwebtoken::Algorithm;
use outport_app::identity::{TokenScope, UserStore as _};
use outport_identity::SigningAlgorithm;
use outport_test::fixture::moment;
use serde_json::{Value, json};

use crate::{
    home::{Home, Outcome, id},
    issuer::{Issuer, ed25519, p256, rsa_one, rsa_two, unsigned, with_secret},
};

async fn with(issuer: &Issuer) -> Home {
    Home::with(vec![issuer.provider.clone()]).await
}

fn changed(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

#[tokio::test]
async fn a_jwt_says_who_someone_is() {
    let issuer = Issuer::new("corp", &[rsa_one(), p256(), ed25519()]).await;
    let home = with(&issuer).await;
    let claims = changed(&issuer.claims(60), "groups", json!(["analysts"]));
    for key in [rsa_one(), p256(), ed25519()] {
        let Outcome::Known(known) = home.bearer(&key.sign(&claims)).await else { panic!("{:?}", key.algorithm) };
        assert_eq!(known.principal.id.as_str(), "corp:ada");
        assert_eq!(known.principal.groups, ["analysts".parse().unwrap()].into());
        assert_eq!(known.until, Some(moment(60)));
        assert_eq!((known.token, known.scope, known.local_user), (None, TokenScope::default(), false));
    }
    assert_eq!(issuer.asked(), 1, "keys are kept");
}

#[tokio::test]
async fn claims_must_be_for_here_and_now() {
    let issuer = Issuer::new("corp", &[rsa_one()]).await;
    let home = with(&issuer).await;
    let right = issuer.claims(60);
    let mut endless = right.clone();
    endless.as_object_mut().unwrap().remove("exp");
    for (claims, reason) in [
        (changed(&right, "aud", json!("another")), "the JWT is for another audience"),
        (changed(&right, "aud", json!([])), "the JWT is for another audience"),
        (changed(&right, "exp", json!(moment(0).timestamp())), "the JWT has expired"),
        (endless, "the JWT has no end"),
        (changed(&right, "nbf", json!(moment(61).timestamp())), "the JWT is not valid yet"),
        (changed(&right, "iat", json!(moment(61).timestamp())), "the JWT was made in the future"),
        (changed(&right, "sub", json!(null)), "the JWT has no subject"),
        (changed(&right, "sub", json!(" ada")), "the subject of the JWT cannot be a name"),
    ] {
        assert_eq!(home.bearer(&rsa_one().sign(&claims)).await, Outcome::Refused(reason), "{claims}");
    }
    let token = rsa_one().sign(&right);
    home.later(59);
    assert_eq!(home.bearer(&token).await.name(), "corp:ada");
    home.later(1);
    assert_eq!(home.bearer(&token).await, Outcome::Refused("the JWT has expired"));
}

#[tokio::test]
async fn what_is_not_signed_is_refused() {
    let issuer = Issuer::new("corp", &[rsa_one()]).await;
    let home = with(&issuer).await;
    let claims = issuer.claims(3600);
    for algorithm in ["none", "None", "NONE", ""] {
        let token = unsigned(&json!({"alg": algorithm, "kid": "one"}), &claims);
        home.later(61);
        assert_eq!(home.bearer(&token).await, Outcome::Refused("the header of the JWT is not understood"));
    }
    home.later(61);
    let token = unsigned(&json!({"alg": "RS256", "kid": "one"}), &claims);
    assert_eq!(home.bearer(&token).await, Outcome::Refused("the signature of the JWT is wrong"));
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    let issuer = Issuer::new("corp", &[rsa_one()]).await;
    let home = with(&issuer).await;
    let public = rsa_one().public();
    let modulus = public["n"].as_str().unwrap();
    for secret in [modulus.as_bytes(), public.to_string().as_bytes(), b""] {
        let token = with_secret("one", secret, &issuer.claims(60));
        let refused = home.bearer(&token).await;
        assert_eq!(refused, Outcome::Refused("the JWT is signed with an algorithm that is not allowed"));
    }
}

#[tokio::test]
async fn only_allowed_algorithms_count() {
    let issuer = Issuer::new("corp", &[rsa_one()]).await;
    let home = with(&issuer).await;
    let token = rsa_one().sign_as("one", Algorithm::PS256, &issuer.claims(60));
    let refused = Outcome::Refused("the JWT is signed with an algorithm that is not allowed");
    assert_eq!(home.bearer(&token).await, refused);

    let mut provider = issuer.provider.clone();
    provider.algorithms = [SigningAlgorithm::PS256].into();
    let home = Home::with(vec![provider]).await;
    assert_eq!(home.bearer(&token).await.name(), "corp:ada");
    assert_eq!(home.bearer(&rsa_one().sign(&issuer.claims(60))).await, refused);
}

#[tokio::test]
async fn a_jwt_is_verified_with_the_key_that_it_names_and_nothing_else() {
    let issuer = Issuer::new("corp", &[rsa_one(), rsa_two(), p256()]).await;
    let home = with(&issuer).await;
    let claims = issuer.claims(3600);
    let other_type = "the key of the JWT is for another algorithm";
    for (token, reason) in [
        (rsa_one().sign_as("two", Algorithm::RS256, &claims), "the signature of the JWT is wrong"),
        (rsa_one().sign_as("curve", Algorithm::RS256, &claims), other_type),
        (p256().sign_as("one", Algorithm::ES256, &claims), other_type),
        (rsa_one().sign_as("three", Algorithm::RS256, &claims), "the key of the JWT is not known"),
    ] {
        home.later(61);
        assert_eq!(home.bearer(&token).await, Outcome::Refused(reason));
    }
    let nameless = unsigned(&json!({"alg": "RS256"}), &claims);
    home.later(61);
    assert_eq!(home.bearer(&nameless).await, Outcome::Refused("the JWT does not name its key"));
}

#[tokio::test]
async fn what_is_altered_is_refused() {
    let issuer = Issuer::new("corp", &[rsa_one()]).await;
    let home = with(&issuer).await;
    let token = rsa_one().sign(&issuer.claims(3600));
    let forged = rsa_one().sign(&changed(&issuer.claims(3600), "sub", json!("eve")));
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    let other_claims = forged.split('.').nth(1).unwrap();
    for altered in [
        format!("{header}.{other_claims}.{signature}"),
        format!("{header}.{claims}.{}", &signature[4..]),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.!"),
    ] {
        home.later(61);
        assert_eq!(home.bearer(&altered).await, Outcome::Refused("the signature of the JWT is wrong"));
    }
    for nonsense in ["..", "a.b.c", &format!("{header}..{signature}")] {
        home.later(61);
        assert!(matches!(home.bearer(nonsense).await, Outcome::Refused(_)), "{nonsense}");
    }
    assert_eq!(home.bearer(&token).await.name(), "corp:ada");
}

#[tokio::test]
async fn what_must_be_understood_and_is_not_is_refused() {
    let issuer = Issuer::new("corp", &[rsa_one()]).await;
    let home = with(&issuer).await;
    let token = unsigned(&json!({"alg": "RS256", "kid": "one", "crit": ["b64"], "b64": false}), &issuer.claims(60));
    assert_eq!(home.bearer(&token).await, Outcome::Refused("the JWT has critical extensions"));
}

#[tokio::test]
async fn a_provider_speaks_for_its_own_only() {
    let (corp, shop) = (Issuer::new("corp", &[rsa_one()]).await, Issuer::new("shop", &[rsa_two()]).await);
    let home = Home::with(vec![corp.provider.clone(), shop.provider.clone()]).await;
    assert_eq!(home.bearer(&rsa_one().sign(&corp.claims(60))).await.name(), "corp:ada");
    assert_eq!(home.bearer(&rsa_two().sign(&shop.claims(60))).await.name(), "shop:ada");
    // Both with the key of the one and the issuer of the other.
    let borrowed = rsa_one().sign_as("two", Algorithm::RS256, &shop.claims(60));
    assert_eq!(home.bearer(&borrowed).await, Outcome::Refused("the signature of the JWT is wrong"));
    let foreign = rsa_one().sign(&shop.claims(60));
    assert_eq!(home.bearer(&foreign).await, Outcome::Refused("the key of the JWT is not known"));
    let unknown = rsa_one().sign(&changed(&corp.claims(60), "iss", json!("https://corp.example.com/")));
    assert_eq!(home.bearer(&unknown).await, Outcome::Refused("the JWT is of an issuer that is not configured"));
}

#[tokio::test]
async fn a_provider_makes_no_administrators_by_accident() {
    let issuer = Issuer::new("corp", &[rsa_one()]).await;
    let token = rsa_one().sign(&changed(&issuer.claims(60), "groups", json!(["administrators", "platform"])));
    let groups = async |home: &Home| match home.bearer(&token).await {
        Outcome::Known(known) => (known.principal.is_administrator(), known.principal.groups.len()),
        other => panic!("{other:?}"),
    };
    assert_eq!(groups(&with(&issuer).await).await, (false, 1));
    let mut provider = issuer.provider.clone();
    provider.administrators = Some("platform".to_owned());
    assert_eq!(groups(&Home::with(vec![provider]).await).await, (true, 2));
}

#[tokio::test]
async fn whom_the_home_keeps_out_no_provider_lets_in() {
    let issuer = Issuer::new("corp", &[rsa_one()]).await;
    let home = with(&issuer).await;
    let token = rsa_one().sign(&issuer.claims(60));
    home.put("corp:ada", false, true).await;
    assert_eq!(home.bearer(&token).await, Outcome::Refused("the user is disabled"));
    home.memory.remove_user(&id("corp:ada"), moment(0)).await.unwrap();
    assert_eq!(home.bearer(&token).await.name(), "corp:ada");
    // `ada` of the home is someone else.
    home.memory.change_user("ada", |user| user.disabled = true);
    assert_eq!(home.bearer(&token).await.name(), "corp:ada");
}

#[tokio::test]
async fn without_providers_no_jwt_is_good() {
    let issuer = Issuer::new("corp", &[rsa_one()]).await;
    let home = Home::new().await;
    let refused = home.bearer(&rsa_one().sign(&issuer.claims(60))).await;
    assert_eq!(refused, Outcome::Refused("the JWT is of an issuer that is not configured"));
    assert_eq!(issuer.asked(), 0);
}
