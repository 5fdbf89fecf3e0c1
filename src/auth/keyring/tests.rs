//! What the keyring promises.

use super::*;
use crate::{api::Scope, store::Schema};

fn at(millis: i64) -> Time {
    Time::from_millis(millis)
}

fn by(millis: i64) -> By {
    By { actor: "test".to_owned(), remote: String::new(), at: at(millis) }
}

fn request() -> CreateKeyRequest {
    CreateKeyRequest {
        label: "ci".to_owned(),
        scopes: vec![Scope::Scan],
        tenants: vec!["00000000-0000-4000-8000-000000000001".to_owned()],
        expires_at: Some(at(10_000)),
    }
}

fn keyring() -> (Store, Keyring) {
    let store = Store::in_memory(&Schema { name: "t", format: 1, migrations: &[] }).expect("opens");
    (store.clone(), Keyring::open(store, Settings::default()))
}

#[test]
fn an_unknown_id_costs_what_a_real_key_does() {
    let cost = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
    assert_eq!(cost(DECOY), cost(&hash("a text").expect("hashed")));
    assert!(PasswordHash::new(DECOY).is_ok(), "one that can't be read would cost nothing");
}

#[tokio::test]
async fn a_made_key_verifies_with_its_scopes_and_tenants_until_it_expires() {
    let (_store, keyring) = keyring();
    let made = keyring.create(request(), by(1)).await.expect("made");
    let principal = keyring.verify(&made.key, at(5)).await.expect("valid");
    assert!(principal.may(Scope::Scan) && !principal.may(Scope::Generate));
    assert!(principal.may_tenant("00000000-0000-4000-8000-000000000001".parse().expect("uuid")));
    assert!(!principal.may_tenant(Uuid::nil()));
    keyring.verify(&made.key, at(9_999)).await.expect("still valid");
    assert_eq!(keyring.verify(&made.key, at(10_000)).await, Err(Denied::Invalid));
}

#[tokio::test]
async fn other_secrets_and_unknown_ids_are_refused_alike() {
    let (_store, keyring) = keyring();
    let made = keyring.create(request(), by(1)).await.expect("made");
    let other = KeyText::generate_for(made.view.kid.clone());
    for text in [other.expose(), KeyText::generate().expose(), "", "atg_x_y"] {
        assert_eq!(keyring.verify(text, at(5)).await, Err(Denied::Invalid));
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_although_it_was_cached() {
    let (_store, keyring) = keyring();
    let made = keyring.create(request(), by(1)).await.expect("made");
    keyring.verify(&made.key, at(5)).await.expect("valid");
    keyring.revoke(&made.view.kid, by(6)).await.expect("revoked");
    assert_eq!(keyring.verify(&made.key, at(7)).await, Err(Denied::Invalid));
    let unknown = keyring.revoke("nosuchkey2", by(8)).await;
    assert_eq!(unknown.err(), Some(KeyError::NotFound("nosuchkey2".to_owned())));
}

#[tokio::test]
async fn during_the_grace_of_a_rotation_both_secrets_verify_and_then_only_the_new_one() {
    let (_store, keyring) = keyring();
    let old = keyring.create(request(), by(1)).await.expect("made");
    let new = keyring.rotate(&old.view.kid, 2, by(1_000)).await.expect("rotated");
    assert_eq!(new.view.kid, old.view.kid);
    keyring.verify(&old.key, at(2_999)).await.expect("in its grace");
    keyring.verify(&new.key, at(2_999)).await.expect("valid");
    assert_eq!(keyring.verify(&old.key, at(3_000)).await, Err(Denied::Invalid));
    keyring.verify(&new.key, at(3_000)).await.expect("valid");
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_with_the_field() {
    let (store, keyring) = keyring();
    let wrong = [
        CreateKeyRequest { label: "a\nb".to_owned(), ..request() },
        CreateKeyRequest { scopes: vec![], ..request() },
        CreateKeyRequest { tenants: vec!["contoso".to_owned()], ..request() },
        CreateKeyRequest { expires_at: Some(at(1)), ..request() },
    ];
    for (request, field) in wrong.into_iter().zip(["label", "scopes", "tenants", "expires_at"]) {
        match keyring.create(request, by(1)).await {
            Err(KeyError::Invalid { path, .. }) => assert_eq!(path, field),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(keyring.list().expect("reads"), []);
    assert_eq!(Audit::new(store).verify(), Ok(0));
}

#[tokio::test]
async fn no_text_of_a_key_is_stored_and_every_change_is_in_the_trail() {
    let (store, keyring) = keyring();
    let made = keyring.create(request(), by(1)).await.expect("made");
    keyring.revoke(&made.view.kid, by(2)).await.expect("revoked");
    let row = store.read(|read| read.get(&KEYS, &made.view.kid)).expect("reads").expect("there");
    assert!(!format!("{row:?}").contains(&made.key[15..]));
    let lines = Audit::new(store).tail(0, 10).expect("reads");
    let actions: Vec<&str> = lines.iter().map(|line| line.entry.action.as_str()).collect();
    assert_eq!(actions, ["key.create", "key.revoke"]);
}
