//! What a contract says to people of the data as a whole.

use outport_model::contract::{ContractTerms, Price, ServiceLevel};
use serde_json::Value;

use crate::node::Node;

pub(super) fn terms(root: &Node<'_>) -> ContractTerms {
    let description = root.get("description");
    let described = |key| description.as_ref().and_then(|description| description.string(key));
    ContractTerms {
        status: root.string("status"),
        usage: described("usage"),
        limitations: described("limitations"),
        tags: root.texts("tags"),
        service_levels: root.list("slaProperties").iter().filter_map(service_level).collect(),
        price: root.get("price").map(|price| self::price(&price)),
    }
}

fn service_level(node: &Node<'_>) -> Option<ServiceLevel> {
    Some(ServiceLevel {
        property: node.string("property")?,
        value: node.get("value").map_or(Value::Null, |value| value.value().clone()),
        unit: node.string("unit"),
        element: node.string("element"),
        description: node.string("description"),
    })
}

fn price(node: &Node<'_>) -> Price {
    Price {
        amount: node.number("priceAmount").cloned(),
        currency: node.string("priceCurrency"),
        unit: node.string("priceUnit"),
    }
}
