//! Circles: resources that need each other can't be made in any order. Each circle is broken at the
//! reference that closes it, which stays literal.
//!
//! A circle is never broken at a parent, because the child's id contains the parent's.

use std::collections::{BTreeSet, HashMap};

use super::references::needs;
use crate::iac::model::plan::Parent;

/// What of each item's references is cut: numbers of items, in the order of the cuts.
pub type Cuts = HashMap<usize, Vec<usize>>;

/// Items by what they refer to.
struct Graph<'g> {
    parents: &'g [Parent],
    /// Without what was cut.
    targets: Vec<Box<[u32]>>,
    cuts: Cuts,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Depth-first in the order of the items; an edge to an item that is still open closes a circle.
/// `targets`: what the body of each item refers to.
pub fn cut(parents: &[Parent], targets: Vec<Box<[u32]>>) -> Cuts {
    let count = parents.len();
    let mut graph = Graph { parents, targets, cuts: Cuts::new() };
    let mut marks = vec![Mark::New; count];
    for start in 0..count {
        if marks[start] != Mark::New {
            continue;
        }
        let mut stack = vec![(start, graph.needs(start), 0)];
        marks[start] = Mark::Open;
        while let Some((item, needs, next)) = stack.last_mut() {
            let item = *item;
            let Some(need) = needs.get(*next).map(|need| *need as usize) else {
                marks[item] = Mark::Done;
                stack.pop();
                continue;
            };
            *next += 1;
            if need == item {
                continue;
            }
            match marks[need] {
                Mark::New => {
                    marks[need] = Mark::Open;
                    stack.push((need, graph.needs(need), 0));
                }
                Mark::Open => graph.close(item, need),
                Mark::Done => {}
            }
        }
    }
    graph.cuts
}

impl Graph<'_> {
    fn needs(&self, item: usize) -> Vec<u32> {
        needs(self.parents[item], &self.targets[item])
    }

    /// Cuts a circle that is closed by a need. Where that is the parent, the circle runs through the parent's
    /// own references: those that lead back are cut there.
    fn close(&mut self, from: usize, to: usize) {
        if self.parents[from] == Parent::Item(to) {
            for target in self.reaching(to, from) {
                self.cut(to, target);
            }
        } else {
            self.cut(from, to);
        }
    }

    fn cut(&mut self, from: usize, to: usize) {
        let left = self.targets[from].iter().copied().filter(|target| *target as usize != to);
        self.targets[from] = left.collect();
        self.cuts.entry(from).or_default().push(to);
    }

    /// What an item refers to from which another is reached.
    fn reaching(&self, item: usize, wanted: usize) -> Vec<usize> {
        let mut targets: Vec<usize> = self.targets[item].iter().map(|target| *target as usize).collect();
        targets.retain(|target| {
            let mut seen = BTreeSet::from([*target]);
            let mut queue = vec![*target];
            while let Some(at) = queue.pop() {
                if at == wanted {
                    return true;
                }
                let next = self.needs(at).into_iter().map(|next| next as usize);
                queue.extend(next.filter(|next| *next != item && seen.insert(*next)));
            }
            false
        });
        targets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_cut_where_it_closes_and_never_at_a_parent() {
        let of = |targets: &[&[u32]]| targets.iter().map(|targets| Box::from(*targets)).collect::<Vec<Box<[u32]>>>();
        let apart = [Parent::Literal; 3];
        assert_eq!(cut(&apart, of(&[&[1], &[2], &[0]])), Cuts::from([(2, vec![0])]));
        assert_eq!(cut(&apart, of(&[&[1, 2], &[2], &[2]])), Cuts::new());
        let family = [Parent::Literal, Parent::Item(0), Parent::Literal];
        assert_eq!(cut(&family, of(&[&[2], &[], &[1]])), Cuts::from([(0, vec![2])]));
    }
}
