"""Applying for a service: first the situation, so that only what it needs is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.services.case import case_opening, count_cases, find_draft, fits
from xihu_catalog.services.item import ServiceItem
from xihu_catalog.services.kind import kind_of
from xihu_catalog.services.mandate import covers
from xihu_catalog.services.prefill import Registers
from xihu_catalog.services.situation import (
    ANSWERS,
    Answer,
    known_answers,
    read_answers,
    written,
)
from xihu_platform.access.decision import FULL_LEVEL, OWN_LEVEL
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, Refused
from xihu_platform.identity.people import list_mandates, mandate_id
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.kernel import Opening
from xihu_platform.words import Text
from xihu_portals.citizen.verification import unproven, verification
from xihu_portals.pages.case_answers import ANSWER_WORDS
from xihu_portals.pages.case_view import CASES, check_item, saving_key
from xihu_portals.pages.licence_view import LicenceInHand, own_licence_in_hand
from xihu_portals.pages.mandate_view import MANDATES
from xihu_portals.pages.matter_acts import check_form, record_refused
from xihu_portals.pages.matter_form import acting_as, new_key, seen_version
from xihu_portals.pages.matter_view import newest_texts
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Action, Choice, Link, State, Words
from xihu_portals.web.render import render

_FOR_ANOTHER = Text("替别人办，还没有授权？", "For somebody else, without a mandate?")
router = APIRouter()


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    id: str
    text: Text
    hint: Text | None
    answer: Answer | None
    """None before anything was chosen."""
    both: Text | None = None
    """Where another window has saved another answer since: that one, and the one given here."""


@dataclass(frozen=True, slots=True)
class ApplyPage:
    """What is my situation, and for whom do I apply?"""

    frame: PageFrame
    position: str
    title: Text
    summary: Text
    href: str
    guide: Link
    whom: Words | None
    """The firm or person acted for; None for oneself."""
    others: tuple[Choice, ...]
    """For whom else one may apply, as the header's choice of whom one acts for."""
    more: Link | None
    """Where one asks to act for another; None for what no person applies for."""
    questions: tuple[AskedQuestion, ...]
    answers: tuple[tuple[Answer, Text], ...]
    key: str
    version: int
    """Of the draft, as the form shows it; 0 where there is none."""
    was: str
    """Its answers as the form shows them: those of before are kept nowhere else."""
    draft: Link | None
    """The application that was begun before."""
    phone: str
    held: LicenceInHand | None
    """A valid licence of this kind that they have already."""
    wrong: Text | None = None
    state: State | None = None
    """In place of the form: not proven, or not for such an applicant."""


def fill(
    visitor: Visitor,
    name: str,
    given: dict[str, str] | None = None,
    key: str | None = None,
    wrong: Text | None = None,
    both: Mapping[str, Text] | None = None,
    seen: tuple[int, str] | None = None,
) -> ApplyPage:
    """`both`: by question, the two answers of two windows, to choose from. `seen`: the version of
    which a form was made that was not taken, and its answers; None: the newest.

    Raises NotFound for an item that there is not."""
    item = check_item(name)
    state, draft = _stand(visitor, item)
    mandate = visitor.principal.mandate
    saved = _answered(visitor, item, draft[0]) if draft is not None else {}
    version, was = seen or (_version(visitor, draft), _as_text(saved))
    given = saved if given is None else given
    return ApplyPage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        title=item.name.text(),
        summary=item.summary.text(),
        href=f"/services/{item.id}/apply",
        guide=Link(Text("办事指南", "Guide"), f"/services/{item.id}"),
        whom=Text(mandate.name_zh, mandate.name_en) if mandate is not None else None,
        others=_others(visitor, item),
        more=Link(_FOR_ANOTHER, _way_to(item)) if fits(item, None) else None,
        questions=tuple(
            AskedQuestion(
                one.id,
                one.text.text(),
                one.hint.text() if one.hint else None,
                next((a for a in ANSWERS if a == given.get(one.id)), None),
                (both or {}).get(one.id),
            )
            for one in item.questions
        ),
        answers=tuple((one, ANSWER_WORDS[one]) for one in ANSWERS),
        key=key or new_key(),
        version=version,
        was=was,
        draft=Link(draft[1], f"{CASES}/{draft[0]}") if draft is not None else None,
        phone=item.counter.phone,
        held=own_licence_in_hand(visitor, item) if state is None else None,
        wrong=wrong,
        state=state,
    )


