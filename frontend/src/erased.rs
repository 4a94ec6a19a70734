//! Closures without their types. Leptos compiles what surrounds a closure, an effect or a part of a
//! view that is redrawn, once for each closure; behind a `Box` it is compiled once for all.

use leptos::prelude::*;

/// A part of a view that is redrawn when what it reads changes: `{redrawn(move || …)}`.
pub fn redrawn<V: IntoView + 'static>(
    view: impl Fn() -> V + Send + 'static,
) -> Box<dyn Fn() -> AnyView + Send> {
    Box::new(move || view().into_any())
}

/// An attribute that is set again when what it reads changes: `class=live(move || …)`.
pub fn live<V: 'static>(value: impl Fn() -> V + Send + 'static) -> Box<dyn Fn() -> V + Send> {
    Box::new(value)
}

/// Runs once after drawing, then whenever what it read has changed, while its owner lives.
pub fn effect(run: impl FnMut() + 'static) {
    boxed(Box::new(run));
}

fn boxed(run: Box<dyn FnMut()>) {
    Effect::new(run);
}

/// Leptos' `Show`: its children while `when` holds, else `fallback`.
#[component]
pub fn Show<W>(
    children: ChildrenFn,
    when: W,
    #[prop(optional, into)] fallback: ViewFn,
) -> impl IntoView
where
    W: Fn() -> bool + Send + Sync + 'static,
{
    shown(children, Box::new(when), fallback)
}

fn shown(
    children: ChildrenFn,
    when: Box<dyn Fn() -> bool + Send + Sync>,
    fallback: ViewFn,
) -> AnyView {
    let when = Memo::new(move |_| when());
    redrawn(move || if when.get() { children() } else { fallback.run() }).into_any()
}
