//! A button that opens a picker of emoji: recent ones, groups, search, skin tones.

use super::icon::{Icon, IconName};
use super::menu::{is_hidden, show_beside};
use crate::emoji::{self, Emoji, GROUPS, Group, TONES, Table, Tone};
use crate::erased::{Show, effect, live, redrawn};
use crate::locales::{Catalogue, Locale, use_locale};
use crate::parts;
use crate::state::use_state;
use crate::text;
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::text_prop::TextProp;
use shared::user::Language;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

const COLUMNS: usize = 9;
/// A search shows no more: further letters narrow it down.
const FOUND: usize = 90;

/// What one has been looking for is kept this long after the picker closes.
const KEPT_MILLIS: u64 = 10_000;

/// Which emoji are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Recent,
    Group(Group),
}

impl Tab {
    const fn icon(self) -> IconName {
        match self {
            Self::Recent => IconName::Clock,
            Self::Group(Group::Faces) => IconName::Smile,
            Self::Group(Group::People) => IconName::User,
            Self::Group(Group::Nature) => IconName::Leaf,
            Self::Group(Group::Food) => IconName::Food,
            Self::Group(Group::Activity) => IconName::Ball,
            Self::Group(Group::Travel) => IconName::Globe,
            Self::Group(Group::Objects) => IconName::Bolt,
            Self::Group(Group::Symbols) => IconName::Check,
            Self::Group(Group::Flags) => IconName::Flag,
        }
    }

    const fn name(self, texts: &Catalogue) -> &'static str {
        let texts = &texts.conversation;
        match self {
            Self::Recent => texts.emoji_recent,
            Self::Group(Group::Faces) => texts.emoji_faces,
            Self::Group(Group::People) => texts.emoji_people,
            Self::Group(Group::Nature) => texts.emoji_nature,
            Self::Group(Group::Food) => texts.emoji_food,
            Self::Group(Group::Activity) => texts.emoji_activity,
            Self::Group(Group::Travel) => texts.emoji_travel,
            Self::Group(Group::Objects) => texts.emoji_objects,
            Self::Group(Group::Symbols) => texts.emoji_symbols,
            Self::Group(Group::Flags) => texts.emoji_flags,
        }
    }
}

/// What the picker knows while it is open, and a little longer.
#[derive(Clone, Copy)]
pub struct Picking {
    table: RwSignal<Option<Rc<Table>>, LocalStorage>,
    failed: RwSignal<bool>,
    tab: RwSignal<Tab>,
    query: RwSignal<String>,
    tone: RwSignal<Tone>,
    /// The one that the cursor or the focus is on.
    at: RwSignal<Option<String>>,
    choose: Callback<String>,
}

impl core::fmt::Debug for Picking {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Picking")
    }
}

#[component]
pub fn EmojiButton(
    /// Unique on the page.
    id: String,
    #[prop(into)] label: TextProp,
    on_choose: Callback<String>,
) -> impl IntoView {
    let anchor = RwSignal::new_local(None::<HtmlElement>);
    let button = NodeRef::<html::Button>::new();
    let picker_id = format!("{id}-picker");
    let controls = picker_id.clone();
    let open = move || anchor.with(Option::is_some);
    let label = StoredValue::new(label);
    view! {
        <span class="menu-wrap">
            <button
                node_ref=button
                type="button"
                id=id
                class="ib"
                aria-label=live(move || label.with_value(|label| label.get().into_owned()))
                title=move || label.with_value(|label| label.get().into_owned())
                aria-haspopup="dialog"
                aria-expanded=live(move || if open() { "true" } else { "false" })
                aria-controls=live(move || open().then(|| controls.clone()))
                on:click=move |_| {
                    let opens = anchor.with_untracked(Option::is_none);
                    anchor.set(button.get_untracked().filter(|_| opens).map(Into::into));
                }
            >
                <Icon name=IconName::Smile/>
            </button>
            <EmojiPicker id=picker_id anchor on_choose/>
        </span>
    }
}

