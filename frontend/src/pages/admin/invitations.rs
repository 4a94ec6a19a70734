//! Links that let people make an account.

use super::ask;
use crate::api;
use crate::clock::server_time;
use crate::components::copy_box::{CopyBox, absolute};
use crate::components::form::{Form, Sending};
use crate::components::icon::{Icon, IconName};
use crate::components::names::person_name;
use crate::components::toast::use_toasts;
use crate::erased::{Show, live, redrawn};
use crate::locales::use_locale;
use crate::pages::not_found::FailedNotice;
use crate::state::use_state;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::ListInvitations;
use shared::command::{ClientCommand, CommandReply};
use shared::id::InvitationId;
use shared::site::Invitation;
use shared::time::Timestamp;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

#[derive(Clone, Debug, PartialEq)]
enum Loaded {
    Asking,
    Invitations(Vec<Invitation>),
    Failed,
}

#[component]
pub fn Invitations() -> impl IntoView {
    let locale = use_locale();
    let toasts = use_toasts();
    let loaded = RwSignal::new(Loaded::Asking);
    let load = move || {
        spawn_local(async move {
            let answer = api::get::<ListInvitations>().await;
            loaded.try_set(match answer {
                Ok(answer) => Loaded::Invitations(answer.invitations),
                Err(_) => Loaded::Failed,
            });
        });
    };
    load();
    let revoke = move |id: InvitationId| {
        spawn_local(async move {
            let command = ClientCommand::RevokeInvitation { invitation: id };
            if ask(command, toasts, locale).await.is_some() {
                toasts.say(locale.texts().admin().revoked_toast);
                load();
            }
        });
    };
    view! {
        <section class="block" aria-labelledby="invitations">
            <header>
                <h2 id="invitations">{text!(locale, admin.invitations)}</h2>
                <p>{text!(locale, admin.invitations_explained)}</p>
            </header>
            <NewInvitation on_made=Callback::new(move |()| load())/>
            {redrawn(move || match loaded.get() {
                Loaded::Asking => ().into_any(),
                Loaded::Failed => view! { <FailedNotice retry=move |()| load()/> }.into_any(),
                Loaded::Invitations(invitations) if invitations.is_empty() => {
                    view! { <p class="muted">{text!(locale, admin.no_invitations)}</p> }.into_any()
                }
                Loaded::Invitations(invitations) => {
                    view! {
                        <ul class="list">
                            {invitations
                                .into_iter()
                                .map(|invitation| {
                                    view! { <InvitationRow invitation on_revoke=revoke/> }
                                })
                                .collect_view()}
                        </ul>
                    }
                        .into_any()
                }
            })}
        </section>
    }
}

#[component]
fn NewInvitation(on_made: Callback<()>) -> impl IntoView {
    let locale = use_locale();
    let toasts = use_toasts();
    let days = RwSignal::new(7_i64);
    let uses = RwSignal::new(None::<u32>);
    let link = RwSignal::new(None::<String>);
    let sending = Sending::new();
    let submit = Callback::new(move |()| {
        sending.busy.set(true);
        spawn_local(async move {
            let expires_at = server_time().plus_millis(days.get_untracked() * DAY_MILLIS);
            let command =
                ClientCommand::CreateInvitation { expires_at, uses: uses.get_untracked() };
            if let Some(CommandReply::InvitationMade { link: made, .. }) =
                ask(command, toasts, locale).await
            {
                link.set(Some(absolute(&made.0)));
                on_made.run(());
            }
            sending.ended(None);
        });
    });
    view! {
        <Form
            sending
            on_submit=submit
            label=text!(locale, admin.make_link)
            busy_label=text!(locale, admin.making_link)
        >
            <div class="cols">
                <div class="field">
                    <label for="invitation-days">{text!(locale, admin.expires)}</label>
                    <select
                        class="input"
                        id="invitation-days"
                        on:change:target=move |event| {
                            days.set(event.target().value().parse().unwrap_or(7));
                        }
                    >
                        <option value="1">{text!(locale, admin.one_day)}</option>
                        <option value="7" selected>
                            {text!(locale, admin.seven_days)}
                        </option>
                        <option value="30">{text!(locale, admin.thirty_days)}</option>
                    </select>
                </div>
                <div class="field">
                    <label for="invitation-uses">{text!(locale, admin.uses)}</label>
                    <select
                        class="input"
                        id="invitation-uses"
                        on:change:target=move |event| uses.set(event.target().value().parse().ok())
                    >
                        <option value="" selected>
                            {text!(locale, admin.any_uses)}
                        </option>
                        <option value="1">{text!(locale, admin.one_use)}</option>
                        <option value="10">{text!(locale, admin.ten_uses)}</option>
                    </select>
                </div>
            </div>
        </Form>
        <div role="status">
            <Show when=move || link.with(Option::is_some)>
                <div class="stacked">
                    <CopyBox
                        id="invitation-link"
                        label=text!(locale, admin.invitation_link)
                        text=Signal::derive(move || link.get().unwrap_or_default())
                    />
                    <p class="muted small">{text!(locale, admin.link_shown_once)}</p>
                </div>
            </Show>
        </div>
    }
}

