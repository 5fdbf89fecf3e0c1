//! `report.json`: what became of each resource, for programs. On the way what `report.md` lists of bodies is
//! noted, so that each body is read once.

use std::{
    io::{self, Write},
    iter::Peekable,
    slice,
};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    markdown::{Beside, Lists, Noted},
    subject::Subject,
    totals::{content, emitted_as, said, totals},
};
use crate::{
    api::OutputFormat,
    iac::{
        emit::terraform,
        model::{
            ids::compare_keys,
            plan::{LeftOut, Table, Within},
        },
        parallel::in_order,
    },
};

/// Rows that are made at once by one core.
const CHUNK: usize = 32;

/// Writes it, its keys in alphabetical order.
pub fn write(subject: &Subject<'_>, out: &mut impl Write) -> io::Result<Lists> {
    let (plan, source) = (subject.plan, subject.source);
    let mut lists = Lists::default();
    let mut file = Fields { out, is_first: true };
    file.field("coverage", &source.coverage)?;
    file.field("format", &subject.format)?;
    file.list("parameters", |rows| {
        for parameter in plan.parameters.iter().filter(|parameter| parameter.is_asked()) {
            let id = &plan.items[parameter.item].id;
            rows.item(&json!({"name": parameter.name, "path": parameter.path, "resource": id, "why": parameter.why}))?;
        }
        Ok(())
    })?;
    file.field("partial_scan", &source.is_partial)?;
    if subject.checks.plan.is_some() {
        file.field("plan_differences", &subject.checks.differences)?;
    }
    file.list("resources", |rows| resources(subject, rows, &mut lists))?;
    file.field("scanned_at", &source.scanned_at)?;
    file.field("snapshot", &source.snapshot)?;
    file.field("tenant_id", &source.tenant_id)?;
    file.field("totals", &totals(plan, subject.forms, subject.checks))?;
    file.field("warnings", &said(plan))?;
    file.out.write_all(b"\n}\n")?;
    Ok(lists)
}

/// Items, what is written in them and what is left out, all in the order of their keys. Rows of items are made
/// on all cores.
fn resources<W: Write>(subject: &Subject<'_>, rows: &mut Rows<'_, W>, lists: &mut Lists) -> io::Result<()> {
    let count = subject.plan.items.len();
    let mut others =
        Others { within: subject.plan.within.iter().peekable(), left: subject.plan.left_out.iter().peekable() };
    let make = |at: usize| -> io::Result<Vec<(String, Noted)>> {
        (at * CHUNK..count.min((at + 1) * CHUNK)).map(|number| of_item(subject, number)).collect()
    };
    let mut number = 0;
    in_order(count.div_ceil(CHUNK), make, |chunk| {
        for (text, noted) in chunk? {
            others.before(Some(&subject.plan.items[number].id), subject, rows)?;
            rows.text(&text)?;
            lists.take(&noted)?;
            number += 1;
        }
        Ok::<_, io::Error>(())
    })?;
    others.before(None, subject, rows)
}

/// What is selected and no item, that is not written yet.
struct Others<'p> {
    within: Peekable<slice::Iter<'p, Within>>,
    left: Peekable<slice::Iter<'p, LeftOut>>,
}

impl Others<'_> {
    /// Writes the rows whose keys come before an item's; `None`: all.
    fn before<W: Write>(
        &mut self,
        item: Option<&str>,
        subject: &Subject<'_>,
        rows: &mut Rows<'_, W>,
    ) -> io::Result<()> {
        let is_before = |id: &str| item.is_none_or(|item| compare_keys(id, item).is_lt());
        loop {
            let held = self.within.peek().filter(|held| is_before(&held.id)).map(|held| &held.id);
            let left = self.left.peek().filter(|left| is_before(&left.id)).map(|left| &left.id);
            let is_held_first = match (held, left) {
                (None, None) => return Ok(()),
                (Some(held), Some(left)) => compare_keys(held, left).is_lt(),
                (held, None | Some(_)) => held.is_some(),
            };
            let next = if is_held_first {
                self.within.next().map(|held| of_within(subject, held))
            } else {
                self.left.next().map(of_left_out)
            };
            next.map_or(Ok(()), |row| rows.item(&row))?;
        }
    }
}

