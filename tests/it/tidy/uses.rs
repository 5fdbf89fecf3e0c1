//! Which file uses which: every path is followed through the fronts of rooms to the file that defines the thing.
//!
//! A call of a method names no path: the file of its type counts, wherever the method is written.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// File → the files that it uses, with a name that it takes from each.
pub type Uses = BTreeMap<String, BTreeMap<String, String>>;

pub struct Tree<'a> {
    by_module: BTreeMap<Vec<String>, &'a Source>,
}

impl<'a> Tree<'a> {
    pub fn new(sources: &'a [Source]) -> Self {
        Self { by_module: sources.iter().map(|source| (source.module.clone(), source)).collect() }
    }

    /// Every use of one file by another.
    pub fn uses(&self) -> Uses {
        let mut uses = Uses::new();
        for source in self.by_module.values().filter(|source| source.path != "lib.rs") {
            let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            let mut named: Vec<Vec<String>> = Vec::new();
            for import in &source.imports {
                let Some(path) = absolute(source, &import.path) else { continue };
                names.insert(&import.name, path.clone());
                // A front that re-exports uses nothing by that.
                if !(import.is_public && source.is_front()) {
                    named.push(path);
                }
            }
            for path in &source.paths {
                let imported = names.get(path[0].as_str());
                let whole = imported.map(|start| start.iter().chain(&path[1..]).cloned().collect());
                named.extend(whole.or_else(|| absolute(source, path)));
            }
            let of_it = uses.entry(source.path.clone()).or_default();
            for path in named {
                for used in self.definers(&path, &mut BTreeSet::new()) {
                    if used != source.path {
                        of_it.entry(used).or_insert_with(|| path.join("::"));
                    }
                }
            }
        }
        uses
    }

    /// The files that define what a path names.
    fn definers(&self, path: &[String], seen: &mut BTreeSet<Vec<String>>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let depth = (0..=path.len()).rev().find(|depth| self.by_module.contains_key(&path[..*depth]));
        let Some((depth, source)) = depth.and_then(|depth| Some((depth, self.by_module.get(&path[..depth])?))) else {
            return found;
        };
        if !seen.insert(path.to_vec()) {
            return found;
        }
        let own = || BTreeSet::from([source.path.clone()]);
        let Some(name) = path.get(depth) else {
            // The front of a room by itself is no use of anything.
            return if source.is_front() { found } else { own() };
        };
        if !source.is_front() || source.items.contains(name) {
            return own();
        }
        for import in &source.imports {
            let Some(target) = absolute(source, &import.path) else { continue };
            let onward = match import.name.as_str() {
                // All that a front re-exports is used.
                _ if name == "*" => target,
                "*" => [&target[..target.len() - 1], &path[depth..]].concat(),
                known if known == name => [&target[..], &path[depth + 1..]].concat(),
                _ => continue,
            };
            found.extend(self.definers(&onward, seen));
        }
        found
    }
}

/// A path from the crate's root; none: it leads out of the crate.
fn absolute(from: &Source, path: &[String]) -> Option<Vec<String>> {
    let supers = path.iter().take_while(|part| *part == "super").count();
    let (base, rest) = match path[0].as_str() {
        "crate" => (&[][..], &path[1..]),
        "atgd" if from.path == "main.rs" => (&[][..], &path[1..]),
        "self" => (&from.module[..], &path[1..]),
        "super" => (&from.module[..from.module.len().saturating_sub(supers)], &path[supers..]),
        // A module that this file declares.
        child => {
            let is_child = from.declared.iter().any(|(name, _)| name == child);
            is_child.then_some((&from.module[..], path))?
        }
    };
    Some(base.iter().chain(rest).cloned().collect())
}

/// Sets of files that lead to each other, each sorted.
pub fn circles(uses: &Uses) -> Vec<Vec<String>> {
    let reach = |from: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(file) = open.pop() {
            for next in uses.get(&file).into_iter().flat_map(BTreeMap::keys) {
                if seen.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> = uses.keys().map(|file| (file, reach(file))).collect();
    let mut found: Vec<Vec<String>> = Vec::new();
    for (file, from_it) in &reached {
        if !from_it.contains(*file) || found.iter().any(|circle| circle.contains(file)) {
            continue;
        }
        let others = from_it.iter().filter(|other| reached.get(other).is_some_and(|back| back.contains(*file)));
        found.push(others.cloned().collect());
    }
    found
}

/// The uses within a circle, one a line.
pub fn shown(circle: &[String], uses: &Uses) -> String {
    let within = |file: &String| {
        let others = uses[file].iter().filter(|(used, _)| circle.contains(used));
        others.map(|(used, name)| format!("\n  {file} -> {used}: {name}")).collect::<Vec<_>>()
    };
    let lines: Vec<String> = circle.iter().flat_map(within).collect();
    format!("{} files use each other:{}", circle.len(), lines.concat())
}
