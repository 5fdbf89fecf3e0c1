//! The one list of routes, and the OpenAPI document that is made from it.

use axum::{Router, extract::Request, middleware, response::IntoResponse, routing::get};
use utoipa::{
    OpenApi,
    openapi::{
        OpenApi as Document, RefOr, Response,
        content::ContentBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App,
    authenticate::authenticate,
    caller::Caller,
    gate::gate,
    refusal::Refusal,
    routes::{artifacts, events, graph, jobs, keys, older, service, socket, store, submit},
};
use crate::api::{ErrorCode, ErrorEnvelope};

#[derive(OpenApi)]
#[openapi(
    info(title = "atgd", description = "The Azure Tenant Grapher daemon's API, version 1."),
    components(schemas(ErrorEnvelope))
)]
struct Base;

/// Every route. What is not here is not served.
fn listed() -> OpenApiRouter<App> {
    let v1 = OpenApiRouter::new()
        .routes(routes!(submit::scan))
        .routes(routes!(submit::generate_iac))
        .routes(routes!(submit::create_tenant))
        .routes(routes!(submit::generate_spec))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::show, jobs::remove))
        .routes(routes!(jobs::result))
        .routes(routes!(jobs::retry))
        .routes(routes!(artifacts::zip))
        .routes(routes!(artifacts::list))
        .routes(routes!(artifacts::file))
        .routes(routes!(events::events))
        .routes(routes!(socket::ticket))
        .routes(routes!(socket::watch))
        .routes(routes!(older::scan))
        .routes(routes!(older::generate_iac))
        .routes(routes!(older::operations))
        .routes(routes!(older::cancel))
        .routes(routes!(older::download))
        .routes(routes!(graph::tenants))
        .routes(routes!(graph::summary))
        .routes(routes!(graph::resources))
        .routes(routes!(graph::resource))
        .routes(routes!(graph::neighbours))
        .routes(routes!(graph::snapshots))
        .routes(routes!(service::health))
        .routes(routes!(service::metrics_json))
        .routes(routes!(service::status))
        .routes(routes!(service::whoami))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(keys::rotate))
        .routes(routes!(keys::audit_tail))
        .routes(routes!(keys::audit_verify))
        .routes(routes!(store::check))
        .routes(routes!(store::backup))
        .route("/ws/progress/{id}", get(socket::watch));
    OpenApiRouter::with_openapi(Base::openapi())
        .nest("/api/v1", v1)
        .routes(routes!(service::readyz))
        .routes(routes!(service::metrics_text))
        .route("/health", get(service::health))
        .route("/ws/progress/{id}", get(socket::watch))
        .route("/openapi.json", get(document))
}

/// The router with what every request passes.
pub(super) fn router(app: App) -> Router {
    let (router, _) = listed().split_for_parts();
    router
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), authenticate))
        .layer(middleware::from_fn_with_state(app.clone(), gate))
        .with_state(app)
}

/// The OpenAPI document of the routes.
pub fn openapi() -> Document {
    let (_, mut document) = listed().split_for_parts();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    document.components.get_or_insert_default().security_schemes.insert("key".to_owned(), bearer.into());
    document.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("key", [])]);
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let mut refusal = Response::new("What went wrong; `error.code` is from a closed list");
            let schema = utoipa::openapi::Ref::from_schema_name("ErrorEnvelope");
            let content = ContentBuilder::new().schema(Some(RefOr::Ref(schema))).build();
            refusal.content.insert("application/json".to_owned(), content.into());
            operation.responses.responses.insert("default".to_owned(), refusal.into());
        }
    }
    document
}

async fn document() -> impl IntoResponse {
    axum::Json(openapi())
}

async fn unknown(_: Caller, request: Request) -> Refusal {
    Refusal::new(ErrorCode::NotFound, format!("there is no route {}", request.uri().path()))
}

async fn wrong_method(request: Request) -> Refusal {
    let message = format!("{} is not a method of {}", request.method(), request.uri().path());
    Refusal::new(ErrorCode::MethodNotAllowed, message)
}
