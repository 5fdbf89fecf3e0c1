//! Why a template is refused, or a deployment failed.

use serde_json::{Value, json};

/// Why a template is refused, or a deployment failed: ARM's code and message.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::simulator) struct Failure {
    pub code: String,
    pub message: String,
    pub target: Option<String>,
}

impl Failure {
    pub(super) fn template(message: impl Into<String>) -> Self {
        let message = format!("Deployment template validation failed: '{}'.", message.into());
        Self { code: "InvalidTemplate".to_owned(), message, target: None }
    }

    pub(in crate::simulator) fn shown(&self) -> Value {
        json!({"code": self.code, "message": self.message, "target": self.target})
    }
}
