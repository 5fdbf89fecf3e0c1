//! `report.md`: what became of each resource, for people.

use std::{
    collections::BTreeMap,
    io::{self, Seek, Write},
};

use tempfile::SpooledTempFile;

use super::{
    cell::cell,
    source::Source,
    subject::Subject,
    totals::{content, emitted_as, said, totals},
};
use crate::{
    api::OutputFormat,
    arm::ResourceId,
    iac::{
        emit::terraform,
        model::{
            body::{Body, Mentioned},
            ids::prefixes,
            plan::{Item, Plan},
        },
        verify::checks::PlanCheck,
    },
};

/// Rows that are listed of what was not read; the rest is counted.
const NOT_READ: usize = 50;

/// What the words of the totals mean, by where they stand.
const MEANINGS: [(&str, &str); 13] = [
    ("/types/known", "the table of Azure's published types has the very api-version: it says what can be sent"),
    (
        "/types/known_in_other_versions",
        "the table has other api-versions of the type: the nearest ones say what can be sent",
    ),
    (
        "/types/unknown",
        "the table lacks the type: general rules say what can be sent, so a read-only property may remain",
    ),
    ("/against_type", "values that Azure returned and its published type does not have so: kept, and listed here"),
    ("/resources/external", "ids of resources that the scan knows and the code does not hold, listed here"),
    ("/unresolved", "ids that no scan has read, listed here"),
    ("/secrets_lifted", "values that have to be given: `README.md` lists them"),
    ("/checks/parse", "`ok`: every file was read back by a parser of its language"),
    (
        "/checks/limits",
        "whether Azure Resource Manager would take the templates: its limits, and whether each name in them names something; `not run`: Terraform has no templates",
    ),
    (
        "/checks/types",
        "what Azure's published types say of each resource of the templates; `not run`: only ARM templates are looked at",
    ),
    (
        "/checks/style",
        "what the compiler of Bicep, its linter and its formatter would say, as far as the text tells; `not run`: no Bicep",
    ),
    (
        "/checks/fmt",
        "`terraform fmt -check`; `not run`: no Terraform, or no `terraform_plugin_dir` in the configuration",
    ),
    (
        "/checks/validate",
        "`terraform validate`; `not run`: no Terraform, or no `terraform_plugin_dir` in the configuration",
    ),
];

/// What the reasons of the list of generic resources mean.
const WHY_GENERIC: &str = "`azurerm_*` is used only where it says all that Azure says of a resource, and nothing else. A property alone: the\n\
     provider can't say it. A property and a value: the provider refuses the value. `azurerm would set A to B, of which Azure says\n\
     nothing`: the provider has a value of its own for what is not given, so that an import would change the resource.\n\n";

const ABOUT_UNREAD: &str = "Where the group or the parent of such an id is in the code, the id is a reference to that and a suffix; else it is as Azure returned it.\n\n";

const ABOUT_CIRCLES: &str = "Each of these resources needs the other, directly or through others, so one of their references is a literal text. Where\n\
     the resources exist already, nothing has to be done. A first deployment needs a second run: Azure refuses the id of\n\
     something that does not exist, so leave these properties out the first time, then put them back and deploy again. Who an\n\
     identity is (an object id) is known after the first run, too: replace it then. `(order)`: no property is a reference; the\n\
     resource would only have been made after the other.\n\n";

const ABOUT_LEFT: &str = "Subscriptions, regions and names of the source in texts that may mean something else: policies, workflows, tags, host names of\n\
     others, names of resources, versions of keys. Look at each before you deploy.\n\n";

const ABOUT_SPELLING: &str = "The resource's own id is spelled otherwise, so a reference would change or replace what is imported. `depends_on` keeps the\n\
     order. `parent`: the group or the resource that it is in.\n\n";

/// Rows of a table that waits for its turn: in memory while they are few.
#[derive(Debug)]
struct Waiting(SpooledTempFile);

/// Bytes of one such table that are kept in memory.
const IN_MEMORY: usize = 1 << 20;

impl Default for Waiting {
    fn default() -> Self {
        Self(SpooledTempFile::new(IN_MEMORY))
    }
}

/// What is listed of bodies, taken while each is at hand.
#[derive(Debug, Default)]
pub struct Lists {
    against: Waiting,
    unseen: Waiting,
    left: Waiting,
    unresolved: Waiting,
    external: Waiting,
    circular: Waiting,
    spelled: Waiting,
    left_behind: Waiting,
}

/// The rows of one body.
#[derive(Debug, Default)]
pub struct Noted {
    against: String,
    unseen: String,
    left: String,
    unresolved: String,
    external: String,
    circular: String,
    spelled: String,
    left_behind: String,
}

/// What is listed of an item beside its body.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'b> {
    /// Paths of values that its typed form does not say.
    pub left: &'b [String],
    /// Ids that its form spells as Azure does.
    pub spelled: &'b [Mentioned],
}

