//! Azure Resource Graph: the queries that a scanner sends, and a little more. Others are refused as Azure does.
//!
//! ```text
//! query = table { "|" step }
//! table = resources | resourcecontainers | resourcechanges
//! step  = where condition {and condition} | order by column [asc|desc] | project columns | limit n | count
//!       | summarize [name =] count() by columns | summarize name = max(column) by column
//!       | extend name = function(path), …          (resourcechanges: its own two columns, `at` and `target`)
//! condition = column (> | == | =~ | != | has) 'text' | column in~ ('text', …) | column > datetime('…')
//! ```
//! Rows come in the order of ids (compared in lower case, as documented for `order by id`), a page at most
//! `$top` rows (1,000) and 16 MiB; `$skipToken` is there exactly when more rows follow. 15 queries in 5 seconds of a
//! principal with `--quota`, and `x-ms-user-quota-*` always. `resourcechanges` has what was written and deleted here.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{reply::Reply, state::State};
use crate::arm;

/// Rows of a page at most.
const ROWS: usize = 1_000;
/// Bytes of an answer at most.
const BYTES: usize = 16 << 20;

/// Answers `POST /providers/Microsoft.ResourceGraph/resources`.
pub(super) fn answer(state: &State, principal: &str, body: &[u8]) -> Reply {
    state.count("resource_graph");
    let (left, ends) = match state.throttle.query(principal) {
        Ok(left) => left,
        Err(seconds) => {
            state.count("throttled");
            let text = "Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed.";
            return Reply::error(429, "RateLimiting", text)
                .with("retry-after", seconds.to_string())
                .with("x-ms-user-quota-remaining", "0")
                .with("x-ms-user-quota-resets-after", format!("00:00:{seconds:02}"));
        }
    };
    let reply = match serde_json::from_slice::<Value>(body) {
        Ok(asked) => query(state, &asked).unwrap_or_else(|message| refused(&message)),
        Err(error) => refused(&format!("the request is no JSON: {error}")),
    };
    reply
        .with("x-ms-user-quota-remaining", left.to_string())
        .with("x-ms-user-quota-resets-after", format!("00:00:{ends:02}"))
        .with("x-ms-ratelimit-remaining-tenant-resource-requests", left.to_string())
}

fn refused(message: &str) -> Reply {
    Reply::json(
        400,
        &json!({"error": {
            "code": "BadRequest", "message": "Please provide below info when asking for support: timestamp = 2024-01-02T03:04:05Z, correlationId = 00000000-0000-0000-0000-000000000000.",
            "details": [
                {"code": "InvalidQuery", "message": "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying."},
                {"code": "ParserFailure", "message": message},
            ],
        }}),
    )
}

fn query(state: &State, asked: &Value) -> Result<Reply, String> {
    let text = asked["query"].as_str().ok_or("a query was expected")?;
    let options = &asked["options"];
    let top = options["$top"].as_u64().map_or(ROWS, |top| top as usize).clamp(1, ROWS);
    let world = state.world();
    let wanted: Option<Vec<String>> = asked["subscriptions"]
        .as_array()
        .map(|list| list.iter().filter_map(Value::as_str).map(str::to_lowercase).collect());
    let mut subscriptions: Vec<String> = world.subscriptions().keys().cloned().collect();
    if let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) {
        subscriptions.retain(|id| wanted.contains(id));
    }
    let mut steps = split(text, '|').into_iter();
    let table = steps.next().unwrap_or_default().trim().to_lowercase();
    let steps: Vec<Step> = steps.map(|step| Step::parse(step.trim())).collect::<Result<_, _>>()?;
    drop(world);
    // Counting by type reads no body.
    if let ("resources", [Step::Count { name, by }]) = (table.as_str(), steps.as_slice())
        && by.iter().all(|column| ["subscriptionId", "type"].contains(&column.as_str()))
    {
        return Ok(page(state, counted(state, &subscriptions, name, by), None, options));
    }
    let after = options["$skipToken"].as_str().and_then(|token| String::from_utf8(hex::decode(token).ok()?).ok());
    let keyed = steps.iter().take_while(|step| matches!(step, Step::Where(_) | Step::Order { .. } | Step::Project(_)));
    let keyed = keyed.count() == steps.len() && ["resources", "resourcecontainers"].contains(&table.as_str());
    if !keyed {
        let mut rows = rows(state, &table, &subscriptions, "", None)?.0;
        for step in &steps {
            rows = step.apply(rows);
        }
        let from = after.and_then(|at| at.parse::<usize>().ok()).unwrap_or(0);
        let more = rows.len() > from + top;
        let part: Vec<Value> = rows.into_iter().skip(from).take(top).collect();
        return Ok(page(state, part, more.then(|| (from + top).to_string()), options));
    }
    // The rows are read from the last key on, and no further than the page goes.
    let mut last = after.unwrap_or_default();
    for step in &steps {
        if let Step::Where(conditions) = step {
            for condition in conditions.iter().filter(|condition| condition.column == "id" && condition.sign == ">") {
                last = last.max(condition.value.to_lowercase());
            }
        }
    }
    let limit = Limit { steps: &steps, top };
    let (rows, more) = rows(state, &table, &subscriptions, &last, Some(&limit))?;
    let key = rows.last().and_then(|row| row["id"].as_str()).map(arm::key);
    Ok(page(state, rows, key.filter(|_| more), options))
}

