//! Generation, from a request to artifacts: the plan, then piece by piece print, read back and write, then the
//! report. Blocking.

use std::{
    fs::File,
    io::{BufWriter, Write},
};

use serde_json::{Map, Value};

use super::{
    build::{self, Order},
    emit::{
        arm::Templates,
        bicep::Bicep,
        files::{Piece, Print},
        terraform::{self, Forms, Terraform},
    },
    error::{Environment, IacError, Settings},
    model::{capabilities::Capabilities, plan::Plan},
    parallel::in_order,
    passes::{placement::Places, select},
    report::{self, Source, Subject, Written},
    shelf::Shelf,
    verify::{
        checks::{Checks, PlanCheck},
        limits::Judge,
        proof::{Generic, Proof},
        read_back::ReadBack,
        terraform::terraform as check_with_terraform,
    },
};
use crate::{
    api::{GenerateIacRequest, OutputFormat},
    graph::Snapshot,
    work::{Artifacts, Work},
};

/// Plans, prints, checks, writes the artifacts; the answer is the job's result.
pub fn generate(
    snapshot: &Snapshot,
    request: &GenerateIacRequest,
    work: &Work,
    settings: &Settings,
    credential: &Environment,
) -> Result<Value, IacError> {
    let step = |phase: &str, message: &str, fraction: f64| {
        work.progress.report(phase, message, fraction, Map::new());
        if work.cancel.is_cancelled() { Err(IacError::Cancelled) } else { Ok(()) }
    };
    let shelves = || Shelf::in_directory(work.artifacts.directory());
    step("select", "choosing resources", 0.0)?;
    let selection = select::select(snapshot, request, &work.cancel)?;
    step("plan", "pruning and resolving", 0.1)?;
    let capabilities = capabilities(request);
    let order = Order { request, capabilities: &capabilities, cancel: &work.cancel };
    let mut plan = build::build(snapshot, selection, &order, shelves)?;
    let source = Source::of(snapshot);
    let mut proof = proof(request, settings, credential).transpose();
    let Coded { forms, mut code, judge } =
        coded(&mut plan, request, work, proof.as_mut().ok().and_then(Option::as_mut))?;
    plan.warnings.extend(report::warnings(&source, &plan));
    step("check", "looking at the code", 0.9)?;
    let mut checks = Checks::of(judge, &plan)?;
    if request.output_format == OutputFormat::Terraform {
        check_with_terraform(&work.artifacts.directory(), settings, &work.cancel, &mut checks)?;
    }
    match proof {
        Ok(Some(proof)) => {
            let (check, differences) = proof.told(&plan, &forms);
            (checks.plan, checks.differences) = (Some(check), differences);
        }
        Ok(None) => {}
        Err(why) => checks.plan = Some(PlanCheck::NotRun(why)),
    }
    let format = request.output_format;
    let subject = Subject { plan: &plan, forms: &forms, format, source: &source, checks: &checks, code: &code };
    let open = |name: &str| work.artifacts.create(name).map(BufWriter::new).map_err(std::io::Error::other);
    let names = report::write(&subject, open)?;
    code.names.extend(names.map(str::to_owned));
    step("check", "done", 1.0)?;
    Ok(report::result(&plan, &forms, &code, &checks))
}

/// The code in the artifacts, and how each item is in it.
struct Coded {
    forms: Forms,
    code: Written,
    judge: Judge,
}

