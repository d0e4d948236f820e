"""Acting in a matter on a page of either portal: what was sent, and what it came to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from xihu_platform.access.offices import MATTERS
from xihu_platform.access.policy import Purpose
from xihu_platform.errors import BadInput, Conflict, PlatformError, Refused
from xihu_platform.identity.client import check_csrf
from xihu_platform.matters.command import Value
from xihu_platform.matters.definition import EventRule
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.words import OF_THE_PLATFORM
from xihu_platform.words import Text
from xihu_portals.pages import matter_view
from xihu_portals.pages.matter_form import ActForm, Given, check_position, read_command, typed
from xihu_portals.pages.matter_view import ShownEvent, ShownValue
from xihu_portals.pages.visitor import Visitor

OFFICIAL, CITIZEN = "/official/matters", "/my/matters"


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form that was not taken: what was typed, and what was wrong."""

    event: str
    typed: dict[str, Value | None]
    key: str
    wrong: Text


def matters_path(visitor: Visitor) -> str:
    """Where matters are in the visitor's portal."""
    return CITIZEN if visitor.frame.portal == "citizen" else OFFICIAL


def known_values(view: MatterView, texts: Mapping[str, str]) -> dict[str, Value | None]:
    """What a form of its next step is filled in with: codes and days, and of a draft its texts.

    What was handed in is there to be read, and is not written a second time.
    """
    draft = view.definition.states[view.state].private
    known: dict[str, Value | None] = {**view.facts, **(texts if draft else {})}
    return known | dict.fromkeys(("reason", "article", "evidence"))


def last_step(view: MatterView, events: tuple[ShownEvent, ...]) -> ShownEvent | None:
    """The last step, where it said something that whoever acts next needs to read."""
    steps = [
        shown
        for shown, event in zip(events, view.events, strict=True)
        if event.name not in OF_THE_PLATFORM
    ]
    last = steps[-1] if len(steps) > 1 else None
    return last if last is not None and last.said and len(last.said) < 4 else None


def done_step(
    visitor: Visitor, view: MatterView, events: tuple[ShownEvent, ...], number: int | None
) -> ShownEvent | None:
    """The step that the visitor has just done."""
    if number is None or number > len(events):
        return None
    return events[number - 1] if view.events[number - 1].sub == visitor.principal.id else None


def lost_words(
    visitor: Visitor, view: MatterView, acts: tuple[ActForm, ...], sent: SentForm | None
) -> tuple[ShownValue, ...]:
    """What was typed in a form that is not there any longer."""
    if sent is None or any(one.event == sent.event for one in acts):
        return ()
    typed = {name: str(value) for name, value in sent.typed.items() if isinstance(value, str)}
    return matter_view.said_of(visitor, view, {}, typed)


def check_form(visitor: Visitor, form: FormData) -> None:
    """Raises BadInput for a form of another session, Conflict for one that was opened in another
    position, or for somebody else."""
    if visitor.session is not None:
        check_csrf(visitor.session, str(form.get("csrf") or ""))
    check_position(form, visitor.principal)


def record_refused(visitor: Visitor, wrong: PlatformError) -> None:
    """A step that is somebody else's is in the log."""
    if isinstance(wrong, Refused):
        purpose = Purpose("own" if visitor.principal.kind == "citizen" else "duty")
        visitor.services.gateway.refusals.record(visitor.principal, MATTERS, wrong.reason, purpose)


def open_matter(
    visitor: Visitor,
    form: FormData,
    opening: Opening,
    rule: EventRule,
    again: Callable[[Given, str, Text, int], Response],
) -> Response:
    """A new matter, and on to its page. What cannot be opened so comes back as `again` shows it:
    with what was typed, the form's key, what was wrong and the status."""
    command = read_command(form, rule)
    try:
        acted = visitor.services.matters.open(visitor.principal, opening, command)
    except (BadInput, Conflict, Refused) as wrong:
        record_refused(visitor, wrong)
        return again(typed(form, rule), command.key, wrong.text, wrong.status)
    visitor.services.write_down()
    return RedirectResponse(f"{matters_path(visitor)}/{acted.matter}?done=1", status_code=303)


def act_in(
    visitor: Visitor,
    matter: int,
    form: FormData,
    again: Callable[[SentForm, int], Response],
) -> Response:
    """One event of a matter, and back to its page. What cannot be done so comes back as `again`
    shows it, with the status. Raises NotFound for one who has no part in it."""
    services = visitor.services
    view = services.matters.read(visitor.principal, matter)
    check_form(visitor, form)
    rule = view.definition.events.get(str(form.get("event") or ""))
    if rule is None:
        raise BadInput("请选择要办理的一步", "choose what is to be done")
    command = read_command(form, rule)
    try:
        acted = services.matters.act(visitor.principal, matter, command)
    except (BadInput, Conflict, Refused) as wrong:
        record_refused(visitor, wrong)
        return again(SentForm(rule.name, typed(form, rule), command.key, wrong.text), wrong.status)
    services.write_down()
    return RedirectResponse(f"{matters_path(visitor)}/{matter}?done={acted.seq}", status_code=303)