struct Limit<'a> {
    steps: &'a [Step],
    top: usize,
}

/// Rows of a table after a key; with a limit they are filtered and projected, and `true` says that more follow.
fn rows(
    state: &State,
    table: &str,
    subscriptions: &[String],
    last: &str,
    limit: Option<&Limit<'_>>,
) -> Result<(Vec<Value>, bool), String> {
    let groups = match table {
        "resources" => false,
        "resourcecontainers" => true,
        "resourcechanges" => return Ok((changes(state, subscriptions), false)),
        other => {
            return Err(format!(
                "the table '{other}' is not served by this simulator; resources, resourcecontainers, resourcechanges are"
            ));
        }
    };
    let world = state.world();
    let (mut rows, mut bytes, mut more) = (Vec::new(), 0, false);
    world.ordered(subscriptions, last, groups, |key, text| {
        let Some(row) = row(key, text, world.tenant, groups) else { return false };
        let mut kept = vec![row];
        for step in limit.map_or(&[][..], |limit| limit.steps) {
            kept = step.apply(kept);
        }
        let Some(row) = kept.pop() else { return false };
        if let Some(limit) = limit {
            if rows.len() >= limit.top || !rows.is_empty() && bytes + text.len() > BYTES {
                more = true;
                return true;
            }
            bytes += text.len() + 200;
        }
        rows.push(row);
        false
    });
    Ok((rows, more))
}

/// A body as a row: its type in lower case, where it stands, every column that bodies may lack as null.
fn row(key: &str, text: &str, tenant: uuid::Uuid, group: bool) -> Option<Value> {
    let mut body: Map<String, Value> = serde_json::from_str(text).ok()?;
    let mut parts = key.split('/').skip(2);
    let subscription = parts.next()?.to_owned();
    let named = parts.nth(1).map(str::to_owned);
    let kind = arm::ResourceId::parse(key)?.type_name().to_lowercase();
    let kind = if group { "microsoft.resources/subscriptions/resourcegroups".to_owned() } else { kind };
    body.insert("type".to_owned(), json!(kind));
    body.insert("subscriptionId".to_owned(), json!(subscription));
    body.insert("resourceGroup".to_owned(), json!(named));
    body.insert("tenantId".to_owned(), json!(tenant));
    Some(Value::Object(body))
}

fn counted(state: &State, subscriptions: &[String], name: &str, by: &[String]) -> Vec<Value> {
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    let world = state.world();
    let has = |column: &str| by.iter().any(|known| known == column);
    for subscription in subscriptions {
        for (kind, many) in world.counts(subscription) {
            let subscription = if has("subscriptionId") { subscription.clone() } else { String::new() };
            *counts.entry((subscription, if has("type") { kind } else { String::new() })).or_default() += many;
        }
    }
    let row = |((subscription, kind), many): ((String, String), u64)| {
        let mut row = Map::new();
        if has("subscriptionId") {
            row.insert("subscriptionId".to_owned(), json!(subscription));
        }
        if has("type") {
            row.insert("type".to_owned(), json!(kind));
        }
        row.insert(name.to_owned(), json!(many));
        Value::Object(row)
    };
    counts.into_iter().map(row).collect()
}

