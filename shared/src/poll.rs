//! Polls: a message whose text is the question, and what people chose.

use crate::id::UserId;
use crate::message::Stamp;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// As it was asked; the question is the message's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Poll {
    /// Two and more, all different.
    pub choices: Vec<String>,
    /// One person may choose several.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub several: bool,
    /// Nobody is told who chose what.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub anonymous: bool,
    /// From this moment of the server's clock on nobody chooses any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Timestamp>,
}

/// A poll and what was chosen so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PollState {
    pub poll: Poll,
    /// For each choice, how many chose it.
    pub counts: Vec<u32>,
    /// How many people chose anything.
    pub people: u32,
    /// For each choice, who chose it, in that order; empty where the poll is anonymous.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voters: Vec<Vec<UserId>>,
    /// By whom it was closed, and when; by its author, where its time had come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Stamp>,
}

impl PollState {
    /// Nobody has chosen yet.
    pub fn new(poll: Poll) -> Self {
        let number = poll.choices.len();
        let voters = if poll.anonymous { Vec::new() } else { vec![Vec::new(); number] };
        Self { poll, counts: vec![0; number], people: 0, voters, closed: None }
    }

    /// Whether one may still choose at this moment.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.closed.is_none() && self.poll.closes_at.is_none_or(|at| now < at)
    }

    /// Takes over what somebody chose in place of what they chose before.
    pub(crate) fn vote(&mut self, user: UserId, choices: &[u32]) {
        for voters in &mut self.voters {
            voters.retain(|voter| *voter != user);
        }
        for choice in choices {
            let voters = usize::try_from(*choice).ok().and_then(|at| self.voters.get_mut(at));
            if let Some(voters) = voters
                && !voters.contains(&user)
            {
                voters.push(user);
            }
        }
        self.recount();
    }

    /// Makes the numbers anew from who chose what.
    pub fn recount(&mut self) {
        let number = |voters: &Vec<UserId>| u32::try_from(voters.len()).unwrap_or(u32::MAX);
        self.counts = self.voters.iter().map(number).collect();
        let people = self.voters.iter().flatten().collect::<HashSet<_>>();
        self.people = u32::try_from(people.len()).unwrap_or(u32::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(anonymous: bool) -> PollState {
        let choices = vec!["Monday".to_owned(), "Friday".to_owned()];
        PollState::new(Poll { choices, several: true, anonymous, closes_at: Some(Timestamp(10)) })
    }

    #[test]
    fn a_vote_takes_the_place_of_an_earlier_one() {
        let (wen, noor) = (UserId::new(), UserId::new());
        let mut poll = poll(false);
        poll.vote(wen, &[0, 1, 1]);
        poll.vote(noor, &[1, 7]);
        assert_eq!((&poll.counts[..], poll.people), (&[1, 2][..], 2));
        poll.vote(wen, &[1]);
        assert_eq!(poll.voters, [vec![], vec![noor, wen]]);
        poll.vote(noor, &[]);
        assert_eq!((&poll.counts[..], poll.people), (&[0, 1][..], 1));
    }

    #[test]
    fn a_poll_is_open_until_its_moment() {
        let mut poll = poll(true);
        assert!(poll.is_open(Timestamp(9)) && !poll.is_open(Timestamp(10)));
        poll.closed = Some(Stamp { by: UserId::new(), at: Timestamp(5) });
        assert!(!poll.is_open(Timestamp(6)));
        assert!(poll.voters.is_empty());
    }
}
