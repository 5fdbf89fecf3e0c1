//! Makes the one shape of failures that jobs know.

use crate::jobs::Failure;

pub(super) fn failure(code: &str, message: &str, transient: bool) -> Failure {
    Failure { code: code.to_owned(), message: message.to_owned(), transient, partial: None }
}
