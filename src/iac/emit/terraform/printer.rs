//! The files of a plan in Terraform, printed a few blocks at a time: a file a resource group, one for what is
//! above them, one for all imports. In a file what is needed stands before what needs it.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    ops::Range,
};

use super::{
    azurerm::{
        draft::{Cell, Draft},
        print::{besides, resource},
    },
    context::Context,
    data,
    forms::{Form, Forms, Typed},
    generic::generic,
    hcl::{self, Block, Value},
    providers,
    shared::Shared,
    waits::wait,
};
use crate::{
    arm,
    iac::{
        emit::files::{Piece, Print},
        model::{
            body::ReadOnlyInput,
            plan::{Item, Plan},
            style::Style,
            term::{Piece as TextPiece, Term, Text},
        },
        passes::naming,
    },
};

/// Blocks of one piece, about.
const CHUNK: usize = 32;
/// Files that are no group's.
const RESERVED: [&str; 8] =
    ["versions", "providers", "variables", "locals", "imports", "outputs", "data", "subscription"];

/// Prints a plan.
#[derive(Debug)]
pub struct Terraform<'p> {
    plan: &'p Plan,
    forms: &'p Forms,
    with_imports: bool,
    subscriptions: Vec<(String, Option<String>)>,
    outside: BTreeMap<String, String>,
    shared: Shared,
    /// Numbers of items by the file that they go to.
    files: Vec<(String, Vec<u32>)>,
    parts: Vec<Part>,
}

/// A piece of a file.
#[derive(Debug, Clone)]
enum Part {
    Versions,
    Providers,
    /// Of the plan's parameters; the first piece has the subscriptions' too.
    Variables(Range<usize>),
    Locals,
    Outputs,
    Data(Range<usize>),
    /// Of the items of a file.
    Items(usize, Range<usize>),
    /// Of all items.
    Imports(Range<usize>),
}

impl<'p> Terraform<'p> {
    pub fn new(plan: &'p Plan, forms: &'p Forms, with_imports: bool) -> io::Result<Self> {
        let files = files(plan, forms);
        let outside = data::labels(plan);
        let mut parts = vec![Part::Versions, Part::Providers];
        parts.extend(chunks(plan.parameters.len()).map(Part::Variables));
        let shared = Shared::new(plan, forms)?;
        parts.extend(shared.has_locals().then_some(Part::Locals));
        parts.push(Part::Outputs);
        if !outside.is_empty() {
            parts.extend(chunks(outside.len()).map(Part::Data));
        }
        for (at, (_, numbers)) in files.iter().enumerate() {
            parts.extend(chunks(numbers.len()).map(|range| Part::Items(at, range)));
        }
        if with_imports {
            parts.extend(chunks(plan.items.len()).map(Part::Imports));
        }
        let subscriptions = providers::subscriptions(plan);
        Ok(Self { plan, forms, with_imports, subscriptions, outside, shared, files, parts })
    }

    fn context(&self, number: usize) -> Context<'_> {
        Context {
            plan: self.plan,
            forms: self.forms,
            number,
            subscriptions: &self.subscriptions,
            outside: &self.outside,
            shared: &self.shared,
            read_only: &[],
            with_imports: self.with_imports,
        }
    }

    /// A draft with what somebody has to give filled in, and the read-only values of its item.
    fn draft(&self, typed: &Typed) -> io::Result<(Draft, Vec<ReadOnlyInput>)> {
        let (mut draft, read_only) = self.forms.draft(typed)?;
        for (at, (attribute, _)) in std::mem::take(&mut draft.asked).into_iter().enumerate() {
            let text = Text(smallvec::smallvec![TextPiece::Parameter(typed.asked_from + at)]);
            draft.fill(attribute, Cell::Term(Term::Text(text)));
        }
        Ok((draft, read_only))
    }

    /// The blocks of an item.
    fn resources(&self, number: usize) -> io::Result<Vec<Block>> {
        let context = self.context(number);
        match self.forms.get(number) {
            Some(Form::Within(_)) => Ok(Vec::new()),
            Some(Form::Typed(typed)) => {
                let (draft, read_only) = self.draft(typed)?;
                let context = Context { read_only: &read_only, ..context };
                let beside = besides(&context, &draft).into_iter().map(|(block, ..)| block);
                Ok(wait(&context, std::iter::once(resource(&context, &draft)).chain(beside).collect()))
            }
            _ => Ok(wait(&context, vec![generic(&context, self.plan.body(number)?)])),
        }
    }

    /// Addresses and import ids of the blocks of an item.
    fn imports(&self, number: usize) -> io::Result<Vec<Block>> {
        let context = self.context(number);
        let id = context.id_of(number);
        match self.forms.get(number) {
            Some(Form::Within(_)) => Ok(Vec::new()),
            Some(Form::Typed(typed)) => {
                let mut blocks = vec![import(context.address(number), id)];
                if typed.has_besides {
                    let (draft, _) = self.draft(typed)?;
                    blocks.extend(besides(&context, &draft).into_iter().map(|(_, address, id)| import(address, id)));
                }
                Ok(blocks)
            }
            _ => {
                let id = format!("{id}?api-version={}", context.item().api_version);
                Ok(vec![import(context.address(number), id)])
            }
        }
    }

    fn blocks(&self, part: &Part) -> io::Result<Vec<Block>> {
        let flat = |blocks: io::Result<Vec<Vec<Block>>>| blocks.map(|blocks| blocks.into_iter().flatten().collect());
        match part {
            Part::Versions => Ok(vec![providers::versions()]),
            Part::Providers => Ok(providers::providers(&self.subscriptions)),
            Part::Variables(range) => {
                let own = (range.start == 0).then(|| providers::of_subscriptions(self.plan, &self.subscriptions));
                let given = self.plan.parameters[range.clone()].iter().filter(|parameter| parameter.is_asked());
                Ok(own
                    .into_iter()
                    .flatten()
                    .chain(given.map(|parameter| providers::of_parameter(self.plan, parameter)))
                    .collect())
            }
            Part::Locals => Ok(vec![self.shared.locals()]),
            Part::Outputs => Ok(vec![providers::outputs(&self.context(0))]),
            Part::Data(range) => {
                let labels = self.outside.iter().skip(range.start).take(range.len());
                Ok(labels.filter_map(|(key, label)| data::source(self.plan, key, label)).collect())
            }
            Part::Items(file, range) => {
                flat(self.files[*file].1[range.clone()].iter().map(|number| self.resources(*number as usize)).collect())
            }
            Part::Imports(range) => flat(range.clone().map(|number| self.imports(number)).collect()),
        }
    }
}

