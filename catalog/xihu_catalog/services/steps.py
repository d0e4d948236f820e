"""The events of a case, by what they are for: handing in, acceptance, review, decision, ends.

Sources: 行政许可法 32, 42, 44, 45; 政府信息公开条例 30; 浙江最多跑一次 11, 12, 14.
"""

from xihu_catalog.services.commitment import commitment_events
from xihu_catalog.services.handing_in import (
    APPLICANT,
    HANDLES,
    Document,
    by,
    draft_events,
    event_of,
    office_event,
)
from xihu_catalog.services.item import LICENSING, ServiceItem
from xihu_catalog.services.limits import (
    COMMITMENT,
    DELIVERY,
    LOCAL_DELIVERY,
    check_of,
    decision_of,
    duties_of,
)
from xihu_platform.statute.duty import Duty


def events_of(item: ServiceItem) -> Document:
    """By name, as a file of the registry would say them."""
    return {
        **draft_events(item, "received", "open_case", _before(item)),
        **_intake(item),
        **_review(item),
        **_decision(item),
        **commitment_events(item),
        **_ends(item),
    }


def withdrawals(item: ServiceItem) -> dict[str, str]:
    """By the state of a case, the step by which its applicant takes it back."""
    return {
        state: name
        for name, rule in events_of(item).items()
        if rule["who"] == APPLICANT and rule.get("to") == "withdrawn"
        for state in rule["from"]
    }


def _later(item: ServiceItem) -> list[str]:
    """The states between the review and the decision."""
    return [
        *(["deciding"] if item.intake is not None else []),
        *(["reviewed"] if item.deciders == 2 else []),
    ]


def may_follow(item: ServiceItem) -> bool:
    return any(one.deferrable_days for one in item.materials)


def first_party(item: ServiceItem) -> str:
    """The party that receives and checks."""
    return "intake" if item.intake is not None else "office"


def _before(item: ServiceItem) -> list[str]:
    """The clocks that run before a case is accepted. A request for information is answered within
    days of its receipt, and anew of that of what was missing (政府信息公开条例 30, 33); no law asks
    that it be accepted."""
    return [check_of(item), *([decision_of(item)] if item.way == "information" else [])]