fn of_within(subject: &Subject<'_>, held: &Within) -> Value {
    json!({
        "id": held.id, "type": &*held.type_name, "emitted_as": emitted_as(subject, held.item),
        "written_in": held.holder, "reason": "written in its parent",
    })
}

fn of_left_out(left: &LeftOut) -> Value {
    json!({"id": left.id, "type": &*left.type_name, "emitted_as": null, "reason": &*left.reason})
}

/// The row of an item as text, and what `report.md` lists of its body.
fn of_item(subject: &Subject<'_>, number: usize) -> io::Result<(String, Noted)> {
    let plan = subject.plan;
    let (item, body) = (&plan.items[number], plan.body(number)?);
    let spelled = match subject.format {
        OutputFormat::Terraform => terraform::literal_ids(plan, subject.forms, number, &body),
        OutputFormat::Bicep | OutputFormat::Arm => Vec::new(),
    };
    let left = subject.forms.left(number)?;
    let noted = Noted::of(subject, item, &body, Beside { left: &left, spelled: &spelled });
    let secrets = plan.parameters.get(item.secrets.start as usize..item.secrets.end as usize).unwrap_or_default();
    let asked = secrets.iter().filter(|parameter| parameter.is_asked());
    let secrets: Vec<&str> = asked.map(|parameter| parameter.name.as_str()).collect();
    let mut row = json!({
        "id": item.id, "type": &*item.type_name, "emitted_as": emitted_as(subject, number),
        "generic_because": subject.forms.reason(number),
        "reason": if item.is_dependency { "referred to by what was selected" } else { "selected" },
        "known_type": match item.table {
            Table::Exact => "this api-version",
            Table::Near => "other api-versions",
            Table::Unknown => "no",
        },
        "pruned": body.pruned, "respelled": body.respelled, "against_type": body.against, "never_returned": body.unseen, "not_carried": left, "secrets": secrets,
        "external": body.external, "unresolved": body.unresolved, "circular": body.circular,
        "not_returned": content(&item.type_name),
    });
    if !spelled.is_empty() {
        row["spelled_otherwise"] = json!(spelled);
    }
    if !body.left_behind.is_empty() {
        row["left_behind"] = json!(body.left_behind);
    }
    Ok((indented(&row)?, noted))
}

/// A row as it is in the list.
fn indented(row: &Value) -> io::Result<String> {
    // A line's end in a text is escaped: each of these is the printer's.
    Ok(serde_json::to_string_pretty(row)?.replace('\n', "\n    "))
}

/// The fields of the outermost object.
struct Fields<'o, W: Write> {
    out: &'o mut W,
    is_first: bool,
}

impl<W: Write> Fields<'_, W> {
    fn key(&mut self, name: &str) -> io::Result<()> {
        self.out.write_all(if self.is_first { b"{\n" } else { b",\n" })?;
        self.is_first = false;
        write!(self.out, "  \"{name}\": ")
    }

    fn field(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.key(name)?;
        let text = serde_json::to_string_pretty(&serde_json::to_value(value)?)?;
        self.out.write_all(text.replace('\n', "\n  ").as_bytes())
    }

    fn list(&mut self, name: &str, fill: impl FnOnce(&mut Rows<'_, W>) -> io::Result<()>) -> io::Result<()> {
        self.key(name)?;
        let mut rows = Rows { out: self.out, is_empty: true };
        fill(&mut rows)?;
        let is_empty = rows.is_empty;
        self.out.write_all(if is_empty { b"[]" } else { b"\n  ]" })
    }
}

/// The items of a list in it.
struct Rows<'o, W: Write> {
    out: &'o mut W,
    is_empty: bool,
}

impl<W: Write> Rows<'_, W> {
    fn item(&mut self, value: &Value) -> io::Result<()> {
        self.text(&indented(value)?)
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(if self.is_empty { b"[\n    " } else { b",\n    " })?;
        self.is_empty = false;
        self.out.write_all(text.as_bytes())
    }
}