/// Prints the plan; where a proof is asked for, as often as that finds typed resources that are better generic.
fn coded(
    plan: &mut Plan,
    request: &GenerateIacRequest,
    work: &Work,
    mut proof: Option<&mut Proof<'_>>,
) -> Result<Coded, IacError> {
    let step = |phase: &str, message: &str, fraction: f64| {
        work.progress.report(phase, message, fraction, Map::new());
        if work.cancel.is_cancelled() { Err(IacError::Cancelled) } else { Ok(()) }
    };
    let (given, mut generic) = (plan.parameters.len(), Generic::new());
    loop {
        plan.parameters.truncate(given);
        let forms = match request.output_format {
            OutputFormat::Terraform => {
                let shelf = Shelf::in_directory(work.artifacts.directory());
                terraform::typing(plan, request.auto_import_existing, &generic, shelf, &work.cancel)?
            }
            OutputFormat::Arm | OutputFormat::Bicep => Forms::default(),
        };
        step("print", "writing the code", 0.6)?;
        let (code, judge) = printed(plan, &forms, request, work)?;
        if let Some(proof) = proof.as_mut() {
            step("verify", "planning with Terraform, which changes nothing", 0.7)?;
            if proof.round(&work.artifacts.directory(), plan, &forms, &mut generic, &work.cancel)? {
                continue;
            }
        }
        return Ok(Coded { forms, code, judge });
    }
}

/// What plans the code, where that is asked for; `Err`: why it can't be done.
fn proof<'p>(
    request: &GenerateIacRequest,
    settings: &Settings,
    credential: &'p Environment,
) -> Option<Result<Proof<'p>, String>> {
    request.verify.then(|| {
        if request.output_format != OutputFormat::Terraform || !request.auto_import_existing {
            return Err("not run: only Terraform with auto_import_existing is planned".to_owned());
        }
        Proof::new(settings, credential)
    })
}

/// Prints the plan into the artifacts.
fn printed(
    plan: &Plan,
    forms: &Forms,
    request: &GenerateIacRequest,
    work: &Work,
) -> Result<(Written, Judge), IacError> {
    let places = match request.output_format {
        OutputFormat::Terraform => Places::default(),
        OutputFormat::Arm | OutputFormat::Bicep => Places::new(plan),
    };
    let printer: Box<dyn Print + '_> = match request.output_format {
        OutputFormat::Terraform => Box::new(Terraform::new(plan, forms, request.auto_import_existing)?),
        OutputFormat::Arm => Box::new(Templates::new(plan, &places)),
        OutputFormat::Bicep => Box::new(Bicep::new(plan, &places)),
    };
    print(&*printer, work)
}

/// What the requested language can express.
fn capabilities(request: &GenerateIacRequest) -> Capabilities {
    match request.output_format {
        OutputFormat::Terraform => terraform::capabilities(request.auto_import_existing),
        OutputFormat::Arm | OutputFormat::Bicep => Capabilities::whole(),
    }
}

/// Prints all pieces on all cores; each is read back where it was printed, and let go once it is written.
fn print(printer: &dyn Print, work: &Work) -> Result<(Written, Judge), IacError> {
    let (mut written, mut judge, reader) = (Written::default(), Judge::default(), ReadBack::default());
    let mut writer = Writer { artifacts: &*work.artifacts, name: String::new(), file: None };
    let made = |at: usize| -> Result<_, IacError> {
        let piece = printer.print(at)?;
        let outline = reader.read(&piece.file, &piece.text)?;
        Ok((piece, outline))
    };
    in_order(printer.count(), made, |made| {
        if work.cancel.is_cancelled() {
            return Err(IacError::Cancelled);
        }
        let (piece, outline) = made?;
        if let Some(outline) = outline {
            judge.see(outline);
        }
        written.take(&piece.file, &piece.text);
        writer.write(piece)
    })?;
    writer.end()?;
    Ok((written, judge))
}

/// Writes the pieces of one file after the other.
struct Writer<'a> {
    artifacts: &'a dyn Artifacts,
    name: String,
    file: Option<BufWriter<File>>,
}

impl Writer<'_> {
    fn write(&mut self, piece: Piece) -> Result<(), IacError> {
        if self.file.is_none() || self.name != piece.file {
            self.end()?;
            self.file = Some(BufWriter::new(self.artifacts.create(&piece.file)?));
            self.name = piece.file;
        }
        if let Some(file) = &mut self.file {
            file.write_all(piece.text.as_bytes())?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), IacError> {
        match self.file.take() {
            Some(mut file) => Ok(file.flush()?),
            None => Ok(()),
        }
    }
}
