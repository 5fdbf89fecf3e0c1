//! Writes one snapshot to Neo4j: constraints, nodes, edges, then removes the rows of older snapshots.
//!
//! Rows are sorted by id and sent in batches, several at a time, each in a transaction of its own and repeated by
//! a loop of ours. After any error the connection pool is made anew, because a transaction that was left open
//! keeps its locks. Labels and kinds are words of our enums, never text of a resource.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use neo4rs::{BoltType, ConfigBuilder, Error, Graph, Neo4jErrorKind, query};
use parking_lot::Mutex;
use tokio::task::JoinSet;

use super::{MirrorError, PasswordSource, Settings, rows};
use crate::graph::{EdgeKey, Snapshot, model::Label, tables::key_hash};

/// Longest wait for one call; the library's own limit covers neither handshakes nor a full pool.
const CALL: Duration = Duration::from_mins(2);
/// Longest wait for a first word of the server.
const HELLO: Duration = Duration::from_secs(15);
const ATTEMPTS: u32 = 6;
/// Nodes or edges that one transaction deletes.
const DELETED: i64 = 5_000;
const PAGE: usize = 2_000;

/// One sync's connections.
pub(super) struct Writer {
    settings: Settings,
    password: String,
    graph: Arc<Mutex<Graph>>,
}

impl Writer {
    /// Lazy: the server is not talked to yet.
    pub(super) fn connect(settings: &Settings) -> Result<Self, MirrorError> {
        let password = match &settings.password {
            PasswordSource::None => String::new(),
            PasswordSource::Given(secret) => secret.expose().to_owned(),
            PasswordSource::File(path) => std::fs::read_to_string(path)
                .map_err(|source| MirrorError::Password { path: path.clone(), source })?
                .trim_end_matches(['\n', '\r'])
                .to_owned(),
        };
        let graph = open(settings, &password)?;
        Ok(Self { settings: settings.clone(), password, graph: Arc::new(Mutex::new(graph)) })
    }

    fn graph(&self) -> Graph {
        self.graph.lock().clone()
    }

    fn renew(&self) -> Result<(), MirrorError> {
        let graph = open(&self.settings, &self.password)?;
        *self.graph.lock() = graph;
        Ok(())
    }

    fn failed(&self, error: &Error) -> MirrorError {
        let cause = match error {
            Error::Neo4j(error) => format!("{}: {}", error.code(), error.message()),
            other => other.to_string(),
        };
        MirrorError::Server { uri: self.settings.uri.clone(), cause }
    }

    fn late(&self) -> MirrorError {
        MirrorError::TimedOut { uri: self.settings.uri.clone() }
    }

    /// Constraints and indexes; nothing happens where they are.
    pub(super) async fn prepare(&self) -> Result<(), MirrorError> {
        let hello = self.read("RETURN 1", "");
        tokio::time::timeout(HELLO, hello).await.map_err(|_| self.late())??;
        for label in Label::ALL {
            let word = label.word();
            let name = word.to_lowercase();
            let statements = [
                format!(
                    "CREATE CONSTRAINT atgd_{name}_key IF NOT EXISTS FOR (n:{word}) REQUIRE (n.tenant_id, n.id) IS UNIQUE"
                ),
                format!("CREATE INDEX atgd_{name}_tenant IF NOT EXISTS FOR (n:{word}) ON (n.tenant_id)"),
            ];
            for statement in statements {
                let graph = self.graph();
                let run = async { graph.run(query(&statement)).await.map(drop) };
                match tokio::time::timeout(CALL, run).await.map_err(|_| self.late())? {
                    Err(error) if !is_there(&error) => return Err(self.failed(&error)),
                    _ => {}
                }
            }
        }
        self.read("CALL db.awaitIndexes(60)", "").await.map(drop)
    }

    /// Whether a read gives any row; `tenant` is its parameter `$t`.
    async fn read(&self, text: &str, tenant: &str) -> Result<bool, MirrorError> {
        let graph = self.graph();
        let rows = async {
            let mut rows = graph.execute(query(text).param("t", tenant)).await?;
            let mut any = false;
            while rows.next().await?.is_some() {
                any = true;
            }
            Ok::<_, Error>(any)
        };
        let outcome = tokio::time::timeout(CALL, rows).await;
        let outcome = outcome.map_err(|_| self.late()).and_then(|read| read.map_err(|error| self.failed(&error)));
        if outcome.is_err() {
            self.renew()?;
        }
        outcome
    }

