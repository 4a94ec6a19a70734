//! One of a few, each with a line that explains it.

use crate::erased::redrawn;
use leptos::prelude::*;
use leptos::text_prop::TextProp;

/// One thing to choose.
#[derive(Debug)]
pub struct Choice<T> {
    pub value: T,
    pub label: TextProp,
    pub hint: Option<TextProp>,
}

impl<T> Choice<T> {
    pub fn new(value: T, label: impl Into<TextProp>) -> Self {
        Self { value, label: label.into(), hint: None }
    }

    #[must_use]
    pub fn hint(self, hint: impl Into<TextProp>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// A group of radio buttons in words.
#[component]
pub fn Choices<T>(
    /// Unique on the page.
    name: &'static str,
    #[prop(into)] legend: TextProp,
    choices: Vec<Choice<T>>,
    #[prop(into)] value: Signal<T>,
    #[prop(into)] on_choose: Callback<T>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let options = choices.into_iter().enumerate().map(move |(index, choice)| {
        let Choice { value: own, label, hint } = choice;
        let label_id = format!("{name}-{index}");
        let hint_id = format!("{label_id}-hint");
        // The whole row can be pressed, so all of it is a label; the name is only its first line.
        let labelled_by = label_id.clone();
        let described_by = hint.is_some().then(|| hint_id.clone());
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name=name
                    aria-labelledby=labelled_by
                    aria-describedby=described_by
                    prop:checked=move || value.get() == own
                    on:change=move |_| on_choose.run(own)
                />
                <b id=label_id>{redrawn(move || label.get())}</b>
                {hint.map(|hint| view! { <small id=hint_id>{redrawn(move || hint.get())}</small> })}
            </label>
        }
    });
    view! {
        <fieldset class="field">
            <legend>{redrawn(move || legend.get())}</legend>
            <div class="choices">{options.collect_view()}</div>
        </fieldset>
    }
}
