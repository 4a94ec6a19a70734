//! The mark: six bars with the ascender heights of h-u-b-b-u-b, the two short ones are you.

use leptos::prelude::*;

/// The mark as in the page's icon. `class` adds `lg`.
#[component]
pub fn Mark(#[prop(optional)] class: &'static str) -> impl IntoView {
    view! {
        <svg class=format!("mark {class}") aria-hidden="true">
            <use href="#mark"></use>
        </svg>
    }
}

/// Three bars that move while something is under way.
#[component]
pub fn Bars() -> impl IntoView {
    view! {
        <svg class="bars" viewBox="0 0 18 14" aria-hidden="true">
            <rect x="1" y="1" width="3.2" height="12" rx="1.6"></rect>
            <rect class="you" x="7.4" y="4" width="3.2" height="9" rx="1.6"></rect>
            <rect x="13.8" y="1" width="3.2" height="12" rx="1.6"></rect>
        </svg>
    }
}

/// The mark as a skyline: above empty and failed places.
#[component]
pub fn Skyline() -> impl IntoView {
    view! {
        <svg viewBox="0 0 136 84" aria-hidden="true">
            <rect class="tall" x="6" y="14" width="14" height="62" rx="7"></rect>
            <rect class="you" x="27.5" y="42" width="14" height="34" rx="7"></rect>
            <rect class="tall" x="49" y="6" width="14" height="70" rx="7"></rect>
            <rect class="tall" x="70.5" y="22" width="14" height="54" rx="7"></rect>
            <rect class="you" x="92" y="42" width="14" height="34" rx="7"></rect>
            <rect class="tall" x="113.5" y="12" width="14" height="64" rx="7"></rect>
            <path class="ground" d="M0 80h136" stroke-width="2" stroke-linecap="round"></path>
        </svg>
    }
}