/// The picker, open beside its anchor while there is one; the focus goes back there.
#[component]
pub fn EmojiPicker(
    /// Unique on the page.
    id: String,
    anchor: RwSignal<Option<HtmlElement>, LocalStorage>,
    on_choose: Callback<String>,
) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let picker = NodeRef::<html::Div>::new();
    let closed_at = StoredValue::new(0_u64);
    let me = state.me_untracked();
    let closed = move || {
        closed_at.set_value(crate::state::now_millis());
        anchor.try_update(Option::take).flatten()
    };
    let close = move || {
        if let Some(picker) = picker.get_untracked() {
            // Hiding what is hidden already is refused, and harmless.
            let _ = picker.hide_popover();
        }
        if let Some(anchor) = closed() {
            // What has gone meanwhile takes no focus.
            let _ = anchor.focus();
        }
    };
    let choose = Callback::new(move |chosen: String| {
        if let Some(me) = me {
            emoji::used(me, &chosen);
        }
        close();
        on_choose.run(chosen);
    });
    let picking = Picking {
        table: RwSignal::new_local(None),
        failed: RwSignal::new(false),
        tab: RwSignal::new(Tab::Recent),
        query: RwSignal::new(String::new()),
        tone: RwSignal::new(me.map(emoji::tone).unwrap_or_default()),
        at: RwSignal::new(None),
        choose,
    };
    effect(move || {
        if anchor.with(Option::is_none) {
            return;
        }
        let kept = crate::state::now_millis().saturating_sub(closed_at.get_value()) < KEPT_MILLIS;
        if !kept {
            picking.query.set(String::new());
            picking.tab.set(Tab::Recent);
        }
        picking.failed.set(false);
        spawn_local(async move {
            let table = emoji::table().await;
            picking.failed.try_set(table.is_none());
            picking.table.try_set(table);
        });
    });
    view! {
        <Show when=move || anchor.with(Option::is_some)>
            <div
                node_ref=picker
                id=id.clone()
                class="pop picker"
                popover="auto"
                role="dialog"
                aria-label=text!(locale, conversation.emoji)
                on:keydown=move |event: KeyboardEvent| {
                    if event.key() == "Escape" {
                        event.prevent_default();
                        event.stop_propagation();
                        close();
                    }
                }
                on:toggle=move |event| {
                    if is_hidden(&event) {
                        closed();
                    }
                }
            >
                <parts::Emoji picking picker anchor/>
            </div>
        </Show>
    }
}

/// What is in it.
#[component]
pub fn Inside(
    picking: Picking,
    picker: NodeRef<html::Div>,
    anchor: RwSignal<Option<HtmlElement>, LocalStorage>,
) -> impl IntoView {
    let locale = use_locale();
    let field = NodeRef::<html::Input>::new();
    effect(move || {
        let (Some(picker), Some(anchor)) = (picker.get(), anchor.get_untracked()) else { return };
        // Over the box that it writes in, whose words stay in sight.
        let written_in = anchor.closest(".box").ok().flatten();
        let beside = written_in.and_then(|found| found.dyn_into().ok()).unwrap_or(anchor);
        if show_beside(&picker, &beside)
            && let Some(field) = field.get_untracked()
        {
            let _ = field.focus();
            field.select();
        }
    });
    let searching = Memo::new(move |_| picking.query.with(|query| !query.trim().is_empty()));
    let shown = Memo::new_with_compare(
        move |_| shown(picking, searching.get()),
        |before: Option<&Vec<_>>, after: Option<&Vec<_>>| before != after,
    );
    let on_field_key = move |event: KeyboardEvent| match event.key().as_str() {
        "ArrowDown" => {
            event.prevent_default();
            if let Some(first) =
                picker.get_untracked().and_then(|picker| cells(&picker).into_iter().next())
            {
                let _ = first.focus();
            }
        }
        "Enter" if !event.is_composing() => {
            event.prevent_default();
            let first = shown.with_untracked(|shown| {
                shown.iter().find_map(|section| section.emoji.first().cloned())
            });
            if let (true, Some(first)) = (searching.get_untracked(), first) {
                picking.choose.run(first.emoji);
            }
        }
        _ => {}
    };
    view! {
        <div class="top">
            <input
                node_ref=field
                class="input sm"
                type="search"
                aria-label=text!(locale, conversation.emoji_search)
                placeholder=text!(locale, conversation.emoji_search_hint)
                autocomplete="off"
                prop:value=picking.query.get_untracked()
                on:input:target=move |event| picking.query.set(event.target().value())
                on:keydown=on_field_key
            />
        </div>
        <Tabs picking/>
        <div class="grid" on:keydown=move |event| move_focus(&event, picker)>
            {redrawn(move || {
                if picking.failed.get() {
                    view! { <p class="muted" role="status">{text!(locale, conversation.emoji_failed)}</p> }
                        .into_any()
                } else if picking.table.with(Option::is_none) {
                    ().into_any()
                } else {
                    draw(picking, locale, shown.get())
                }
            })}
        </div>
        <Preview picking/>
    }
}

