//! Steps that Microsoft Graph makes: users, groups, applications with their principals, memberships.

use serde_json::{Value, json};

use super::{
    ledger::{Ledger, Note, Outcome},
    objects, principals,
    run::{Run, StepError},
    templates::unescaped,
};
use crate::{
    azure::AzureError,
    spec::plan::{Step, StepKind},
};

/// A user, a group or a service principal.
pub(super) async fn object(run: &Run<'_>, ledger: &mut Ledger<'_>, step: &Step) -> Result<(), StepError> {
    let collection = objects::collection(step.kind);
    let there = run.before.there.get(&step.n).cloned().flatten();
    if let Some(id) = there {
        let outcome = run.outcome(step.n);
        if outcome == Outcome::Updated {
            ledger.note(step.n, Note::begun(id.clone())).await?;
            let changed = run.bodies.get(&step.n).map(|changed| run.plain(changed)).unwrap_or_default();
            run.client.directory_update(&format!("/v1.0/{collection}/{id}"), &Value::Object(changed)).await?;
        }
        ledger.note(step.n, Note::done(outcome, id)).await?;
        return Ok(());
    }
    // An attempt that died between sending and noting: what it sent is looked up, not sent again.
    let is_begun = ledger.is_begun(step.n);
    let there = if is_begun { found(run, step).await? } else { None };
    if !is_begun {
        ledger.note(step.n, Note::begun(String::new())).await?;
    }
    let id = match (there, step.kind) {
        (Some(id), _) => id,
        (None, StepKind::ServicePrincipal) => principal(run, ledger, step, is_begun).await?,
        (None, StepKind::User) if step.body.contains_key("userType") => invited(run, step).await?,
        (None, _) => created(run, collection, &sent(run, step)).await?,
    };
    let application = ledger.application_of(step.n).map(str::to_owned);
    ledger.note(step.n, Note::Done { outcome: Outcome::Created, id, application }).await?;
    Ok(())
}

/// A text in an answer that says what was made: without it nothing more can be done with the thing.
fn told_in(made: &Value, pointer: &str, what: &str) -> Result<String, StepError> {
    let text = made.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or_else(|| {
        let message = format!(
            "Microsoft Graph took the request for {what} and answered without {}: whether it was made is not known; \
             look for it in the directory, then retry the job",
            pointer.trim_start_matches('/').replace('/', ".")
        );
        StepError::told("no_id", message)
    })
}

/// The object that a step made, where its outcome is not known. Of a principal `principal` knows more than the name.
async fn found(run: &Run<'_>, step: &Step) -> Result<Option<String>, StepError> {
    if step.kind == StepKind::ServicePrincipal {
        return Ok(None);
    }
    Ok(first_id(&objects::of(run.client, step).await?))
}

fn first_id(list: &[Value]) -> Option<String> {
    list.first()?["id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned)
}

/// The body of a POST: texts without escapes, and a user's first password.
fn sent(run: &Run<'_>, step: &Step) -> Value {
    let mut body = run.plain(&step.body);
    if step.kind == StepKind::User {
        let given = run.secrets.get(&format!("{}.password", step.name)).map(|secret| secret.expose().to_owned());
        let password = given.unwrap_or_else(random_password);
        body.insert("passwordProfile".to_owned(), json!({"forceChangePasswordNextSignIn": true, "password": password}));
    }
    Value::Object(body)
}

/// 32 random letters and digits, with one of each kind that policies want. Kept nowhere.
fn random_password() -> String {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let random = (0..32).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())]));
    format!("aB3-{}", random.collect::<String>())
}

async fn created(run: &Run<'_>, collection: &str, body: &Value) -> Result<String, StepError> {
    let made = run.client.directory_create(&format!("/v1.0/{collection}"), body).await?;
    told_in(&made, "/id", &format!("an object of {collection}"))
}

/// An application and its principal; with `appId` the principal alone.
async fn principal(run: &Run<'_>, ledger: &mut Ledger<'_>, step: &Step, is_begun: bool) -> Result<String, StepError> {
    let text = |name: &str| step.body.get(name).and_then(Value::as_str).map(unescaped);
    let app_id = match text("appId") {
        Some(id) => id,
        None => application(run, ledger, step, is_begun).await?,
    };
    if is_begun && let Some(id) = first_id(&objects::named(run.client, "servicePrincipals", "appId", &app_id).await?) {
        return Ok(id);
    }
    let mut body = json!({"appId": app_id});
    body["displayName"] = json!(text("displayName"));
    if let Some(tags) = run.plain(&step.body).remove("tags") {
        body["tags"] = tags;
    }
    created(run, "servicePrincipals", &body).await
}

