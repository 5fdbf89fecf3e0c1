//! Circles: resources that need each other can't be made in any order. Each circle is broken at its weakest tie, which
//! becomes literal: a name in a sentence before who an identity is, that before a URI, that before an id; of equals, at
//! the one that closes it.
//!
//! A circle is never broken at a parent, because the child's id contains the parent's. It knows no bodies.

use std::collections::HashMap;

use crate::iac::model::plan::Parent;

/// How a body refers to an item, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// No text of it is a reference: it only waits.
    Wait,
    /// Who an identity is.
    Principal,
    /// A URI or a host name.
    Output,
    Id,
}

/// What of each item's references is cut: numbers of items, in the order of the cuts.
pub type Cuts = HashMap<usize, Vec<usize>>;

/// Items that an item refers to, in rising order, with the tie to each.
pub type Ties = Box<[(u32, Tie)]>;

/// Items by what they need.
struct Graph<'g> {
    parents: &'g [Parent],
    ties: &'g [Ties],
    cuts: Cuts,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Depth-first in the order of the items; a need of an item that is still open closes a circle.
pub fn cut(parents: &[Parent], ties: &[Ties]) -> Cuts {
    let count = parents.len();
    let mut graph = Graph { parents, ties, cuts: Cuts::new() };
    let mut marks = vec![Mark::New; count];
    for start in 0..count {
        if marks[start] != Mark::New {
            continue;
        }
        // Open items, each needed by the one before, and how many of their needs were looked at.
        let mut stack = vec![(start, 0)];
        marks[start] = Mark::Open;
        while let Some((item, next)) = stack.last_mut() {
            let item = *item;
            let Some(need) = graph.need(item, *next) else {
                marks[item] = Mark::Done;
                stack.pop();
                continue;
            };
            *next += 1;
            if need == item || graph.is_cut(item, need) {
                continue;
            }
            match marks[need] {
                Mark::New => {
                    marks[need] = Mark::Open;
                    stack.push((need, 0));
                }
                Mark::Open => {
                    let from = stack.iter().position(|(open, _)| *open == need).unwrap_or_default();
                    let circle: Vec<usize> = stack[from..].iter().map(|(open, _)| *open).collect();
                    let keep = from + graph.open(&circle) + 1;
                    // What was open only by the tie that is gone may be reached in another way.
                    for (open, _) in stack.drain(keep..) {
                        marks[open] = Mark::New;
                    }
                }
                Mark::Done => {}
            }
        }
    }
    graph.cuts
}

impl Graph<'_> {
    /// What an item needs: first its parent, then what its body refers to.
    fn need(&self, item: usize, at: usize) -> Option<usize> {
        match (self.parents[item], at) {
            (Parent::Item(parent), 0) => Some(parent),
            (Parent::Item(_), at) => self.ties[item].get(at - 1).map(|(target, _)| *target as usize),
            (Parent::Literal, at) => self.ties[item].get(at).map(|(target, _)| *target as usize),
        }
    }

    fn is_cut(&self, item: usize, need: usize) -> bool {
        self.cuts.get(&item).is_some_and(|cuts| cuts.contains(&need))
    }

    /// `None`: its parent, or nothing.
    fn tie(&self, item: usize, need: usize) -> Option<Tie> {
        if self.parents[item] == Parent::Item(need) {
            return None;
        }
        let ties = &self.ties[item];
        ties.binary_search_by_key(&need, |(target, _)| *target as usize).ok().map(|at| ties[at].1)
    }

    /// Breaks a circle, in which each needs the next and the last the first. Returns the place in it of the item whose
    /// need is gone.
    fn open(&mut self, circle: &[usize]) -> usize {
        let last = circle.len() - 1;
        let need = |at: usize| circle[(at + 1) % circle.len()];
        let places = (0..=last).filter_map(|at| Some((self.tie(circle[at], need(at))?, at != last, at)));
        // Parents alone make no circle: there is one.
        let Some((_, _, at)) = places.min() else { return last };
        self.cuts.entry(circle[at]).or_default().push(need(at));
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parents: &[Parent], ties: &[&[(u32, Tie)]], expected: &[(usize, &[usize])]) {
        let ties: Vec<Ties> = ties.iter().map(|ties| Box::from(*ties)).collect();
        let expected: Cuts = expected.iter().map(|(item, cuts)| (*item, cuts.to_vec())).collect();
        assert_eq!(cut(parents, &ties), expected);
    }

    #[test]
    fn a_circle_is_cut_where_it_closes_and_never_at_a_parent() {
        let apart = [Parent::Literal; 3];
        check(&apart, &[&[(1, Tie::Id)], &[(2, Tie::Id)], &[(0, Tie::Id)]], &[(2, &[0])]);
        check(&apart, &[&[(1, Tie::Id), (2, Tie::Id)], &[(2, Tie::Id)], &[(2, Tie::Id)]], &[]);
        let family = [Parent::Literal, Parent::Item(0), Parent::Literal];
        check(&family, &[&[(2, Tie::Id)], &[], &[(1, Tie::Id)]], &[(0, &[2])]);
    }

    #[test]
    fn the_weakest_tie_of_a_circle_goes_wherever_it_is() {
        // An encryption set needs a key, the key its vault, and the vault's policies name the set's identity and an
        // account's, which needs the key too.
        let parents = [Parent::Literal, Parent::Literal, Parent::Item(1), Parent::Literal];
        let ties: [&[(u32, Tie)]; 4] =
            [&[(2, Tie::Id)], &[(0, Tie::Principal), (3, Tie::Principal)], &[], &[(2, Tie::Id)]];
        check(&parents, &ties, &[(1, &[0, 3])]);
        let apart = [Parent::Literal; 3];
        check(&apart, &[&[(1, Tie::Wait)], &[(2, Tie::Id)], &[(0, Tie::Id)]], &[(0, &[1])]);
    }

    #[test]
    fn what_is_left_has_no_circle() {
        // A graph of many ties by a fixed rule: whatever is cut, an order of what is left must exist.
        let count = 60_u32;
        let ties: Vec<Ties> = (0..count)
            .map(|item| {
                let kinds = [Tie::Wait, Tie::Principal, Tie::Id];
                let targets = (0..count).filter(|target| *target != item && (item * 7 + target * 13) % 11 < 3);
                targets.map(|target| (target, kinds[((item + target) % 3) as usize])).collect()
            })
            .collect();
        let parents: Vec<Parent> = (0..count as usize)
            .map(|item| if item % 5 == 4 { Parent::Item(item - 1) } else { Parent::Literal })
            .collect();
        let cuts = cut(&parents, &ties);
        let graph = Graph { parents: &parents, ties: &ties, cuts };
        let mut left: Vec<usize> = (0..count as usize).collect();
        while !left.is_empty() {
            let is_free = |item: &usize| {
                (0..)
                    .map_while(|at| graph.need(*item, at))
                    .all(|need| need == *item || graph.is_cut(*item, need) || !left.contains(&need))
            };
            let free: Vec<usize> = left.iter().copied().filter(is_free).collect();
            assert!(!free.is_empty(), "a circle is left in {left:?}");
            left.retain(|item| !free.contains(item));
        }
    }
}
