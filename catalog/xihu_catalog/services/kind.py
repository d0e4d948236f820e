"""What a case of a service item is: its states, events and clocks, made of the item.

Each version of each item is a kind of matters of its own (`svc_…`), so that cases run on under the
rules they began with, and everything that holds for matters holds for them.
"""

from typing import Any

from xihu_catalog.services.items import LICENSING, ServiceItem
from xihu_platform.statute.duty import Duty, PauseReason
from xihu_platform.words import Text

RULES = "service-items"
"""The rule set of the limits that items set."""
CHECK, DELIVERY, COMMITMENT = (
    "CN-permits/permit_completion",
    "CN-permits/permit_delivery",
    "ZJ-once/commitment_check",
)
LOCAL_CHECK, LOCAL_DELIVERY = "LOCAL-targets/case_check", "LOCAL-targets/case_delivery"
INFORMATION_CHECK = "CN-others/ogi_completion"
Document = dict[str, Any]  # Any: a document as YAML gives it
_HANDLES = ["handler"]
_SPECIAL = (
    ("hearing", "45", Text("听证", "hearing")),
    ("examination", "45", Text("检验、检测、鉴定", "inspection, test, appraisal")),
    ("expert_review", "45", Text("专家评审", "review by experts")),
)


def kind_of(item: ServiceItem) -> str:
    return f"svc_{item.id}"


def duty_of(item: ServiceItem) -> Duty:
    """The period in which a case is decided: the promised one where it is shorter, else the law's.

    What a promise shortens can be extended to the law's own day and by its extension, no more.
    """
    limit = item.limit
    value = item.promise or limit.value
    more = (limit.value - value) + (limit.extension or 0)
    pauses = _SPECIAL if item.type == LICENSING else _SPECIAL[1:]
    return Duty(
        id=item.id,
        rule_set=RULES,
        source=item.law.zh,
        article=limit.article,
        name=limit.name.text(),
        value=value,
        unit=limit.unit,
        extension=more or None,
        extended_by=limit.extended_by.text() if limit.extended_by else None,
        verified=limit.verified,
        on_incomplete="restart" if item.way == "information" else "defer",
        pauses=tuple(PauseReason(name, article, words) for name, article, words in pauses),
        law=item.law.text(),
    )


def check_of(item: ServiceItem) -> str:
    """The duty to tell all gaps at once: of the law, where it sets a number of days."""
    if item.way == "licensing":
        return CHECK
    return INFORMATION_CHECK if item.way == "information" else LOCAL_CHECK


def document_of(item: ServiceItem) -> Document:
    """The kind, as a file of the registry would say it."""
    events = {
        **_intake(item),
        **_special(item),
        **_decision(item),
        **_ends(item),
    }
    return {
        "kind": kind_of(item),
        "version": item.version,
        "prefix": "BJ",
        "title": _both(item.name.text()),
        "law": _both(item.law.text()),
        "initial": "draft",
        "parties": {
            "applicant": {"zh": "申请人", "en": "applicant"},
            "office": {"zh": "实施机关", "en": "implementing office"},
        },
        "opening": {
            "title": {"zh": "填写申请", "en": "Write the application"},
            "who": {"party": "applicant"},
            "takes": {"answers": "codes"},
            "optional": ["answers"],
        },
        "states": _states(item),
        "events": events,
        "escalations": {_decides(item): {"party": "office", "duties": ["leader"]}},
        "values": _VALUES,
    }


def _decides(item: ServiceItem) -> str:
    return f"{RULES}/{item.id}"


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _states(item: ServiceItem) -> Document:
    states: Document = {
        "draft": _state("草稿", "Draft", "applicant") | {"private": True},
        "received": _state("已提交，待受理", "Handed in, to be accepted", "office"),
        "completing": _state("待补正", "To be completed", "applicant"),
        "in_review": _state("审查", "Under review", "office"),
        "special": _state("特别程序", "Special procedure", "office"),
        "granted": _state("准予，待送达", "Granted, to be delivered", "office"),
        "delivered": _state("已办结", "Closed") | {"outcome": "done"},
        "refused": _state("不予", "Refused") | {"outcome": "refused"},
        "withdrawn": _state("已撤回", "Withdrawn") | {"outcome": "withdrawn"},
    }
    if item.deciders == 2:
        states["reviewed"] = _state("已审查，待决定", "Reviewed, to be decided", "office")
    if item.way == "information":
        states["abandoned"] = _state("视为放弃", "Deemed abandoned") | {"outcome": "lapsed"}
    return states


def _state(zh: str, en: str, owner: str | None = None) -> Document:
    said: Document = {"title": {"zh": zh, "en": en}}
    return said | ({"owner": owner} if owner else {})


def _event(zh: str, en: str, sources: list[str], target: str | None, **more: Any) -> Document:
    said: Document = {"title": {"zh": zh, "en": en}, "from": sources}
    return said | ({"to": target} if target else {}) | more


def _office(*apart_from: str) -> Document:
    who: Document = {"party": "office", "duties": _HANDLES}
    return who | ({"apart_from": list(apart_from)} if apart_from else {})


