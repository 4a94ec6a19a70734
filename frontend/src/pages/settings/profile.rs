//! Name, status, and how one is shown to others.

use super::preferences::use_saving;
use crate::api::{self, Failure};
use crate::clock::{date_of, server_time};
use crate::components::choice::{Choice, Choices};
use crate::components::emoji_picker::EmojiButton;
use crate::components::field::{Field, FieldState};
use crate::components::form::{Form, Sending};
use crate::components::toast::use_toasts;
use crate::erased::{Show, live, redrawn};
use crate::locales::{self, Locale, use_locale};
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{MePatch, PatchMe};
use shared::command::{ClientCommand, CommandReply};
use shared::error::ErrorCode;
use shared::limit;
use shared::message::Emoji;
use shared::time::Timestamp;
use shared::user::{Availability, QuietHours};

#[component]
pub fn Profile() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let saving = use_saving();
    let nick = move || state.my_user().map(|user| user.nick.clone()).unwrap_or_default();
    let availability =
        Signal::derive(move || state.settings.with(|settings| settings.availability));
    let choices = vec![
        Choice::new(Availability::Automatic, text!(locale, settings.automatic))
            .hint(text!(locale, settings.automatic_hint)),
        Choice::new(Availability::Away, text!(locale, settings.away)),
        Choice::new(Availability::DoNotDisturb, text!(locale, settings.do_not_disturb)),
    ];
    view! {
        <section class="block" aria-labelledby="profile">
            <header>
                <h2 id="profile">{text!(locale, settings.profile)}</h2>
                <p>{redrawn(move || locale.texts().settings().nick_fixed.fill([&nick()]))}</p>
            </header>
            <ProfileForm/>
        </section>
        <section class="block">
            <Choices
                name="availability"
                legend=text!(locale, settings.availability)
                choices
                value=availability
                on_choose=move |chosen| {
                    saving.change(move |settings| settings.availability = chosen);
                }
            />
        </section>
        <Quiet/>
    }
}

