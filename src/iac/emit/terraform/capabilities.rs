//! What Terraform can express.

use super::azurerm::{split::split, told::told};
use crate::iac::model::{capabilities::Capabilities, style::Style};

/// With imports what is printed is compared with what Azure returns.
pub fn capabilities(with_imports: bool) -> Capabilities {
    Capabilities {
        compares: with_imports,
        has_functions: false,
        style: Style::Snake,
        asks_administrators: false,
        split,
        read_only: told,
    }
}
