//! The choice between `azurerm_*` and `azapi_resource` for each item of a plan. Every body is translated once, after
//! its references were made; the draft that is to be printed waits on a shelf.
//!
//! Knows no type and no attribute of azurerm: the tables of `azurerm` do. An item that they can't translate is an
//! `azapi_resource`.

use std::collections::{BTreeMap, HashMap, HashSet};

use tokio_util::sync::CancellationToken;

use super::{
    azurerm::{
        Names,
        draft::Draft,
        imports::import_id,
        tables::TABLES,
        walk::{Child, Refusal, Subject, translate},
    },
    forms::{Form, Forms, Typed},
    in_place::{self, Made},
};
use crate::iac::{
    error::IacError,
    model::{
        body::Body,
        codec::Encoder,
        plan::{Given, Parameter, Parent, Plan},
        style::Style,
        term::{Piece, Text},
        words::Words,
    },
    parallel::in_order,
    passes::naming::unique,
    shelf::{Shelf, Spot},
    types::Leaf,
};

/// Items that one core translates in one go.
const CHUNK: usize = 32;

/// What the translation of a body gave.
enum Outcome {
    /// `azapi_resource`, and why.
    Generic(String),
    /// `azapi_update_resource`.
    InPlace,
    /// `azurerm_*`: the children that are written `within` its block, the attributes that are `asked` of a person, each
    /// with the reason, the numbers of the parameters that it does without, and the encoded draft.
    Typed {
        typed: Typed,
        within: Vec<usize>,
        asked: Vec<(&'static str, &'static str)>,
        unneeded: Vec<u32>,
        bytes: Vec<u8>,
    },
}

/// The form of each item of a plan. `is_compared`: the output has imports, and Terraform compares it with what Azure
/// returns. Attributes that a person has to supply become parameters of the plan; with imports a person need not
/// supply them, because Azure's values stay.
/// `generic`: items that are to be an `azapi_resource` whatever the tables say, and why.
pub fn typing(
    plan: &mut Plan,
    is_compared: bool,
    generic: &BTreeMap<usize, String>,
    shelf: Shelf,
    cancel: &CancellationToken,
) -> Result<Forms, IacError> {
    let (mut forms, mut words) = (Forms { shelf, ..Forms::default() }, Words::default());
    let children = children(plan);
    let count = plan.items.len();
    let mut all: Vec<Option<Form>> = Vec::with_capacity(count);
    let mut within: HashMap<usize, usize> = HashMap::new();
    let (mut asked, mut without) = (Vec::new(), Vec::new());
    let Forms { shelf, names, .. } = &mut forms;
    let names = &*names;
    let encode = |draft: &Draft, body: &Body| encoded(names, draft, body);
    let items = &*plan;
    let chunk = |at: usize| -> Result<Vec<Outcome>, IacError> {
        if cancel.is_cancelled() {
            return Err(IacError::Cancelled);
        }
        let own = |number: usize| children.get(&number).map(Vec::as_slice).unwrap_or_default();
        (at * CHUNK..count.min((at + 1) * CHUNK))
            .map(|number| match generic.get(&number) {
                Some(reason) => Ok(Outcome::Generic(reason.clone())),
                None => outcome(items, number, own(number), is_compared, &encode),
            })
            .collect()
    };
    in_order(count.div_ceil(CHUNK), chunk, |chunk| {
        for outcome in chunk? {
            let number = all.len();
            // Parents come before their children, so a child that is written in its parent is known to be by now.
            if let Some(parent) = within.remove(&number) {
                all.push(Some(Form::Within(parent)));
                continue;
            }
            all.push(Some(match outcome {
                Outcome::Generic(reason) => Form::Generic(words.get(&reason)),
                Outcome::InPlace => Form::InPlace,
                Outcome::Typed { mut typed, within: children, asked: wanted, unneeded, bytes } => {
                    without.extend(unneeded);
                    typed.spot = shelf.put(&bytes)?;
                    within.extend(children.into_iter().map(|child| (child, number)));
                    if !wanted.is_empty() {
                        asked.push((number, wanted));
                    }
                    Form::Typed(typed)
                }
            }));
        }
        Ok::<_, IacError>(())
    })?;
    forms.all = all.into_iter().flatten().collect();
    spare(plan, &without);
    ask(plan, &mut forms, asked, if is_compared { Given::Idle } else { Given::Open });
    Ok(forms)
}

/// A draft as it waits on the shelf, behind the read-only values of its item.
fn encoded(names: &Names, draft: &Draft, body: &Body) -> Vec<u8> {
    let mut out = Encoder::default();
    out.list(&draft.left, |out, path| out.text(path));
    out.list(&body.read_only, |out, input| {
        out.path(&input.path);
        out.term(&input.value);
    });
    names.encode(draft, &mut out);
    out.0
}

