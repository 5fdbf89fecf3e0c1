//! Deployments at resource group, subscription, management group and tenant scope.
//!
//! ```text
//! PUT      {scope}/providers/Microsoft.Resources/deployments/{name}      201 + Azure-AsyncOperation
//! GET      …/{name}/operationStatuses/{id}                               Running → Succeeded | Failed, as HTTP 200
//! POST     …/{name}/validate                                             200, or 400 with InvalidTemplate
//! POST     …/{name}/whatIf                                               202 + Location → 200 with changes
//! GET      …/{name} · …/{name}/operations · list · HEAD · DELETE · POST …/{name}/exportTemplate
//! ```
//! A template that is wrong is refused at the PUT; what goes wrong later is a failed deployment whose
//! resources so far stay, as documented. Resources appear when the deployment is accepted; its state
//! follows after the time that writes take.

mod answer;
mod record;
mod store;

pub(super) use self::{
    answer::answer,
    record::{body, record},
    store::Deployments,
};
