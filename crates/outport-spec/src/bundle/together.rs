//! Several bundles that read each other.

use std::collections::BTreeMap;

use outport_model::{
    address::Address,
    contract::{ContractId, Version},
    diagnostic::Diagnostic,
    name::{PortName, ProductName},
};

use super::{Assembly, Context, Documents, Loaded, Offer, descriptor, documents::Parsed, files::BundleFiles};
use crate::{codes, config::Layers, suggest};

/// Makes products of several bundles, and checks what they say of each other: unique names and ids, ports that exist,
/// no circles. The result has the order of `bundles`.
pub fn load_all(bundles: &[BundleFiles], context: &Context<'_>) -> Vec<Loaded> {
    let read: Vec<_> = bundles.iter().map(|files| Documents::read(files, context)).collect();
    let own: Vec<_> = read.iter().flat_map(|documents| offers(documents, context)).collect();
    let replaced = |offer: &&Offer| !own.iter().any(|own| own.address.product == offer.address.product);
    let known = context.offers.unwrap_or_default().iter().filter(replaced).cloned();
    let offers: Vec<_> = own.iter().cloned().chain(known).collect();

    let assemble = |(files, documents)| Assembly::new(files, documents, context, &offers);
    let mut assemblies: Vec<_> = bundles.iter().zip(&read).map(assemble).collect();
    report_twins(&mut assemblies);
    let complete = context.offers.is_some() || bundles.len() > 1;
    for assembly in &mut assemblies {
        report_dangling(assembly, &offers, context, complete);
    }
    report_cycles(&mut assemblies, context);
    assemblies.into_iter().zip(bundles).map(|(assembly, files)| assembly.finish(files.root())).collect()
}

/// What a bundle offers, by its descriptor alone: a fault elsewhere must not make its readers look wrong.
fn offers(documents: &Documents, context: &Context<'_>) -> Vec<Offer> {
    let Some(root) = documents.descriptor.as_ref().map(Parsed::root) else { return Vec::new() };
    let settings = documents.settings.as_ref().map(Parsed::root);
    let settings = settings.map(|root| Layers::new(&root, context.workspace.as_str())).unwrap_or_default();
    let Some(product) = descriptor::header(&root, &settings, &mut Vec::new()).name else { return Vec::new() };
    let mut offers = Vec::new();
    for port in root.list("outputPorts") {
        let Some(name) = port.text("name").and_then(|name| name.parse::<PortName>().ok()) else { continue };
        let id = port.text("contractId");
        let written = port.text("version").and_then(|text| text.parse().ok());
        let same_id = documents.contracts.iter().filter(|file| id.is_some() && file.id() == id);
        let contract = same_id
            .filter_map(|file| file.contract.as_ref())
            .find(|c| written.as_ref().is_none_or(|v| c.version == *v));
        let major = written.as_ref().or(contract.map(|contract| &contract.version)).map(Version::major);
        offers.push(Offer {
            address: Address { workspace: None, product: product.clone(), port: name, major },
            contract: id.map(ContractId::new),
            objects: contract.map(|c| c.tables.iter().map(|t| t.name.clone()).collect()).unwrap_or_default(),
        });
    }
    offers
}

fn report_twins(assemblies: &mut [Assembly]) {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for assembly in assemblies {
        let Some(place) = &assembly.place else { continue };
        let twin = |taken: &mut BTreeMap<String, String>, key: &str, what: &str| {
            let first = taken.insert(key.to_owned(), place.file.clone())?;
            let message = format!("the {what} `{key}` is that of another product");
            Some(
                Diagnostic { message, ..place.clone() }
                    .label(format!("also in {first}"))
                    .help(format!("give each product its own {what}")),
            )
        };
        let name = assembly.name.as_ref().and_then(|name| twin(&mut names, &name.sql(), "name"));
        let id = assembly.product.as_ref().map(|product| product.id.clone());
        let id = id.and_then(|id| twin(&mut ids, &id, "id"));
        // A name is the id in most products: one of the two says enough.
        assembly.diagnostics.extend(name.or(id));
    }
}

/// Whether a reading stays in the workspace, so that something is known of where it leads.
fn is_local(address: &Address, context: &Context<'_>) -> bool {
    address.workspace.as_ref().is_none_or(|workspace| workspace == context.workspace)
}