def _intake(item: ServiceItem) -> Document:
    """Until it is accepted: all that is missing is told at once, and once."""
    check, office = check_of(item), by(first_party(item))
    stops = [{"stop": one} for one in _before(item)]
    begins = [{"stop": check}]
    if _review_clock(item) not in _before(item):
        begins.append({"start": _review_clock(item)})
    events: Document = {
        "ask_completion": office_event(
            "一次告知补正",
            "Tell once of all that is missing",
            ["received"],
            "completing",
            who=office,
            takes={"missing": "codes", "gaps": "text"},
            optional=["missing"],
            guards=["gaps_are_named"],
            effects=["bundle_goes_on"],
            once=True,
            clocks=stops,
        ),
        "supply": event_of(
            "补正",
            "Supply what was missing",
            ["completing"],
            "received",
            who=APPLICANT,
            guards=["something_was_supplied"],
            clocks=[{"start": one} for one in _before(item)],
        ),
        "accept": office_event(
            "受理", "Accept", ["received"], "in_review", who=office, clocks=begins
        ),
        "reject": office_event(
            "不予受理",
            "Do not accept",
            ["received"],
            "refused",
            who=office,
            needs=["reason", "article"],
            effects=["close_case"],
            clocks=stops,
        ),
    }
    if item.way == "licensing":
        events["deem_accepted"] = event_of(
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
    return events | _tolerant(item, begins)


def _review_clock(item: ServiceItem) -> str:
    return decision_of(item) + ("_intake" if item.intake is not None else "")


def _tolerant(item: ServiceItem, begins: list[dict[str, str]]) -> Document:
    """容缺: accepted with papers to follow; where they do not follow, acceptance is revoked in
    writing (浙江最多跑一次 11)."""
    if not may_follow(item):
        return {}
    papers, office = f"{decision_of(item)}_papers", by(first_party(item))
    return {
        "accept_tolerant": office_event(
            "容缺受理",
            "Accept with papers to follow",
            ["received"],
            "tolerated",
            who=office,
            takes={"deferred": "codes"},
            guards=["only_deferrable"],
            clocks=[*begins, {"start": papers}],
        ),
        "write_papers": event_of(
            "添加容缺材料",
            "Add papers that were to follow",
            ["tolerated"],
            None,
            who=APPLICANT,
            takes={"papers": "codes"},
            guards=["writing_fits"],
        ),
        "papers_came": office_event(
            "窗口已收到容缺材料",
            "The papers came to the counter",
            ["tolerated"],
            "in_review",
            who=office,
            clocks=[{"stop": papers}],
        ),
        "hand_in_deferred": event_of(
            "补齐容缺材料",
            "Hand in the papers that were to follow",
            ["tolerated"],
            "in_review",
            who=APPLICANT,
            guards=["deferred_are_there"],
            clocks=[{"stop": papers}],
        ),
    } | _not_followed(item, papers, office)


def _not_followed(item: ServiceItem, papers: str, office: Document) -> Document:
    """Where papers do not come: the end of a case that was accepted without them."""
    return {
        "revoke_acceptance": office_event(
            "未按承诺补齐，撤销受理",
            "Papers did not follow: revoke the acceptance",
            ["tolerated"],
            "refused",
            who=office,
            needs=["reason", "article"],
            guards=["papers_did_not_follow"],
            effects=["close_case"],
            clocks=[{"stop": papers}, {"stop": _review_clock(item)}],
        ),
        "withdraw_tolerated": event_of(
            "撤回申请",
            "Withdraw",
            ["tolerated"],
            "withdrawn",
            who=APPLICANT,
            effects=["close_case"],
            clocks=[{"stop": papers}, {"stop": _review_clock(item)}],
        ),
    }


def _review(item: ServiceItem) -> Document:
    """The office's own steps, and what the law takes out of the period: its days are told."""
    clock, office = _review_clock(item), by(first_party(item))
    duty = duties_of(item)[clock]
    working = ["in_review", *(["tolerated"] if may_follow(item) else [])]
    events: Document = {
        f"do_{step.id}": office_event(
            step.title.zh,
            step.title.en,
            working,
            None,
            who=office,
            takes={"finding": "text"},
            once=True,
        )
        for step in item.steps
    }
    return events | _special(item, duty, office) | _taking(item, working)


def _special(item: ServiceItem, duty: Duty, office: Document) -> Document:
    """What stops the clock, for how long, and what extends it; a fee that is entered."""
    clock, events = _review_clock(item), Document()
    for pause in duty.pauses:
        events[f"begin_{pause.id}"] = office_event(
            f"启动{pause.name.zh}",
            f"Begin: {pause.name.en}",
            ["in_review"],
            "special",
            who=office,
            needs=["reason"],
            clocks=[{"pause": clock, "reason": pause.id}],
        )
    events["end_special"] = office_event(
        "特别程序结束",
        "The special procedure is over",
        ["special"],
        "in_review",
        who=office,
        takes={"finding": "text"},
        clocks=[{"resume": clock}],
    )
    if duty.extension:
        events["extend"] = event_of(
            "延长期限",
            "Extend the period",
            ["in_review"],
            None,
            who={"party": first_party(item), "duties": ["leader"]},
            needs=["reason"],
            takes={"extension": "number"},
            once=True,
            clocks=[{"extend": clock}],
        )
    if item.fee_cny is not None:
        events["record_payment"] = office_event(
            "登记缴费",
            "Enter the payment",
            ["in_review"],
            None,
            who=office,
            needs=["evidence"],
            once=True,
        )
    return events


def _taking(item: ServiceItem, working: list[str]) -> Document:
    """A colleague takes a case over: from then on it is theirs to read and to handle; so does
    whoever approves or annuls, where two decide."""
    first, later = first_party(item), _later(item)
    office = by("office")
    if item.deciders == 2 or item.commitment:
        office |= {"duties": [*HANDLES, "leader"]}
    states = ["received", *working, "special"]
    ended = ["granted", *(["to_check", "stating", "stated"] if item.commitment else [])]
    if item.intake is None:
        states += [*later, *ended]
    who = office if first == "office" else by(first)
    events = {"take": event_of("领办", "Take it", states, None, who=who, effects=["take_case"])}
    if item.intake is not None:
        events["take_on"] = event_of(
            "领办", "Take it", [*later, *ended], None, who=office, effects=["take_case"]
        )
    return events


def _decision(item: ServiceItem) -> Document:
    """Granted or refused, by a second position where the item says so; then delivered."""
    decides, check = decision_of(item), check_of(item)
    delivery = DELIVERY if item.type == LICENSING else LOCAL_DELIVERY
    guards = ["steps_are_done", *(["fee_is_paid"] if item.fee_cny is not None else [])]
    source = "deciding" if item.intake is not None else "in_review"
    issues = [*(["issue_licence"] if item.licence is not None else []), "bundle_goes_on"]
    events = _forwarding(item)
    apart = list[str]()
    if item.deciders == 2:
        events |= _reviewing(source, guards)
        source, apart = "reviewed", ["review"]
    decider = by("office", *apart) | {"duties": ["handler", "leader"] if apart else HANDLES}
    events["grant"] = office_event(
        "准予",
        "Grant",
        [source],
        "granted",
        who=decider,
        guards=guards,
        effects=issues,
        clocks=[{"stop": decides}, {"start": delivery}],
    )
    events["refuse"] = office_event(
        "不予",
        "Refuse",
        [source],
        "refused",
        who=decider,
        needs=["reason", "article"],
        effects=["close_case"],
        clocks=[{"stop": decides}],
    )
    after = [{"start": COMMITMENT}] if item.commitment else []
    events["deliver"] = office_event(
        "送达",
        "Deliver",
        ["granted"],
        "to_check" if item.commitment else "delivered",
        who=by("office"),
        effects=[] if item.commitment else ["close_case"],
        clocks=[{"stop": delivery}, *after],
    )
    if item.immediate:
        events["grant_at_once"] = office_event(
            "当场准予",
            "Grant at once",
            ["received"],
            "granted",
            who=by("office"),
            effects=issues,
            clocks=[{"stop": check}, {"start": delivery}],
        )
    return events


def _forwarding(item: ServiceItem) -> Document:
    """From the office that received it to the one that decides."""
    if item.intake is None:
        return {}
    decides = decision_of(item)
    return {
        "forward": office_event(
            "提出意见，报送决定",
            "Hand it on with an opinion",
            ["in_review"],
            "deciding",
            who=by("intake"),
            takes={"opinion": "text"},
            guards=["steps_are_done"],
            effects=["hand_case_on"],
            clocks=[{"stop": f"{decides}_intake"}, {"start": decides}],
            inside=True,
        )
    }


def _reviewing(source: str, guards: list[str]) -> Document:
    """The first of two: whoever reviews does not decide."""
    return {
        "review": office_event(
            "审查完毕，提出意见",
            "Reviewed: an opinion",
            [source],
            "reviewed",
            who=by("office"),
            takes={"opinion": "text"},
            guards=guards,
            inside=True,
        ),
        "return_review": office_event(
            "退回重新审查",
            "Have it reviewed again",
            ["reviewed"],
            source,
            who=by("office", "review"),
            needs=["reason"],
            inside=True,
        ),
    }


def _ends(item: ServiceItem) -> Document:
    clock = _review_clock(item)
    later = _later(item)

    def withdraw(sources: list[str], *clocks: str) -> Document:
        return event_of(
            "撤回申请",
            "Withdraw",
            sources,
            "withdrawn",
            who=APPLICANT,
            effects=["close_case"],
            clocks=[{"stop": one} for one in clocks],
        )

    events: Document = {
        "withdraw": withdraw(["received"], *_before(item)),
        "withdraw_incomplete": withdraw(["completing"]),
        "withdraw_later": withdraw(["in_review", "special"], clock),
    }
    if later:
        events["withdraw_decided"] = withdraw(later, decision_of(item))
    if item.way == "information":
        events["abandon"] = office_event(
            "逾期不补正，视为放弃",
            "Not completed in time: deemed abandoned",
            ["completing"],
            "abandoned",
            who=by(first_party(item)),
            needs=["reason", "article"],
            effects=["close_case"],
        )
    return events
