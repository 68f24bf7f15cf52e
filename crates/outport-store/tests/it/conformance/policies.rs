//! Workspace-wide policies.

use outport_app::identity::WorkspacePolicies;
use outport_test::{
    fixture::{moment, principal_id, workspace, workspace_policies},
    store::PutPolicies,
};

use super::{Home, prod};

pub(crate) async fn policies_that_are_put_are_read_by_name(home: &impl Home) {
    let stores = home.open().await;
    assert_eq!(stores.policies.policies(&prod()).await.unwrap(), []);
    let (privacy, base) = (workspace_policies("privacy", "forbid (\n\t…\n);"), workspace_policies("base", ""));
    for policies in [&privacy, &base] {
        stores.policies.put_policies(&prod(), policies).await.unwrap();
    }
    assert_eq!(home.open().await.policies.policies(&prod()).await.unwrap(), [base, privacy]);
}

pub(crate) async fn a_policy_file_takes_the_place_of_its_namesake(home: &impl Home) {
    let stores = home.open().await;
    stores.policies.put_policies(&prod(), &workspace_policies("base", "one")).await.unwrap();
    let next = WorkspacePolicies {
        changed_at: moment(9),
        changed_by: principal_id("bob"),
        ..workspace_policies("base", "two")
    };
    stores.policies.put_policies(&prod(), &next).await.unwrap();
    assert_eq!(stores.policies.policies(&prod()).await.unwrap(), [next]);
}

pub(crate) async fn a_policy_file_is_replaced_only_as_it_is_known(home: &impl Home) {
    let stores = home.open().await;
    let (one, two) = (workspace_policies("base", "one"), workspace_policies("base", "two"));
    let replace = |known: Option<WorkspacePolicies>, next: WorkspacePolicies| {
        let policies = stores.policies.clone();
        async move { policies.replace_policies(&prod(), known.as_ref(), &next).await.unwrap() }
    };
    assert!(!replace(Some(one.clone()), two.clone()).await, "there is none yet");
    assert!(replace(None, one.clone()).await);
    assert!(!replace(None, two.clone()).await, "there is one by now");
    assert!(replace(Some(one.clone()), two.clone()).await);
    assert!(!replace(Some(one.clone()), one).await, "it is another one by now");
    assert_eq!(home.open().await.policies.policies(&prod()).await.unwrap(), [two]);
}

pub(crate) async fn a_policy_file_is_removed_once(home: &impl Home) {
    let stores = home.open().await;
    let (base, other) = (workspace_policies("base", "one"), workspace_policies("other", "two"));
    for policies in [&base, &other] {
        stores.policies.put_policies(&prod(), policies).await.unwrap();
    }
    assert!(stores.policies.remove_policies(&prod(), &base.name).await.unwrap());
    assert!(!home.open().await.policies.remove_policies(&prod(), &base.name).await.unwrap());
    assert_eq!(stores.policies.policies(&prod()).await.unwrap(), [other]);
}

pub(crate) async fn workspaces_have_policies_of_their_own(home: &impl Home) {
    let (stores, dev) = (home.open().await, workspace("dev"));
    stores.policies.put_policies(&prod(), &workspace_policies("base", "one")).await.unwrap();
    stores.policies.put_policies(&dev, &workspace_policies("base", "two")).await.unwrap();
    assert_eq!(stores.policies.policies(&prod()).await.unwrap(), [workspace_policies("base", "one")]);
    let name = workspace_policies("base", "").name;
    assert!(stores.policies.remove_policies(&prod(), &name).await.unwrap());
    assert_eq!(stores.policies.policies(&dev).await.unwrap(), [workspace_policies("base", "two")]);
}
