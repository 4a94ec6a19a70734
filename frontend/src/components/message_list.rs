//! A room's messages: drawn in part, anchored, never moving what is read.

use super::announcer::use_announcer;
use super::desk::{Talk, now, use_desk};
use super::icon::{Icon, IconName};
use super::message::{MessageRow, SystemRow};
use super::names::{is_direct, person_name};
use crate::actions::use_actions;
use crate::erased::{Show, effect, live, redrawn};
use crate::locales::use_locale;
use crate::pages::room::NobodySpoke;
use crate::state::{RoomEntry, now_millis, use_state};
use crate::text;
use crate::timeline::{
    Align, Divider, Loaded, PendingMessage, Row, RowContent, RowKey, Viewport, rows,
};
use gloo_timers::callback::Timeout;
use gloo_timers::future::TimeoutFuture;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use shared::api::PageQuery;
use shared::error::ErrorCode;
use shared::event::ServerEvent;
use shared::id::{Seq, UserId};
use shared::limit;
use shared::reduce::RoomState;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, ResizeObserver};

/// Screens from an edge of what is loaded at which the next page is asked for.
const LOAD_WITHIN_SCREENS: f64 = 1.5;
const PAGE: u32 = 100;
/// More unread messages than this open the room in its middle.
const UNREAD_FROM_THE_END: u64 = 120;
/// History above the unread line, for those who want to know what it was about.
const BEFORE_UNREAD: u64 = 40;
/// More than this is let go of at the far end while one reads backwards.
const WINDOW_AT_MOST: usize = 3_000;
/// A message counts as read when it was in view for so long.
const READ_MILLIS: u64 = 800;
const LOOK_MILLIS: u64 = 200;
/// Loading is not worth a sign before this.
const SILENT_MILLIS: u32 = 300;
/// A scroll without another one after it for so long is over.
const REST_MILLIS: u32 = 150;
/// Drawing, measuring and placing settle in two or three passes; this is the end of any argument.
const PASSES: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loading {
    Idle,
    Older,
    Newer,
}

/// A row in the document and the signal that redraws it alone.
#[derive(Clone)]
struct Drawn {
    key: RowKey,
    row: ArcRwSignal<Row>,
}

/// What is asked of the next drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Goal {
    End,
    Row(RowKey, Align),
    /// The row, with the keyboard's focus.
    Focus(RowKey),
}