fn changes(state: &State, subscriptions: &[String]) -> Vec<Value> {
    let world = state.world();
    let here = |id: &str| {
        arm::ResourceId::parse(id)
            .and_then(|id| id.subscription)
            .is_some_and(|id| subscriptions.contains(&id.to_lowercase()))
    };
    let seen = world.changes.iter().filter(|change| here(&change.id));
    seen.map(|change| {
        let at = change.at.to_string();
        json!({
            "id": format!("{}/providers/Microsoft.Resources/changes/{}", change.id, change.at.as_nanosecond()),
            "type": "microsoft.resources/changes", "at": at, "target": change.id.to_lowercase(),
            "properties": {
                "targetResourceId": change.id, "targetResourceType": change.type_name.to_lowercase(), "changeType": change.kind,
                "changeAttributes": {"timestamp": at, "changesCount": 1}, "changes": {},
            },
        })
    })
    .collect()
}

fn page(state: &State, rows: Vec<Value>, next: Option<String>, options: &Value) -> Reply {
    let many = rows.len();
    let table = options["resultFormat"].as_str().is_some_and(|format| format.eq_ignore_ascii_case("table"));
    let data = if table {
        let columns: Vec<String> =
            rows.first().and_then(Value::as_object).map(|row| row.keys().cloned().collect()).unwrap_or_default();
        let of = |row: &Value| columns.iter().map(|column| row[column].clone()).collect::<Vec<_>>();
        json!({
            "columns": columns.iter().map(|name| json!({"name": name, "type": "string"})).collect::<Vec<_>>(),
            "rows": rows.iter().map(of).collect::<Vec<_>>(),
        })
    } else {
        Value::Array(rows)
    };
    let mut body = json!({"totalRecords": many, "count": many, "data": data, "facets": [], "resultTruncated": "false"});
    if let Some(next) = next {
        body["$skipToken"] = json!(hex::encode(next));
    }
    let _ = state;
    Reply::ok(&body)
}

#[derive(Debug)]
struct Condition {
    column: String,
    sign: String,
    value: String,
    /// Of `in~`: all values.
    more: Vec<String>,
}

#[derive(Debug)]
enum Step {
    Where(Vec<Condition>),
    Order {
        column: String,
        descending: bool,
    },
    Project(Vec<String>),
    Limit(usize),
    Total,
    Count {
        name: String,
        by: Vec<String>,
    },
    Max {
        name: String,
        of: String,
        by: String,
    },
    /// The columns `at` and `target` of changes are there anyway.
    Extend,
}

impl Step {
    fn parse(text: &str) -> Result<Self, String> {
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        let columns = |text: &str| -> Vec<String> {
            text.split(',').map(|column| column.trim().to_owned()).filter(|column| !column.is_empty()).collect()
        };
        let unknown = || format!("this simulator does not understand '| {text}'");
        Ok(match word.to_lowercase().as_str() {
            "where" => Self::Where(conditions(rest).ok_or_else(unknown)?),
            "order" | "sort" => {
                let rest = rest.strip_prefix("by ").ok_or_else(unknown)?.trim();
                let (column, way) = rest.split_once(' ').unwrap_or((rest, "desc"));
                if column.contains(',') {
                    return Err(unknown());
                }
                Self::Order { column: column.to_owned(), descending: way.trim().eq_ignore_ascii_case("desc") }
            }
            "project" if !rest.contains(['=', '(']) => Self::Project(columns(rest)),
            "limit" | "take" => Self::Limit(rest.parse().map_err(|_| unknown())?),
            "count" if rest.is_empty() => Self::Total,
            "extend" if rest.contains("targetResourceId") => Self::Extend,
            "summarize" => {
                let (what, by) = rest.split_once(" by ").unwrap_or((rest, ""));
                let (name, what) =
                    what.split_once('=').map_or((None, what.trim()), |(name, what)| (Some(name.trim()), what.trim()));
                match what.strip_prefix("max(").and_then(|what| what.strip_suffix(')')) {
                    Some(of) => Self::Max {
                        name: name.unwrap_or("max_").to_owned(),
                        of: of.trim().to_owned(),
                        by: by.trim().to_owned(),
                    },
                    None if what == "count()" => {
                        Self::Count { name: name.unwrap_or("count_").to_owned(), by: columns(by) }
                    }
                    None => return Err(unknown()),
                }
            }
            _ => return Err(unknown()),
        })
    }

