//! Runs each client command: submits, follows, prints, and answers with the exit code.

use std::{path::PathBuf, time::Duration};

use uuid::Uuid;

use super::{
    Api, ApiKey, ClientError, Exit, Heard, JobsQuery, Screen, api::DEFAULT_SERVER, create_tenant, download,
    follow::follow, report, requests, resolve::resolve, unpack,
};
use crate::{
    api::{CreateTenantRequest, JobStatus, Operation},
    cli::{
        ClientCommand, ConnectArgs, CreateTenantArgs, DownloadArgs, FollowArgs, GenerateIacArgs, GenerateSpecArgs,
        JobsArgs, ScanArgs,
    },
};

/// Longest wait that a daemon may ask for when there are too many requests.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often a refused request is repeated.
const MOST_WAITS: u32 = 3;

/// Runs a command to its end and prints what came of it. Ctrl-C detaches from a followed job.
pub async fn run(command: ClientCommand, screen: &mut Screen) -> Exit {
    let outcome = match command {
        ClientCommand::Scan(args) => scan(*args, screen).await,
        ClientCommand::GenerateIac(args) => generate(*args, screen).await,
        ClientCommand::CreateTenant(args) => create(*args, screen).await,
        ClientCommand::GenerateSpec(args) => describe(*args, screen).await,
        ClientCommand::Jobs(args) => jobs(args, screen).await,
        ClientCommand::Job(args) => job(&args.connect, &args.id, screen).await,
        ClientCommand::Watch(args) => watch(&args.connect, &args.id, screen).await,
        ClientCommand::Cancel(args) => cancel(&args.connect, &args.id, screen).await,
        ClientCommand::Download(args) => save(args, screen).await,
        ClientCommand::Status(args) => status(&args.connect, screen).await,
    };
    screen.finish();
    let exit = outcome.unwrap_or_else(|error| {
        screen.complain(&error.to_string());
        error.exit()
    });
    match screen.take_failure() {
        Some(error) => {
            screen.complain(&format!("the output could not be written: {error}"));
            Exit::Local
        }
        None => exit,
    }
}

/// Asks again after the wait that the daemon asks for, where it is short; a request that was refused so did nothing.
async fn patiently<T>(
    screen: &mut Screen,
    mut ask: impl AsyncFnMut() -> Result<T, ClientError>,
) -> Result<T, ClientError> {
    let mut waits = 0;
    loop {
        let outcome = ask().await;
        let wait = outcome.as_ref().err().and_then(ClientError::retry_after);
        let Some(wait) = wait.filter(|wait| *wait <= PATIENCE && waits < MOST_WAITS) else { return outcome };
        waits += 1;
        screen.say(&format!("too many requests: asking again in {} s", wait.as_secs()));
        tokio::time::sleep(wait).await;
    }
}

fn connect(args: &ConnectArgs) -> Result<Api, ClientError> {
    let variable = std::env::var("ATGD_API_KEY").ok().filter(|text| !text.is_empty());
    let key = ApiKey::find(args.key_file.as_deref(), variable)?;
    Api::new(args.server.as_deref().unwrap_or(DEFAULT_SERVER), key)
}

async fn scan(args: ScanArgs, screen: &mut Screen) -> Result<Exit, ClientError> {
    let api = connect(&args.connect)?;
    let request = requests::scan_request(&args)?;
    if args.plan {
        let plan = patiently(screen, async || api.plan_scan(&request).await).await?;
        if screen.is_json() {
            screen.object(&plan);
        } else {
            report::plan(screen, &plan);
        }
        return Ok(Exit::Completed);
    }
    submit(&api, &Operation::Scan(request), args.follow, screen).await.map(|(exit, _)| exit)
}

async fn generate(args: GenerateIacArgs, screen: &mut Screen) -> Result<Exit, ClientError> {
    let api = connect(&args.connect)?;
    if let Some(directory) = &args.output {
        unpack::check_output(directory)?;
    }
    let request = requests::generate_request(&args)?;
    let (exit, id) = submit(&api, &Operation::GenerateIac(request), args.follow, screen).await?;
    if args.open && exit == Exit::Completed && !screen.is_json() {
        let list = patiently(screen, async || api.artifact_list(id).await).await?;
        report::files(screen, &list);
        let made = patiently(screen, async || api.artifact_json(id, "report.json").await).await?;
        report::made(screen, &made);
    }
    if let (Some(directory), Exit::Completed) = (&args.output, exit) {
        let count = patiently(screen, async || super::unpack(&api, id, directory).await).await?;
        screen.say(&format!("{count} files are in {}", directory.display()));
    } else if exit == Exit::Completed && !args.follow.no_wait {
        screen.say(&format!("the files: atgd download {id}"));
    }
    Ok(exit)
}

