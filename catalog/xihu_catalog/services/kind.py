"""What a case of a service item is: its states, events and clocks, made of the item.

Each version of each item is a kind of matters of its own (`svc_…`), so that cases run on under the
rules they began with, and everything that holds for matters holds for them.
"""

from collections.abc import Iterable

from xihu_catalog.services.handing_in import FIELD, WITH_BUNDLE_DAYS, Document, bundle_events
from xihu_catalog.services.item import ServiceItem
from xihu_catalog.services.limits import decision_of
from xihu_catalog.services.steps import events_of, first_party, may_follow
from xihu_platform.safe_yaml import write_yaml
from xihu_platform.words import Text

PREFIX, BUNDLE_PREFIX, KIND = "BJ", "YJ", "svc_"
GUARDS = (
    *("case_is_complete", "gaps_are_named", "only_deferrable", "papers_did_not_follow"),
    *("deferred_are_there", "steps_are_done", "fee_is_paid", "position_has_case"),
    *("writing_fits", "something_was_supplied", "received_with_bundle", "platform_says"),
    *("statement_day_has_passed", "writer_is_proven"),
    "part_can_be_withdrawn",
)
EFFECTS = (
    *("open_case", "hand_case_on", "take_case", "issue_licence", "annul_licence", "close_case"),
    *("drop_replaced", "open_parts", "bundle_goes_on"),
)


COMPILED = 1
"""Raised with every change of what items are compiled into: cases that are open run on under the
kind that they began with, whose document is in the database word for word."""
VERSIONS = 100
"""Numbers of a kind's versions for each version of its item."""


def kind_of(item: ServiceItem) -> str:
    return f"{KIND}{item.id}"


def item_of(kind: str) -> str | None:
    """The id of the item whose cases are of this kind; None of a kind that is no item's."""
    return kind.removeprefix(KIND) if kind.startswith(KIND) else None


def item_version(definition: int) -> int:
    """The version of the item that a version of its kind was compiled from.

    >>> item_version(101), item_version(1203)
    (1, 12)
    """
    return definition // VERSIONS


def documents_of(items: Iterable[ServiceItem]) -> dict[str, str]:
    """Their kinds, as files of the registry would say them, by the item's id and version."""
    return {f"services/{one.id}.{one.version}": write_yaml(document_of(one)) for one in items}


def document_of(item: ServiceItem) -> Document:
    """The kind, as a file of the registry would say it."""
    if item.parts:
        return _bundle(item)
    parties = {"applicant": _both(Text("申请人", "applicant"))}
    if item.intake is not None:
        parties["intake"] = _both(Text("受理机关", "receiving office"))
    parties["office"] = _both(Text("实施机关", "implementing office"))
    return _head(item, PREFIX) | {
        "parties": parties,
        "opening": _opening()
        | {"guards": ["writing_fits", "received_with_bundle"], "backdate_days": WITH_BUNDLE_DAYS},
        "states": _states(item),
        "events": events_of(item),
        "escalations": _escalations(item),
    }


def _head(item: ServiceItem, prefix: str) -> Document:
    """What items and bundles say alike."""
    return {
        "kind": kind_of(item),
        "version": item.version * VERSIONS + COMPILED,
        "prefix": prefix,
        "title": _both(item.name.text()),
        "law": _both(item.law.text()),
        "initial": "draft",
        "values": _values(item),
    }


def _bundle(item: ServiceItem) -> Document:
    """Of a bundle: written and handed in as an item is; then its parts are cases of their own, and
    it is over when each of them is."""
    return _head(item, BUNDLE_PREFIX) | {
        "parties": {
            "applicant": _both(Text("申请人", "applicant")),
            "office": _both(Text("牵头机关", "leading office")),
        },
        "opening": _opening(),
        "states": {
            "draft": _state("草稿", "Draft", "applicant") | {"private": True},
            "under_way": _state("各事项办理中", "Its items are under way", "office")
            | {"waits": False},
            "finished": _state("各事项均已办结", "Every item is closed") | {"outcome": "done"},
            "withdrawn": _state("已撤回", "Withdrawn") | {"outcome": "withdrawn"},
        },
        "events": bundle_events(item),
    }


def _opening() -> Document:
    return {
        "title": {"zh": "填写申请", "en": "Write the application"},
        "who": {"party": "applicant"},
        "takes": {"answers": "text"},
        "optional": ["answers"],
        "guards": ["writing_fits"],
    }


