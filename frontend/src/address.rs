//! The address: which page it names, going to another one, links, and Back.
//!
//! A page's parts read the address through [`Address`]; what is drawn for it is one match in `app`.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlAnchorElement, MouseEvent, UrlSearchParams};

/// Every page there is, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// `/login?next={path}`
    SignIn,
    /// `/register`
    Register,
    /// `/join#{secret}`
    Join,
    /// `/reset#{secret}`
    Reset,
    /// `/`
    Home,
    /// `/r/{room}`, `/r/{room}/{panel}`, `/r/{room}/t/{thread}`, `/r/{room}/m/{message}`
    Room,
    /// `/browse`
    Browse,
    /// `/threads`
    Threads,
    /// `/saved`
    Saved,
    /// `/catch-up`
    CatchUp,
    /// `/search?q={words}&room={room}`
    Search,
    /// `/later`
    Later,
    /// `/settings`, `/settings/{section}`
    Settings,
    /// `/admin`, `/admin/{section}`
    Admin,
    /// Any other path.
    Unknown,
}

impl Page {
    pub fn of(path: &str) -> Self {
        match parts(path).collect::<Vec<_>>().as_slice() {
            [] => Self::Home,
            ["login"] => Self::SignIn,
            ["register"] => Self::Register,
            ["join"] => Self::Join,
            ["reset"] => Self::Reset,
            ["browse"] => Self::Browse,
            ["r", _] | ["r", _, _] | ["r", _, MESSAGE | THREAD, _] => Self::Room,
            ["threads"] => Self::Threads,
            ["saved"] => Self::Saved,
            ["catch-up"] => Self::CatchUp,
            ["search"] => Self::Search,
            ["later"] => Self::Later,
            ["settings"] | ["settings", _] => Self::Settings,
            ["admin"] | ["admin", _] => Self::Admin,
            _ => Self::Unknown,
        }
    }
}

/// Stands before the place of a message in its address.
pub const MESSAGE: &str = "m";
/// Stands before the root of a thread in its address.
pub const THREAD: &str = "t";

/// The path that a link leads to, when it is one of a page of this place.
pub fn own_path(href: &str) -> Option<String> {
    let path = href.strip_prefix(&window().location().origin().ok()?)?;
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let known = path.starts_with('/') && Page::of(&path[..end]) != Page::Unknown;
    known.then(|| path.to_owned())
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

/// Whether Back leads to the page that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Add,
    Replace,
}

/// Where the page is. Provided by the app before anything is drawn: [`use_address`].
#[derive(Clone, Copy, Debug)]
pub struct Address {
    /// Begins with `/`.
    pub path: ReadSignal<String>,
    /// What follows the path, with its `?`; empty when nothing does.
    pub search: ReadSignal<String>,
    set_path: WriteSignal<String>,
    set_search: WriteSignal<String>,
}

/// # Panics
/// Outside the app, which provides it before anything is drawn.
pub fn use_address() -> Address {
    expect_context()
}

/// Follows the address from here on: links within the page, Back and Forward.
pub fn provide_address() -> Address {
    let (path, set_path) = signal(String::new());
    let (search, set_search) = signal(String::new());
    let address = Address { path, search, set_path, set_search };
    address.read();
    // The page lives as long as its listeners.
    window_event_listener(leptos::ev::popstate, move |_| address.read());
    window_event_listener(leptos::ev::click, move |event| {
        if let Some(link) = followed(&event) {
            event.prevent_default();
            address.step(&(link.pathname() + &link.search() + &link.hash()), Step::Add);
        }
    });
    provide_context(address);
    address
}

impl Address {
    pub fn page(self) -> Page {
        self.path.with(|path| Page::of(path))
    }

    /// The path with what follows it, to come back to.
    pub fn whole(self) -> String {
        self.path.get() + &self.search.get()
    }

    /// A part of the path by its number: of `/r/{room}/{panel}`, 2 is the panel.
    pub fn part(self, number: usize) -> Option<String> {
        self.path.with(|path| parts(path).nth(number).map(str::to_owned))
    }