/// A dry run shows its plan; before a real run the plan is shown and asked about.
async fn create(args: CreateTenantArgs, screen: &mut Screen) -> Result<Exit, ClientError> {
    let api = connect(&args.connect)?;
    let mut request = create_tenant::request(&args)?;
    if !args.dry_run && !args.yes {
        if !screen.can_ask() {
            let text = "expected --dry-run, or --yes for a real run: there is no terminal to ask on";
            return Err(ClientError::Usage(text.to_owned()));
        }
        let dry = CreateTenantRequest { dry_run: true, plan_hash: None, ..request.clone() };
        let follow = FollowArgs { no_wait: false };
        let (exit, id) = submit(&api, &Operation::CreateTenant(dry), follow, screen).await?;
        if exit != Exit::Completed {
            return Ok(exit);
        }
        let result = patiently(screen, async || api.result(id).await).await?;
        if !is_yes("create this? [y/N]", screen).await {
            screen.say("nothing was created");
            return Ok(Exit::Completed);
        }
        let hash = result.result["plan_hash"].as_str().map(str::to_owned);
        request.plan_hash = request.plan_hash.or(hash);
    }
    submit(&api, &Operation::CreateTenant(request), args.follow, screen).await.map(|(exit, _)| exit)
}

/// The text goes to a file where one is named.
async fn describe(args: GenerateSpecArgs, screen: &mut Screen) -> Result<Exit, ClientError> {
    let api = connect(&args.connect)?;
    let request = requests::generate_spec_request(&args);
    let (exit, id) = submit(&api, &Operation::GenerateSpec(request), args.follow, screen).await?;
    if exit != Exit::Completed || args.follow.no_wait {
        return Ok(exit);
    }
    let Some(path) = args.output else {
        screen.say(&format!("the text: atgd download {id}"));
        return Ok(exit);
    };
    let text = patiently(screen, async || api.artifact_text(id, "specification.md").await).await?;
    std::fs::write(&path, &text).map_err(ClientError::file(&path))?;
    screen.say(&format!("the text is in {}", path.display()));
    Ok(exit)
}

/// Submits, and follows unless that is not wanted.
async fn submit(
    api: &Api,
    operation: &Operation,
    args: FollowArgs,
    screen: &mut Screen,
) -> Result<(Exit, Uuid), ClientError> {
    let accepted = patiently(screen, async || api.submit(operation).await).await?;
    let id = accepted.job_id;
    if args.no_wait {
        if screen.is_json() {
            screen.object(&accepted);
        } else {
            screen.line(&id.to_string());
        }
        return Ok((Exit::Completed, id));
    }
    Ok((to_the_end(api, id, screen).await?, id))
}

/// Follows a job, prints its result, answers with its exit code.
async fn to_the_end(api: &Api, id: Uuid, screen: &mut Screen) -> Result<Exit, ClientError> {
    let Some(status) = followed(api, id, screen).await? else {
        return Ok(Exit::Detached);
    };
    let result = patiently(screen, async || api.result(id).await).await?;
    if screen.is_json() {
        screen.object(&result);
    } else {
        let says_something = result.result.as_object().is_some_and(|fields| !fields.is_empty());
        if status == JobStatus::Completed || says_something {
            let job = patiently(screen, async || api.job(id).await).await?;
            report::result(screen, job.job_type, &result);
        }
        if let (JobStatus::Failed, Some(error)) = (status, &result.error) {
            screen.complain(&format!("{} ({})", error.message, error.code));
        }
    }
    Ok(Exit::of(status))
}

/// How the job ended; none when the person let go of it.
async fn followed(api: &Api, id: Uuid, screen: &mut Screen) -> Result<Option<JobStatus>, ClientError> {
    let mut seen = 0;
    loop {
        let mut is_away = false;
        let after = seen;
        let hear = |heard: Heard<'_>| match heard {
            Heard::Event(event) => {
                is_away = false;
                seen = event.seq;
                screen.event(event);
            }
            Heard::Waiting(why) => {
                if !is_away {
                    screen.say(&format!("waiting for the daemon: {why}"));
                }
                is_away = true;
            }
        };
        tokio::select! {
            outcome = follow(api, id, after, hear) => return outcome.map(Some),
            pressed = tokio::signal::ctrl_c() => {
                // Without a signal handler there is nothing to detach by; the process ends as usual.
                pressed.map_err(|source| ClientError::File { path: PathBuf::from("Ctrl-C"), source })?;
            }
        }
        screen.finish();
        if !screen.can_ask() || !wants_cancel(id, screen).await {
            screen.say(&format!("detached: the job goes on; follow it again with `atgd watch {id}`"));
            return Ok(None);
        }
        api.cancel(id).await?;
    }
}

