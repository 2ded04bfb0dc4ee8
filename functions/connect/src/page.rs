//! Pages, as screens make them.

use gateway::Context;
use http::StatusCode;
use maud::{Markup, html};
use model::tsp::Tsp;

use crate::launch::Asked;
pub(crate) use crate::layout::Step;
use crate::layout::{Answer, Content, mark};
use crate::messages::{Message, Reason, Told};
use crate::texts::{Sentence as _, bdi};
use crate::visit::Visit;

/// A page before it is laid out.
pub(crate) struct Page<'a> {
    status: StatusCode,
    title: String,
    visit: Option<&'a Visit>,
    names_fleet: bool,
    step: Option<Step>,
    is_refused: bool,
    at: Option<&'a str>,
    told: Told,
}

impl<'a> Page<'a> {
    /// A page with a title, which is shown in the browser's tab too.
    pub(crate) fn titled(title: impl Into<String>) -> Self {
        let told = Told::default();
        Self {
            status: StatusCode::OK,
            title: title.into(),
            visit: None,
            names_fleet: false,
            step: None,
            is_refused: false,
            at: None,
            told,
        }
    }

    /// With another status than 200.
    pub(crate) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// A page of a visit: it names partner and fleet, and tells the partner's page what led to it.
    pub(crate) fn of(mut self, visit: &'a Visit) -> Self {
        self.told.messages.extend(visit.news());
        Self { visit: Some(visit), names_fleet: true, ..self }
    }

    /// A page of a visit whose browser is not known yet: it names the partner only.
    pub(crate) fn of_partner(self, visit: &'a Visit) -> Self {
        Self { visit: Some(visit), ..self }
    }

    /// A page of one of the steps.
    pub(crate) fn step(self, step: Step) -> Self {
        Self { step: Some(step), ..self }
    }

    /// The page of this path of its visit, wherever it is shown: for a person who changes the language.
    pub(crate) fn at(self, path: &'a str) -> Self {
        Self { at: Some(path), ..self }
    }

    /// The page of a form that was refused: the title says so, for those who hear it first.
    pub(crate) fn refused(self) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, is_refused: true, ..self }
    }

    /// The last page of a visit: the partner's page hears `message`, and where none hears, the browser goes `back` to it.
    pub(crate) fn ends(mut self, message: Message, back: Option<String>) -> Self {
        self.told.end(message, back);
        self
    }

    /// A page at which nothing goes on: the partner's page can be told to close it.
    pub(crate) fn leaves(mut self, reason: Reason) -> Self {
        self.told.leave = Some(reason);
        self
    }

    /// The page with its content.
    pub(crate) fn show(self, context: &Context, content: &Markup) -> Answer {
        let content = Content {
            title: self.title,
            is_refused: self.is_refused,
            at: self.at.zip(self.visit).map(|(path, visit)| visit.bare_path(path)),
            product: context.config().product_name.clone(),
            partner: self.visit.map(|visit| visit.partner.clone()),
            step: self.step,
            parties: self.visit.filter(|_| self.names_fleet).map(parties),
            body: content.clone(),
            told: self.told,
        };
        Answer::page(context, self.status, content).launched(self.visit.map(|visit| visit.launch.clone()))
    }
}

fn parties(visit: &Visit) -> Markup {
    let texts = &visit.texts().frame;
    html! {
        p.parties {
            (texts.sharing_with.markup(&[("partner", &bdi(&visit.partner.name))]))
            @if let Some(fleet) = visit.fleet_name() { " · " (texts.for_fleet.markup(&[("fleet", &bdi(fleet))])) }
        }
    }
}

/// The logo of a provider.
pub(crate) fn provider_mark(visit: &Visit, tsp: &Tsp) -> Markup {
    mark(&tsp.name, (tsp.logo_url.as_deref(), tsp.logo_dark_url.as_deref()), visit.launch.theme())
}

/// A redirect within Connect, or out of it.
pub(crate) fn redirect(context: &Context, target: &str) -> Answer {
    Answer::redirect(context, target)
}

/// The hidden field that proves that a form was submitted from a page of this visit.
pub(crate) fn csrf(visit: &Visit) -> Markup {
    html! { input type="hidden" name="csrf" value=(visit.held.csrf()); }
}

/// The hidden fields of a form that asks for a page, by which the launch is carried on.
pub(crate) fn launch_fields(asked: &Asked) -> Markup {
    html! { @for (name, value) in asked.parameters() { input type="hidden" name=(name) value=(value); } }
}

/// The button that leads back to the partner's page.
pub(crate) fn return_button(visit: &Visit, target: &str) -> Markup {
    let text = visit.texts().frame.return_to.markup(&[("partner", &bdi(&visit.partner.name))]);
    html! { a.button.main href=(target) { span { (text) } } }
}
