"""What follows a grant on a commitment (告知承诺): checked, doubted, heard, annulled."""

from xihu_catalog.services.handing_in import APPLICANT, Document, by, event_of, office_event
from xihu_catalog.services.item import ServiceItem
from xihu_catalog.services.limits import COMMITMENT, STATEMENT


def commitment_events(item: ServiceItem) -> Document:
    """告知承诺: what was granted on a commitment is checked within 60 working days (浙江最多跑一次
    14). Where it seems untrue the holder is told and heard first, and another position annuls
    (许可法 7, 69)."""
    if not item.commitment:
        return {}
    office = by("office")
    return _heard(office) | {
        "commitment_met": office_event(
            "核查：承诺属实",
            "Checked: the commitment is true",
            ["to_check"],
            "delivered",
            who=office,
            takes={"finding": "text"},
            effects=["close_case"],
            clocks=[{"stop": COMMITMENT}],
        ),
        "doubt_commitment": office_event(
            "核查：承诺不实，告知拟撤销",
            "Checked: the commitment seems untrue; tell the holder",
            ["to_check"],
            "stating",
            who=office,
            takes={"finding": "text"},
            needs=["reason", "article"],
            clocks=[{"stop": COMMITMENT}, {"start": STATEMENT}],
        ),
    }


def _heard(office: Document) -> Document:
    """The holder speaks, or their day passes; then it is decided by whoever did not doubt it."""
    apart = by("office", "doubt_commitment") | {"duties": ["handler", "leader"]}
    return {
        "state_view": event_of(
            "陈述、申辩",
            "State your view",
            ["stating"],
            "stated",
            who=APPLICANT,
            takes={"statement": "text"},
            guards=["writer_is_proven"],
            clocks=[{"stop": STATEMENT}],
        ),
        "no_statement": office_event(
            "逾期没有陈述",
            "Nothing was stated in time",
            ["stating"],
            "stated",
            who=office,
            guards=["statement_day_has_passed"],
            clocks=[{"stop": STATEMENT}],
        ),
        "commitment_holds": office_event(
            "意见成立，承诺属实",
            "The holder is right: the commitment is true",
            ["stated"],
            "delivered",
            who=apart,
            needs=["reason"],
            effects=["close_case"],
        ),
        "commitment_broken": office_event(
            "承诺不实，撤销决定",
            "The commitment is not true: annul the decision",
            ["stated"],
            "refused",
            who=apart,
            needs=["reason", "article"],
            effects=["annul_licence", "close_case"],
        ),
    }
