//! Ratings of products.

use outport_model::feedback::{Contentment, Rating, RatingSummary, Recommendation};
use outport_test::fixture::{moment, product, rating, workspace};

use super::{Home, Stores, prod};

async fn put(stores: &Stores, name: &str, rating: &Rating) {
    stores.ratings.put_rating(&prod(), &product(name), rating).await.unwrap();
}

async fn of(stores: &Stores, name: &str) -> Vec<Rating> {
    stores.ratings.ratings(&prod(), &product(name)).await.unwrap()
}

pub(crate) async fn a_rating_takes_the_place_of_the_one_before(home: &impl Home) {
    let stores = home.open().await;
    let first = Rating { text: Some("late\nagain".parse().unwrap()), ..rating("ada", 2, Some(3)) };
    put(&stores, "flights", &first).await;
    assert_eq!(of(&home.open().await, "flights").await, [first]);
    let second = Rating { rated_at: moment(9), ..rating("ada", 5, None) };
    put(&stores, "flights", &second).await;
    assert_eq!(of(&stores, "flights").await, std::slice::from_ref(&second));
    let other = rating("bob", 1, Some(0));
    put(&stores, "flights", &other).await;
    assert_eq!(of(&stores, "flights").await, [second, other], "newest first");
    assert_eq!(of(&stores, "trains").await, []);
}

pub(crate) async fn ratings_are_summed_by_product(home: &impl Home) {
    let stores = home.open().await;
    for (who, csat, nps) in [("ada", 5, Some(10)), ("bob", 5, Some(8)), ("eve", 1, Some(6)), ("zoe", 3, None)] {
        put(&stores, "flights", &rating(who, csat, nps)).await;
    }
    put(&stores, "trains", &rating("ada", 4, None)).await;
    stores.ratings.put_rating(&workspace("dev"), &product("ships"), &rating("ada", 1, None)).await.unwrap();
    let found = home.open().await.ratings.rating_summaries(&prod()).await.unwrap();
    let flights = RatingSummary {
        csat: Contentment { distribution: [1, 0, 1, 0, 2] },
        nps: Recommendation { promoters: 1, passives: 1, detractors: 1 },
    };
    let trains = RatingSummary { csat: Contentment { distribution: [0, 0, 0, 1, 0] }, nps: Recommendation::default() };
    assert_eq!(found, [(product("flights"), flights), (product("trains"), trains)].into());
}

pub(crate) async fn workspaces_have_ratings_of_their_own(home: &impl Home) {
    let stores = home.open().await;
    put(&stores, "flights", &rating("ada", 2, None)).await;
    assert_eq!(stores.ratings.ratings(&workspace("dev"), &product("flights")).await.unwrap(), []);
    assert!(stores.ratings.rating_summaries(&workspace("dev")).await.unwrap().is_empty());
}
