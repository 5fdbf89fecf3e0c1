//! Compares generated code with the requests that had made the recorded resources.

use std::path::Path;

use crate::iac::fidelity::{self, FidelityError, Report};

/// Compares what is generated from recorded resource groups with what had been sent to make them.
pub(crate) fn fidelity(directory: &Path) -> Result<Report, FidelityError> {
    fidelity::run(directory)
}
