//! A stored table whose rows are in memory.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, RecordBatch},
        compute::concat_batches,
        datatypes::{Field, Schema, SchemaRef},
    },
    catalog::{Session, TableProvider},
    datasource::{
        TableType,
        memory::{DataSourceExec, MemorySourceConfig},
    },
    error::Result,
    logical_expr::{Expr, TableProviderFilterPushDown},
    physical_plan::ExecutionPlan,
    prelude::SessionContext,
};
use futures::StreamExt;
use outport_model::access::TableAccess;

use super::{
    index::{ENTRY, KeyIndex},
    ranges::Ranges,
};
use crate::query::{lens::Lens, safe};

/// How many lenses are kept at most: as many as there are different verdicts about one table.
const MOST_LENSES: usize = 256;

/// A stored table whose rows are in memory. Its content is the stored version's and nobody's view: what someone sees of
/// it is decided by a [`SecuredTable`](super::super::secured::SecuredTable) over it, or by a [`Lens`] made of one.
pub(in crate::query) struct InMemory {
    rows: Arc<Rows>,
    bytes: usize,
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
        let (index, ranges) = (KeyIndex::over(&batches, schema, key)?, Ranges::over(&batches, schema)?);
        let rows = Arc::new(Rows { schema: Arc::clone(schema), batches, index, ranges, partitions });
        Ok(Self { rows, bytes, lenses: Mutex::default() })
    }

    /// The columns, as stored.
    pub(in crate::query) fn schema(&self) -> &Schema {
        &self.rows.schema
    }

    /// The bytes that it takes.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The same as a table for queries.
    pub(in crate::query) fn provider(&self) -> Arc<dyn TableProvider> {
        Arc::<Rows>::clone(&self.rows)
    }

    /// The rows themselves.
    pub(in crate::query) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The rows with a key, as stored; `None` where they cannot be looked up.
    pub(in crate::query) fn with_key(&self, key: &[ArrayRef]) -> Option<RecordBatch> {
        let rows = self.rows.index.as_ref()?.find(&self.rows.batches, key).ok()?;
        match rows.as_slice() {
            [one] => Some(one.clone()),
            rows => concat_batches(&self.rows.schema, rows).ok(),
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

/// Rows as a table for queries, which looks only at those that a query's conditions can be true of.
pub(in crate::query) struct Rows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    index: Option<KeyIndex>,
    ranges: Ranges,
    /// In how many parts they are read at once.
    partitions: usize,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Rows {
    /// The rows that meet conditions which are that every part of the key has some value, and no others; `None` where they
    /// are anything else.
    pub(in crate::query) fn with_keys(&self, conditions: &[Expr]) -> Option<RecordBatch> {
        // Each part of the key is in one condition, so that there is none beside them.
        let index = self.index.as_ref().filter(|index| index.parts() == conditions.len())?;
        let found = index.meeting(&self.batches, &self.schema, conditions).ok()??;
        concat_batches(&self.schema, &found).ok()
    }

    /// All rows that meet these conditions, and perhaps others: conditions are met above.
    fn meeting(&self, conditions: &[Expr], state: &dyn Session) -> Result<Vec<RecordBatch>> {
        if conditions.is_empty() {
            return Ok(self.batches.clone());
        }
        if let Some(index) = &self.index
            && let Some(rows) = index.meeting(&self.batches, &self.schema, conditions)?
        {
            return Ok(rows);
        }
        let Some(kept) = self.ranges.may_meet(conditions, state) else { return Ok(self.batches.clone()) };
        Ok(self.batches.iter().zip(kept).filter(|(_, kept)| *kept).map(|(batch, _)| batch.clone()).collect())
    }
}

#[async_trait]
impl TableProvider for Rows {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, conditions: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // What compares columns as they are with values is all that keys and ranges tell of.
        let column = |name: &str| self.schema.field_with_name(name).ok().map(Field::data_type);
        let support = |condition: &&Expr| {
            if safe::is_safe(condition, &column) {
                TableProviderFilterPushDown::Inexact
            } else {
                TableProviderFilterPushDown::Unsupported
            }
        };
        Ok(conditions.iter().map(support).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        conditions: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let batches = self.meeting(conditions, state)?;
        let part = batches.len().div_ceil(self.partitions.max(1)).max(1);
        let mut parts: Vec<Vec<RecordBatch>> = batches.chunks(part).map(<[RecordBatch]>::to_vec).collect();
        if parts.is_empty() {
            parts.push(Vec::new());
        }
        let source = MemorySourceConfig::try_new(&parts, self.schema(), projection.cloned())?;
        Ok(DataSourceExec::from_data_source(source))
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
