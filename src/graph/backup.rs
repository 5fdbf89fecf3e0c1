//! Copies every tenant's file as it is at this moment. Knows nothing of what is in the files.

use std::path::{Path, PathBuf};

use super::{GraphError, Graphs};

/// Where a backup keeps the graphs.
const DIRECTORY: &str = "graph";

impl Graphs {
    /// Copies each graph into `directory/graph`: the copies, relative, with their sizes. Blocking.
    pub fn backup(&self, directory: &Path) -> Result<Vec<(PathBuf, u64)>, GraphError> {
        let mut copies = Vec::new();
        for tenant in self.tenants() {
            let Some(graph) = self.existing(tenant)? else { continue };
            let name = Path::new(DIRECTORY).join(format!("{tenant}.redb"));
            let bytes = graph.store().backup(&directory.join(&name))?;
            copies.push((name, bytes));
        }
        Ok(copies)
    }
}