#[component]
fn Tabs(picking: Picking) -> impl IntoView {
    let locale = use_locale();
    let tabs = core::iter::once(Tab::Recent).chain(GROUPS.into_iter().map(Tab::Group));
    let chosen =
        move |tab| picking.query.with(|query| query.trim().is_empty()) && picking.tab.get() == tab;
    view! {
        <div class="cats" role="group" aria-label=text!(locale, conversation.emoji_groups)>
            {tabs
                .map(|tab| {
                    view! {
                        <button
                            type="button"
                            aria-pressed=live(move || if chosen(tab) { "true" } else { "false" })
                            aria-label=live(move || tab.name(locale.texts()))
                            title=move || tab.name(locale.texts())
                            on:click=move |_| {
                                picking.query.set(String::new());
                                picking.tab.set(tab);
                            }
                        >
                            <Icon name=tab.icon()/>
                        </button>
                    }
                })
                .collect_view()}
        </div>
    }
}

/// What the cursor is on, and the tones to choose from.
#[component]
fn Preview(picking: Picking) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let at = move || {
        let at = picking.at.get()?;
        picking.table.with(|table| table.as_ref()?.find(&at).cloned()).map(|emoji| (at, emoji))
    };
    let set_tone = move |tone: Tone| {
        picking.tone.set(tone);
        if let Some(me) = state.me_untracked() {
            emoji::set_tone(me, tone);
        }
    };
    view! {
        <div class="prev">
            {redrawn(move || {
                at().map(|(shown, emoji)| {
                    view! {
                        <span class="big" aria-hidden="true">{shown}</span>
                        <span class="t">
                            <b>{name_of(&emoji, locale)}</b>
                            <small>{format!(":{}:", emoji.code())}</small>
                        </span>
                    }
                })
            })}
            <span class="tones" role="group" aria-label=text!(locale, conversation.skin_tone)>
                {TONES
                    .map(|tone| {
                        let number = u64::from(tone.number());
                        view! {
                            <button
                                type="button"
                                class=format!("tone-{number}")
                                aria-pressed=live(move || if picking.tone.get() == tone { "true" } else { "false" })
                                aria-label=live(move || {
                                    locale.texts().conversation.skin_tone_number.fill([&locale.number(number + 1)])
                                })
                                on:click=move |_| set_tone(tone)
                            ></button>
                        }
                    })}
            </span>
        </div>
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Cell {
    emoji: String,
    english: String,
    chinese: String,
}

#[derive(Clone, Debug, PartialEq)]
struct Section {
    /// `None`: what was searched for.
    tab: Option<Tab>,
    emoji: Vec<Cell>,
}

fn shown(picking: Picking, searching: bool) -> Vec<Section> {
    let tone = picking.tone.get();
    picking.table.with(|table| {
        let Some(table) = table else { return Vec::new() };
        let cell = |emoji: &Emoji| Cell {
            emoji: emoji.toned(tone),
            english: emoji.english().to_owned(),
            chinese: emoji.chinese().to_owned(),
        };
        let group = |group| Section {
            tab: Some(Tab::Group(group)),
            emoji: table.of(group).map(cell).collect(),
        };
        if searching {
            let found = picking
                .query
                .with(|query| table.search(query, FOUND).into_iter().map(cell).collect());
            return vec![Section { tab: None, emoji: found }];
        }
        match picking.tab.get() {
            Tab::Group(chosen) => vec![group(chosen)],
            Tab::Recent => {
                let me = use_state().me_untracked();
                let recent = me.map(emoji::recent).unwrap_or_default();
                let recent: Vec<Cell> = recent
                    .into_iter()
                    .filter_map(|used| {
                        let known = table.find(&used)?;
                        Some(Cell { emoji: used, ..cell(known) })
                    })
                    .collect();
                let recent = Section { tab: Some(Tab::Recent), emoji: recent };
                let sections = [recent, group(Group::Faces)];
                sections.into_iter().filter(|section| !section.emoji.is_empty()).collect()
            }
        }
    })
}

fn draw(picking: Picking, locale: Locale, sections: Vec<Section>) -> AnyView {
    if sections.iter().all(|section| section.emoji.is_empty()) {
        return view! { <p class="muted" role="status">{text!(locale, conversation.emoji_none)}</p> }
            .into_any();
    }
    let mut is_first = true;
    sections
        .into_iter()
        .map(|section| {
            let label = move || {
                let texts = locale.texts();
                section.tab.map_or(texts.conversation.emoji_found, |tab| tab.name(texts))
            };
            let rows = section
                .emoji
                .chunks(COLUMNS)
                .map(|row| {
                    let cells = row
                        .iter()
                        .map(|cell| {
                            let first = core::mem::take(&mut is_first);
                            draw_cell(picking, locale, cell.clone(), first)
                        })
                        .collect::<Vec<_>>();
                    view! { <div role="row">{cells}</div> }.into_any()
                })
                .collect::<Vec<_>>();
            view! {
                <h2 aria-hidden="true">{label}</h2>
                <div role="grid" aria-label=label>{rows}</div>
            }
            .into_any()
        })
        .collect::<Vec<_>>()
        .into_any()
}

fn draw_cell(picking: Picking, locale: Locale, cell: Cell, first: bool) -> AnyView {
    let Cell { emoji, english, chinese } = cell;
    let name = move || match locale.language() {
        Language::English => english.clone(),
        Language::SimplifiedChinese => chinese.clone(),
    };
    let (pointed, focused, chosen) = (emoji.clone(), emoji.clone(), emoji.clone());
    view! {
        <button
            type="button"
            role="gridcell"
            tabindex=if first { "0" } else { "-1" }
            aria-label=name
            on:pointerenter=move |_| picking.at.set(Some(pointed.clone()))
            on:focus=move |_| picking.at.set(Some(focused.clone()))
            on:click=move |_| picking.choose.run(chosen.clone())
        >
            {emoji}
        </button>
    }
    .into_any()
}

fn name_of(emoji: &Emoji, locale: Locale) -> String {
    match locale.language() {
        Language::English => emoji.english().to_owned(),
        Language::SimplifiedChinese => emoji.chinese().to_owned(),
    }
}

/// The arrows move between cells, in rows over all sections.
fn move_focus(event: &KeyboardEvent, picker: NodeRef<html::Div>) {
    let Some(picker) = picker.get_untracked() else { return };
    let cells = cells(&picker);
    let active = document().active_element();
    let Some(at) =
        cells.iter().position(|cell| active.as_ref().is_some_and(|active| **cell == *active))
    else {
        return;
    };
    let row = |place: usize| cells[place].parent_element();
    let column = (0..=at).rev().take_while(|place| row(*place) == row(at)).count() - 1;
    let beside = |step: isize| {
        // The same column of the row before or after, or that row's last cell.
        let edge = if step < 0 {
            (at - column).checked_sub(1)?
        } else {
            (at..cells.len()).find(|place| row(*place) != row(at))?
        };
        let same: Vec<usize> = (0..cells.len()).filter(|place| row(*place) == row(edge)).collect();
        same.get(column).or(same.last()).copied()
    };
    let to = match event.key().as_str() {
        "ArrowRight" => Some(at + 1),
        "ArrowLeft" => at.checked_sub(1),
        "ArrowDown" => beside(1),
        "ArrowUp" => beside(-1),
        "Home" => Some(at - column),
        "End" => (at..cells.len()).take_while(|place| row(*place) == row(at)).last(),
        _ => return,
    };
    event.prevent_default();
    if let Some(cell) = to.and_then(|to| cells.get(to)) {
        for other in &cells {
            other.set_tab_index(-1);
        }
        cell.set_tab_index(0);
        let _ = cell.focus();
    }
}

fn cells(picker: &web_sys::Element) -> Vec<HtmlElement> {
    let Ok(found) = picker.query_selector_all("[role=gridcell]") else { return Vec::new() };
    (0..found.length())
        .filter_map(|index| found.get(index)?.dyn_into::<HtmlElement>().ok())
        .collect()
}