/// Asks whether to cancel; a second Ctrl-C, silence at the end of input and anything but yes mean no.
async fn wants_cancel(id: Uuid, screen: &mut Screen) -> bool {
    is_yes(&format!("cancel job {id}? [y/N] (no: it goes on without us)"), screen).await
}

async fn is_yes(question: &str, screen: &mut Screen) -> bool {
    screen.say(question);
    let (answer, answered) = tokio::sync::oneshot::channel();
    // A thread of its own: a read from a terminal cannot be interrupted, and must not hold up the exit.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        // Nobody listens any more after a second Ctrl-C.
        let _ = answer.send(read.is_ok() && matches!(line.trim(), "y" | "Y" | "yes"));
    });
    tokio::select! {
        answer = answered => answer.unwrap_or(false),
        _ = tokio::signal::ctrl_c() => false,
    }
}

async fn jobs(args: JobsArgs, screen: &mut Screen) -> Result<Exit, ClientError> {
    let api = connect(&args.connect)?;
    let mut query =
        JobsQuery { status: args.status, job_type: args.job_type, tenant_id: args.tenant_id, ..JobsQuery::default() };
    let mut found = Vec::new();
    let wanted = args.limit as usize;
    while found.len() < wanted {
        query.limit = (wanted - found.len()).min(200) as u32;
        let page = patiently(screen, async || api.jobs(&query).await).await?;
        found.extend(page.jobs);
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    if screen.is_json() {
        screen.object(&serde_json::json!({ "jobs": found }));
    } else {
        report::jobs(screen, &found);
        if query.cursor.is_some() {
            screen.say("there are more: --limit N");
        }
    }
    Ok(Exit::Completed)
}

async fn job(connection: &ConnectArgs, id: &str, screen: &mut Screen) -> Result<Exit, ClientError> {
    let api = connect(connection)?;
    let view = patiently(screen, async || api.job(resolve(&api, id).await?).await).await?;
    if screen.is_json() {
        screen.object(&view);
    } else {
        report::job(screen, &view);
    }
    Ok(Exit::Completed)
}

async fn watch(connection: &ConnectArgs, id: &str, screen: &mut Screen) -> Result<Exit, ClientError> {
    let api = connect(connection)?;
    // Following waits for a daemon that went away; one that was never there is reported at once.
    let id = patiently(screen, async || Ok(api.job(resolve(&api, id).await?).await?.job_id)).await?;
    to_the_end(&api, id, screen).await
}

async fn cancel(connection: &ConnectArgs, id: &str, screen: &mut Screen) -> Result<Exit, ClientError> {
    let api = connect(connection)?;
    let answer = patiently(screen, async || api.cancel(resolve(&api, id).await?).await).await?;
    if screen.is_json() {
        screen.object(&answer);
    } else if answer.status == JobStatus::Cancelled {
        screen.say(&format!("job {} is cancelled", answer.job_id));
    } else {
        screen.say(&format!("job {} is being cancelled", answer.job_id));
    }
    Ok(Exit::Completed)
}

async fn save(args: DownloadArgs, screen: &mut Screen) -> Result<Exit, ClientError> {
    let api = connect(&args.connect)?;
    let view = patiently(screen, async || api.job(resolve(&api, &args.id).await?).await).await?;
    if !view.status.is_terminal() {
        return Err(ClientError::NotFinished { id: view.job_id, status: view.status });
    }
    let path = download::target(args.output, download::usual_name(view.job_type, view.job_id));
    let bytes = patiently(screen, async || super::download(&api, view.job_id, &path).await).await?;
    if screen.is_json() {
        screen.object(&serde_json::json!({ "job_id": view.job_id, "path": path, "size": bytes }));
    } else {
        screen.line(&path.display().to_string());
        screen.say(&format!("{bytes} bytes"));
    }
    Ok(Exit::Completed)
}

async fn status(connection: &ConnectArgs, screen: &mut Screen) -> Result<Exit, ClientError> {
    let api = connect(connection)?;
    let health = patiently(screen, async || api.health().await).await?;
    if screen.is_json() {
        screen.object(&health);
    } else {
        report::health(screen, api.base(), &health);
    }
    Ok(Exit::Completed)
}