def _escalations(item: ServiceItem) -> Document:
    said: Document = {decision_of(item): {"party": "office", "duties": ["leader"]}}
    if item.intake is not None:
        said[f"{decision_of(item)}_intake"] = {"party": "intake", "duties": ["leader"]}
    return said


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _states(item: ServiceItem) -> Document:
    first = first_party(item)
    states: Document = {
        "draft": _state("草稿", "Draft", "applicant") | {"private": True},
        "received": _state("已提交，待受理", "Handed in, to be accepted", first),
        "completing": _state("待补正", "To be completed", "applicant") | {"private": True},
        "in_review": _state("审查", "Under review", first),
        "special": _state("特别程序", "Special procedure", first),
        "granted": _state("准予，待送达", "Granted, to be delivered", "office"),
        "delivered": _state("已办结", "Closed") | {"outcome": "done"},
        "refused": _state("不予", "Refused") | {"outcome": "refused"},
        "withdrawn": _state("已撤回", "Withdrawn") | {"outcome": "withdrawn"},
    }
    if may_follow(item):
        states["tolerated"] = _state(
            "已容缺受理，待补齐", "Accepted, papers to follow", "applicant"
        )
    if item.intake is not None:
        states["deciding"] = _state("已报送，待决定", "Handed on, to be decided", "office")
    if item.deciders == 2:
        states["reviewed"] = _state("已审查，待批准", "Reviewed, to be approved", "office")
    if item.commitment:
        states["to_check"] = _state(
            "已送达，承诺待核查", "Delivered, commitment to check", "office"
        )
        states["stating"] = _state(
            "已告知拟撤销，可以陈述申辩",
            "The holder is told that it may be annulled, and may state their view",
            "applicant",
        )
        states["stated"] = _state(
            "已听取意见，待决定", "The holder was heard, to be decided", "office"
        )
    if item.way == "information":
        states["abandoned"] = _state("视为放弃", "Deemed abandoned") | {"outcome": "lapsed"}
    return states


def _state(zh: str, en: str, owner: str | None = None) -> Document:
    said: Document = {"title": {"zh": zh, "en": en}}
    return said | ({"owner": owner} if owner else {})


POSTED = Text(
    "公示的，写起止日期、地点和有没有异议。张贴的内容只写申请人姓名、家庭人数和拟认定的结果；"
    "未成年人的姓名，身份证件号码、住址、病情和收入明细，都不张贴，也不写在这里",
    "Of a public notice: its days, where it was posted, and whether anybody objected. Posted are "
    "the applicant's name, the number of persons and the intended result alone; names of minors, "
    "identity numbers, addresses, illness and income are neither posted nor written here",
)
"""What a public notice shows. The platform itself shows none to the public."""
_VALUES: Document = {
    "answers": {"title": {"zh": "情形", "en": "Situation"}},
    "papers": {"title": {"zh": "材料", "en": "Papers"}},
    "at_counter": {"title": {"zh": "到窗口交的材料", "en": "Papers brought to the counter"}},
    "cleared": {"title": {"zh": "清空的内容", "en": "What was emptied"}},
    "missing": {"title": {"zh": "缺的材料和数据项", "en": "Papers and fields that are missing"}},
    "gaps": {"title": {"zh": "需要补正的全部内容", "en": "All that is missing"}},
    "deferred": {"title": {"zh": "容缺的材料", "en": "Papers that may follow"}},
    "finding": {"title": {"zh": "结果", "en": "What was found"}},
    "extension": {"title": {"zh": "延长的天数", "en": "Days more"}},
    "opinion": {"title": {"zh": "审查意见", "en": "Opinion"}},
    "statement": {"title": {"zh": "陈述和申辩", "en": "What you state"}},
}


def _values(item: ServiceItem) -> Document:
    papers = {one.id: _both(one.name.text()) for one in item.materials}
    fields = {f"{FIELD}{one.id}": {"title": _both(one.title.text())} for one in item.form}
    waiting = {one.id: papers[one.id] for one in item.materials if one.deferrable_days}
    chosen = {
        "missing": papers | {name: one["title"] for name, one in fields.items()},
        "at_counter": papers,
        "deferred": waiting,
    }
    known = _VALUES | {
        name: _VALUES[name] | {"choices": choices} for name, choices in chosen.items() if choices
    }
    if any(one.kind == "notice" for one in item.steps):
        known["finding"] = known["finding"] | {"hint": _both(POSTED)}
    return known | fields
