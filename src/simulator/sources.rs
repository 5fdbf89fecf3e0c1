//! Fills the world before the first request, from the sources that the settings name.

use super::{
    completion, contoso,
    error::SimulatorError,
    generated::Generated,
    load,
    settings::{Settings, Source},
    world::World,
};

/// Fills a world; `base` is where data planes are, if bodies are to be rewritten.
pub(super) fn fill(settings: &Settings, base: &str) -> Result<World, SimulatorError> {
    let contoso = [Source::Contoso];
    let nothing = settings.sources.is_empty() && settings.empty_subscriptions.is_empty();
    let sources = if nothing { contoso.as_slice() } else { &settings.sources };
    let mut world = World::new(settings.tenant_id);
    if settings.data_plane {
        world.data_plane = Some(base.to_owned());
    }
    for source in sources {
        match source {
            Source::Contoso => contoso::fill(&mut world)
                .map_err(|cause| SimulatorError::Source { path: "contoso".to_owned(), cause })?,
            Source::Directory(path) => load::fill(&mut world, path)?,
            Source::Generated { resources, subscriptions } => {
                world.generate(Generated::new(*resources, *subscriptions, settings.generated_children));
            }
        }
    }
    for (at, id) in settings.empty_subscriptions.iter().enumerate() {
        world.add_subscription(&id.to_string(), &format!("Empty {at}"));
    }
    if settings.any_version {
        completion::fill(&mut world);
    }
    world.add_missing();
    Ok(world)
}
