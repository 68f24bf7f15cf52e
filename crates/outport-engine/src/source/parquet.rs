//! Parquet files as a table.

use std::{fs::File, sync::Arc};

use datafusion::{
    arrow::datatypes::SchemaRef,
    catalog::TableProvider,
    datasource::{
        file_format::parquet::ParquetFormat,
        listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl},
    },
    error::DataFusionError,
    parquet::{
        arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
        errors::ParquetError,
    },
    prelude::SessionContext,
};
use outport_app::engine::EngineError;
use outport_model::{contract::TableSchema, source::FileSource};
use url::Url;

use super::{
    OpenedSource, fault,
    locate::{self, DataFile},
    shape::Shape,
};

/// What to do about a file that is not whole.
const DAMAGED: &str = "it is damaged, was cut off, or is no Parquet file; write or fetch it again";

/// Opens Parquet files. Only their footers are read here.
pub(super) async fn open(
    context: &SessionContext,
    source: &FileSource,
    schema: &TableSchema,
) -> Result<OpenedSource, EngineError> {
    let listed = source.clone();
    let (files, schemas) = fault::blocking(move || {
        let files = locate::files(&listed)?;
        let schemas = files.iter().map(|f| Ok((f.location(), footer(f)?))).collect::<Result<Vec<_>, EngineError>>()?;
        Ok((files, schemas))
    })
    .await?;
    let shape = Shape::find(&schemas, schema)?;
    let table = listing(context, &files, shape.base()).and_then(|base| shape.over(base));
    table.map_err(|e| super::explain(e, &outport_model::source::Source::Files(source.clone())))
}

fn footer(file: &DataFile) -> Result<SchemaRef, EngineError> {
    let location = file.location();
    if file.length == 0 {
        return Err(fault::unreadable(&location, "it is empty, where a Parquet file was expected", DAMAGED));
    }
    let opened = File::open(&file.path).map_err(|e| fault::io(&location, &e))?;
    let metadata = ArrowReaderMetadata::load(&opened, ArrowReaderOptions::new());
    metadata.map(|m| Arc::clone(m.schema())).map_err(|error| match error {
        ParquetError::External(inner) if inner.is::<std::io::Error>() => match inner.downcast::<std::io::Error>() {
            Ok(system) => fault::io(&location, &system),
            Err(other) => fault::unreadable(&location, other.to_string(), DAMAGED),
        },
        ParquetError::EOF(_) => fault::unreadable(&location, "it ends too early for a Parquet file", DAMAGED),
        ParquetError::General(text) | ParquetError::ArrowError(text) => fault::unreadable(&location, text, DAMAGED),
        other => fault::unreadable(&location, other.to_string(), DAMAGED),
    })
}

fn listing(
    context: &SessionContext,
    files: &[DataFile],
    base: SchemaRef,
) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let url = |file: &DataFile| {
        let url = Url::from_file_path(&file.path)
            .map_err(|()| DataFusionError::Plan(format!("`{}` is not an absolute path", file.location())))?;
        ListingTableUrl::try_new(url, None)
    };
    let urls = files.iter().map(url).collect::<Result<Vec<_>, _>>()?;
    let format = ParquetFormat::default().with_options(context.copied_table_options().parquet);
    let options = ListingOptions::new(Arc::new(format)).with_file_extension("");
    let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(base);
    let statistics = context.runtime_env().cache_manager.get_file_statistic_cache();
    Ok(Arc::new(ListingTable::try_new(config)?.with_cache(statistics)))
}