def _others(visitor: Visitor, item: ServiceItem) -> tuple[Choice, ...]:
    principal, day = visitor.principal, civil_date(visitor.services.node.clock())
    with transaction(visitor.services.node.database) as session:
        known = list_mandates(session, principal.id, day)
    chosen = acting_as(principal)
    found = [Choice("", Text("本人", "Myself"))] if fits(item, None) else []
    found += [
        Choice(mandate_id(one), Text(one.name_zh, one.name_en)) for one in known if fits(item, one)
    ]
    return tuple(one for one in found if one.value != chosen)


def _stand(visitor: Visitor, item: ServiceItem) -> tuple[State | None, tuple[int, str] | None]:
    """Why they cannot apply, if so; and the draft that they have."""
    if visitor.principal.level < OWN_LEVEL:
        return unproven(), None
    try:
        with transaction(visitor.services.node.database) as session:
            opening = case_opening(session, item, visitor.principal)
    except Refused as refused:
        return State("refused", refused.reason.text, reason=refused.reason), None
    except BadInput as wrong:
        action = Action(Text("回到办事指南", "Back to the guide"), f"/services/{item.id}")
        mandate = visitor.principal.mandate
        if mandate is not None and mandate.items and not covers(mandate, item):
            action = Action(_ask_for_it(), _way_to(item))
        return State("refused", wrong.text, action=action), None
    return None, _draft(visitor, opening)


def _ask_for_it() -> Text:
    return Text("请对方授权这个事项", "Ask them for this service")


def _way_to(item: ServiceItem) -> str:
    """Where one asks to act for somebody else."""
    return f"{MANDATES}?service={item.parts[0].item if item.parts else item.id}"


def _draft(visitor: Visitor, opening: Opening) -> tuple[int, str] | None:
    matters = visitor.services.matters
    applicant = next(one for one in opening.parties if one.role == "applicant")
    with transaction(matters.database) as session:
        found = find_draft(session, opening.kind, applicant)
        return (found, matters.view(session, found).number) if found is not None else None


def _version(visitor: Visitor, draft: tuple[int, str] | None) -> int:
    if draft is None:
        return 0
    return visitor.services.matters.read(visitor.principal, draft[0]).version


def _answered(visitor: Visitor, item: ServiceItem, draft: int) -> dict[str, str]:
    """What was answered when the draft was begun, or since."""
    said = newest_texts(visitor.services.matters.read_texts(visitor.principal, draft))
    return {**known_answers(item, said.get("answers", ""))}


def _as_text(answers: Mapping[str, str]) -> str:
    return " ".join(f"{one}={answer}" for one, answer in answers.items())


def _overtaken(
    visitor: Visitor, item: ServiceItem, given: Mapping[str, str], seen: tuple[int, str]
) -> dict[str, tuple[str, str]]:
    """By question, what another window has answered since a form was made, otherwise than the form
    has it, and which of both is chosen: the one given here, where it was touched."""
    (version, was), (_, draft) = seen, _stand(visitor, item)
    if draft is None or _version(visitor, draft) == version:
        return {}
    now, then = _answered(visitor, item, draft[0]), {**known_answers(item, was)}
    return {
        one: (now[one], here if here != then[one] else now[one])
        for one, here in given.items()
        if now[one] not in {here, then[one]}
    }