#[component]
#[expect(clippy::too_many_lines, reason = "one list; its parts share most of what they know")]
pub fn MessageList(entry: RoomEntry, name: Memo<String>) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let talk = expect_context::<Talk>();
    let scroller = NodeRef::<html::Div>::new();
    let list = NodeRef::<html::Ol>::new();
    let Some(me) = state.me_untracked() else { return ().into_any() };

    let direct = untrack(|| is_direct(&entry));
    let counts = entry.view.with_untracked(RoomState::counts);
    let divider = RwSignal::new((counts.unread > 0).then_some(Divider {
        after: counts.read,
        count: counts.unread,
        since: None,
    }));
    let view = ListView {
        drawn: RwSignal::new(Vec::new()),
        spacers: RwSignal::new((0.0, 0.0)),
        pinned: RwSignal::new(true),
        unread_above: RwSignal::new(false),
        at_start: RwSignal::new(false),
        failed: RwSignal::new(None),
        slow: RwSignal::new(false),
        shown: RwSignal::new(false),
        focused: RwSignal::new(None),
    };
    let machine = Rc::new(Machine {
        entry: entry.clone(),
        me,
        direct,
        view,
        divider,
        scroller,
        list,
        viewport: RefCell::new(Viewport::default()),
        rows: RefCell::new(Vec::new()),
        signals: RefCell::new(HashMap::new()),
        goal: Cell::new(None),
        loading: Cell::new(Loading::Idle),
        scheduled: Cell::new(false),
        drawing: Cell::new(false),
        again: Cell::new(false),
        gone: Cell::new(false),
        placed_at: Cell::new(0.0),
        resting: RefCell::new(None),
        edges: RefCell::new(VecDeque::new()),
        auto_read: Cell::new(true),
        announced: Cell::new(entry.view.with_untracked(|view| view.head)),
        remembered: use_desk().position(entry.id),
        state,
        actions: use_actions(),
        announcer: use_announcer(),
        locale,
    });

    // Whatever changes the rows asks for one drawing before the next paint.
    {
        let machine = Rc::clone(&machine);
        let entry = entry.clone();
        effect(move || {
            entry.timeline.track();
            entry.view.with(|view| view.head);
            state.outbox.track();
            state.link.track();
            divider.track();
            machine.schedule();
        });
    }
    {
        let machine = Rc::clone(&machine);
        Effect::new(move |before: Option<u32>| {
            let sent = talk.sent.get();
            if before.is_some_and(|before| before != sent) {
                divider.set(None);
                machine.go_to_end();
            }
            sent
        });
    }
    {
        let machine = Rc::clone(&machine);
        Effect::new(move |before: Option<u32>| {
            let wanted = talk.focus_last.get();
            if before.is_some_and(|before| before != wanted) {
                machine.focus_last();
            }
            wanted
        });
    }
    {
        let machine = Rc::clone(&machine);
        Effect::new(move |before: Option<u32>| {
            let wanted = talk.mark_read.get();
            if before.is_some_and(|before| before != wanted) {
                machine.mark_all_read();
            }
            wanted
        });
    }
    // A failed first page is asked for again when there is a connection again.
    {
        let machine = Rc::clone(&machine);
        effect(move || {
            if state.link.get() == crate::state::Link::Live && view.failed.get_untracked().is_some()
            {
                machine.open();
            }
        });
    }
    observe(&machine);
    {
        let machine = Rc::clone(&machine);
        let look = set_interval_with_handle(
            {
                let machine = Rc::clone(&machine);
                move || machine.look()
            },
            core::time::Duration::from_millis(LOOK_MILLIS),
        );
        let desk = use_desk();
        let machine = StoredValue::new_local(machine);
        on_cleanup(move || {
            if let Ok(look) = look {
                look.clear();
            }
            machine.with_value(|machine| {
                machine.gone.set(true);
                let viewport = machine.viewport.borrow();
                let position = (!viewport.pinned()).then(|| viewport.anchor()).flatten();
                desk.remember(machine.entry.id, position);
            });
        });
    }
    machine.open();

    let on_scroll = {
        let machine = Rc::clone(&machine);
        move |_| machine.scrolled()
    };
    let on_key = {
        let machine = Rc::clone(&machine);
        move |event: ev::KeyboardEvent| machine.key(&event, talk)
    };
    let retry = {
        let machine = Rc::clone(&machine);
        move |_| machine.open()
    };
    let to_end = {
        let machine = StoredValue::new_local(Rc::clone(&machine));
        move |_| machine.with_value(Machine::go_to_end)
    };
    let to_unread = {
        let machine = StoredValue::new_local(Rc::clone(&machine));
        move |_| machine.with_value(|machine| machine.aim(Goal::Row(RowKey::New, Align::At(0.25))))
    };
    let mark_unread = {
        let machine = StoredValue::new_local(Rc::clone(&machine));
        Callback::new(move |seq: Seq| machine.with_value(|machine| machine.mark_unread(seq)))
    };
    let label = move || locale.texts().conversation.messages_in.fill([&name.get()]);
    let empty = move || {
        view.shown.get()
            && view.at_start.get()
            && view.drawn.with(|drawn| drawn.iter().all(|drawn| !is_message(&drawn.row)))
    };
    let retry = StoredValue::new_local(retry);
    let entry = StoredValue::new(entry);
    view! {
        <div
            node_ref=scroller
            class="scroll log"
            role="log"
            aria-live="off"
            aria-label=label
            tabindex="0"
            on:scroll=on_scroll
            on:keydown=on_key
        >
            <Show when=move || view.failed.with(Option::is_some)>
                <div class="empty">
                    <h2>{text!(locale, conversation.load_failed_title)}</h2>
                    <p>{text!(locale, conversation.load_failed)}</p>
                    <button
                        type="button"
                        class="btn outline"
                        on:click=move |event| retry.with_value(|retry| retry(event))
                    >
                        <Icon name=IconName::Refresh class="sm"/>
                        {text!(locale, common.try_again)}
                    </button>
                </div>
            </Show>
            <Show when=move || view.slow.get() && !view.shown.get() && view.failed.with(Option::is_none)>
                <Skeleton/>
            </Show>
            <Show when=empty>
                <NobodySpoke name direct/>
            </Show>
            <ol node_ref=list>
                <li aria-hidden="true" hidden=live(move || !view.shown.get() || view.at_start.get())>
                    <Skeleton/>
                </li>
                <li aria-hidden="true" class="gap" style:block-size=live(move || px(view.spacers.get().0))></li>
                <For
                    each=move || view.drawn.get()
                    key=|drawn| drawn.key
                    children=move |drawn| {
                        view! {
                            <ListRow entry=entry.get_value() row=drawn.row focused=view.focused mark_unread/>
                        }
                    }
                />
                <li aria-hidden="true" class="gap" style:block-size=live(move || px(view.spacers.get().1))></li>
            </ol>
        </div>
        <div class="jumper-place">
            <Show when=move || view.shown.get() && (!view.pinned.get() || view.unread_above.get())>
                <div class="jumper">
                    <Show when=move || view.unread_above.get()>
                        <button type="button" class="btn sm" on:click=to_unread>
                            <Icon name=IconName::ArrowUp class="sm"/>
                            {text!(locale, conversation.first_unread)}
                        </button>
                    </Show>
                    <Show when=move || !view.pinned.get()>
                        <Latest entry=entry.get_value() on_press=Callback::new(to_end)/>
                    </Show>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

fn px(pixels: f64) -> String {
    // The standard formatting of fractions is large, and the browser has its own.
    let number = js_sys::Number::from(pixels).to_string_with_radix(10);
    number.map_or_else(|_| String::new(), |number| format!("{}px", String::from(number)))
}

fn is_message(row: &ArcRwSignal<Row>) -> bool {
    row.with(|row| matches!(row.content, RowContent::Message(_)))
}

/// The way to the end, and how much is new there.
#[component]
fn Latest(entry: RoomEntry, on_press: Callback<ev::MouseEvent>) -> impl IntoView {
    let locale = use_locale();
    let unread = Memo::new(move |_| entry.view.with(|view| view.counts().unread));
    let label = move || {
        let texts = &locale.texts().conversation;
        match unread.get() {
            0 => texts.latest.to_owned(),
            count => texts.latest_count.fill(count.into(), [&locale.number(count.into())]),
        }
    };
    view! {
        <button
            type="button"
            class="btn sm"
            aria-label=label
            on:click=move |event| on_press.run(event)
        >
            {text!(locale, conversation.latest)}
            {redrawn(move || {
                let count = unread.get();
                (count > 0).then(|| view! { <span class="badge">{locale.number(count.into())}</span> })
            })}
            <Icon name=IconName::ArrowDown class="sm"/>
        </button>
    }
}

/// The shape of messages that are yet to come.
#[component]
fn Skeleton() -> impl IntoView {
    view! {
        <div class="skel" aria-hidden="true">
            <div><i class="a"></i><span><i class="w2"></i><i class="w8"></i><i class="w4"></i></span></div>
            <div><i class="a"></i><span><i class="w2"></i><i class="w6"></i></span></div>
            <div><i class="a"></i><span><i class="w2"></i><i class="w8"></i></span></div>
        </div>
    }
}

#[component]
fn ListRow(
    entry: RoomEntry,
    row: ArcRwSignal<Row>,
    focused: RwSignal<Option<RowKey>>,
    mark_unread: Callback<Seq>,
) -> impl IntoView {
    let locale = use_locale();
    match row.with_untracked(|row| row.content.clone()) {
        RowContent::Day(_) => {
            let day = move || match row.with(|row| row.content.clone()) {
                RowContent::Day(at) => locale.day(at),
                RowContent::New(_) | RowContent::System(_) | RowContent::Message(_) => {
                    String::new()
                }
            };
            view! { <li class="day"><span>{day}</span></li> }.into_any()
        }
        RowContent::New(_) => {
            let words = move || match row.with(|row| row.content.clone()) {
                RowContent::New(divider) => new_since(locale, divider),
                RowContent::Day(_) | RowContent::System(_) | RowContent::Message(_) => {
                    String::new()
                }
            };
            view! { <li class="new"><span>{words}</span></li> }.into_any()
        }
        RowContent::System(event) => view! { <SystemRow event/> }.into_any(),
        RowContent::Message(_) => view! { <MessageRow entry row focused mark_unread/> }.into_any(),
    }
}

fn new_since(locale: crate::locales::Locale, divider: Divider) -> String {
    let texts = locale.texts();
    let count = u64::from(divider.count);
    let number = locale.number(count);
    match divider.since {
        Some(at) => texts.conversation.new_since.fill(count, [&number, &locale.time(at)]),
        None => texts.navigation.new_messages.fill(count, [&number]),
    }
}

/// What the view draws by.
#[derive(Clone, Copy)]
struct ListView {
    drawn: RwSignal<Vec<Drawn>>,
    spacers: RwSignal<(f64, f64)>,
    pinned: RwSignal<bool>,
    unread_above: RwSignal<bool>,
    at_start: RwSignal<bool>,
    failed: RwSignal<Option<ErrorCode>>,
    slow: RwSignal<bool>,
    /// There is something to show.
    shown: RwSignal<bool>,
    /// The message that holds the list's one tab stop.
    focused: RwSignal<Option<RowKey>>,
}

/// Joins the timeline's model with the document.
struct Machine {
    entry: RoomEntry,
    me: UserId,
    direct: bool,
    view: ListView,
    divider: RwSignal<Option<Divider>>,
    scroller: NodeRef<html::Div>,
    list: NodeRef<html::Ol>,
    viewport: RefCell<Viewport>,
    rows: RefCell<Vec<Row>>,
    signals: RefCell<HashMap<RowKey, ArcRwSignal<Row>>>,
    goal: Cell<Option<Goal>>,
    loading: Cell<Loading>,
    scheduled: Cell<bool>,
    drawing: Cell<bool>,
    again: Cell<bool>,
    gone: Cell<bool>,
    /// Where the scroller was last put from here: a scroll event that says so is an echo.
    placed_at: Cell<f64>,
    /// Ends a movement of the person's.
    resting: RefCell<Option<Timeout>>,
    /// How far the view reached, and since when.
    edges: RefCell<VecDeque<(u64, Seq)>>,
    /// Off for the rest of the visit once something was marked as unread.
    auto_read: Cell<bool>,
    announced: Cell<Seq>,
    remembered: Option<super::desk::Position>,
    state: crate::state::State,
    actions: crate::actions::Actions,
    announcer: super::announcer::Announcer,
    locale: crate::locales::Locale,
}

impl Machine {
    // --- opening and loading -----------------------------------------------------------------

    /// Loads what the room opens with, unless it is there already.
    fn open(self: &Rc<Self>) {
        self.view.failed.set(None);
        let (head, read, unread) = self.entry.view.with_untracked(|view| {
            let counts = view.counts();
            (view.head, counts.read, counts.unread)
        });
        let there = self.entry.timeline.with_untracked(|timeline| {
            let whole = timeline.reaches_start() && timeline.reaches(head);
            let unread_there = timeline.contains(read) || timeline.reaches_start();
            whole || if unread > 0 { unread_there } else { timeline.reaches(head) }
        });
        self.goal.set(Some(self.first_goal(unread > 0)));
        if there {
            self.schedule();
            return;
        }
        let missed = head.0.saturating_sub(read.0);
        let page = if unread > 0 && missed > UNREAD_FROM_THE_END {
            let after = Seq(read.0.saturating_sub(BEFORE_UNREAD));
            PageQuery { before: None, after: Some(after), limit: Some(PAGE) }
        } else {
            let limit = u64::from(PAGE).max(missed + BEFORE_UNREAD).min(limit::PAGE_MAX.into());
            PageQuery { before: None, after: None, limit: u32::try_from(limit).ok() }
        };
        let machine = Rc::clone(self);
        spawn_local(async move {
            TimeoutFuture::new(SILENT_MILLIS).await;
            if !machine.gone.get() {
                machine.view.slow.set(true);
            }
        });
        self.load(page, Loading::Newer);
    }

    fn first_goal(&self, unread: bool) -> Goal {
        match self.remembered {
            _ if unread => Goal::Row(RowKey::New, Align::At(0.25)),
            Some((key, offset)) => Goal::Row(key, Align::Offset(offset)),
            None => Goal::End,
        }
    }

    fn load(self: &Rc<Self>, page: PageQuery, loading: Loading) {
        if self.loading.replace(loading) != Loading::Idle {
            return;
        }
        let machine = Rc::clone(self);
        spawn_local(async move {
            let answer = machine.actions.log(machine.entry.id, page).await;
            if machine.gone.get() {
                return;
            }
            match answer {
                Ok(log) => {
                    machine.loading.set(Loading::Idle);
                    let loaded = machine.entry.load(log.events);
                    if loaded == Loaded::Replaced && machine.view.shown.get_untracked() {
                        machine.viewport.borrow_mut().reset();
                    }
                    if loading == Loading::Older {
                        machine.entry.trim_end(WINDOW_AT_MOST);
                    }
                    // Also when nothing changed: an empty room is something to show.
                    machine.schedule();
                }
                Err(error) => {
                    if machine.view.shown.get_untracked() {
                        // The skeleton stays where the page will be; scrolling asks again.
                        TimeoutFuture::new(2_000).await;
                    } else {
                        machine.view.failed.set(Some(error));
                    }
                    machine.loading.set(Loading::Idle);
                }
            }
        });
    }

    fn load_more(self: &Rc<Self>) {
        if self.loading.get() != Loading::Idle || !self.view.shown.get_untracked() {
            return;
        }
        let (above, below) = self.viewport.borrow().beyond();
        let Some(scroller) = self.scroller.get_untracked() else { return };
        let near = f64::from(scroller.client_height()) * LOAD_WITHIN_SCREENS;
        let head = self.entry.view.with_untracked(|view| view.head);
        let (first, last, at_start, at_head) = self.entry.timeline.with_untracked(|timeline| {
            (timeline.first(), timeline.last(), timeline.reaches_start(), timeline.reaches(head))
        });
        if above < near && !at_start && first.is_some() {
            let page = PageQuery { before: first, after: None, limit: Some(PAGE) };
            self.load(page, Loading::Older);
        } else if below < near && !at_head && last.is_some() {
            let page = PageQuery { before: None, after: last, limit: Some(PAGE) };
            self.load(page, Loading::Newer);
        }
    }

    // --- where to be -------------------------------------------------------------------------

    fn aim(self: &Rc<Self>, goal: Goal) {
        self.goal.set(Some(goal));
        self.schedule();
    }

    fn go_to_end(self: &Rc<Self>) {
        self.goal.set(Some(Goal::End));
        if untrack(|| self.entry.at_head()) {
            self.schedule();
        } else {
            let page = PageQuery { before: None, after: None, limit: Some(PAGE) };
            self.loading.set(Loading::Idle);
            self.load(page, Loading::Newer);
        }
    }

    fn focus_last(self: &Rc<Self>) {
        let last = self.rows.borrow().iter().rev().find(|row| is_focusable(row)).map(|row| row.key);
        if let Some(key) = last {
            self.aim(Goal::Focus(key));
        }
    }

    // --- drawing -----------------------------------------------------------------------------

    fn schedule(self: &Rc<Self>) {
        if self.scheduled.replace(true) {
            return;
        }
        let machine = Rc::clone(self);
        // Once a frame, however much arrives in it.
        request_animation_frame(move || {
            machine.scheduled.set(false);
            if machine.gone.get() {
                return;
            }
            machine.update_rows();
            machine.start_drawing();
        });
    }

    fn update_rows(&self) {
        let Some(list) = self.list.get_untracked() else { return };
        let width = f64::from(list.client_width()) - 100.0;
        let head = self.entry.view.with_untracked(|view| view.head);
        let divider = self.divider.get_untracked();
        // What waits to be sent stands after the latest, which may not be loaded.
        let pending: Vec<PendingMessage> = untrack(|| self.state.pending(self.entry.id));
        let rows = self.entry.timeline.with_untracked(|timeline| {
            let whole = timeline.reaches(head) || head == Seq::ZERO;
            rows(timeline, if whole { &pending } else { &[] }, divider, self.me)
        });
        let rows: Vec<Row> =
            if self.direct { rows.into_iter().filter(says_something).collect() } else { rows };
        let mut viewport = self.viewport.borrow_mut();
        if !untrack(|| self.entry.at_head()) {
            viewport.unpin();
        }
        viewport.set_rows(rows.iter().map(|row| (row.key, row.estimate(width))));
        let (loaded, at_start) = self
            .entry
            .timeline
            .with_untracked(|timeline| (!timeline.is_empty(), timeline.reaches_start()));
        set_if_new(self.view.at_start, at_start);
        if loaded {
            set_if_new(self.view.shown, true);
        }
        drop(viewport);
        *self.rows.borrow_mut() = rows;
    }

    fn start_drawing(self: &Rc<Self>) {
        if self.drawing.replace(true) {
            self.again.set(true);
            return;
        }
        let machine = Rc::clone(self);
        spawn_local(async move {
            loop {
                machine.draw().await;
                if !machine.again.replace(false) {
                    break;
                }
            }
            machine.drawing.set(false);
            if !machine.gone.get() {
                machine.drawn();
            }
        });
    }

    /// Draws, measures and places until nothing changes; all within one turn, before the paint.
    async fn draw(self: &Rc<Self>) {
        self.absorb();
        let mut focus = None;
        for _ in 0..PASSES {
            if self.goal.get().is_some() {
                // A place in the view needs the view's height.
                self.measure();
            }
            focus = self.take_goal().or(focus);
            self.publish();
            // Effects run, rows are made.
            tick().await;
            tick().await;
            if self.gone.get() {
                return;
            }
            let before = self.viewport.borrow().drawn();
            if !self.measure() && self.viewport.borrow().drawn() == before {
                break;
            }
        }
        self.place();
        if let Some(key) = focus {
            self.focus(key);
        }
    }

    /// Turns the view to where it is wanted; the row to focus, if one is.
    fn take_goal(&self) -> Option<RowKey> {
        if !self.view.shown.get_untracked() {
            return None;
        }
        let mut viewport = self.viewport.borrow_mut();
        match self.goal.take()? {
            Goal::End => viewport.jump_to_end(),
            Goal::Row(key, align) => {
                if !viewport.jump_to(key, align) {
                    // The line above unread messages may have nothing to stand above.
                    viewport.jump_to_end();
                }
            }
            Goal::Focus(key) => {
                viewport.jump_to(key, Align::Nearest);
                return Some(key);
            }
        }
        None
    }

    fn publish(&self) {
        let viewport = self.viewport.borrow();
        let rows = self.rows.borrow();
        let mut signals = self.signals.borrow_mut();
        let drawn_rows = rows.get(viewport.drawn()).unwrap_or_default();
        let mut kept = HashMap::with_capacity(drawn_rows.len());
        let drawn: Vec<Drawn> = drawn_rows
            .iter()
            .map(|row| {
                let signal = match signals.remove(&row.key) {
                    Some(signal) => {
                        if signal.with_untracked(|known| known != row) {
                            signal.set(row.clone());
                        }
                        signal
                    }
                    None => ArcRwSignal::new(row.clone()),
                };
                kept.insert(row.key, signal.clone());
                Drawn { key: row.key, row: signal }
            })
            .collect();
        *signals = kept;
        let same = self.view.drawn.with_untracked(|known| {
            known.len() == drawn.len()
                && known.iter().zip(&drawn).all(|(known, drawn)| known.key == drawn.key)
        });
        if !same {
            self.view.drawn.set(drawn);
        }
        let spacers = viewport.spacers();
        if self.view.spacers.get_untracked() != spacers {
            self.view.spacers.set(spacers);
        }
    }

    /// Reads the true heights out of the document. True when something differed.
    fn measure(&self) -> bool {
        let (Some(scroller), Some(list)) =
            (self.scroller.get_untracked(), self.list.get_untracked())
        else {
            return false;
        };
        let children = list.children();
        let count = children.length();
        if count < 3 {
            return false;
        }
        let rect = |place: u32| children.item(place).map(|child| child.get_bounding_client_rect());
        let (Some(above), Some(below)) = (rect(1), rect(count - 1)) else { return false };
        let outer = scroller.get_bounding_client_rect();
        let lead =
            above.top() - outer.top() + scroll_top(&scroller) - f64::from(scroller.client_top());
        let tail = list.get_bounding_client_rect().bottom() - below.bottom();
        let height = f64::from(scroller.client_height());
        let drawn = self.view.drawn.get_untracked();
        let heights: Vec<_> = drawn
            .iter()
            .zip(2..count - 1)
            .filter_map(|(drawn, place)| Some((drawn.key, rect(place)?.height())))
            .collect();
        let mut viewport = self.viewport.borrow_mut();
        let resized = viewport.resize(height, lead, tail);
        viewport.measure(heights) || resized
    }

    /// Puts the scroller where the model wants it.
    fn place(&self) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        let wanted = self.viewport.borrow().scroll_top();
        if (scroll_top(&scroller) - wanted).abs() >= 0.5 {
            set_scroll_top(&scroller, wanted);
        }
        self.placed_at.set(scroll_top(&scroller));
    }

    /// After a drawing: what follows from where the view is now.
    fn drawn(self: &Rc<Self>) {
        let at_head = untrack(|| self.entry.at_head());
        let (pinned, above) = {
            let mut viewport = self.viewport.borrow_mut();
            if at_head {
                viewport.rest();
            }
            (viewport.pinned(), viewport.is_above(RowKey::New).unwrap_or(false))
        };
        set_if_new(self.view.pinned, pinned && at_head);
        set_if_new(self.view.unread_above, above);
        if pinned {
            self.entry.trim();
        }
        self.announce();
        self.load_more();
    }

    /// Takes over where the person has scrolled to. True when they have.
    fn absorb(self: &Rc<Self>) -> bool {
        let Some(scroller) = self.scroller.get_untracked() else { return false };
        let top = scroll_top(&scroller);
        if (top - self.placed_at.get()).abs() < 1.0 || !self.view.shown.get_untracked() {
            return false;
        }
        self.placed_at.set(top);
        let mut viewport = self.viewport.borrow_mut();
        viewport.set_moving(true);
        viewport.scrolled(top);
        drop(viewport);
        let machine = Rc::clone(self);
        let rest = Timeout::new(REST_MILLIS, move || machine.came_to_rest());
        *self.resting.borrow_mut() = Some(rest);
        true
    }

    fn came_to_rest(self: &Rc<Self>) {
        if !self.gone.get() && self.viewport.borrow_mut().set_moving(false) {
            self.start_drawing();
        }
    }

    fn scrolled(self: &Rc<Self>) {
        let before = self.viewport.borrow().spacers();
        if self.drawing.get() || !self.absorb() {
            return;
        }
        if self.viewport.borrow().spacers() == before {
            self.drawn();
        } else {
            // Scroll events come before the paint; so does what is drawn from here.
            self.start_drawing();
        }
    }

    /// A row or the room around the rows has another size.
    fn resized(self: &Rc<Self>) {
        if self.gone.get() || self.drawing.get() || !self.view.shown.get_untracked() {
            return;
        }
        let before = self.viewport.borrow().spacers();
        if self.measure() {
            if self.viewport.borrow().spacers() == before {
                self.place();
                self.drawn();
            } else {
                self.start_drawing();
            }
        }
    }

    // --- reading -----------------------------------------------------------------------------

    /// Marks as read what has been in view long enough, in a window that has the focus.
    fn look(&self) {
        let mut edges = self.edges.borrow_mut();
        let looking = document().has_focus().unwrap_or(false) && self.auto_read.get();
        if !looking || !self.view.shown.get_untracked() {
            edges.clear();
            return;
        }
        let read = self.entry.view.with_untracked(|view| view.counts().read);
        let Some(edge) = self.seen_up_to().filter(|edge| *edge > read) else {
            edges.clear();
            return;
        };
        let now = now_millis();
        edges.push_back((now, edge));
        while edges.get(1).is_some_and(|(at, _)| now.saturating_sub(*at) >= READ_MILLIS) {
            edges.pop_front();
        }
        let long_enough =
            edges.front().is_some_and(|(at, _)| now.saturating_sub(*at) >= READ_MILLIS);
        if let (true, Some(seen)) = (long_enough, edges.iter().map(|(_, edge)| *edge).min()) {
            self.actions.read(self.entry.id, seen);
        }
    }

    /// The last place whose end is in view, or has passed it.
    fn seen_up_to(&self) -> Option<Seq> {
        let viewport = self.viewport.borrow();
        let last = viewport.ends_shown().last()?;
        let rows = self.rows.borrow();
        let at = rows.iter().rposition(|row| row.key == last)?;
        rows.get(..=at)?.iter().rev().find_map(Row::seq)
    }

    fn mark_unread(&self, seq: Seq) {
        self.auto_read.set(false);
        self.edges.borrow_mut().clear();
        let command = shared::command::ClientCommand::MarkUnread { room: self.entry.id, seq };
        self.actions.tell(command);
    }

    fn mark_all_read(&self) {
        self.divider.set(None);
        self.auto_read.set(true);
        let head = self.entry.view.with_untracked(|view| view.head);
        self.actions.read(self.entry.id, head);
    }

    /// Says what others write, while one looks at the end.
    fn announce(&self) {
        let pinned = self.viewport.borrow().pinned();
        let after = self.announced.get();
        let head = self.entry.view.with_untracked(|view| view.head);
        if head <= after {
            return;
        }
        self.announced.set(head);
        if !pinned || !document().has_focus().unwrap_or(false) {
            return;
        }
        for row in self.rows.borrow().iter().rev() {
            if row.seq().is_some_and(|seq| seq <= after) {
                break;
            }
            if let RowContent::Message(said) = &row.content
                && said.author != self.me
                && untrack(|| !self.state.is_blocked(said.author))
            {
                let name = untrack(|| person_name(self.state, self.locale, said.author));
                let texts = untrack(|| self.locale.texts());
                self.announcer
                    .say_message(&texts.conversation.announcement.fill([&name, said.text()]));
            }
        }
    }

    // --- the keyboard ------------------------------------------------------------------------

    fn key(self: &Rc<Self>, event: &ev::KeyboardEvent, talk: Talk) {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let at = self.focused_row();
        let inside = at.is_some() && !is_article(event.target());
        let key = event.key();
        if inside {
            if key == "Escape" {
                event.prevent_default();
                event.stop_propagation();
                if let Some(at) = at {
                    self.aim_at(at);
                }
            }
            return;
        }
        let rows = self.rows.borrow();
        let focusable = |place: &usize| rows.get(*place).is_some_and(is_focusable);
        let to = match key.as_str() {
            "ArrowDown" => match at {
                Some(at) => (at + 1..rows.len()).find(focusable),
                None => self.first_visible(&rows),
            },
            "ArrowUp" => match at {
                Some(at) => (0..at).rev().find(focusable),
                None => self.last_visible(&rows),
            },
            "Home" => (0..rows.len()).find(focusable),
            "End" => (0..rows.len()).rev().find(focusable),
            "Enter" => {
                drop(rows);
                if focus_inside(event.target()) {
                    event.prevent_default();
                }
                return;
            }
            "u" | "U" => {
                let seq = at.and_then(|at| rows.get(at)).and_then(Row::seq);
                drop(rows);
                if let Some(seq) = seq {
                    event.prevent_default();
                    self.mark_unread(seq);
                }
                return;
            }
            "Escape" if at.is_some() => {
                drop(rows);
                event.prevent_default();
                event.stop_propagation();
                now(talk.focus_composer);
                return;
            }
            _ => return,
        };
        drop(rows);
        event.prevent_default();
        match to {
            Some(to) => self.aim_at(to),
            // Beyond the last message is where one writes.
            None if key == "ArrowDown" => now(talk.focus_composer),
            None => {}
        }
    }

    fn aim_at(self: &Rc<Self>, place: usize) {
        let key = self.rows.borrow().get(place).map(|row| row.key);
        if let Some(key) = key {
            self.goal.set(Some(Goal::Focus(key)));
            self.start_drawing();
        }
    }

    /// The row that has the focus, or holds what has it.
    fn focused_row(&self) -> Option<usize> {
        let list = self.list.get_untracked()?;
        let active = document().active_element()?;
        let item = active.closest("li").ok()??;
        if !list.contains(Some(&item)) {
            return None;
        }
        let children = list.children();
        let place =
            (0..children.length()).find(|place| children.item(*place).as_ref() == Some(&item))?;
        let place = usize::try_from(place).ok()?.checked_sub(2)?;
        Some(self.viewport.borrow().drawn().start + place)
    }

    fn last_visible(&self, rows: &[Row]) -> Option<usize> {
        let last = self.viewport.borrow().ends_shown().last()?;
        let at = rows.iter().rposition(|row| row.key == last)?;
        (0..=at).rev().find(|place| rows.get(*place).is_some_and(is_focusable))
    }

    fn first_visible(&self, rows: &[Row]) -> Option<usize> {
        let first = self.viewport.borrow().ends_shown().next()?;
        let at = rows.iter().position(|row| row.key == first)?;
        (at..rows.len()).find(|place| rows.get(*place).is_some_and(is_focusable))
    }

    fn focus(&self, key: RowKey) {
        let place =
            self.view.drawn.with_untracked(|drawn| drawn.iter().position(|row| row.key == key));
        let (Some(place), Some(list)) = (place, self.list.get_untracked()) else { return };
        let item = u32::try_from(place + 2).ok().and_then(|place| list.children().item(place));
        let article = item.and_then(|item| item.query_selector("article").ok().flatten());
        if let Some(article) = article.and_then(|article| article.dyn_into::<HtmlElement>().ok()) {
            self.view.focused.set(Some(key));
            let quietly = web_sys::FocusOptions::new();
            quietly.set_prevent_scroll(true);
            // A row that went away in the meantime takes no focus.
            let _ = article.focus_with_options(&quietly);
        }
    }
}

