"""A decision that its applicant finds wrong: the complaint about it, filled in with its number, or
whom to turn to."""

from xihu_catalog.services.hotline import HOTLINE
from xihu_catalog.sharing.openings import COMPLAINT, OF_CITIZENS
from xihu_platform.matters.engine import OF_TIME
from xihu_platform.matters.views import MatterEvent, MatterView
from xihu_platform.words import Language, Text
from xihu_portals.pages.case_view import is_case
from xihu_portals.pages.matter_acts import CITIZEN
from xihu_portals.pages.matter_form import Given
from xihu_portals.pages.matter_new import may_open
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.happened import happened
from xihu_portals.web.parts import Link

OWN_WAY = frozenset({COMPLAINT, HOTLINE})
"""Kinds that are about an office already."""


def way_to_object(visitor: Visitor, view: MatterView) -> Link | None:
    """None where no office has decided against the visitor. A case has remedies of its own."""
    if _decision(view) is None:
        return None
    if may_open(visitor, COMPLAINT, OF_CITIZENS):
        href = f"{CITIZEN}/new/{COMPLAINT}?case={view.id}"
        return Link(Text("对这个决定投诉举报", "Complain about this decision"), href)
    return Link(Text("联系我们", "Contact"), "/contact")


def objection_words(visitor: Visitor, matter: int, language: Language) -> Given:
    """What the form of the complaint begins with. Raises NotFound for one without a part in it."""
    view = visitor.services.matters.read(visitor.principal, matter)
    decision = _decision(view)
    if decision is None or decision.organisation is None:
        return {}
    said = happened(view.definition.events[decision.name].title).to(language)
    title = view.definition.title.to(language)
    claim = (
        f"我的事项 {view.number}（{title}）：{said}。我认为这个决定不对，理由是："
        if language == "zh"
        else f"My matter {view.number} ({title}): {said}. I find this decision wrong, because: "
    )
    return {"respondent": decision.organisation, "subject": "other", "claim": claim}


def _decision(view: MatterView) -> MatterEvent | None:
    """The step of an office that gave a reason and led to where the matter is now."""
    if is_case(view) or view.definition.kind in OWN_WAY:
        return None
    steps = [one for one in view.events if one.name not in OF_TIME]
    rule = view.definition.events.get(steps[-1].name)
    against = rule is not None and "reason" in rule.needs and steps[-1].organisation is not None
    return steps[-1] if against else None