impl Noted {
    pub fn of(subject: &Subject<'_>, item: &Item, body: &Body, beside: Beside<'_>) -> Self {
        let id: &str = &item.id;
        let mentions = |told: &[Mentioned]| told.iter().map(|told| row(&[id, &told.path, &told.id])).collect();
        let external = |told: &Mentioned| {
            let spelled = spelled(subject.plan, subject.format, told);
            row(&[id, &told.path, &told.id, spelled])
        };
        Self {
            against: body.against.iter().map(|path| row(&[id, path])).collect(),
            left: beside.left.iter().map(|path| row(&[id, path])).collect(),
            unseen: body.unseen.iter().map(|path| row(&[id, path])).collect(),
            unresolved: mentions(&body.unresolved),
            external: body.external.iter().map(external).collect(),
            circular: mentions(&body.circular),
            spelled: mentions(beside.spelled),
            left_behind: mentions(&body.left_behind),
        }
    }
}

impl Lists {
    pub fn take(&mut self, noted: &Noted) -> io::Result<()> {
        self.against.0.write_all(noted.against.as_bytes())?;
        self.unseen.0.write_all(noted.unseen.as_bytes())?;
        self.left.0.write_all(noted.left.as_bytes())?;
        self.unresolved.0.write_all(noted.unresolved.as_bytes())?;
        self.external.0.write_all(noted.external.as_bytes())?;
        self.circular.0.write_all(noted.circular.as_bytes())?;
        self.spelled.0.write_all(noted.spelled.as_bytes())?;
        self.left_behind.0.write_all(noted.left_behind.as_bytes())
    }
}

pub fn write(subject: &Subject<'_>, lists: Lists, out: &mut impl Write) -> io::Result<()> {
    let Subject { plan, forms, source, .. } = *subject;
    out.write_all(b"# What was generated\n\n")?;
    let partial = source.says_partial();
    if let Some(sentence) = &partial {
        writeln!(out, "**Attention:** {sentence}.\n")?;
    }
    writeln!(
        out,
        "{} resources were selected and {} added as dependencies, {} together: {} are in the code ({} of them written in the body of their parent), {} are left out.\n",
        plan.selected,
        plan.dependencies,
        plan.selected + plan.dependencies,
        plan.emitted(),
        plan.within.len(),
        plan.left_out.len()
    )?;
    let warnings = said(plan);
    for warning in &warnings {
        writeln!(out, "- Warning: {}", cell(warning))?;
    }
    out.write_all(if warnings.is_empty() { b"" } else { b"\n" })?;
    types(out, subject)?;
    if partial.is_some() {
        not_read(out, source)?;
    }
    let left_out = source.left_out();
    let rows = left_out.iter().map(|(type_name, reason)| [type_name.as_str(), reason.as_str()]);
    table(out, "Types that the scan left out", "", &["type", "reason"], rows)?;
    out.write_all(b"\n## Numbers and checks of the result\n\n| name | value | meaning |\n|---|---|---|\n")?;
    let totals = totals(plan, forms, subject.checks);
    for (pointer, meaning) in MEANINGS {
        let value =
            totals.pointer(pointer).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let name = pointer.trim_start_matches('/').replace('/', ".");
        writeln!(out, "| `{name}` | {} | {meaning} |", cell(&value.unwrap_or_default()))?;
    }
    planned(out, subject)?;
    let generic = (0..plan.items.len()).filter_map(|number| Some([&*plan.items[number].id, forms.reason(number)?]));
    table(out, "As azapi_resource, and why", WHY_GENERIC, &["resource", "reason"], generic)?;
    let within = plan.within.iter().map(|within| [&*within.id, &*within.holder]);
    table(out, "Written in its parent", "", &["resource", "in the body of"], within)?;
    let left = plan.left_out.iter().map(|left| [&*left.id, &*left.reason]);
    table(out, "Left out", "", &["resource", "reason"], left)?;
    let contents = plan.items.iter().filter_map(|item| Some([&*item.id, content(&item.type_name)?]));
    let title = "Content that ARM does not return, so the code does not hold it";
    table(out, title, "", &["resource", "content"], contents)?;
    of_bodies(out, lists)?;
    out.flush()
}

/// What was noted of each body.
fn of_bodies(out: &mut impl Write, lists: Lists) -> io::Result<()> {
    let Lists { against, unseen, left, unresolved, external, circular, spelled, left_behind } = lists;
    let title = "Values that Azure returned and its published type does not have so (kept as they are)";
    waited(out, title, "", &["resource", "property"], against)?;
    let title = "Secrets that Azure never returns: those that were set have to be set again";
    waited(out, title, "", &["resource", "property"], unseen)?;
    let title = "Values that an azurerm_* resource does not say: the provider or Azure sets them by itself";
    waited(out, title, "", &["resource", "property"], left)?;
    waited(out, "Ids that no scan has read", ABOUT_UNREAD, &["resource", "property", "id"], unresolved)?;
    let title = "Ids of resources that are known and not in the code";
    waited(out, title, "", &["resource", "property", "id", "in the code as"], external)?;
    let title = "References that would close a circle (literal)";
    waited(out, title, ABOUT_CIRCLES, &["resource", "property", "id"], circular)?;
    let title = "Ids that keep Azure's spelling, because an import compares it";
    waited(out, title, ABOUT_SPELLING, &["resource", "property", "id"], spelled)?;
    let title = "What still names the place that the resources are moved away from";
    waited(out, title, ABOUT_LEFT, &["resource", "property", "text"], left_behind)
}

