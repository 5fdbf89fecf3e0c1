//! A server of our own between daemon and simulator: it does what a test tells it to, and counts.
//!
//! Bodies are passed on with the simulator's address replaced by its own, so that next links lead back.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{Response, StatusCode},
};
use parking_lot::Mutex;

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Pass,
    /// An answer of its own: status and body.
    Answer(u16, String),
    /// So many bytes of a body that never closes.
    Flood(usize),
    /// The connection ends in the middle of the body.
    CutOff,
}

/// What answers the queries of Resource Graph: body to status and text.
pub type Queries = Arc<dyn Fn(&serde_json::Value) -> (u16, String) + Send + Sync>;

/// `(method, path and query)` to what becomes of it.
pub type Rule = Arc<dyn Fn(&str, &str) -> Act + Send + Sync>;

struct Shared {
    upstream: Mutex<String>,
    own: String,
    http: reqwest::Client,
    rule: Mutex<Rule>,
    queries: Mutex<Option<Queries>>,
    counts: Mutex<BTreeMap<String, u64>>,
}

/// A running proxy; ends with the test.
pub struct Proxy {
    shared: Arc<Shared>,
}

impl Proxy {
    pub async fn before(upstream: &str) -> Self {
        crate::harness::install_tls();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let addr = listener.local_addr().expect("an address");
        let pass: Rule = Arc::new(|_, _| Act::Pass);
        let shared = Arc::new(Shared {
            upstream: Mutex::new(upstream.to_owned()),
            own: format!("http://{addr}"),
            http: reqwest::Client::new(),
            rule: Mutex::new(pass),
            queries: Mutex::new(None),
            counts: Mutex::default(),
        });
        let router = Router::new().fallback(handle).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { shared }
    }

    /// The simulator's snippet with this address in it.
    pub fn snippet(&self, of: &str) -> String {
        of.replace(&*lock(&self.shared.upstream), &self.shared.own)
    }

    pub fn set(&self, rule: impl Fn(&str, &str) -> Act + Send + Sync + 'static) {
        *lock(&self.shared.rule) = Arc::new(rule);
    }

    /// From now on it stands before another server.
    pub fn lead_to(&self, upstream: &str) {
        upstream.clone_into(&mut lock(&self.shared.upstream));
    }

    /// Its own address.
    pub fn url(&self) -> String {
        self.shared.own.clone()
    }

    /// From now on Resource Graph is answered here.
    pub fn answer_queries(&self, queries: impl Fn(&serde_json::Value) -> (u16, String) + Send + Sync + 'static) {
        *lock(&self.shared.queries) = Some(Arc::new(queries));
    }

    pub fn pass_all(&self) {
        self.set(|_, _| Act::Pass);
    }

    /// Requests so far, by path and query.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        lock(&self.shared.counts).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> parking_lot::MutexGuard<'_, T> {
    mutex.lock()
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    *lock(&shared.counts).entry(path.clone()).or_default() += 1;
    let rule = lock(&shared.rule).clone();
    let act = rule(parts.method.as_str(), &path);
    let plain = |status: u16, body: Body| {
        let status = StatusCode::from_u16(status).expect("a status");
        Response::builder().status(status).header("content-type", "application/json").body(body).expect("a response")
    };
    match &act {
        Act::Answer(status, text) => return plain(*status, Body::from(text.clone())),
        Act::Flood(bytes) => {
            let block = Bytes::from(vec![b' '; 1 << 20]);
            let blocks = (0..bytes.div_ceil(block.len())).map(move |_| Ok::<_, std::io::Error>(block.clone()));
            return plain(200, Body::from_stream(futures_util::stream::iter(blocks)));
        }
        _ => {}
    }
    let body = axum::body::to_bytes(body, 8 << 20).await.expect("a body");
    let queries = lock(&shared.queries).clone().filter(|_| path.contains("Microsoft.ResourceGraph/resources"));
    if let Some(queries) = queries {
        let (status, text) = queries(&serde_json::from_slice(&body).expect("JSON"));
        return plain(status, Body::from(text));
    }
    let upstream = lock(&shared.upstream).clone();
    let mut passed = shared.http.request(parts.method, format!("{upstream}{path}")).body(body);
    for (name, value) in parts.headers.iter().filter(|(name, _)| !["host", "content-length"].contains(&name.as_str())) {
        passed = passed.header(name, value);
    }
    let Ok(answer) = passed.send().await else { return plain(502, Body::empty()) };
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if !["content-length", "transfer-encoding", "connection"].contains(&name.as_str()) {
            response = response.header(name, value);
        }
    }
    let text = answer.text().await.unwrap_or_default().replace(&upstream, &shared.own);
    if act == Act::CutOff {
        let half: String = text.chars().take(text.len() / 2).collect();
        let parts: [Result<Bytes, std::io::Error>; 2] = [Ok(Bytes::from(half)), Err(std::io::Error::other("cut off"))];
        return response.body(Body::from_stream(futures_util::stream::iter(parts))).expect("a response");
    }
    response.body(Body::from(text)).expect("a response")
}
