//! The files of the hub, as the HTTP doors serve them.

use outport_http::{Asset, Hub};
use outport_hub::File;

/// The hub as it was built or, where it was not, the page that says so.
pub(crate) fn hub() -> Hub {
    Hub::new(asset(outport_hub::index()), outport_hub::FILES.iter().map(asset))
}

fn asset(file: &'static File) -> Asset {
    let media_type = file.media_type();
    Asset { path: file.path, media_type, plain: file.plain, gzip: file.gzip, brotli: file.brotli }
}