    /// The whole snapshot; the answer is how many nodes and edges it has.
    pub(super) async fn copy(&self, snapshot: &Snapshot) -> Result<(u64, u64), MirrorError> {
        let tenant = snapshot.tenant_id().to_string();
        let number = i64::try_from(snapshot.number()).unwrap_or(i64::MAX);
        let mut flight = Flight::new(self);
        // By hash: a million keys would be a quarter of a gigabyte.
        let mut labels: HashMap<u64, Label> = HashMap::new();
        let mut waiting: BTreeMap<Label, Vec<BoltType>> = BTreeMap::new();
        let mut after: Option<String> = None;
        loop {
            let page = off_thread(snapshot, move |snapshot| snapshot.nodes(after.as_deref(), PAGE)).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for node in page {
                labels.insert(key_hash(&node.key), node.label);
                let label = node.label;
                let rows = waiting.entry(label).or_default();
                rows.push(rows::node(node, &tenant, number));
                if rows.len() >= self.settings.batch_rows {
                    flight.send(nodes_text(label), std::mem::take(rows), &tenant).await?;
                }
            }
        }
        for (label, rows) in waiting {
            flight.send(nodes_text(label), rows, &tenant).await?;
        }
        flight.land().await?;
        let relationships = self.edges(snapshot, &tenant, number, &labels).await?;
        self.delete_stale(&tenant, number).await?;
        Ok((labels.len() as u64, relationships))
    }

    async fn edges(
        &self,
        snapshot: &Snapshot,
        tenant: &str,
        number: i64,
        labels: &HashMap<u64, Label>,
    ) -> Result<u64, MirrorError> {
        let mut flight = Flight::new(self);
        let mut waiting: BTreeMap<String, Vec<BoltType>> = BTreeMap::new();
        let mut after: Option<EdgeKey> = None;
        let mut count = 0;
        loop {
            let (page, last) = off_thread(snapshot, move |snapshot| snapshot.edges(after.as_ref(), PAGE)).await?;
            let is_last = page.len() < PAGE;
            for edge in &page {
                let (Some(source), Some(target)) =
                    (labels.get(&key_hash(&edge.source)), labels.get(&key_hash(&edge.target)))
                else {
                    continue;
                };
                count += 1;
                let text = format!(
                    "UNWIND $rows AS r MATCH (a:{} {{tenant_id: $t, id: r.s}}) MATCH (b:{} {{tenant_id: $t, id: r.t}}) \
                     MERGE (a)-[e:{} {{key: r.key}}]->(b) SET e = r.props",
                    source.word(),
                    target.word(),
                    edge.kind.word()
                );
                let rows = waiting.entry(text.clone()).or_default();
                rows.push(rows::edge(edge, tenant, number));
                if rows.len() >= self.settings.batch_rows {
                    let rows = std::mem::take(rows);
                    flight.send(text, rows, tenant).await?;
                }
            }
            after = last;
            if is_last || after.is_none() {
                break;
            }
        }
        for (text, rows) in waiting {
            flight.send(text, rows, tenant).await?;
        }
        flight.land().await?;
        Ok(count)
    }

    /// Edges and nodes of this tenant that the snapshot does not have.
    async fn delete_stale(&self, tenant: &str, number: i64) -> Result<(), MirrorError> {
        for label in Label::ALL {
            let node = format!("MATCH (n:{} {{tenant_id: $t}})", label.word());
            let edges = format!("{node}-[e]->() WHERE e.tenant_id = $t AND e.snapshot <> {number}");
            let nodes = format!("{node} WHERE n.snapshot <> {number}");
            while self.read(&format!("{edges} RETURN 1 LIMIT 1"), tenant).await? {
                self.write(&format!("{edges} WITH e LIMIT {DELETED} DELETE e"), Vec::new(), tenant).await?;
            }
            while self.read(&format!("{nodes} RETURN 1 LIMIT 1"), tenant).await? {
                self.write(&format!("{nodes} WITH n LIMIT {DELETED} DETACH DELETE n"), Vec::new(), tenant).await?;
            }
        }
        Ok(())
    }

