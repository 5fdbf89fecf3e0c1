//! What the store promises, on memory and on a real file.

use std::{fs, os::unix::fs::PermissionsExt};

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

#[tokio::test]
async fn a_backup_of_an_open_file_can_be_restored_and_keeps_what_stood_there() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("state.redb");
    let backup = dir.path().join("backup.redb");
    let store = Store::open(&path, &SCHEMA).expect("opens");
    for number in 0..300 {
        put(&store, number, "a").await.expect("written");
    }
    assert!(store.backup(&backup).expect("copied") > 0);
    assert!(matches!(store.backup(&backup), Err(StoreError::Exists { .. })));
    put(&store, 1_000, "later").await.expect("written");
    assert!(matches!(restore(&backup, &path, 7), Err(StoreError::InUse { .. })));
    assert!(matches!(verify(&path), Err(StoreError::InUse { .. })));
    drop(store);

    assert_eq!(verify(&path), Ok(()));
    let kept = restore(&backup, &path, 7).expect("restored").expect("something stood there");
    assert_eq!(rows(&Store::open(&path, &SCHEMA).expect("opens")), 300);
    assert_eq!(rows(&Store::open(&kept, &SCHEMA).expect("opens")), 301);
    let names: Vec<_> = fs::read_dir(dir.path()).expect("readable").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[tokio::test]
async fn a_damaged_file_is_told_and_left_as_it_is() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("state.redb");
    let store = Store::open(&path, &SCHEMA).expect("opens");
    for number in 0..2_000 {
        put(&store, number, "some text that fills a page or two of the file").await.expect("written");
    }
    drop(store);
    let whole = fs::read(&path).expect("readable");
    let cut = whole[..whole.len() / 3].to_vec();
    let mut headless = whole.clone();
    headless[..4_096].fill(0);
    let text = b"this is no database, but somebody's notes".repeat(500);
    for wrong in [cut, headless, text, Vec::new()] {
        fs::write(&path, &wrong).expect("written");
        let error = Store::open(&path, &SCHEMA).err().expect("refused").to_string();
        assert!(error.contains("is damaged") && error.contains("atgd store"), "{error}");
        assert!(verify(&path).is_err());
        assert!(restore(&path, &dir.path().join("other.redb"), 1).is_err(), "a damaged backup is none");
        assert_eq!(fs::read(&path).expect("readable"), wrong, "nothing was repaired in silence");
    }
    let mut scratched = whole.clone();
    for page in scratched.chunks_mut(4_096).skip(1) {
        page[2_000..2_064].fill(0xee);
    }
    fs::write(&path, &scratched).expect("written");
    assert!(matches!(verify(&path), Err(StoreError::Damaged { .. })), "scratches within pages are found");
    assert_eq!(fs::read(&path).expect("readable"), scratched);
}

#[tokio::test]
async fn an_older_file_is_copied_before_it_is_migrated() {
    fn longer(write: &mut Write<'_>) -> Result<(), StoreError> {
        write.put(&ROWS, &key(2, "new"), &row("y"))
    }
    const NEXT: Schema = Schema { name: "test", format: 2, migrations: &[Migration { to: 2, run: longer }] };
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("state.redb");
    put(&Store::open(&path, &SCHEMA).expect("opens"), 1, "a").await.expect("written");
    let done = Store::migrate(&path, &NEXT).expect("migrated");
    let backup = dir.path().join("state.redb.format-1");
    assert_eq!(done, Migrated { from: 1, to: 2, backup: Some(backup.clone()) });
    assert_eq!(rows(&Store::open(&path, &NEXT).expect("opens")), 2);
    assert_eq!(rows(&Store::open(&backup, &SCHEMA).expect("the older one opens as it was")), 1);
    assert!(matches!(Store::open(&path, &SCHEMA), Err(StoreError::Newer { .. })));
    assert_eq!(Store::migrate(&path, &NEXT), Ok(Migrated { from: 2, to: 2, backup: None }));
}
