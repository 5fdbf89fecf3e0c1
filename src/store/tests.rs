//! What the store promises, on memory and on a real file.

use super::*;

const SCHEMA: Schema = Schema { name: "test", format: 1, migrations: &[] };
const ROWS: Table<(u64, String), Bytes> = Table::new("rows.v1");

fn row(text: &str) -> Bytes {
    Bytes(text.as_bytes().to_vec())
}

fn key(number: u64, text: &str) -> (u64, String) {
    (number, text.to_owned())
}

async fn put(store: &Store, number: u64, text: &str) -> Result<(), WriteError<&'static str>> {
    let key = key(number, text);
    store.write(move |write| write.put(&ROWS, &key, &row("x")).map(Ok)).await
}

fn rows(store: &Store) -> u64 {
    store.read(|read| read.len(&ROWS)).expect("reads")
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_reopen() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("deep/state.redb");
    let store = Store::open(&path, &SCHEMA).expect("opens");
    put(&store, 1, "a").await.expect("written");
    assert!(matches!(Store::open(&path, &SCHEMA), Err(StoreError::InUse { .. })));
    drop(store);
    let store = Store::open(&path, &SCHEMA).expect("opens again");
    assert_eq!(rows(&store), 1);
    let mode = fs::metadata(&path).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_refusal_writes_nothing_and_does_not_hurt_its_group() {
    let store = Store::in_memory(&SCHEMA).expect("opens");
    let refused: Result<(), _> = store.write(|_| Ok(Err("no"))).await;
    assert_eq!(refused, Err(WriteError::Refused("no")));
    put(&store, 1, "a").await.expect("written");
    assert_eq!(rows(&store), 1);
}

#[tokio::test]
async fn a_refusal_after_a_write_and_a_panic_leave_nothing_behind() {
    let store = Store::in_memory(&SCHEMA).expect("opens");
    let wrong: Result<(), WriteError<&str>> = store
        .write(|write| {
            write.put(&ROWS, &key(1, "a"), &row("x"))?;
            Ok(Err("too late"))
        })
        .await;
    assert!(matches!(wrong, Err(WriteError::Store(_))));
    let panicked: Result<(), WriteError<&str>> = store
        .write(|write| {
            write.put(&ROWS, &key(2, "a"), &row("x"))?;
            panic!("a bug")
        })
        .await;
    assert!(matches!(panicked, Err(WriteError::Store(_))));
    assert_eq!(rows(&store), 0);
    put(&store, 3, "a").await.expect("the writer goes on");
}

#[tokio::test]
async fn many_writers_share_commits_and_all_are_answered() {
    let store = Store::in_memory(&SCHEMA).expect("opens");
    let writes = (0..1_000).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { put(&store, number, "a").await })
    });
    for write in futures_util::future::join_all(writes).await {
        write.expect("no panic").expect("written");
    }
    assert_eq!(rows(&store), 1_000);
}

#[tokio::test]
async fn scans_keep_to_their_prefix_in_both_orders() {
    let store = Store::in_memory(&SCHEMA).expect("opens");
    for (number, text) in [(1, "a"), (1, "b"), (2, "a"), (2, "c"), (3, "a")] {
        put(&store, number, text).await.expect("written");
    }
    let seen = |span: Span, order| {
        let mut seen = Vec::new();
        store
            .read(|read| {
                read.scan(&ROWS, &span, order, |(_, text), _| {
                    seen.push(text);
                    Ok::<_, StoreError>(true)
                })
            })
            .expect("reads");
        seen.join("")
    };
    assert_eq!(seen(Span::prefix(&2_u64), Order::Rising), "ac");
    assert_eq!(seen(Span::prefix(&2_u64), Order::Falling), "ca");
    assert_eq!(seen(Span::all().after(&key(2, "a")), Order::Rising), "ca");
    assert_eq!(seen(Span::prefix(&1_u64).after(&key(9, "a")), Order::Rising), "");
}

#[tokio::test]
async fn a_newer_file_and_one_of_another_kind_are_refused_and_an_older_one_is_migrated() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("state.redb");
    let newer = Schema { name: "test", format: 7, migrations: &[] };
    drop(Store::open(&path, &newer).expect("opens"));
    assert!(matches!(Store::open(&path, &SCHEMA), Err(StoreError::Newer { found: 7, known: 1, .. })));
    let other = Schema { name: "other", format: 7, migrations: &[] };
    assert!(matches!(Store::open(&path, &other), Err(StoreError::OtherSchema { .. })));
    let migrated = Schema {
        name: "test",
        format: 8,
        migrations: &[Migration { to: 8, run: |write| write.put(&ROWS, &key(1, "made by it"), &row("x")) }],
    };
    assert_eq!(rows(&Store::open(&path, &migrated).expect("migrates")), 1);
}

#[test]
fn a_damaged_file_is_named_and_left_as_it_is() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("state.redb");
    fs::write(&path, vec![7_u8; 8_192]).expect("written");
    assert!(matches!(Store::open(&path, &SCHEMA), Err(StoreError::Damaged { .. })));
    assert_eq!(fs::read(&path).expect("there"), vec![7_u8; 8_192]);
}
