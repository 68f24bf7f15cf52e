//! Policies that can speak of the record of requests.

use std::{collections::BTreeSet, sync::Arc};

use outport_model::{
    diagnostic::Diagnostic,
    name::GroupName,
    plan::{CompiledProduct, Estate},
    product::Product,
};

use crate::policy::{CompiledPolicies, PolicyCompiler, PolicyText};

/// Compiles policies over the products that it is asked about and the record of requests: so policies that name it
/// mean something wherever they are looked at, also before anyone has asked for anything.
#[derive(Debug)]
pub struct WithRecord {
    compiler: Arc<dyn PolicyCompiler>,
    record: CompiledProduct,
}

impl WithRecord {
    /// The same compiler with the record of requests as one more product.
    pub fn new(compiler: Arc<dyn PolicyCompiler>, record: Product) -> Self {
        Self { compiler, record: super::compiled(record) }
    }
}

impl PolicyCompiler for WithRecord {
    fn compile(&self, texts: &[PolicyText], products: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>> {
        let mut products = products.clone();
        products.insert(self.record.product.name.clone(), self.record.clone());
        self.compiler.compile(texts, &products)
    }

    fn groups(&self, text: &PolicyText) -> BTreeSet<GroupName> {
        self.compiler.groups(text)
    }
}