#[component]
fn ProfileForm() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let toasts = use_toasts();
    let me = untrack(|| state.my_user());
    let name = FieldState::new(me.as_ref().map_or("", |user| user.name.as_str()));
    let status = FieldState::new(me.as_ref().map_or("", |user| user.status.as_str()));
    let sign = me.as_ref().and_then(|user| user.status_emoji.as_ref()).map_or("", Emoji::as_str);
    let sign = FieldState::new(sign);
    let until = me.as_ref().and_then(|user| user.status_until);
    let end = RwSignal::new(if until.is_some() { Ends::AsSet } else { Ends::Never });
    let sending = Sending::new();

    let submit = Callback::new(move |()| {
        if name.require(locale.texts().account().missing_name) {
            name.focus();
            return;
        }
        sending.busy.set(true);
        let patch = MePatch { name: Some(name.trimmed()), ..MePatch::default() };
        let status = ClientCommand::SetStatus {
            status: status.trimmed(),
            emoji: Some(sign.trimmed()),
            until: end.get_untracked().moment(until),
        };
        spawn_local(async move {
            let mut error = None;
            match api::post::<PatchMe>(&patch).await {
                Ok(_) => match api::command(&status).await {
                    Ok(reply) => {
                        if let CommandReply::User { user } = reply {
                            state.set_person(user);
                        }
                        toasts.say(locale.texts().settings().profile_saved);
                    }
                    Err(failure) => {
                        sign.refuse(failure.sentence(locale.texts()));
                        sign.focus();
                    }
                },
                Err(failure) => {
                    let sentence = failure.sentence(locale.texts());
                    if failure == Failure::Refused(ErrorCode::NameInvalid) {
                        name.refuse(sentence);
                        name.focus();
                    } else {
                        error = Some(sentence);
                    }
                }
            }
            sending.ended(error);
        });
    });
    view! {
        <Form
            sending
            on_submit=submit
            label=text!(locale, common.save)
            busy_label=text!(locale, common.saving)
        >
            <Field
                id="name"
                label=text!(locale, settings.name)
                state=name
                autocomplete="name"
                verbatim=true
                max_chars=limit::NAME_CHARS
            />
            <Field
                id="status"
                label=text!(locale, settings.status)
                hint=text!(locale, settings.status_hint)
                placeholder=text!(locale, settings.status_placeholder)
                state=status
                max_chars=limit::STATUS_CHARS
            />
            <Field
                id="status-sign"
                label=text!(locale, settings.status_sign)
                hint=text!(locale, settings.status_sign_hint)
                state=sign
                verbatim=true
                aside=move || {
                    view! {
                        <EmojiButton
                            id="status-emoji".to_owned()
                            label=text!(locale, settings.choose_sign)
                            on_choose=Callback::new(move |emoji| sign.value.set(emoji))
                        />
                    }
                }
            />
            <div class="field">
                <label for="status-ends">{text!(locale, settings.status_ends)}</label>
                <select
                    class="input"
                    id="status-ends"
                    on:change:target=move |event| {
                        let chosen = event.target().selected_index();
                        let offered = Ends::offered(until);
                        let chosen = usize::try_from(chosen).ok().and_then(|at| offered.get(at).copied());
                        end.set(chosen.unwrap_or(Ends::Never));
                    }
                >
                    {Ends::offered(until)
                        .into_iter()
                        .map(|ends| {
                            view! {
                                <option selected=ends == end.get_untracked()>
                                    {redrawn(move || ends.words(locale, until))}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </div>
        </Form>
    }
}

/// When a status ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    AsSet,
    Never,
    HalfHour,
    Hour,
    FourHours,
    Today,
    Week,
}

impl Ends {
    fn offered(until: Option<Timestamp>) -> Vec<Self> {
        let kept = until.map(|_| Self::AsSet);
        let others =
            [Self::Never, Self::HalfHour, Self::Hour, Self::FourHours, Self::Today, Self::Week];
        kept.into_iter().chain(others).collect()
    }

    fn words(self, locale: Locale, until: Option<Timestamp>) -> String {
        let texts = locale.texts().settings();
        match self {
            Self::AsSet => {
                let moment = until.map(|until| locale.moment(until)).unwrap_or_default();
                texts.ends_as_set.fill([&moment])
            }
            Self::Never => texts.ends_never.to_owned(),
            Self::HalfHour => texts.ends_half_hour.to_owned(),
            Self::Hour => texts.ends_hour.to_owned(),
            Self::FourHours => texts.ends_four_hours.to_owned(),
            Self::Today => texts.ends_today.to_owned(),
            Self::Week => texts.ends_week.to_owned(),
        }
    }

    fn moment(self, until: Option<Timestamp>) -> Option<Timestamp> {
        let minutes = |minutes: i64| Some(server_time().plus_millis(minutes * 60_000));
        match self {
            Self::AsSet => until,
            Self::Never => None,
            Self::HalfHour => minutes(30),
            Self::Hour => minutes(60),
            Self::FourHours => minutes(4 * 60),
            Self::Today => minutes(24 * 60 - i64::from(minute_of_day())),
            Self::Week => minutes(7 * 24 * 60),
        }
    }
}

/// Minutes since midnight where the person is.
fn minute_of_day() -> u32 {
    let now = date_of(server_time());
    now.get_hours() * 60 + now.get_minutes()
}

/// When one is not to be disturbed.
#[component]
fn Quiet() -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let saving = use_saving();
    let quiet = Memo::new(move |_| state.settings.with(|settings| settings.quiet.clone()));
    let on = Signal::derive(move || quiet.with(Option::is_some));
    let set = move |quiet: Option<QuietHours>| {
        saving.change(move |settings| settings.quiet = quiet);
    };
    let hours = move || quiet.get_untracked().unwrap_or_else(night);
    let choices = vec![
        Choice::new(false, text!(locale, settings.quiet_off)),
        Choice::new(true, text!(locale, settings.quiet_on)).hint(move || {
            let zone = quiet.get().unwrap_or_else(night).zone;
            locale.texts().settings().quiet_on_hint.fill([&locale.zone_name(&zone)])
        }),
    ];
    view! {
        <section class="block">
            <Choices
                name="quiet"
                legend=text!(locale, settings.quiet)
                choices
                value=on
                on_choose=move |on: bool| set(on.then(night))
            />
            <Show when=move || on.get()>
                <div class="cols">
                    <div class="field">
                        <label for="quiet-from">{text!(locale, settings.quiet_from)}</label>
                        <input
                            class="input"
                            type="time"
                            id="quiet-from"
                            prop:value=live(move || quiet.with(|quiet| time(quiet.as_ref().map(|quiet| quiet.from))))
                            on:change:target=move |event| {
                                if let Some(from) = minutes(&event.target().value()) {
                                    set(Some(QuietHours { from, ..hours() }));
                                }
                            }
                        />
                    </div>
                    <div class="field">
                        <label for="quiet-until">{text!(locale, settings.quiet_until)}</label>
                        <input
                            class="input"
                            type="time"
                            id="quiet-until"
                            prop:value=live(move || quiet.with(|quiet| time(quiet.as_ref().map(|quiet| quiet.until))))
                            on:change:target=move |event| {
                                if let Some(until) = minutes(&event.target().value()) {
                                    set(Some(QuietHours { until, ..hours() }));
                                }
                            }
                        />
                    </div>
                </div>
            </Show>
        </section>
    }
}

/// From ten to seven, where the browser is.
fn night() -> QuietHours {
    QuietHours { from: 22 * 60, until: 7 * 60, zone: locales::time_zone() }
}

fn time(minutes: Option<u16>) -> String {
    let minutes = minutes.unwrap_or_default();
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn minutes(time: &str) -> Option<u16> {
    let (hours, minutes) = time.split_once(':')?;
    Some(hours.parse::<u16>().ok()? * 60 + minutes.get(..2)?.parse::<u16>().ok()?)
}
