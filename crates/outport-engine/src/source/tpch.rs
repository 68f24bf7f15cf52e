//! The tables of TPC-H, generated in process.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, RecordBatch},
        compute,
        datatypes::SchemaRef,
    },
    catalog::{Session, TableProvider},
    error::{DataFusionError, Result},
    execution::TaskContext,
    logical_expr::{Expr, TableType},
    physical_plan::{
        ExecutionPlan, SendableRecordBatchStream,
        stream::RecordBatchStreamAdapter,
        streaming::{PartitionStream, StreamingTableExec},
    },
};
use outport_app::engine::EngineError;
use outport_model::{
    contract::TableSchema,
    source::{Source, TpchSource},
};
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
    RegionGenerator, SupplierGenerator,
};
use tpchgen_arrow::{
    CustomerArrow, LineItemArrow, NationArrow, OrderArrow, PartArrow, PartSuppArrow, RecordBatchIterator, RegionArrow,
    SupplierArrow,
};

use super::{OpenedSource, fault, shape::Shape};

/// Below this scale one partition generates faster than several.
const SMALL: f64 = 0.005;

/// Opens a generated table.
pub(super) fn open(source: &TpchSource, schema: &TableSchema) -> Result<OpenedSource, EngineError> {
    let location = format!("tpch {}", source.table);
    let table = Table::named(&source.table).ok_or_else(|| {
        let help = "the tables are customer, lineitem, nation, orders, part, partsupp, region and supplier";
        fault::unreadable(&location, "TPC-H has no such table", help)
    })?;
    if !(source.scale.is_finite() && source.scale > 0.0) {
        let reason = format!("`{}` is no scale factor", source.scale);
        return Err(fault::unreadable(&location, reason, "give a number above 0; 1 is about 1 GB"));
    }
    let generated = Arc::clone(table.generate(source.scale, 1, 1, 1).schema());
    let shape = Shape::find(&[(location, generated)], schema)?;
    let provider = Generated { table, scale: source.scale, schema: shape.base() };
    shape.over(Arc::new(provider)).map_err(|e| super::explain(e, &Source::Tpch(source.clone())))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    Customer,
    LineItem,
    Nation,
    Orders,
    Part,
    PartSupp,
    Region,
    Supplier,
}

impl Table {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "customer" => Self::Customer,
            "lineitem" => Self::LineItem,
            "nation" => Self::Nation,
            "orders" => Self::Orders,
            "part" => Self::Part,
            "partsupp" => Self::PartSupp,
            "region" => Self::Region,
            "supplier" => Self::Supplier,
            _ => return None,
        })
    }

    /// The generators of these two give all rows whichever part is asked for.
    fn is_whole(self) -> bool {
        matches!(self, Self::Nation | Self::Region)
    }

    /// The rows of one part (from 1) of several.
    fn generate(self, scale: f64, part: i32, parts: i32, rows: usize) -> Box<dyn RecordBatchIterator> {
        match self {
            Self::Customer => {
                Box::new(CustomerArrow::new(CustomerGenerator::new(scale, part, parts)).with_batch_size(rows))
            }
            Self::LineItem => {
                Box::new(LineItemArrow::new(LineItemGenerator::new(scale, part, parts)).with_batch_size(rows))
            }
            Self::Nation => Box::new(NationArrow::new(NationGenerator::new(scale, part, parts)).with_batch_size(rows)),
            Self::Orders => Box::new(OrderArrow::new(OrderGenerator::new(scale, part, parts)).with_batch_size(rows)),
            Self::Part => Box::new(PartArrow::new(PartGenerator::new(scale, part, parts)).with_batch_size(rows)),
            Self::PartSupp => {
                Box::new(PartSuppArrow::new(PartSuppGenerator::new(scale, part, parts)).with_batch_size(rows))
            }
            Self::Region => Box::new(RegionArrow::new(RegionGenerator::new(scale, part, parts)).with_batch_size(rows)),
            Self::Supplier => {
                Box::new(SupplierArrow::new(SupplierGenerator::new(scale, part, parts)).with_batch_size(rows))
            }
        }
    }
}

/// A generated table, with the columns and types of `schema`.
#[derive(Debug)]
struct Generated {
    table: Table,
    scale: f64,
    schema: SchemaRef,
}

impl Generated {
    fn plan_scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = match projection {
            Some(places) => Arc::new(self.schema.project(places)?),
            None => Arc::clone(&self.schema),
        };
        let one = self.table.is_whole() || self.scale < SMALL;
        let parts = if one { 1 } else { i32::try_from(state.config().target_partitions()).unwrap_or(1).max(1) };
        let rows = state.config().batch_size().max(1);
        let part = |part| {
            let schema = Arc::clone(&schema);
            Arc::new(Part { table: self.table, scale: self.scale, part, parts, rows, schema })
                as Arc<dyn PartitionStream>
        };
        let partitions = (1..=parts).map(part).collect();
        Ok(Arc::new(StreamingTableExec::try_new(schema, partitions, None, None, false, limit)?))
    }
}

impl TableProvider for Generated {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn scan<'life0, 'life1, 'life2, 'life3, 'async_trait>(
        &'life0 self,
        state: &'life1 dyn Session,
        projection: Option<&'life2 Vec<usize>>,
        _filters: &'life3 [Expr],
        limit: Option<usize>,
    ) -> Pin<Box<dyn Future<Output = Result<Arc<dyn ExecutionPlan>>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        'life2: 'async_trait,
        'life3: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(std::future::ready(self.plan_scan(state, projection, limit)))
    }
}

struct Part {
    table: Table,
    scale: f64,
    part: i32,
    parts: i32,
    rows: usize,
    schema: SchemaRef,
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({:?} {}/{})", self.table, self.part, self.parts)
    }
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        let batches = self.table.generate(self.scale, self.part, self.parts, self.rows);
        let shaped = batches.map(move |batch| take(&batch, &schema));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), futures::stream::iter(shaped)))
    }
}

/// The columns of a schema, by name, in its types.
fn take(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let column = |field: &Arc<datafusion::arrow::datatypes::Field>| -> Result<ArrayRef> {
        let found = batch.column_by_name(field.name());
        let found = found.ok_or_else(|| DataFusionError::Plan(format!("`{}` is not generated", field.name())))?;
        Ok(compute::cast(found, field.data_type())?)
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>>>()?;
    let options = datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}