    /// What the address says after `?` under this name.
    pub fn query(self, name: &str) -> Option<String> {
        self.search.with(|search| UrlSearchParams::new_with_str(search).ok()?.get(name))
    }

    /// Goes to a path of the page. Back leads here again.
    pub fn go(self, to: &str) {
        self.step(to, Step::Add);
    }

    /// Goes to a path of the page in place of this one: Back leads to where one came from.
    pub fn replace(self, to: &str) {
        self.step(to, Step::Replace);
    }

    fn step(self, to: &str, step: Step) {
        let Ok(history) = window().history() else { return };
        let location = window().location();
        let here = location.href();
        let base = here.as_deref().unwrap_or_default();
        let same = web_sys::Url::new_with_base(to, base).is_ok_and(|url| url.href() == base);
        // Only a foreign origin is refused, and `to` is a path of this one.
        let _ = match step {
            // Twice the same in the history would be a Back that does nothing.
            Step::Add if !same => history.push_state_with_url(&JsValue::NULL, "", Some(to)),
            Step::Add | Step::Replace => {
                history.replace_state_with_url(&JsValue::NULL, "", Some(to))
            }
        };
        self.read();
        if same {
            // Whoever follows a link wants to go there, also for the second time.
            self.set_path.update(|_| ());
        }
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }

    /// Takes over what the browser shows. What has not changed redraws nothing.
    fn read(self) {
        let location = window().location();
        let path = location.pathname().unwrap_or_default();
        let search = location.search().unwrap_or_default();
        if self.search.with_untracked(|before| *before != search) {
            self.set_search.set(search);
        }
        if self.path.with_untracked(|before| *before != path) {
            self.set_path.set(path);
        }
    }
}

/// The link that this click follows within the page; `None` when it is the browser's to follow, or
/// no link at all.
fn followed(event: &MouseEvent) -> Option<HtmlAnchorElement> {
    let plain = !(event.default_prevented()
        || event.button() != 0
        || event.meta_key()
        || event.alt_key()
        || event.ctrl_key()
        || event.shift_key());
    let element = event.target()?.dyn_into::<Element>().ok()?;
    let link = element.closest("a[href]").ok()??.dyn_into::<HtmlAnchorElement>().ok()?;
    let own = link.origin() == window().location().origin().ok()?
        && link.target().is_empty()
        && !link.has_attribute("download")
        && link.rel() != "external";
    (plain && own).then_some(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_page_with_or_without_its_optional_part() {
        for (path, page) in [
            ("/", Page::Home),
            ("", Page::Home),
            ("/login", Page::SignIn),
            ("/register", Page::Register),
            ("/join", Page::Join),
            ("/reset", Page::Reset),
            ("/browse", Page::Browse),
            ("/browse/", Page::Browse),
            ("/threads", Page::Threads),
            ("/saved", Page::Saved),
            ("/r/01934c1e-7a00-7000-8000-000000000010", Page::Room),
            ("/r/01934c1e-7a00-7000-8000-000000000010/members", Page::Room),
            ("/r/01934c1e-7a00-7000-8000-000000000010/t/7", Page::Room),
            ("/r/nonsense", Page::Room),
            ("/r/01934c1e-7a00-7000-8000-000000000010/m/7", Page::Room),
            ("/catch-up", Page::CatchUp),
            ("/search", Page::Search),
            ("/later", Page::Later),
            ("/settings", Page::Settings),
            ("/settings/blocked", Page::Settings),
            ("/admin", Page::Admin),
            ("/admin/place", Page::Admin),
        ] {
            assert_eq!(Page::of(path), page, "{path}");
        }
    }

    #[test]
    fn a_path_too_long_too_short_or_strange_names_none() {
        for path in ["/r", "/r/a/b/c", "/browse/x", "/login/x", "/settings/a/b", "/LOGIN", "/x"] {
            assert_eq!(Page::of(path), Page::Unknown, "{path}");
        }
    }
}