/// Who is in a direct room is what it is called: that they came needs no line.
fn says_something(row: &Row) -> bool {
    match &row.content {
        RowContent::System(entry) => !matches!(
            entry.event.event,
            ServerEvent::RoomCreated { .. } | ServerEvent::MemberJoined { .. }
        ),
        RowContent::Day(_) | RowContent::New(_) | RowContent::Message(_) => true,
    }
}

fn is_focusable(row: &Row) -> bool {
    matches!(row.content, RowContent::Message(_))
}

fn is_article(target: Option<web_sys::EventTarget>) -> bool {
    target
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|element| element.tag_name().eq_ignore_ascii_case("article"))
}

/// From a message to the first thing in it that can be used.
fn focus_inside(target: Option<web_sys::EventTarget>) -> bool {
    target
        .and_then(|target| target.dyn_into::<Element>().ok())
        .and_then(|article| article.query_selector("a, button, pre[tabindex]").ok().flatten())
        .and_then(|inside| inside.dyn_into::<HtmlElement>().ok())
        .is_some_and(|inside| inside.focus().is_ok())
}

fn set_if_new(signal: RwSignal<bool>, value: bool) {
    if signal.get_untracked() != value {
        signal.set(value);
    }
}

/// With its fraction, which `Element::scroll_top` cuts off.
fn scroll_top(scroller: &HtmlElement) -> f64 {
    js_sys::Reflect::get(scroller, &JsValue::from_str("scrollTop"))
        .ok()
        .and_then(|top| top.as_f64())
        .unwrap_or(0.0)
}

fn set_scroll_top(scroller: &HtmlElement, top: f64) {
    // Every element has the property.
    let _ =
        js_sys::Reflect::set(scroller, &JsValue::from_str("scrollTop"), &JsValue::from_f64(top));
}

/// Tells the machine when the list or the room around it changes its size.
fn observe(machine: &Rc<Machine>) {
    let (scroller, list) = (machine.scroller, machine.list);
    let weak = Rc::downgrade(machine);
    let observer = StoredValue::new_local(None::<(ResizeObserver, Closure<dyn FnMut()>)>);
    effect(move || {
        let (Some(scroller), Some(list)) = (scroller.get(), list.get()) else { return };
        let weak = weak.clone();
        let resized = Closure::<dyn FnMut()>::new(move || {
            if let Some(machine) = weak.upgrade() {
                machine.resized();
            }
        });
        if let Ok(resize_observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            resize_observer.observe(&scroller);
            resize_observer.observe(&list);
            observer.set_value(Some((resize_observer, resized)));
        }
    });
    on_cleanup(move || {
        observer.update_value(|observer| {
            if let Some((observer, _)) = observer.take() {
                observer.disconnect();
            }
        });
    });
}