def _both(
    given: Mapping[str, str], overtaken: Mapping[str, tuple[str, str]]
) -> tuple[dict[str, str], dict[str, Text], Text]:
    """The answers to choose from, in words, and what is said above them."""
    words: dict[str, Text] = {str(one): said for one, said in ANSWER_WORDS.items()}
    said = {
        one: Text(
            f"另一个窗口里后来保存的：{words[saved].zh}；这个窗口里的：{words[given[one]].zh}。"
            "两处不一样，请选择一个",
            f"Saved later in another window: {words[saved].en}; in this window: "
            f"{words[given[one]].en}. The two are not the same: choose one",
        )
        for one, (saved, _) in overtaken.items()
    }
    wrong = Text(
        f"您在另一个窗口里保存过这份申请的情形，有 {len(said)} 项和这里不一样；"
        "现在还没有保存，请选择后再继续",
        "You have saved the situation of this application in another window meanwhile. Answers "
        f"that differ: {len(said)}. Nothing is saved yet: choose, then go on",
    )
    return {**given, **{one: chosen for one, (_, chosen) in overtaken.items()}}, said, wrong


@router.get("/services/{item}/apply")
def page(request: Request, visitor: SignedInCitizen, item: str) -> Response:
    way = verification(visitor, FULL_LEVEL, f"/services/{item}/apply")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    return render(request, "citizen/apply.html", fill(visitor, item))


@router.post("/services/{item}/apply")
async def begin(request: Request, visitor: SignedInCitizen, item: str) -> Response:
    """A draft with the situation in it, filled in from registers. Whoever has one goes on with
    it: however often the form is sent, there is one application."""
    form = await request.form(max_files=0, max_fields=100)
    return await run_in_threadpool(_begin, request, visitor, item, form)


def _begin(request: Request, visitor: Visitor, name: str, form: FormData) -> Response:
    item = check_item(name)
    way = verification(visitor, FULL_LEVEL, f"/services/{item.id}/apply")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    key = str(form.get("key") or "")
    given = {one.id: str(form.get(f"q_{one.id}") or "unknown") for one in item.questions}
    seen = (seen_version(form), str(form.get("was") or ""))
    try:
        check_form(visitor, form)
        text = written(read_answers(item, _as_text(given)))
        if overtaken := _overtaken(visitor, item, given, seen):
            chosen, both, said = _both(given, overtaken)
            shown = fill(visitor, name, chosen, None, said, both)
            return render(request, "citizen/apply.html", shown, status=409)
        number = _open(visitor, item, text, key)
    except (BadInput, Conflict, Refused) as wrong:
        record_refused(visitor, wrong)
        shown = fill(visitor, name, given, key, wrong.text, seen=seen)
        return render(request, "citizen/apply.html", shown, status=wrong.status)
    visitor.services.write_down()
    return RedirectResponse(f"{CASES}/{number}/form", status_code=303)


def _open(visitor: Visitor, item: ServiceItem, text: str, key: str) -> int:
    """The number of the application's matter."""
    services, principal = visitor.services, visitor.principal
    with transaction(services.node.database) as session:
        opening = case_opening(session, item, principal)
    values: dict[str, Value] = {"answers": text} if text else {}
    # The same key for whoever has opened so many: two forms at once begin one application. Counted
    # first: whoever finds no draft afterwards has counted none that was begun since.
    with transaction(services.node.database) as session:
        count = count_cases(session, opening)
    draft = _draft(visitor, opening)
    if draft is None:
        first = Command(OPEN, saving_key(f"{opening.kind}-{count}", 0, {}), 0, values)
        try:
            number = services.matters.open(principal, opening, first).matter
        except BadInput:  # another form, with other answers, was a moment earlier
            draft = _draft(visitor, opening)
            if draft is None:
                raise
            number = draft[0]
    else:
        number = draft[0]
        view = services.matters.read(principal, number)
        # as it is already: two windows that say the same do not stand in each other's way
        if values and known_answers(item, text) != _answered(visitor, item, number):
            command = Command("write", saving_key(key, view.version, values), view.version, values)
            services.matters.act(principal, number, command)
    registers = Registers(services.gateway, services.catalogue, services.matters)
    view = services.matters.read(principal, number)
    if view.definition.kind == kind_of(item) and view.state == "draft":
        registers.fetch(principal, item, view, "own", known_answers(item, text))
    return number