fn report_dangling(assembly: &mut Assembly, offers: &[Offer], context: &Context<'_>, complete: bool) {
    for reading in assembly.readings.iter().filter(|reading| is_local(&reading.address, context)) {
        let address = &reading.address;
        let of_product: Vec<_> = offers.iter().filter(|o| o.address.product == address.product).collect();
        if of_product.is_empty() && !complete {
            continue;
        }
        if let Some((message, help)) = fault(address, reading.table.as_deref(), &of_product, offers) {
            assembly.diagnostics.push(Diagnostic { message, ..reading.place.clone() }.help(help));
        }
    }
}

/// What is wrong with an address, and what to do about it.
fn fault(address: &Address, table: Option<&str>, of_product: &[&Offer], offers: &[Offer]) -> Option<(String, String)> {
    if of_product.is_empty() {
        let names: Vec<_> = offers.iter().map(|o| o.address.product.to_string()).collect();
        let help = suggest::or(address.product.as_str(), &names, "apply the product first, or give its folder too");
        return Some((format!("there is no product `{}`", address.product), help));
    }
    let of_port: Vec<_> = of_product.iter().filter(|o| o.address.port == address.port).collect();
    if of_port.is_empty() {
        let names: Vec<_> = of_product.iter().map(|o| o.address.port.to_string()).collect();
        let help = suggest::or_list(address.port.as_str(), &names, "the product has no output ports");
        return Some((format!("`{}` has no output port `{}`", address.product, address.port), help));
    }
    let fits = |offer: &&&&Offer| {
        address.major.is_none() || offer.address.major.is_none() || offer.address.major == address.major
    };
    let Some(offer) = of_port.iter().filter(fits).max_by_key(|offer| offer.address.major) else {
        let majors: Vec<_> = of_port.iter().filter_map(|o| Some(format!("`@{}`", o.address.major?))).collect();
        let message = format!(
            "`{}/{}` has no major version {}",
            address.product,
            address.port,
            address.major.unwrap_or_default()
        );
        return Some((message, format!("there is {}", majors.join(", "))));
    };
    object_fault(address, table, &offer.objects)
}

/// Of a port with several tables, the reader's own contract says which one is read.
fn object_fault(address: &Address, table: Option<&str>, objects: &[String]) -> Option<(String, String)> {
    if objects.len() < 2 || table.is_some_and(|table| objects.iter().any(|object| object == table)) {
        return None;
    }
    let names: Vec<_> = objects.iter().map(|object| format!("`{object}`")).collect();
    let message =
        format!("`{}/{}` has {} tables, and nothing says which is read", address.product, address.port, names.len());
    Some((message, format!("give the input port a contract with one of the objects {}", names.join(", "))))
}

fn report_cycles(assemblies: &mut [Assembly], context: &Context<'_>) {
    let mut reads: BTreeMap<ProductName, Vec<ProductName>> = BTreeMap::new();
    for assembly in &*assemblies {
        let Some(name) = &assembly.name else { continue };
        let local = assembly.readings.iter().filter(|reading| is_local(&reading.address, context));
        reads.entry(name.clone()).or_default().extend(local.map(|reading| reading.address.product.clone()));
    }
    for assembly in assemblies {
        let Some(name) = &assembly.name else { continue };
        for reading in &assembly.readings {
            let Some(path) = path(&reads, &reading.address.product, name) else { continue };
            let circle: Vec<_> = std::iter::once(name).chain(&path).map(|product| format!("`{product}`")).collect();
            let message = format!("products read each other in a circle: {}", circle.join(" → "));
            let place = Diagnostic { code: codes::PRODUCT_CYCLE, message, ..reading.place.clone() };
            assembly.diagnostics.push(place.help("remove one of the readings, or make one product of them"));
        }
    }
}

/// A way from one product to another, both included.
fn path(
    reads: &BTreeMap<ProductName, Vec<ProductName>>,
    from: &ProductName,
    to: &ProductName,
) -> Option<Vec<ProductName>> {
    let mut came: BTreeMap<ProductName, Option<ProductName>> = BTreeMap::from([(from.clone(), None)]);
    let mut queue = std::collections::VecDeque::from([from.clone()]);
    while let Some(product) = queue.pop_front() {
        if product == *to {
            let mut way = vec![product];
            while let Some(Some(before)) = way.last().and_then(|last| came.get(last)) {
                way.push(before.clone());
            }
            way.reverse();
            return Some(way);
        }
        for next in reads.get(&product).into_iter().flatten() {
            if !came.contains_key(next) {
                came.insert(next.clone(), Some(product.clone()));
                queue.push_back(next.clone());
            }
        }
    }
    None
}
