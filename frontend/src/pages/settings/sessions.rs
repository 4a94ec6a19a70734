//! Where one is signed in, and ending it.

use crate::api::{self, Failure};
use crate::components::icon::{Icon, IconName};
use crate::components::toast::use_toasts;
use crate::erased::{live, redrawn};
use crate::locales::{Locale, use_locale};
use crate::pages::not_found::FailedNotice;
use crate::pages::settings::way::Way;
use crate::text;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{EndOtherSessions, EndSession, ListSessions, Nothing};
use shared::id::SessionId;
use shared::site::Session;

#[derive(Clone, Debug, PartialEq)]
enum Loaded {
    Asking,
    Sessions(Vec<Session>),
    Failed,
}

#[component]
pub fn Sessions() -> impl IntoView {
    let locale = use_locale();
    let toasts = use_toasts();
    let loaded = RwSignal::new(Loaded::Asking);
    let load = move || {
        spawn_local(async move {
            let answer = api::get::<ListSessions>().await;
            loaded.try_set(match answer {
                Ok(answer) => Loaded::Sessions(answer.sessions),
                Err(_) => Loaded::Failed,
            });
        });
    };
    load();
    let told = move |answer: Result<Nothing, Failure>, done: String| match answer {
        Ok(_) => {
            toasts.say(done);
            load();
        }
        Err(failure) => toasts.say(failure.sentence(locale.texts())),
    };
    let end = move |id: SessionId| {
        spawn_local(async move {
            let answer = api::call::<EndSession>(&(id,), &Nothing {}, &Nothing {}).await;
            told(answer, locale.texts().settings().session_ended.to_owned());
        });
    };
    let end_others = move |count: u64| {
        spawn_local(async move {
            let answer = api::get::<EndOtherSessions>().await;
            told(answer, locale.texts().settings().other_sessions_ended.count(count));
        });
    };
    view! {
        <section class="block" aria-labelledby="sessions">
            <header>
                <h2 id="sessions">{text!(locale, settings.sessions)}</h2>
                <p>{text!(locale, settings.sessions_explained)}</p>
            </header>
            {redrawn(move || match loaded.get() {
                Loaded::Asking => ().into_any(),
                Loaded::Failed => view! { <FailedNotice retry=move |()| load()/> }.into_any(),
                Loaded::Sessions(sessions) => {
                    let others = sessions.iter().filter(|session| !session.current).count() as u64;
                    view! {
                        <ul class="list">
                            {sessions
                                .into_iter()
                                .map(|session| view! { <SessionRow session on_end=end/> })
                                .collect_view()}
                        </ul>
                        <div class="form-end">
                            {if others == 0 {
                                view! {
                                    <p class="muted">{text!(locale, settings.no_other_sessions)}</p>
                                }
                                    .into_any()
                            } else {
                                view! {
                                    <button
                                        type="button"
                                        class="btn outline"
                                        on:click=move |_| end_others(others)
                                    >
                                        {text!(locale, settings.end_others)}
                                    </button>
                                }
                                    .into_any()
                            }}
                        </div>
                    }
                        .into_any()
                }
            })}
        </section>
        <Way/>
    }
}

#[component]
fn SessionRow(session: Session, #[prop(into)] on_end: Callback<SessionId>) -> impl IntoView {
    let locale = use_locale();
    let Session { id, created_at, last_used_at, agent, address, current } = session;
    let agent = StoredValue::new(agent);
    let name = move || agent.with_value(|agent| agent_name(agent, locale));
    view! {
        <li>
            <Icon name=IconName::Globe/>
            <span class="t">
                <b>
                    {name} " "
                    {current
                        .then(|| {
                            view! { <span class="tag ok">{text!(locale, settings.this_session)}</span> }
                        })}
                </b>
                <small>
                    {address} " · "
                    {redrawn(move || {
                        locale.texts().settings().last_used_at.fill([&locale.moment(last_used_at)])
                    })}
                </small>
                <small>
                    {redrawn(move || {
                        locale.texts().settings().signed_in_at.fill([&locale.moment(created_at)])
                    })}
                </small>
            </span>
            {(!current)
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="btn outline sm"
                            aria-label=live(move || locale.texts().settings().end_session_of.fill([&name()]))
                            on:click=move |_| on_end.run(id)
                        >
                            {text!(locale, settings.end_session)}
                        </button>
                    }
                })}
        </li>
    }
}

/// A browser's own words as `Firefox on Linux`; a program's as they are.
fn agent_name(agent: &str, locale: Locale) -> String {
    let texts = locale.texts().settings();
    match (browser(agent), system(agent)) {
        (Some(browser), Some(system)) => texts.browser_on.fill([browser, system]),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if agent.trim().is_empty() => texts.unknown_browser.to_owned(),
        (None, _) => agent.to_owned(),
    }
}

fn browser(agent: &str) -> Option<&'static str> {
    // Each claims to be those below it as well.
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Vivaldi/", "Vivaldi"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    BROWSERS.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
}

fn system(agent: &str) -> Option<&'static str> {
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    SYSTEMS.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::{browser, system};

    #[test]
    fn browsers_are_known_by_what_only_they_say() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/131.0.0.0 Safari/537.36";
        assert_eq!((browser(chrome), system(chrome)), (Some("Chrome"), Some("Linux")));
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like \
                    Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0";
        assert_eq!((browser(edge), system(edge)), (Some("Edge"), Some("Windows")));
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
                      (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!((browser(iphone), system(iphone)), (Some("Safari"), Some("iPhone")));
        assert_eq!((browser("curl/8.5.0"), system("curl/8.5.0")), (None, None));
    }
}