    /// One batch, again where that can help, in halves where it is too large.
    async fn write(&self, text: &str, rows: Vec<BoltType>, tenant: &str) -> Result<(), MirrorError> {
        let mut todo = vec![rows];
        let mut attempt = 0;
        while let Some(rows) = todo.pop() {
            let graph = self.graph();
            let outcome = tokio::time::timeout(CALL, once(&graph, text, rows.clone(), tenant)).await;
            let Err(again) = (match outcome {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err((next(&error, rows.len()), self.failed(&error))),
                Err(_) => Err((Next::Again, self.late())),
            }) else {
                continue;
            };
            let (next, error) = again;
            self.renew()?;
            attempt += 1;
            match next {
                Next::Stop => return Err(error),
                _ if attempt >= ATTEMPTS => return Err(error),
                Next::Halve => {
                    let mut first = rows;
                    let second = first.split_off(first.len() / 2);
                    todo.extend([second, first]);
                }
                Next::Again => {
                    todo.push(rows);
                    tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
                }
            }
        }
        Ok(())
    }

    fn share(&self) -> Self {
        Self { settings: self.settings.clone(), password: self.password.clone(), graph: self.graph.clone() }
    }
}

fn open(settings: &Settings, password: &str) -> Result<Graph, MirrorError> {
    let failed = |error: Error| MirrorError::Server { uri: settings.uri.clone(), cause: error.to_string() };
    let config = ConfigBuilder::default()
        .uri(settings.uri.as_str())
        .user(settings.user.as_str())
        .password(password)
        .max_connections(settings.in_flight + 1)
        .connection_timeout(CALL)
        .build()
        .map_err(failed)?;
    Graph::connect(config).map_err(failed)
}

fn nodes_text(label: Label) -> String {
    // `Original` is what readers of the older service look for.
    let more = if label == Label::Resource { " SET n:Original" } else { "" };
    format!("UNWIND $rows AS r MERGE (n:{} {{tenant_id: $t, id: r.id}}) SET n = r.props{more}", label.word())
}

async fn once(graph: &Graph, text: &str, rows: Vec<BoltType>, tenant: &str) -> Result<(), Error> {
    let mut txn = graph.start_txn().await?;
    txn.run(query(text).param("rows", rows).param("t", tenant)).await?;
    txn.commit().await
}

/// `IF NOT EXISTS` looks before it locks: another client that makes the same rule in between wins.
fn is_there(error: &Error) -> bool {
    matches!(error, Error::Neo4j(error) if error.code().ends_with("EquivalentSchemaRuleAlreadyExists"))
}

enum Next {
    Halve,
    Again,
    /// Wrong password, wrong statement, wrong value: for the operator, or a bug.
    Stop,
}

fn next(error: &Error, rows: usize) -> Next {
    match error {
        Error::Neo4j(error) if error.code().contains("OutOfMemory") => {
            if rows > 1 {
                Next::Halve
            } else {
                Next::Stop
            }
        }
        Error::Neo4j(error) if error.kind() == Neo4jErrorKind::Transient => Next::Again,
        Error::IOError { .. } | Error::ConnectionTimedOut | Error::ConnectionError => Next::Again,
        _ => Next::Stop,
    }
}

/// Batches in flight.
struct Flight<'w> {
    writer: &'w Writer,
    tasks: JoinSet<Result<(), MirrorError>>,
}

impl<'w> Flight<'w> {
    fn new(writer: &'w Writer) -> Self {
        Self { writer, tasks: JoinSet::new() }
    }

    async fn send(&mut self, text: String, rows: Vec<BoltType>, tenant: &str) -> Result<(), MirrorError> {
        if rows.is_empty() {
            return Ok(());
        }
        while self.tasks.len() >= self.writer.settings.in_flight {
            self.next().await?;
        }
        let (writer, tenant) = (self.writer.share(), tenant.to_owned());
        self.tasks.spawn(async move { writer.write(&text, rows, &tenant).await });
        Ok(())
    }

    async fn next(&mut self) -> Result<(), MirrorError> {
        match self.tasks.join_next().await {
            None => Ok(()),
            Some(Ok(outcome)) => outcome,
            Some(Err(error)) => {
                Err(MirrorError::Server { uri: self.writer.settings.uri.clone(), cause: error.to_string() })
            }
        }
    }

    async fn land(&mut self) -> Result<(), MirrorError> {
        while !self.tasks.is_empty() {
            self.next().await?;
        }
        Ok(())
    }
}

async fn off_thread<T: Send + 'static>(
    snapshot: &Snapshot,
    read: impl FnOnce(&Snapshot) -> Result<T, crate::graph::GraphError> + Send + 'static,
) -> Result<T, MirrorError> {
    let snapshot = snapshot.clone();
    let read = tokio::task::spawn_blocking(move || read(&snapshot)).await;
    Ok(read.map_err(|error| crate::graph::GraphError::Body(error.to_string()))??)
}