/// The application of a principal, by its `appId`: one of an attempt that died before its principal was made, or a new
/// one, whose object id is noted: a rollback removes no other.
async fn application(run: &Run<'_>, ledger: &mut Ledger<'_>, step: &Step, is_begun: bool) -> Result<String, StepError> {
    let name = step.body.get("displayName").and_then(Value::as_str).map(unescaped).unwrap_or_default();
    if let Some(id) = ledger.application_of(step.n) {
        match run.client.directory(&format!("/v1.0/applications/{id}")).await {
            Ok(there) => return told_in(&there, "/appId", &format!("the application {name}")),
            Err(AzureError::Refused(refusal)) if refusal.status == 404 => {}
            Err(error) => return Err(error.into()),
        }
    } else if is_begun {
        // It is not certain whose it is, so it is not noted as this job's.
        let there = objects::named(run.client, "applications", "displayName", &name).await?;
        if let Some(id) = there.first().and_then(|there| there["appId"].as_str()) {
            return Ok(id.to_owned());
        }
    }
    let made = run.client.directory_create("/v1.0/applications", &json!({"displayName": name})).await?;
    let object = told_in(&made, "/id", &format!("the application {name}"))?;
    ledger.note(step.n, Note::Begun { id: String::new(), deployment: None, application: Some(object) }).await?;
    told_in(&made, "/appId", &format!("the application {name}"))
}

/// A guest, without a message.
async fn invited(run: &Run<'_>, step: &Step) -> Result<String, StepError> {
    let name = step.body.get("displayName").cloned().unwrap_or_default();
    let body = json!({
        "invitedUserEmailAddress": step.name,
        "invitedUserDisplayName": name,
        "inviteRedirectUrl": "https://myapplications.microsoft.com",
        "sendInvitationMessage": false,
    });
    let made = run.client.directory_create("/v1.0/invitations", &body).await?;
    told_in(&made, "/invitedUser/id", &format!("the guest {}", step.name))
}

/// A member or an owner.
pub(super) async fn membership(run: &Run<'_>, ledger: &mut Ledger<'_>, step: &Step) -> Result<(), StepError> {
    let text = |name: &str| step.body.get(name).and_then(Value::as_str).map(unescaped).unwrap_or_default();
    let relation = if text("relation") == "owners" { "owners" } else { "members" };
    let (group, kind) = principals::of(run, ledger, step, &text("group")).await?;
    let (member, _) = principals::of(run, ledger, step, &text("member")).await?;
    let whole = if kind.as_deref() == Some("ServicePrincipal") { "servicePrincipals" } else { "groups" };
    let id = format!("/v1.0/{whole}/{group}/{relation}/{member}");
    // One that is there is this job's own only if an earlier attempt asked for it.
    let if_there = if ledger.is_begun(step.n) { Outcome::Created } else { Outcome::Unchanged };
    if is_member(run, whole, &group, relation, &member).await? {
        ledger.note(step.n, Note::done(if_there, id)).await?;
        return Ok(());
    }
    ledger.note(step.n, Note::begun(id.clone())).await?;
    let address = format!("/v1.0/{whole}/{group}/{relation}/$ref");
    let body = json!({"@odata.id": run.client.directory_address(&member)});
    let outcome = match run.client.directory_create(&address, &body).await {
        Ok(_) => Outcome::Created,
        Err(AzureError::Refused(refusal)) if refusal.message.contains("already exist") => if_there,
        Err(error) => return Err(error.into()),
    };
    ledger.note(step.n, Note::done(outcome, id)).await?;
    Ok(())
}

async fn is_member(run: &Run<'_>, whole: &str, group: &str, relation: &str, member: &str) -> Result<bool, StepError> {
    let mut pages = run.client.graph_pages(&format!("/v1.0/{whole}/{group}/{relation}?$select=id&$top=999"));
    loop {
        let page = match pages.next().await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(false),
            // A group that was made just now may not be everywhere yet: then nobody is in it.
            Err(AzureError::Refused(refusal)) if refusal.status == 404 => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        for row in page.values() {
            if row?["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(member)) {
                return Ok(true);
            }
        }
    }
}
