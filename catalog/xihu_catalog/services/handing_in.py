"""What an applicant does with an application or a bundle of them: write, hand in, discard; and the
parts from which all events of a case are put together."""

from typing import Any

from xihu_catalog.services.item import ServiceItem
from xihu_catalog.services.limits import decision_of

Document = dict[str, Any]  # Any: a document as YAML gives it
FIELD = "f_"
"""Begins the name of the value that holds a field of the form."""
CLEARED = "cleared"
"""The value that names what a save has emptied: fields, and the choice of what is brought."""
WITHDRAW_BUNDLE = "withdraw_bundle"
WITH_BUNDLE_DAYS = 30
"""So long after a bundle was handed in one of its cases may be entered as received with it."""
APPLICANT: Document = {"party": "applicant"}


def event_of(zh: str, en: str, sources: list[str], target: str | None, **more: Any) -> Document:
    said: Document = {"title": {"zh": zh, "en": en}, "from": sources}
    return said | ({"to": target} if target else {}) | more


HANDLES = ["handler"]


def office_event(zh: str, en: str, sources: list[str], target: str | None, **more: Any) -> Document:
    """Of the position that has the case: nobody decides on what they cannot read."""
    guards = ["position_has_case", *more.pop("guards", [])]
    return event_of(zh, en, sources, target, guards=guards, **more)


def by(party: str, *apart_from: str) -> Document:
    who: Document = {"party": party, "duties": HANDLES}
    return who | ({"apart_from": list(apart_from)} if apart_from else {})


def _written(item: ServiceItem) -> Document:
    """What an applicant writes: the fields of the form, and which files are which paper."""
    return {f"{FIELD}{one.id}": "text" for one in item.form} | {
        "answers": "text",
        "papers": "codes",
        "at_counter": "codes",
        CLEARED: "codes",
    }


def draft_events(item: ServiceItem, target: str, effect: str, clocks: list[str]) -> Document:
    """Writing and handing in, of an item or a bundle. What comes with a bundle was received with
    it, whenever its case is entered."""
    takes = _written(item)
    part, days = ([], 0) if item.parts else (["received_with_bundle"], WITH_BUNDLE_DAYS)
    return {
        "write": event_of(
            "保存",
            "Save",
            ["draft", *([] if item.parts else ["completing"])],
            None,
            who=APPLICANT,
            takes=takes,
            optional=list(takes),
            guards=["writing_fits", *part],
            effects=["drop_replaced"],
            backdate_days=days,
        ),
        "submit": event_of(
            "提交申请",
            "Hand it in",
            ["draft"],
            target,
            who=APPLICANT,
            guards=["case_is_complete", *part],
            effects=[effect],
            clocks=[{"start": one} for one in clocks],
            backdate_days=days,
        ),
        "discard": event_of(
            "放弃草稿",
            "Discard the draft",
            ["draft"],
            "withdrawn",
            who=APPLICANT,
            effects=[] if item.parts else ["bundle_goes_on"],
        ),
    }


def bundle_events(item: ServiceItem) -> Document:
    """Of a bundle: it is over when each of its cases is, and says so by itself."""
    promise = decision_of(item)
    return draft_events(item, "under_way", "open_parts", [promise]) | {
        "finish": event_of(
            "各事项均已办结",
            "Every item is closed",
            ["under_way"],
            "finished",
            who={"party": "office", "machines": True},
            guards=["platform_says"],
            clocks=[{"stop": promise}],
        ),
        "finish_withdrawn": event_of(
            "全部撤回",
            "Every item is withdrawn",
            ["under_way"],
            "withdrawn",
            who={"party": "office", "machines": True},
            guards=["platform_says"],
            clocks=[{"stop": promise}],
        ),
        WITHDRAW_BUNDLE: event_of(
            "整件事撤回",
            "Withdraw the whole bundle",
            ["under_way"],
            None,
            who=APPLICANT,
            guards=["part_can_be_withdrawn"],
            effects=["open_parts"],
            once=True,
        ),
        "tell_gaps": event_of(
            "有事项需要您补正",
            "Something has to be completed",
            ["under_way"],
            None,
            who={"party": "office", "machines": True},
            guards=["platform_says"],
        ),
    }
