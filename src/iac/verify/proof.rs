//! Proof by Terraform: what was printed is planned; what is refused or would change is named, so that it is printed
//! again in its generic form and planned once more.
//!
//! ```text
//! printed ─▶ allowed? ─▶ workplace ─▶ init (once) ─▶ plan ─┬─ clean ─▶ done
//!    ▲                                                     └─ typed resources in trouble, fewer than three rounds
//!    └──────────────────── in generic form ◀──────────────────────────┘
//! ```
//! It knows no language but Terraform, and prints nothing itself.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    time::Instant,
};

use tokio_util::sync::CancellationToken;

use super::{
    allowed,
    checks::{Difference, PlanCheck},
    plan::{Counts, Planned, Trouble, plan},
    workplace::Workplace,
};
use crate::{
    iac::{
        emit::terraform::Forms,
        error::{Environment, IacError, Settings},
        model::plan::{Given, Plan},
        types::Leaf,
    },
    telemetry::Secret,
};

/// Plans of one generation at most.
const ROUNDS: u32 = 3;

/// Items that are to be generic, and why.
pub type Generic = BTreeMap<usize, String>;

/// Plans what was printed, round by round.
pub struct Proof<'p> {
    work: Workplace,
    plugins: String,
    credential: &'p Environment,
    begun: Instant,
    rounds: u32,
    last: Planned,
}

impl<'p> Proof<'p> {
    /// `Err`: why nothing can be planned.
    pub fn new(settings: &Settings, credential: &'p Environment) -> Result<Self, String> {
        let (Some(providers), Some(_)) = (&settings.terraform_plugin_dir, &settings.terraform) else {
            return Err("not run: [iac] terraform and terraform_plugin_dir are not both configured".to_owned());
        };
        let work = Workplace::new(settings, credential).map_err(|error| format!("not run: {error}"))?;
        let plugins = format!("-plugin-dir={}", providers.display());
        Ok(Self { work, plugins, credential, begun: Instant::now(), rounds: 0, last: Planned::default() })
    }

    /// Plans the code of a directory. Items that are to be printed again in their generic form are put into `generic`;
    /// false: this was the last round.
    pub fn round(
        &mut self,
        directory: &Path,
        plan_of: &Plan,
        forms: &Forms,
        generic: &mut Generic,
        cancel: &CancellationToken,
    ) -> Result<bool, IacError> {
        self.rounds += 1;
        self.work.take(directory)?;
        self.last = match self.ready(cancel)? {
            Err(why) => Planned { failure: Some(why), ..Planned::default() },
            Ok(()) => plan(&self.work, &variables(plan_of), cancel)?,
        };
        self.mask();
        if self.rounds >= ROUNDS || self.last.failure.is_some() {
            return Ok(false);
        }
        let items = Addresses::of(plan_of, forms);
        let before = generic.len();
        for (address, trouble) in &self.last.troubles {
            if let Some(number) = items.get(address).filter(|number| forms.is_typed(*number)) {
                generic.insert(forms.shown(number), reason(trouble));
            }
        }
        Ok(generic.len() > before)
    }

    /// Whether the code may be planned; made ready for it in the first round.
    fn ready(&self, cancel: &CancellationToken) -> Result<Result<(), String>, IacError> {
        for entry in std::fs::read_dir(self.work.code())? {
            let path = entry?.path();
            if path.extension().is_none_or(|ending| ending != "tf") {
                continue;
            }
            if let Some(what) = allowed::refused(&std::fs::read_to_string(&path)?) {
                return Ok(Err(format!("not planned: {what} is not of azurerm or azapi")));
            }
        }
        if self.rounds > 1 {
            return Ok(Ok(()));
        }
        let arguments = ["init", "-backend=false", "-input=false", "-no-color", &self.plugins];
        let made = self.work.run(&arguments, &[], cancel)?.outcome();
        Ok(made.map_err(|cause| format!("init: {cause}")))
    }

    /// Nothing of the credential is told, whoever repeats it.
    fn mask(&mut self) {
        let secrets: Vec<&str> = self
            .credential
            .iter()
            .filter(|(name, _)| ["SECRET", "TOKEN"].iter().any(|word| name.contains(word)))
            .map(|(_, value)| value.expose())
            .filter(|value| value.len() > 3)
            .collect();
        let mask = |text: &mut String| {
            for secret in &secrets {
                *text = text.replace(secret, "***");
            }
        };
        self.last.failure.iter_mut().for_each(mask);
        self.last.troubles.values_mut().filter_map(|trouble| trouble.message.as_mut()).for_each(mask);
    }

    /// What the last round has shown.
    pub fn told(self, plan: &Plan, forms: &Forms) -> (PlanCheck, Vec<Difference>) {
        let items = Addresses::of(plan, forms);
        let told = self.last.troubles.iter().map(|(address, trouble)| Difference {
            resource: items.get(address).map_or_else(|| address.clone(), |number| plan.items[number].id.to_string()),
            address: address.clone(),
            attributes: trouble.attributes.iter().cloned().collect(),
            message: trouble.message.clone(),
        });
        let differences: Vec<Difference> = told.collect();
        let refused = (!self.last.is_clean() && self.last.counts == Counts::default())
            .then(|| self.last.troubles.values().find_map(|trouble| trouble.message.clone()))
            .flatten();
        let check = PlanCheck::Ran {
            counts: self.last.counts,
            rounds: self.rounds,
            seconds: self.begun.elapsed().as_secs_f64(),
            error: self.last.failure.or(refused),
        };
        (check, differences)
    }
}

/// Why a resource is printed in its generic form.
fn reason(trouble: &Trouble) -> String {
    if let Some(message) = &trouble.message {
        return format!("azurerm refused it in a plan: {message}");
    }
    let attributes: Vec<&str> = trouble.attributes.iter().map(String::as_str).collect();
    format!("a plan by azurerm would change {}", attributes.join(", "))
}

/// A value for each variable that has to be given: a plan needs some, and an import leaves what is there.
fn variables(plan: &Plan) -> Vec<(String, Secret)> {
    let value = |leaf: Leaf| match leaf {
        Leaf::Number => "1",
        Leaf::Bool => "true",
        Leaf::Text | Leaf::Any => "Placeholder-1a",
    };
    let given = plan.parameters.iter().filter(|parameter| parameter.kind != Given::Idle);
    given.map(|parameter| (format!("TF_VAR_{}", parameter.name), Secret::new(value(parameter.leaf)))).collect()
}

/// Items by the addresses of their blocks.
struct Addresses<'p> {
    whole: HashMap<String, usize>,
    /// Of what azurerm has beside an item: its label is the item's, or begins so.
    labels: HashMap<&'p str, usize>,
}

impl<'p> Addresses<'p> {
    fn of(plan: &'p Plan, forms: &Forms) -> Self {
        let mut found = Self { whole: HashMap::new(), labels: HashMap::new() };
        for (number, item) in plan.items.iter().enumerate() {
            found.whole.entry(forms.address(plan, number)).or_insert(number);
            found.labels.insert(&*item.label, number);
        }
        found
    }

    fn get(&self, address: &str) -> Option<usize> {
        if let Some(number) = self.whole.get(address) {
            return Some(*number);
        }
        let mut label = address.split_once('.')?.1;
        loop {
            if let Some(number) = self.labels.get(label) {
                return Some(*number);
            }
            label = label.rsplit_once('_')?.0;
        }
    }
}