/// What Terraform's plan says, where it was asked for one.
fn planned(out: &mut impl Write, subject: &Subject<'_>) -> io::Result<()> {
    let said = match &subject.checks.plan {
        None => return Ok(()),
        Some(PlanCheck::NotRun(why)) => format!("No plan was made: {why}."),
        Some(PlanCheck::Ran { counts, rounds, error, .. }) => match error {
            Some(error) => format!("Terraform made no plan in {rounds} rounds: {error}"),
            None => format!(
                "Plan of round {rounds}: {} to import, {} to add, {} to change, {} to destroy.",
                counts.import, counts.add, counts.change, counts.destroy
            ),
        },
    };
    writeln!(out, "\n## What Terraform's plan says\n\n{}", cell(&said))?;
    let rows: Vec<(&str, String)> = subject
        .checks
        .differences
        .iter()
        .map(|differ| {
            (differ.resource.as_str(), differ.message.clone().unwrap_or_else(|| differ.attributes.join(", ")))
        })
        .collect();
    let rows = rows.iter().map(|(resource, what)| [*resource, what.as_str()]);
    table(out, "What it would still change, or refuses", "", &["resource", "attribute"], rows)
}

fn types(out: &mut impl Write, subject: &Subject<'_>) -> io::Result<()> {
    let mut by_type: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for (number, item) in subject.plan.items.iter().enumerate() {
        let kind = match subject.format {
            OutputFormat::Terraform => emitted_as(subject, number).split('.').next().unwrap_or_default().to_owned(),
            OutputFormat::Bicep | OutputFormat::Arm => "resource".to_owned(),
        };
        *by_type.entry((&item.type_name, kind)).or_default() += 1;
    }
    for within in &subject.plan.within {
        *by_type.entry((&within.type_name, "written in its parent".to_owned())).or_default() += 1;
    }
    out.write_all(b"| type | count | as |\n|---|---:|---|\n")?;
    for ((name, kind), count) in by_type {
        writeln!(out, "| {} | {count} | {kind} |", cell(name))?;
    }
    Ok(())
}

fn not_read(out: &mut impl Write, source: &Source) -> io::Result<()> {
    let rows = source.not_read();
    let shown = rows.iter().take(NOT_READ).map(|row| {
        let scope = if row.subscription.is_empty() { "the tenant" } else { row.subscription.as_str() };
        [scope, row.type_name.as_str(), row.reason.as_deref().unwrap_or("not said")]
    });
    table(out, "Not read", "", &["subscription", "type", "reason"], shown)?;
    if rows.len() > NOT_READ {
        writeln!(out, "\nand {} more: `coverage` of `report.json` has them.", rows.len() - NOT_READ)?;
    }
    Ok(())
}

/// A section with a table; nothing where there are no rows.
fn table<'t, const N: usize>(
    out: &mut impl Write,
    title: &str,
    about: &str,
    heads: &[&str],
    rows: impl IntoIterator<Item = [&'t str; N]>,
) -> io::Result<()> {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_some() {
        head(out, title, about, heads)?;
    }
    rows.into_iter().try_for_each(|cells| out.write_all(row(&cells).as_bytes()))
}

/// The same of rows that waited.
fn waited(out: &mut impl Write, title: &str, about: &str, heads: &[&str], rows: Waiting) -> io::Result<()> {
    let mut rows = rows.0;
    if rows.stream_position()? > 0 {
        head(out, title, about, heads)?;
        rows.rewind()?;
        io::copy(&mut rows, out)?;
    }
    Ok(())
}

fn head(out: &mut impl Write, title: &str, about: &str, heads: &[&str]) -> io::Result<()> {
    writeln!(out, "\n## {title}\n\n{about}| {} |\n|{}", heads.join(" | "), "---|".repeat(heads.len()))
}

fn row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// How the code says an id of something that is not in it.
fn spelled(plan: &Plan, format: OutputFormat, told: &Mentioned) -> &'static str {
    let is_declared = prefixes(&told.id).iter().any(|key| plan.outside.contains_key(key));
    match format {
        OutputFormat::Terraform if terraform::is_read(plan, &told.id) => "a data source",
        OutputFormat::Bicep if is_declared => "an `existing` resource",
        OutputFormat::Bicep | OutputFormat::Arm if ResourceId::parse(&told.id).is_some() => "a function",
        _ => "the literal id",
    }
}
