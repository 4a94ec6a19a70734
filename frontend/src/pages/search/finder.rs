//! What is asked, what was answered, and which of it one is at.

use crate::api::{self, Failure};
use crate::components::desk::{Desk, use_desk};
use crate::drafts;
use crate::erased::effect;
use crate::state::use_state;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{Nothing, Search, SearchHit, SearchQuery};
use shared::id::{RoomId, UserId};

/// An answer may have few hits although there are more: then it is asked further by itself.
const FEW: usize = 8;
const ASK_FURTHER: usize = 8;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub words: String,
    pub room: Option<RoomId>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Answer {
    /// Nothing was asked.
    #[default]
    Nothing,
    Asking,
    Hits {
        hits: Vec<SearchHit>,
        next: Option<String>,
    },
    Failed(Failure),
}

#[derive(Clone, Copy, Debug)]
pub struct Finder {
    pub asked: Memo<Asked>,
    pub answer: RwSignal<Answer>,
    /// The hit that one has come to.
    pub at: RwSignal<Option<usize>>,
    pub asking_more: RwSignal<bool>,
    /// What was looked for before, the latest first.
    pub recent: RwSignal<Vec<String>>,
    me: Option<UserId>,
    desk: Desk,
    /// Grows with each question: what answers an older one is dropped.
    turn: StoredValue<u32>,
}

impl Finder {
    pub fn new(asked: Memo<Asked>) -> Self {
        let me = use_state().me_untracked();
        let recent = me.map(drafts::searches).unwrap_or_default();
        let finder = Self {
            asked,
            answer: RwSignal::new(Answer::Nothing),
            at: RwSignal::new(None),
            asking_more: RwSignal::new(false),
            recent: RwSignal::new(recent),
            me,
            desk: use_desk(),
            turn: StoredValue::new(0),
        };
        effect(move || {
            asked.track();
            finder.begin();
        });
        finder
    }

    /// Asks what is in the address, from the beginning.
    pub fn begin(self) {
        self.turn.update_value(|turn| *turn = turn.wrapping_add(1));
        self.at.set(None);
        if self.asked.with_untracked(|asked| asked.words.trim().is_empty()) {
            self.answer.set(Answer::Nothing);
            return;
        }
        // What was found stays until there is something else to see.
        if self.answer.with_untracked(|answer| !matches!(answer, Answer::Hits { .. })) {
            self.answer.set(Answer::Asking);
        }
        spawn_local(self.ask(Vec::new(), None));
    }

    pub fn more(self) {
        let Answer::Hits { hits, next: Some(next) } = self.answer.get_untracked() else { return };
        if !self.asking_more.get_untracked() {
            self.asking_more.set(true);
            spawn_local(self.ask(hits, Some(next)));
        }
    }

    async fn ask(self, mut hits: Vec<SearchHit>, mut cursor: Option<String>) {
        let Some((Asked { words, room }, turn)) =
            self.asked.try_get_untracked().zip(self.turn.try_get_value())
        else {
            return;
        };
        let first = hits.is_empty();
        let wanted = hits.len() + FEW;
        for _ in 0..ASK_FURTHER {
            let query = SearchQuery {
                q: words.clone(),
                room,
                cursor: cursor.take(),
                limit: None,
                offset: Some(minutes_east()),
            };
            let answer = api::call::<Search>(&(), &query, &Nothing {}).await;
            if self.turn.try_get_value() != Some(turn) {
                return;
            }
            match answer {
                Ok(page) => {
                    hits.extend(page.hits);
                    cursor = page.next;
                }
                Err(failure) => {
                    self.answer.set(Answer::Failed(failure));
                    self.asking_more.set(false);
                    return;
                }
            }
            if cursor.is_none() || hits.len() >= wanted {
                break;
            }
        }
        // On a phone nothing stands beside the hits.
        if first && !hits.is_empty() && !untrack(|| self.desk.is_phone()) {
            self.at.set(Some(0));
        }
        self.answer.set(Answer::Hits { hits, next: cursor });
        self.asking_more.set(false);
    }

    pub fn hit(self) -> Option<SearchHit> {
        let at = self.at.get()?;
        self.answer.with(|answer| match answer {
            Answer::Hits { hits, .. } => hits.get(at).cloned(),
            Answer::Nothing | Answer::Asking | Answer::Failed(_) => None,
        })
    }

    /// What was looked for was worth it: it is offered again.
    pub fn remember(self) {
        let words = self.asked.with_untracked(|asked| asked.words.trim().to_owned());
        if let Some(me) = self.me.filter(|_| !words.is_empty()) {
            self.recent.set(drafts::add_search(me, words));
        }
    }

    pub fn forget_recent(self) {
        if let Some(me) = self.me {
            drafts::forget_searches(me);
        }
        self.recent.set(Vec::new());
    }
}

/// Where days begin here.
fn minutes_east() -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "whole minutes, fewer than in a day")]
    let west = js_sys::Date::new_0().get_timezone_offset() as i32;
    -west
}