/// Children, by the number of their parent, of the items whose `azurerm_*` form may hold children.
fn children(plan: &Plan) -> HashMap<usize, Vec<usize>> {
    let may_hold = |type_name: &str| {
        let tables = TABLES.get(&type_name.to_ascii_lowercase());
        tables.into_iter().flatten().any(|table| !table.absorb.is_empty() || table.same.is_some())
    };
    let mut known: HashMap<&str, bool> = HashMap::new();
    let mut found: HashMap<usize, Vec<usize>> = HashMap::new();
    for (number, item) in plan.items.iter().enumerate() {
        if let Parent::Item(parent) = item.parent {
            let kind: &str = &plan.items[parent].type_name;
            if *known.entry(kind).or_insert_with(|| may_hold(kind)) {
                found.entry(parent).or_default().push(number);
            }
        }
    }
    found
}

/// Translates the body of one item, together with the children that may be written in it.
fn outcome(
    plan: &Plan,
    number: usize,
    children: &[usize],
    is_compared: bool,
    encode: &impl Fn(&Draft, &Body) -> Vec<u8>,
) -> Result<Outcome, IacError> {
    let item = &plan.items[number];
    let made = in_place::made(&item.type_name, item.name()).filter(|_| !is_compared);
    if made == Some(Made::ByName) {
        return Ok(Outcome::InPlace);
    }
    let generic = |reason| if made.is_some() { Outcome::InPlace } else { Outcome::Generic(reason) };
    if !TABLES.contains_key(&item.type_name.to_ascii_lowercase()) {
        return Ok(generic("azurerm is not used for this type".to_owned()));
    }
    let body = plan.body(number)?;
    let bodies = children.iter().map(|child| plan.body(*child)).collect::<Result<Vec<Body>, _>>()?;
    let of_child = |(number, body)| {
        let child = &plan.items[number];
        Child { number, type_key: child.type_name.to_ascii_lowercase(), name: child.name(), body }
    };
    let own: Vec<Child<'_>> =
        children.iter().copied().zip(bodies.iter().map(|body| &body.term)).map(of_child).collect();
    let id = item.parsed();
    let subject = Subject { id: &id, type_name: &item.type_name, body: &body.term, told: &body.read_only, is_compared };
    let translated: Result<Draft, Refusal> = translate(subject, &own);
    Ok(match translated {
        Err(refusal) => generic(refusal.to_string()),
        Ok(draft) if misspelled(plan, &draft).is_some() => {
            let name = misspelled(plan, &draft).unwrap_or_default();
            generic(format!("azurerm wants a name that is spelled {name}"))
        }
        Ok(draft) => Outcome::Typed {
            typed: Typed {
                kind: draft.kind,
                import: draft.import.as_ref().map(|cells| import_id(plan, number, cells).into()),
                has_identity: draft.has("identity"),
                has_besides: !draft.besides.is_empty(),
                asked_from: 0,
                spot: Spot::default(),
            },
            unneeded: unneeded(plan, number, &draft),
            bytes: encode(&draft, &body),
            within: draft.within,
            asked: draft.asked,
        },
    })
}

/// The name that an id of a draft has to end in and does not.
fn misspelled(plan: &Plan, draft: &Draft) -> Option<&'static str> {
    let ends_in = |id: &Text, name: &str| match id.0.last() {
        Some(Piece::Reference(number)) => plan.items[*number].name() == name,
        Some(Piece::Literal(text) | Piece::External(text)) => text.rsplit('/').next() == Some(name),
        _ => false,
    };
    draft.endings.iter().find(|(id, name)| !ends_in(id, name)).map(|(_, name)| *name)
}

/// Nobody has to give these parameters; those of an earlier round are asked for again: their resource may have another form.
fn spare(plan: &mut Plan, without: &[u32]) {
    for parameter in plan.parameters.iter_mut().filter(|parameter| parameter.kind == Given::Unneeded) {
        parameter.kind = Given::Secret;
    }
    for number in without {
        if let Some(parameter) = plan.parameters.get_mut(*number as usize) {
            parameter.kind = Given::Unneeded;
        }
    }
}

/// The parameters of an item, and of the children that are written in it, that its draft does not use.
fn unneeded(plan: &Plan, number: usize, draft: &Draft) -> Vec<u32> {
    let own = std::iter::once(number).chain(draft.within.iter().copied());
    let mut given: Vec<u32> = own.flat_map(|item| plan.items[item].given.iter().copied()).collect();
    if !given.is_empty() {
        let used = draft.parameters();
        given.retain(|number| !used.contains(&(*number as usize)));
    }
    given
}

/// Makes a parameter of each attribute that a person has to supply.
fn ask(plan: &mut Plan, forms: &mut Forms, asked: Vec<(usize, Vec<(&'static str, &'static str)>)>, kind: Given) {
    let mut taken: HashSet<String> = plan.parameters.iter().map(|parameter| parameter.name.clone()).collect();
    for (item, wanted) in asked {
        let Some(Form::Typed(typed)) = forms.all.get_mut(item) else { continue };
        typed.asked_from = plan.parameters.len();
        for (attribute, why) in wanted {
            let name = unique(&format!("{}_{attribute}", plan.items[item].label), Style::Snake, &mut taken);
            let path = attribute.to_owned();
            plan.parameters.push(Parameter { name, item, path, why, leaf: Leaf::Text, kind, value: None });
        }
    }
}
