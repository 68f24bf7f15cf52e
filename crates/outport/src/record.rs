//! The record of requests as a data product: what its files say.

use outport_model::product::Product;
use outport_spec::bundle::{SourceTexts, built_in};

use crate::failure::Failure;

/// The files of the product `outport`, as those of a bundle.
const FILES: [(&str, &str); 3] = [
    ("product.odps.yaml", include_str!("../record/product.odps.yaml")),
    ("contracts/requests.odcs.yaml", include_str!("../record/contracts/requests.odcs.yaml")),
    ("contracts/reads.odcs.yaml", include_str!("../record/contracts/reads.odcs.yaml")),
];

/// The product.
///
/// # Errors
/// What is wrong with its files; tests see to it that nothing is.
pub(crate) fn product() -> Result<Product, Failure> {
    built_in::load(&FILES).map_err(|diagnostics| {
        let mut sources = Box::<SourceTexts>::default();
        for (file, text) in FILES {
            sources.insert(file, text);
        }
        Failure::Diagnostics { diagnostics, sources }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use outport_model::name::ProductName;
    use outport_spec::{
        bundle::{BundleFiles, Context},
        validate,
    };

    use super::*;

    #[test]
    fn the_files_follow_their_standards() {
        let context = Context {
            workspace: &"default".parse().unwrap(),
            depots: &BTreeMap::new(),
            offers: None,
            environment: &|_| None,
        };
        for (file, text) in FILES {
            let files = BundleFiles::new("", BTreeMap::from([(file.to_owned(), text.as_bytes().to_vec())]));
            let report = validate::document(&files, &context);
            assert_eq!(report.diagnostics, [], "{file}");
        }
    }

    #[test]
    fn the_contracts_have_the_columns_that_are_read() {
        let product = product().unwrap();
        assert_eq!(product.name, ProductName::record());
        let tables: Vec<_> = product.tables().map(|(_, table)| table.name.to_string()).collect();
        assert_eq!(tables, ["requests", "reads"]);
        for (port, table) in product.tables() {
            let promised = outport_engine::types::to_schema(port.contract.table(&table.object).unwrap());
            assert_eq!(outport_app::record::schema(&table.name), Some(promised), "{}", table.name);
        }
    }
}
