//! From an agreement to its document.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use outport_model::{
    agreement::{Agreement, AgreementState, Consumer},
    product::Product,
};
use serde_json::{Value, json};

use super::{API_VERSION, AccessAgreement, CustomProperty, KIND, Provider, Recipient, VENDOR, property};

/// The document of an agreement about a port of `product`. An agreement that was imported keeps everything that its document
/// said and that is not otherwise by now.
pub fn document(agreement: &Agreement, product: Option<&Product>) -> AccessAgreement {
    let origin = agreement.document.as_ref();
    let origin = origin.and_then(|document| serde_json::from_value::<AccessAgreement>(document.clone()).ok());
    let mut document = origin.unwrap_or_else(|| AccessAgreement {
        id: agreement.id.to_string(),
        provider: provider(agreement, product),
        consumer: recipient(&agreement.consumer),
        ..AccessAgreement::default()
    });
    API_VERSION.clone_into(&mut document.api_version);
    KIND.clone_into(&mut document.kind);
    status(agreement.state).clone_into(&mut document.status);
    if super::read::one_line(&document.description.purpose) != agreement.purpose.as_str() {
        agreement.purpose.as_str().clone_into(&mut document.description.purpose);
    }
    if let Some(end) = agreement.expires_at {
        let kept = document.end_timestamp.as_deref().and_then(super::read::moment) == Some(end);
        if !kept {
            document.end_timestamp = Some(written(end));
        }
        document.start_timestamp.get_or_insert_with(|| written(beginning(agreement, end)));
    }
    let mut properties = document.custom_properties.take().unwrap_or_default();
    properties.retain(|property| property.vendor.as_deref() != Some(VENDOR));
    properties.extend(own_properties(agreement));
    document.custom_properties = Some(properties);
    document
}

const fn status(state: AgreementState) -> &'static str {
    match state {
        AgreementState::Requested => "requested",
        AgreementState::Approved => "approved",
        // The standard has no other word for what does not hold.
        AgreementState::Rejected | AgreementState::Withdrawn | AgreementState::Revoked => "rejected",
    }
}

fn provider(agreement: &Agreement, product: Option<&Product>) -> Provider {
    let port = &agreement.port;
    let offered = product.and_then(|product| product.output(port.port.as_str(), Some(port.major)));
    let id = |product: &Product| if product.id.is_empty() { product.name.to_string() } else { product.id.clone() };
    Provider {
        team_id: product.and_then(|product| product.owner.clone()).unwrap_or_else(|| port.product.to_string()),
        data_product_id: product.map_or_else(|| port.product.to_string(), id),
        output_port_id: port.port.to_string(),
        data_contract_id: offered.map(|offered| offered.contract.id.to_string()),
        data_contract_version: Some(
            offered.map_or_else(|| format!("{}.0.0", port.major), |offered| offered.version.to_string()),
        ),
        ..Provider::default()
    }
}

fn recipient(consumer: &Consumer) -> Recipient {
    match consumer {
        Consumer::Principal(id) => Recipient { user_id: Some(id.to_string()), ..Recipient::default() },
        Consumer::Group(name) => Recipient { team_id: Some(name.to_string()), ..Recipient::default() },
    }
}

/// When an agreement that has an end began.
fn beginning(agreement: &Agreement, end: DateTime<Utc>) -> DateTime<Utc> {
    let length = i64::try_from(agreement.seconds).ok().and_then(TimeDelta::try_seconds);
    length.and_then(|length| end.checked_sub_signed(length)).unwrap_or(end)
}

fn written(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn own_properties(agreement: &Agreement) -> Vec<CustomProperty> {
    let state = matches!(agreement.state, AgreementState::Withdrawn | AgreementState::Revoked);
    let decision = agreement.decision.as_ref();
    let by = decision.and_then(|decision| decision.by.as_ref());
    let values: [(&str, Option<Value>); 10] = [
        (property::COLUMNS, agreement.columns.as_ref().map(|columns| json!(columns))),
        (property::JUSTIFICATION, agreement.justification.as_ref().map(|text| json!(text))),
        (property::STATE, state.then(|| json!(agreement.state.as_str()))),
        (property::REQUESTED_BY, Some(json!(agreement.requested_by.as_str()))),
        (property::REQUESTED_AT, Some(json!(written(agreement.requested_at)))),
        (property::SECONDS, Some(json!(agreement.seconds))),
        (property::RENEWS, agreement.renews.map(|id| json!(id.to_string()))),
        (property::DECIDED_BY, by.map(|by| json!(by.as_str()))),
        (property::DECIDED_AT, decision.map(|decision| json!(written(decision.at)))),
        (property::COMMENT, decision.and_then(|decision| decision.comment.as_ref()).map(|text| json!(text))),
    ];
    let property = |(name, value): (&str, Option<Value>)| {
        Some(CustomProperty {
            property: name.to_owned(),
            value: value?,
            vendor: Some(VENDOR.to_owned()),
            ..CustomProperty::default()
        })
    };
    values.into_iter().filter_map(property).collect()
}