    fn apply(&self, mut rows: Vec<Value>) -> Vec<Value> {
        match self {
            Self::Where(conditions) => {
                rows.retain(|row| conditions.iter().all(|condition| condition.holds(row)));
                rows
            }
            Self::Order { column, descending } => {
                rows.sort_by_cached_key(|row| column_of(row, column).to_lowercase());
                if *descending {
                    rows.reverse();
                }
                rows
            }
            Self::Project(columns) => rows
                .into_iter()
                .map(|mut row| {
                    columns
                        .iter()
                        .map(|column| (column.clone(), row.get_mut(column).map(Value::take).unwrap_or_default()))
                        .collect::<Map<_, _>>()
                        .into()
                })
                .collect(),
            Self::Limit(many) => {
                rows.truncate(*many);
                rows
            }
            Self::Total => vec![json!({"Count": rows.len()})],
            Self::Extend => rows,
            Self::Count { name, by } => {
                let mut counts: BTreeMap<Vec<String>, u64> = BTreeMap::new();
                for row in &rows {
                    *counts.entry(by.iter().map(|column| column_of(row, column)).collect()).or_default() += 1;
                }
                let row = |(values, many): (Vec<String>, u64)| {
                    let mut row: Map<String, Value> =
                        by.iter().cloned().zip(values.into_iter().map(Value::String)).collect();
                    row.insert(name.clone(), json!(many));
                    Value::Object(row)
                };
                counts.into_iter().map(row).collect()
            }
            Self::Max { name, of, by } => {
                let mut most: BTreeMap<String, String> = BTreeMap::new();
                for row in &rows {
                    let value = column_of(row, of);
                    let entry = most.entry(column_of(row, by)).or_default();
                    if value > *entry {
                        *entry = value;
                    }
                }
                most.into_iter().map(|(key, value)| json!({by.as_str(): key, name.as_str(): value})).collect()
            }
        }
    }
}

fn column_of(row: &Value, column: &str) -> String {
    let value = column.split('.').fold(row, |value, name| &value[name]);
    value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}

impl Condition {
    fn holds(&self, row: &Value) -> bool {
        let value = column_of(row, &self.column);
        let (left, right) = (value.to_lowercase(), self.value.to_lowercase());
        match self.sign.as_str() {
            ">" => left > right,
            "==" => value == self.value,
            "!=" => value != self.value,
            "=~" => left == right,
            "in~" => self.more.iter().any(|wanted| left == wanted.to_lowercase()),
            _ => left.contains(&right),
        }
    }
}

fn conditions(text: &str) -> Option<Vec<Condition>> {
    split(&text.replace(" and ", "\u{1}"), '\u{1}')
        .into_iter()
        .map(|part| {
            let mut words = part.trim().splitn(3, ' ');
            let (column, sign, value) = (words.next()?, words.next()?, words.next()?.trim());
            let value = value.strip_prefix("datetime(").and_then(|value| value.strip_suffix(')')).unwrap_or(value);
            let plain = |value: &str| {
                let value = value.trim().strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])?;
                Some(value.replace("\\'", "'").replace("\\\\", "\\"))
            };
            let (column, sign) = (column.to_owned(), sign.to_owned());
            if sign == "in~" {
                let list = value.strip_prefix('(')?.strip_suffix(')')?;
                let more = split(list, ',').iter().map(|value| plain(value)).collect::<Option<_>>()?;
                return Some(Condition { column, sign, value: String::new(), more });
            }
            let known = [">", "==", "!=", "=~", "has", "contains"].contains(&sign.as_str());
            let value = plain(value)?;
            known.then_some(Condition { column, sign, value, more: Vec::new() })
        })
        .collect()
}

/// Splits at a sign that stands in no quotes.
fn split(text: &str, at: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quote, mut escaped) = (None, false);
    for letter in text.chars() {
        match quote {
            None if letter == at => {
                parts.push(String::new());
                continue;
            }
            None if letter == '\'' || letter == '"' => quote = Some(letter),
            Some(open) if letter == open && !escaped => quote = None,
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts
}