def _intake(item: ServiceItem) -> Document:
    """Until it is accepted: all that is missing is told at once, and once."""
    check, decides = check_of(item), _decides(item)
    begins = [{"stop": check}, {"start": decides}]
    events: Document = {
        "submit": _event(
            "提交申请",
            "Hand it in",
            ["draft"],
            "received",
            who={"party": "applicant"},
            guards=["case_is_complete"],
            clocks=[{"start": check}],
        ),
        "ask_completion": _event(
            "一次告知补正",
            "Tell once of all that is missing",
            ["received"],
            "completing",
            who=_office(),
            takes={"gaps": "text"},
            once=True,
            clocks=[{"stop": check}],
        ),
        "supply": _event(
            "补正",
            "Supply what was missing",
            ["completing"],
            "received",
            who={"party": "applicant"},
            clocks=[{"start": check}],
        ),
        "accept": _event("受理", "Accept", ["received"], "in_review", who=_office(), clocks=begins),
    }
    if item.way == "licensing":
        events["deem_accepted"] = _event(
            "逾期未告知，视为受理",
            "Not told in time: deemed accepted",
            ["received"],
            "in_review",
            who={"party": "clock"},
            statute="32",
            lapse=check,
            from_start=True,
            clocks=begins,
        )
    if any(one.deferrable_days for one in item.materials):
        events["accept_tolerant"] = _event(
            "容缺受理",
            "Accept with papers to follow",
            ["received"],
            "in_review",
            who=_office(),
            takes={"deferred": "codes"},
            guards=["only_deferrable"],
            clocks=begins,
        )
        events["revoke_acceptance"] = _event(
            "未按承诺补齐，撤销受理",
            "Papers did not follow: revoke the acceptance",
            ["in_review"],
            "refused",
            who=_office(),
            needs=["reason", "article"],
            guards=["papers_did_not_follow"],
            clocks=[{"stop": decides}],
        )
    return events


def _special(item: ServiceItem) -> Document:
    """What the law takes out of the period; its days are told to the applicant."""
    decides = _decides(item)
    events: Document = {}
    for pause in duty_of(item).pauses:
        events[f"begin_{pause.id}"] = _event(
            f"启动{pause.name.zh}",
            f"Begin: {pause.name.en}",
            ["in_review"],
            "special",
            who=_office(),
            needs=["reason"],
            clocks=[{"pause": decides, "reason": pause.id}],
        )
    events["end_special"] = _event(
        "特别程序结束",
        "The special procedure is over",
        ["special"],
        "in_review",
        who=_office(),
        takes={"finding": "text"},
        clocks=[{"resume": decides}],
    )
    if duty_of(item).extension:
        events["extend"] = _event(
            "延长期限",
            "Extend the period",
            ["in_review"],
            None,
            who={"party": "office", "duties": ["leader"]},
            needs=["reason"],
            takes={"extension": "number"},
            once=True,
            clocks=[{"extend": decides}],
        )
    return events


def _decision(item: ServiceItem) -> Document:
    decides = _decides(item)
    delivery = DELIVERY if item.type == LICENSING else LOCAL_DELIVERY
    source, apart, events = "in_review", list[str](), Document()
    if item.deciders == 2:
        source, apart = "reviewed", ["review"]
        events["review"] = _event(
            "审查完毕，提出意见",
            "Reviewed: an opinion",
            ["in_review"],
            "reviewed",
            who=_office(),
            takes={"opinion": "text"},
            inside=True,
        )
        events["return_review"] = _event(
            "退回重新审查",
            "Have it reviewed again",
            ["reviewed"],
            "in_review",
            who=_office("review"),
            needs=["reason"],
            inside=True,
        )
    events["grant"] = _event(
        "准予",
        "Grant",
        [source],
        "granted",
        who=_office(*apart),
        guards=["steps_are_done"],
        effects=["issue_result"],
        clocks=[{"stop": decides}, {"start": delivery}],
    )
    events["refuse"] = _event(
        "不予",
        "Refuse",
        [source],
        "refused",
        who=_office(*apart),
        needs=["reason", "article"],
        clocks=[{"stop": decides}],
    )
    events["deliver"] = _event(
        "送达",
        "Deliver",
        ["granted"],
        "delivered",
        who=_office(),
        clocks=[{"stop": delivery}],
    )
    return events


def _ends(item: ServiceItem) -> Document:
    check, decides = check_of(item), _decides(item)
    applicant: Document = {"party": "applicant"}
    events: Document = {
        "discard": _event("放弃草稿", "Discard the draft", ["draft"], "withdrawn", who=applicant),
        "withdraw": _event(
            "撤回申请",
            "Withdraw",
            ["received"],
            "withdrawn",
            who=applicant,
            clocks=[{"stop": check}],
        ),
        "withdraw_incomplete": _event(
            "撤回申请", "Withdraw", ["completing"], "withdrawn", who=applicant
        ),
        "withdraw_later": _event(
            "撤回申请",
            "Withdraw",
            ["in_review", "special", *(["reviewed"] if item.deciders == 2 else [])],
            "withdrawn",
            who=applicant,
            clocks=[{"stop": decides}],
        ),
    }
    if item.way == "information":
        events["abandon"] = _event(
            "逾期不补正，视为放弃",
            "Not completed in time: deemed abandoned",
            ["completing"],
            "abandoned",
            who=_office(),
            needs=["reason", "article"],
        )
    return events


_VALUES: Document = {
    "answers": {"title": {"zh": "情形", "en": "Situation"}},
    "gaps": {"title": {"zh": "需要补正的全部内容", "en": "All that is missing"}},
    "deferred": {"title": {"zh": "容缺的材料", "en": "Papers that may follow"}},
    "finding": {"title": {"zh": "结果", "en": "What was found"}},
    "extension": {"title": {"zh": "延长的天数", "en": "Days more"}},
    "opinion": {"title": {"zh": "审查意见", "en": "Opinion"}},
}