impl Print for Terraform<'_> {
    fn count(&self) -> usize {
        self.parts.len()
    }

    fn print(&self, piece: usize) -> io::Result<Piece> {
        let part = &self.parts[piece];
        let (file, is_first) = match part {
            Part::Versions => ("versions.tf", true),
            Part::Providers => ("providers.tf", true),
            Part::Variables(range) => ("variables.tf", range.start == 0),
            Part::Locals => ("locals.tf", true),
            Part::Outputs => ("outputs.tf", true),
            Part::Data(range) => ("data.tf", range.start == 0),
            Part::Items(file, range) => (self.files[*file].0.as_str(), range.start == 0),
            Part::Imports(range) => ("imports.tf", range.start == 0),
        };
        let text = hcl::print(&self.blocks(part)?);
        // An empty line between blocks, also where one piece ends.
        let text = if is_first || text.is_empty() { text } else { format!("\n{text}") };
        Ok(Piece { file: file.to_owned(), text })
    }
}

/// Ranges of so many things; one that is empty where there is nothing, for its file is there all the same.
fn chunks(count: usize) -> impl Iterator<Item = Range<usize>> {
    (0..count.div_ceil(CHUNK).max(1)).map(move |at| at * CHUNK..count.min((at + 1) * CHUNK))
}

fn import(address: String, id: String) -> Block {
    let mut block = Block::new("import", &[]);
    block.set("to", Value::code(address));
    block.set("id", Value::text(id));
    block
}

/// A file for each resource group, one for what is above them; in the order of their names.
fn files(plan: &Plan, forms: &Forms) -> Vec<(String, Vec<u32>)> {
    let group_of = |item: &Item| {
        let id = item.parsed();
        let (subscription, group) = (id.subscription?, id.resource_group?);
        Some((arm::key(&format!("/subscriptions/{subscription}/resourceGroups/{group}")), group))
    };
    // What is written in another's block is in no file.
    let is_own = |number: usize| !matches!(forms.get(number), Some(Form::Within(_)));
    let mut groups: BTreeMap<String, (String, Vec<u32>)> = BTreeMap::new();
    let mut above = Vec::new();
    for (at, item) in (0_u32..).zip(&plan.items) {
        let numbers = match group_of(item) {
            Some((key, name)) => &mut groups.entry(key).or_insert_with(|| (name, Vec::new())).1,
            None => &mut above,
        };
        numbers.extend(is_own(at as usize).then_some(at));
    }
    let labels = naming::labels(Style::Snake, groups.iter().map(|(key, (name, _))| (name.as_str(), key.as_str())));
    let named = groups.into_values().zip(labels).map(|((_, numbers), label)| {
        let label = if RESERVED.contains(&label.as_str()) { format!("rg_{label}") } else { label };
        (format!("{label}.tf"), numbers)
    });
    let mut files: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (name, numbers) in
        named.chain([("subscription.tf".to_owned(), above)]).filter(|(_, numbers)| !numbers.is_empty())
    {
        files.entry(name).or_default().extend(numbers);
    }
    files.into_iter().map(|(name, numbers)| (name, by_need(plan, forms, &numbers))).collect()
}

/// Items of a file with what each needs before it; else as they were.
fn by_need(plan: &Plan, forms: &Forms, numbers: &[u32]) -> Vec<u32> {
    let mut places: HashMap<u32, bool> = numbers.iter().map(|number| (*number, false)).collect();
    let mut ordered = Vec::with_capacity(numbers.len());
    for start in numbers {
        let mut stack = vec![(*start, false)];
        while let Some((number, is_looked_at)) = stack.pop() {
            let Some(is_done) = places.get_mut(&number) else { continue };
            if is_looked_at {
                ordered.push(number);
            } else if !std::mem::replace(is_done, true) {
                stack.push((number, true));
                let needs = plan.items[number as usize].needs.iter().rev();
                stack.extend(needs.filter_map(|need| Some((u32::try_from(forms.shown(*need as usize)).ok()?, false))));
            }
        }
    }
    ordered
}
