//! Threads of their own for what is computed.
//!
//! A plan can compute for seconds before it lets anything else go on: a join of everything with everything, for one. Whatever
//! waits on the same thread waits as long, requests of others among it. So plans run on these threads, and those that serve
//! only wait for rows. What finds a row by its key computes nothing, and stays where it is. Instead of what
//! is in `docs/decisions/0028-plans-on-threads-of-their-own.md`.

use std::{io, sync::LazyLock};

use datafusion::{
    error::Result, execution::SendableRecordBatchStream, physical_plan::stream::RecordBatchReceiverStreamBuilder,
};
use futures::StreamExt;
use tokio::runtime::{Builder, Handle, Runtime};

/// Batches that are computed ahead of whoever takes them.
const AHEAD: usize = 2;

/// As many threads as the machine has processors; they live as long as the process.
static CREW: LazyLock<io::Result<Runtime>> =
    LazyLock::new(|| Builder::new_multi_thread().thread_name("outport-plan").enable_all().build());

/// Begins a plan, and gives its rows as they are computed apart. Whoever drops them ends it, as soon as it lets go.
pub(crate) fn run(begin: impl FnOnce() -> Result<SendableRecordBatchStream>) -> Result<SendableRecordBatchStream> {
    let crew = match &*CREW {
        Ok(crew) => crew.handle().clone(),
        Err(error) => {
            tracing::warn!(%error, "there are no threads for plans; they run on those that serve");
            Handle::current()
        }
    };
    let mut rows = {
        // What it begins by itself begins there, too.
        let _within = crew.enter();
        begin()?
    };
    let mut apart = RecordBatchReceiverStreamBuilder::new(rows.schema(), AHEAD);
    let taker = apart.tx();
    let compute = async move {
        while let Some(batch) = rows.next().await {
            if taker.send(batch).await.is_err() {
                break;
            }
        }
        Ok(())
    };
    apart.spawn_on(compute, &crew);
    Ok(apart.build())
}
