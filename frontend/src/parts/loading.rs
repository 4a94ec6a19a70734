//! Fetching parts: when the page rests or when they are needed, and saying so when one does not come.

use super::{Missing, Part, Place};
use crate::address::use_address;
use crate::components::dialog::focus_first;
use crate::components::icon::{Icon, IconName};
use crate::erased::{effect, redrawn};
use crate::locales::use_locale;
use crate::text;
use futures_util::FutureExt;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// How long the page has rested when it fetches what it may need later.
const REST_MILLIS: u32 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Away,
    Coming,
    Here,
    Failed,
}

/// Where the parts are.
#[derive(Clone, Copy, Debug)]
struct Parts {
    stages: [RwSignal<Stage>; Part::ALL.len()],
}

/// Provides where the parts are. They are fetched when they are first drawn, or a moment after
/// `at_rest` holds.
pub fn provide_parts(at_rest: impl Fn() -> bool + 'static) {
    let parts = Parts { stages: core::array::from_fn(|_| RwSignal::new(Stage::Away)) };
    provide_context(parts);
    let root = document().document_element();
    // By whether somebody was signed in here before: while the server is being asked who this is, comes
    // what will most likely be drawn when it has answered.
    let plain =
        root.is_some_and(|root| root.get_attribute("data-shell").as_deref() == Some("plain"));
    parts.ask(if plain { Part::Account } else { Part::Conversation });
    let begun = StoredValue::new(false);
    effect(move || {
        if at_rest() && !begun.get_value() {
            begun.set_value(true);
            parts.prepare();
        }
    });
}

fn use_parts() -> Parts {
    expect_context()
}

impl Parts {
    /// Fetches one after the other what is not there yet: what is needed after the connection is lost
    /// should be there by then.
    fn prepare(self) {
        spawn_local(async move {
            for part in Part::ALL {
                TimeoutFuture::new(REST_MILLIS).await;
                self.fetch(*part).await;
            }
        });
    }

    fn stage(self, part: Part) -> RwSignal<Stage> {
        self.stages[part as usize]
    }

    fn ask(self, part: Part) {
        spawn_local(self.fetch(part));
    }

    async fn fetch(self, part: Part) {
        let stage = self.stage(part);
        if matches!(stage.get_untracked(), Stage::Coming | Stage::Here) {
            return;
        }
        stage.set(Stage::Coming);
        stage.set(if part.load().await.is_ok() { Stage::Here } else { Stage::Failed });
    }
}

/// What a view of a part gives that is there.
pub(super) fn now(drawing: impl Future<Output = Result<AnyView, Missing>>) -> AnyView {
    match drawing.now_or_never() {
        Some(Ok(view)) => view,
        // Only asked for when the part is here.
        Some(Err(_)) | None => ().into_any(),
    }
}

/// A view of a part: at once if the part is here, else when it has come.
pub(super) fn drawn(part: Part, place: Place, draw: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    let parts = use_parts();
    let stage = parts.stage(part);
    if stage.get_untracked() == Stage::Here {
        return draw();
    }
    parts.ask(part);
    redrawn(move || match stage.get() {
        Stage::Here => {
            if place == Place::Inside {
                request_animation_frame(focus_first);
            }
            untrack(&draw)
        }
        Stage::Away | Stage::Coming => waiting(place),
        Stage::Failed => failed(parts, part, place),
    })
    .into_any()
}

fn waiting(place: Place) -> AnyView {
    let locale = use_locale();
    let label = text!(locale, common.loading);
    match place {
        // Until something is drawn, one sees what the document shows by itself.
        Place::Whole | Place::Better => ().into_any(),
        Place::Page => view! {
            <main class="sheet" id="main" aria-busy="true" aria-label=label>
                <div class="head"></div>
            </main>
        }
        .into_any(),
        Place::Panel => view! {
            <aside class="panel sheet" aria-busy="true" aria-label=label>
                <div class="head"></div>
            </aside>
        }
        .into_any(),
        Place::Inside => {
            view! { <div class="empty" aria-busy="true" aria-label=label></div> }.into_any()
        }
    }
}

fn failed(parts: Parts, part: Part, place: Place) -> AnyView {
    let words = move || view! { <NotArrived parts part/> };
    match place {
        Place::Whole | Place::Page => {
            view! { <main class="sheet" id="main" tabindex="-1">{words()}</main> }.into_any()
        }
        Place::Panel => {
            let locale = use_locale();
            let address = use_address();
            let room = address.path.with_untracked(|path| {
                path.rsplit_once('/').map_or_else(String::new, |(room, _)| room.to_owned())
            });
            view! {
                <aside class="panel sheet">
                    <header class="head">
                        <div class="head__txt"></div>
                        <div class="head__tools">
                            <a class="ib" href=room data-close="" aria-label=text!(locale, common.close)>
                                <Icon name=IconName::Close/>
                            </a>
                        </div>
                    </header>
                    {words()}
                </aside>
            }
            .into_any()
        }
        Place::Inside => words().into_any(),
        Place::Better => ().into_any(),
    }
}

/// One line, and the way on. A part that is gone for good belongs to a page of before the server was
/// renewed: only a new page helps.
#[component]
fn NotArrived(parts: Parts, part: Part) -> impl IntoView {
    let locale = use_locale();
    let outdated =
        document().document_element().is_some_and(|root| root.has_attribute("data-outdated"));
    let words = move || {
        let texts = &locale.texts().common;
        if outdated { texts.part_outdated } else { texts.part_missing }
    };
    let press = move || {
        let texts = &locale.texts().common;
        if outdated { texts.reload } else { texts.try_again }
    };
    let go_on = move |_| {
        if outdated {
            // What the browser refuses to load again, it shows on.
            let _ = window().location().reload();
        } else {
            parts.ask(part);
        }
    };
    view! {
        <div class="empty failed" role="alert">
            <p>{redrawn(words)}</p>
            <button type="button" class="btn outline" data-first-focus="" on:click=go_on>
                {redrawn(press)}
            </button>
        </div>
    }
}
