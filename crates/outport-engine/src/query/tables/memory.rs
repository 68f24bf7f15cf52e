//! A stored table whose rows are in memory.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, RecordBatch},
        compute::concat_batches,
        datatypes::{Schema, SchemaRef},
    },
    catalog::TableProvider,
    datasource::MemTable,
    error::Result,
    prelude::SessionContext,
};
use futures::StreamExt;
use outport_model::access::TableAccess;

use super::index::{ENTRY, KeyIndex};
use crate::query::lens::Lens;

/// How many lenses are kept at most: as many as there are different verdicts about one table.
const MOST_LENSES: usize = 256;

/// A stored table whose rows are in memory. Its content is the stored version's and nobody's view: what someone sees of
/// it is decided by a [`SecuredTable`](super::super::secured::SecuredTable) over it, or by a [`Lens`] made of one.
pub(in crate::query) struct InMemory {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    bytes: usize,
    provider: Arc<dyn TableProvider>,
    index: Option<KeyIndex>,
    /// By all that a lens depends on, beside the table and the engine's key of masks.
    lenses: Mutex<HashMap<TableAccess, Arc<Lens>>>,
}

impl fmt::Debug for InMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemory").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl InMemory {
    /// Reads a whole table; `None` where that is more than `most` bytes.
    pub(super) async fn read(
        context: &SessionContext,
        files: Arc<dyn TableProvider>,
        key: &[String],
        most: usize,
    ) -> Result<Option<Self>> {
        let (schema, mut batches, mut bytes) = (files.schema(), Vec::new(), 0);
        let mut rows = Box::pin(context.read_table(files)?.execute_stream()).await?;
        while let Some(batch) = rows.next().await {
            let batch = compact(batch?, &schema)?;
            bytes += batch.get_array_memory_size() + batch.num_rows() * ENTRY;
            if bytes > most {
                return Ok(None);
            }
            if batch.num_rows() > 0 {
                batches.push(batch);
            }
        }
        Self::of(&schema, batches, key, context.state().config().target_partitions()).map(Some)
    }

    /// A table of these rows, read in so many parts at once.
    pub(in crate::query) fn of(
        schema: &SchemaRef,
        batches: Vec<RecordBatch>,
        key: &[String],
        partitions: usize,
    ) -> Result<Self> {
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let bytes = batches.iter().map(RecordBatch::get_array_memory_size).sum::<usize>() + rows * ENTRY;
        let part = batches.len().div_ceil(partitions.max(1)).max(1);
        let mut parts: Vec<Vec<RecordBatch>> = batches.chunks(part).map(<[RecordBatch]>::to_vec).collect();
        if parts.is_empty() {
            parts.push(Vec::new());
        }
        let provider = Arc::new(MemTable::try_new(Arc::clone(schema), parts)?);
        let index = KeyIndex::over(&batches, schema, key)?;
        Ok(Self { schema: Arc::clone(schema), batches, bytes, provider, index, lenses: Mutex::default() })
    }

    /// The columns, as stored.
    pub(in crate::query) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The bytes that it takes.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The same as a table for queries.
    pub(in crate::query) fn provider(&self) -> Arc<dyn TableProvider> {
        Arc::clone(&self.provider)
    }

    /// The rows with a key, as stored; `None` where they cannot be looked up.
    pub(in crate::query) fn with_key(&self, key: &[ArrayRef]) -> Option<RecordBatch> {
        let rows = self.index.as_ref()?.find(&self.batches, key).ok()?;
        match rows.as_slice() {
            [one] => Some(one.clone()),
            rows => concat_batches(&self.schema, rows).ok(),
        }
    }

    /// What someone sees of single rows; `None` where there is no lens for that.
    pub(in crate::query) fn lens(
        &self,
        access: &TableAccess,
        make: impl FnOnce() -> Option<Lens>,
    ) -> Option<Arc<Lens>> {
        if let Some(lens) = self.lenses.lock().unwrap_or_else(PoisonError::into_inner).get(access) {
            return Some(Arc::clone(lens));
        }
        let lens = Arc::new(make()?);
        let mut lenses = self.lenses.lock().unwrap_or_else(PoisonError::into_inner);
        if lenses.len() >= MOST_LENSES {
            lenses.clear();
        }
        lenses.insert(access.clone(), Arc::clone(&lens));
        Some(lens)
    }
}

/// The same rows in no more memory than they need.
fn compact(batch: RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let mut columns = batch.columns().to_vec();
    // Only what nobody else holds can be made smaller.
    drop(batch);
    columns.iter_mut().for_each(Array::shrink_to_fit);
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}