/// Why an invitation lets nobody in any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spent {
    Revoked,
    Expired,
    UsedUp,
}

fn spent(invitation: &Invitation, now: Timestamp) -> Option<Spent> {
    if invitation.revoked {
        Some(Spent::Revoked)
    } else if invitation.expires_at <= now {
        Some(Spent::Expired)
    } else if invitation.uses_left == Some(0) {
        Some(Spent::UsedUp)
    } else {
        None
    }
}

#[component]
fn InvitationRow(
    invitation: Invitation,
    #[prop(into)] on_revoke: Callback<InvitationId>,
) -> impl IntoView {
    let locale = use_locale();
    let state = use_state();
    let id = invitation.id;
    let spent = spent(&invitation, server_time());
    let invitation = StoredValue::new(invitation);
    let made_at = move || locale.moment(invitation.with_value(|invitation| invitation.created_at));
    let title = move || {
        let by = person_name(state, locale, invitation.with_value(|known| known.created_by));
        locale.texts().admin().made_by.fill([&by, &made_at()])
    };
    let facts = move || {
        invitation.with_value(|invitation| {
            let texts = locale.texts().admin();
            let mut facts = vec![
                texts.expires_at.fill([&locale.moment(invitation.expires_at)]),
                texts.used_times.count(invitation.used.into()),
            ];
            facts.extend(invitation.uses_left.map(|left| texts.uses_left.count(left.into())));
            facts.join(" · ")
        })
    };
    view! {
        <li>
            <Icon name=IconName::Link/>
            <span class="t">
                <b>{title}</b>
                <small>{facts}</small>
            </span>
            {match spent {
                Some(spent) => {
                    view! {
                        <span class="tag">
                            {redrawn(move || {
                                let texts = locale.texts().admin();
                                match spent {
                                    Spent::Revoked => texts.revoked,
                                    Spent::Expired => texts.expired,
                                    Spent::UsedUp => texts.used_up,
                                }
                            })}
                        </span>
                    }
                        .into_any()
                }
                None => {
                    view! {
                        <button
                            type="button"
                            class="btn outline sm"
                            aria-label=live(move || locale.texts().admin().revoke_label.fill([&made_at()]))
                            on:click=move |_| on_revoke.run(id)
                        >
                            {text!(locale, admin.revoke)}
                        </button>
                    }
                        .into_any()
                }
            }}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::id::UserId;

    #[test]
    fn an_invitation_is_spent_by_revoking_by_time_or_by_use() {
        let open = Invitation {
            id: InvitationId::new(),
            created_by: UserId::new(),
            created_at: Timestamp(0),
            expires_at: Timestamp(100),
            uses_left: None,
            used: 3,
            revoked: false,
        };
        assert_eq!(spent(&open, Timestamp(99)), None);
        assert_eq!(spent(&open, Timestamp(100)), Some(Spent::Expired));
        let used_up = Invitation { uses_left: Some(0), ..open.clone() };
        assert_eq!(spent(&used_up, Timestamp(0)), Some(Spent::UsedUp));
        let revoked = Invitation { revoked: true, ..open };
        assert_eq!(spent(&revoked, Timestamp(0)), Some(Spent::Revoked));
    }
}
