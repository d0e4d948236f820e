"""Bundles: one form, one set of papers, cases of their own; days counted by hand on the official
calendar, papers and fields counted by hand from the items' files.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import delete, select, update

from tests.test_catalog.services.test_cases import FIRM, MONDAY, PERSON, Office, handlers, office
from xihu_catalog.registry.reading import BadRegistry
from xihu_catalog.services import parts as bundle_parts
from xihu_catalog.services.bundles import Bundle, bundle_files, merged
from xihu_catalog.services.guide import Fees, fees_of
from xihu_catalog.services.item import ItemQuestion
from xihu_catalog.services.items import item_versions, service_items
from xihu_catalog.services.parts import PARTS, parts_receiver
from xihu_catalog.services.situation import is_needed
from xihu_platform.audit.heads import HeadFile, Signer
from xihu_platform.audit.log import AuditLog
from xihu_platform.clock import SHANGHAI
from xihu_platform.credentials.register import credentials_of
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, TransientError
from xihu_platform.files.check import CheckedFile
from xihu_platform.identity.models import MandateRow
from xihu_platform.identity.people import list_mandates
from xihu_platform.identity.principal import Principal
from xihu_platform.matters import step_limit
from xihu_platform.matters.acts import ActContext
from xihu_platform.matters.attachments import attach, attachments_of
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.models import MatterRow
from xihu_platform.matters.outbox import deliver
from xihu_platform.notices.unread import NoticeLine, read_notices

__all__ = ["office"]  # a fixture
NO_HOME = "insured=yes has_fund=no has_home=no"
BUNDLES = ("newborn", "restaurant", "retiring", "after_death")


def log_of(office: Office) -> AuditLog:
    node = office.node
    return AuditLog(
        node.database, HeadFile(node.settings.heads_folder), Signer(node.keyring), node.clock
    )


def settle_parts(office: Office) -> None:
    receiver = parts_receiver(office.matters, log_of(office), item_versions())
    assert deliver(office.matters, {PARTS: receiver}).failed == 0


def parts(office: Office, bundle: int) -> dict[str, int]:
    """The cases of a bundle, by item."""
    with transaction(office.node.database) as session:
        rows = session.execute(
            select(MatterRow.kind, MatterRow.id).where(MatterRow.parent == bundle)
        )
        return {kind.removeprefix("svc_"): number for kind, number in rows}


def states(office: Office, bundle: int) -> dict[str, str]:
    return {item: office.view(case).state for item, case in parts(office, bundle).items()}


def sent(office: Office, bundle: str, answers: str = "", who: Principal = PERSON) -> int:
    number = office.begin(bundle, who, answers)
    office.write_all(number, bundle, who)
    assert office.act(number, who, "submit") == "under_way"
    settle_parts(office)
    return number


def decide(office: Office, case: int, *events: str) -> None:
    for event in events:
        handler = handlers(office, office.ground(case).organisation)[0]
        if event == "refuse":
            office.act(case, handler, event, reason="不符合条件", article="第一条")
        else:
            office.act(case, handler, event, {"finding": "符合"} if event[:3] == "do_" else {})
    settle_parts(office)


def test_four_bundles_ask_for_each_thing_once() -> None:
    items = service_items()
    found = {name: (len(items[name].form), len(items[name].materials)) for name in BUNDLES}
    # by hand: of 5 + 6 + 4 fields of a birth 7 are different, of 3 + 4 + 3 papers 5, the birth
    # certificate not among them: the first of its items issues it
    assert found == {
        "newborn": (7, 5),
        "restaurant": (8, 10),
        "retiring": (10, 7),
        "after_death": (11, 13),
    }


def test_what_one_part_issues_the_next_does_not_ask_for(office: Office) -> None:
    bundle = sent(office, "newborn")
    assert states(office, bundle) == {"birth_certificate": "received"}
    first = parts(office, bundle)["birth_certificate"]
    office.on(date(2026, 11, 25))
    decide(office, first, "accept", "grant")
    assert states(office, bundle) == {
        "birth_certificate": "granted",
        "birth_registration": "received",
    }
    second = office.view(parts(office, bundle)["birth_registration"])
    # received when the first was granted, on Wednesday; the promise is one working day
    assert second.events[-1].at.astimezone(SHANGHAI).date() == date(2026, 11, 25)
    with transaction(office.node.database) as session:
        assert [one.kind for one in credentials_of(session, ["s1_w"])] == ["birth_certificate"]


def test_all_that_can_begin_begins_with_the_bundle_and_was_received_with_it(office: Office) -> None:
    number = office.begin("after_death", PERSON, NO_HOME)
    office.write_all(number, "after_death")
    office.act(number, PERSON, "submit")
    office.on(date(2026, 11, 26))  # the process died, and its promise is delivered three days later
    settle_parts(office)
    assert states(office, number) == dict.fromkeys(
        ("death_deregistration", "funeral_grant", "account_inheritance"), "received"
    )
    for case in parts(office, number).values():
        view = office.view(case)
        assert {one.at for one in view.events} == {MONDAY.astimezone(UTC)}
        assert view.parent == number
    assert office.due(number, "service-items/after_death_1") == date(2027, 1, 5)  # 30 days


def test_a_part_that_the_situation_excludes_does_not_begin(office: Office) -> None:
    bundle = sent(office, "after_death", "insured=no has_fund=no has_home=no")
    assert set(parts(office, bundle)) == {"death_deregistration"}
    decide(office, parts(office, bundle)["death_deregistration"], "accept", "grant", "deliver")
    assert office.view(bundle).state == "finished"


def test_one_refused_part_does_not_sink_the_others(office: Office) -> None:
    bundle = sent(office, "restaurant", who=FIRM)
    cases = parts(office, bundle)
    assert set(cases) == {"food_permit", "shop_sign", "tax_registration"}
    decide(office, cases["shop_sign"], "accept", "refuse")
    assert states(office, bundle) == {
        "food_permit": "received",
        "shop_sign": "refused",
        "tax_registration": "received",
    }
    assert office.view(bundle).state == "under_way"
    decide(office, cases["food_permit"], "accept", "do_inspection", "grant", "deliver")
    decide(office, cases["tax_registration"], "grant_at_once", "deliver")
    view = office.view(bundle)
    assert (view.state, view.outcome) == ("finished", "done")
    assert [one.name for one in view.events].count("finish") == 1


def test_what_comes_after_a_refused_part_never_begins_and_the_bundle_is_over(
    office: Office,
) -> None:
    bundle = sent(office, "newborn")
    decide(office, parts(office, bundle)["birth_certificate"], "accept", "refuse")
    assert states(office, bundle) == {"birth_certificate": "refused"}
    assert office.view(bundle).state == "finished"


def test_a_withdrawn_part_counts_as_over(office: Office) -> None:
    bundle = sent(office, "after_death", "insured=no has_fund=no has_home=no")
    office.act(parts(office, bundle)["death_deregistration"], PERSON, "withdraw")
    settle_parts(office)
    assert office.view(bundle).state == "finished"


def lacks(_context: ActContext) -> None:
    raise BadInput("还要一份材料", "one more paper is asked for")


def test_a_case_that_stays_a_draft_can_be_discarded_and_the_bundle_is_over(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = office.begin("after_death", PERSON, "insured=no has_fund=no has_home=no")
    office.write_all(number, "after_death")
    office.act(number, PERSON, "submit")
    with monkeypatch.context() as asks:  # as a newer version of the item might ask for more
        asks.setitem(cast(dict[str, object], office.matters.acts.guards), "case_is_complete", lacks)
        settle_parts(office)
    assert states(office, number) == {"death_deregistration": "draft"}
    assert office.view(number).state == "under_way"
    office.act(parts(office, number)["death_deregistration"], PERSON, "discard")
    settle_parts(office)
    assert office.view(number).state == "finished"


def test_what_was_written_and_given_once_is_in_every_case(office: Office) -> None:
    number = office.begin("after_death", PERSON, NO_HOME)
    office.write_all(number, "after_death")
    log, file = log_of(office), CheckedFile("证明.pdf", "application/pdf", b"%PDF-1.7 once")
    there = attach(office.matters, log, PERSON, number, file).id
    office.act(number, PERSON, "write", {"papers": [f"death_certificate:{there}"]})
    office.act(number, PERSON, "submit")
    settle_parts(office)
    for item, case in parts(office, number).items():
        view = office.matters.read(PERSON, case)
        (copy,) = attachments_of(office.matters, PERSON, view)
        assert (copy.name, copy.size) == ("证明.pdf", 13) and copy.id != there
        assert view.facts["papers"] == [f"death_certificate:{copy.id}"], item
        texts = {name: text for (_, name), text in office.matters.read_texts(PERSON, case).items()}
        assert texts["f_deceased"] == "示例内容"


def test_delivered_twice_it_begins_once(office: Office) -> None:
    number = office.begin("after_death", PERSON, NO_HOME)
    office.write_all(number, "after_death")
    office.act(number, PERSON, "submit")
    receiver = parts_receiver(office.matters, log_of(office), item_versions())
    for _ in range(3):
        deliver(office.matters, {PARTS: lambda one: (receiver(one), receiver(one))[0]})
    assert len(parts(office, number)) == 3
    with transaction(office.node.database) as session:
        assert (
            len(session.scalars(select(MatterRow.id).where(MatterRow.parent == number)).all()) == 3
        )


def test_no_case_is_entered_as_received_on_another_day(office: Office) -> None:
    case = office.begin("elder_card")
    office.write_all(case, "elder_card")
    view = office.matters.read(PERSON, case)
    early = datetime(2026, 11, 20, 10, tzinfo=SHANGHAI)
    office.on(date(2026, 11, 24))
    with pytest.raises(BadInput):
        command = Command("submit", "early-0001", view.version, reason="早", at=early)
        office.matters.act(PERSON, case, command)
    same_day = MONDAY.replace(hour=10, minute=0)
    with pytest.raises(BadInput, match="no other day"):
        command = Command("submit", "early-0002", view.version, reason="早", at=same_day)
        office.matters.act(PERSON, case, command)


def test_nobody_says_that_a_bundle_is_over(office: Office) -> None:
    bundle = sent(office, "newborn")
    lead = handlers(office, service_items()["newborn"].body)[0]
    for event in ("finish", "tell_gaps"):
        with pytest.raises(Conflict, match="by itself"):
            office.act(bundle, lead, event)
    view = office.matters.read(office.as_position(lead), bundle)
    assert office.matters.allowed(office.as_position(lead), view) == ()


def test_five_items_three_at_once_and_two_after_one_of_them(office: Office) -> None:
    bundle = sent(office, "after_death")  # nobody knows what there is: everything is applied for
    first = {"death_deregistration", "funeral_grant", "account_inheritance"}
    assert set(parts(office, bundle)) == first
    # the three checks run from the one receipt, on Monday: 5 working days
    checks = {
        i: office.due(n, "LOCAL-targets/case_check") for i, n in parts(office, bundle).items()
    }
    assert checks == dict.fromkeys(first, date(2026, 11, 30))
    office.on(date(2026, 11, 24))
    decide(office, parts(office, bundle)["death_deregistration"], "accept", "grant")
    assert set(parts(office, bundle)) - first == {"housing_fund_withdrawal", "property_transfer"}
    assert office.view(bundle).state == "under_way"


def test_four_gaps_of_three_departments_are_one_message_and_move_one_case(office: Office) -> None:
    bundle = sent(office, "restaurant", who=FIRM)
    cases = parts(office, bundle)
    before = len(unread(office, FIRM))
    asked = {
        "food_permit": {"gaps": "缺平面图；管理制度没有签名", "missing": ["floor_plan", "rules"]},
        "shop_sign": {"gaps": "缺效果图", "missing": ["design"]},
        "tax_registration": {"gaps": "账户报告看不清", "missing": ["bank"]},
    }
    bodies = {service_items()[item].body for item in asked}
    assert len(bodies) == 3 and sum(len(one["missing"]) for one in asked.values()) == 4
    for item, said in asked.items():
        handler = handlers(office, office.ground(cases[item]).organisation)[0]
        office.act(cases[item], handler, "ask_completion", said)  # type: ignore[arg-type]
        settle_parts(office)
        with pytest.raises(Conflict, match=r"once only|许可法|Licens|Law"):
            office.act(cases[item], handler, "ask_completion", said)  # type: ignore[arg-type]
    told = unread(office, FIRM)[: len(unread(office, FIRM)) - before]
    assert [(one.matter, one.event) for one in told] == [(bundle, "tell_gaps")]
    assert set(states(office, bundle).values()) == {"completing"}
    promise = office.due(bundle, "service-items/restaurant_1")
    office.on(date(2026, 11, 26))
    office.act(cases["shop_sign"], FIRM, "write", {"at_counter": ["design"]})
    office.act(cases["shop_sign"], FIRM, "supply")
    assert states(office, bundle) == {
        "food_permit": "completing",
        "shop_sign": "received",
        "tax_registration": "completing",
    }
    assert office.due(cases["shop_sign"], "CN-permits/permit_completion") == date(2026, 12, 3)
    assert office.due(bundle, "service-items/restaurant_1") == promise == date(2026, 12, 7)


def unread(office: Office, who: Principal) -> list[NoticeLine]:
    return list(read_notices(office.matters, who).lines)


def test_unknown_is_never_no() -> None:
    item = service_items()["retiring"]
    fund = next(one for one in item.parts if one.item == "housing_fund_withdrawal")
    asked = {answer: is_needed(fund, {"has_fund": answer}) for answer in ("yes", "no", "unknown")}
    assert asked == {"yes": True, "no": False, "unknown": True}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"item": "no_such"}, "no item no_such"),
        ({"after": ["newborn_insurance"]}, "not before it"),
        ({"answers": {"no_such": "yes"}}, "no question no_such"),
        ({"same": {"household": "no_such"}}, "which is not there"),
        ({"same": {"marriage": "identity"}}, "not the same"),
    ],
)
def test_a_bundle_that_cannot_be_applied_for_once_is_refused(
    changed: dict[str, object], said: str
) -> None:
    ((path, bundle),) = (pair for pair in bundle_files() if pair[1].id == "newborn")
    first, second, third = bundle.parts
    parts = [first, second.model_copy(update=changed), third]
    wrong: Bundle = bundle.model_copy(update={"parts": parts})
    with pytest.raises(BadRegistry, match=said):
        merged(path, wrong, item_versions())


def acting_for(office: Office, kind: str) -> Principal:
    """wang, by the demo's mandate of this kind."""
    with transaction(office.node.database) as session:
        known = list_mandates(session, PERSON.id, date(2026, 11, 23))
    return replace(PERSON, mandate=next(one for one in known if one.kind == kind))


def end_mandate(office: Office, ended: str) -> None:
    """That of wang for her child, on Tuesday; it is Wednesday then."""
    row = MandateRow
    theirs = (row.person == PERSON.id, row.kind == "child")
    with transaction(office.node.database) as session:
        if ended == "deleted":
            session.execute(delete(row).where(*theirs))
        elif ended == "over":
            session.execute(update(row).where(*theirs).values(valid_to=date(2026, 11, 24)))
        else:
            session.execute(update(row).where(*theirs).values(items="retirement"))
    office.on(date(2026, 11, 25))


@pytest.mark.parametrize("ended", ["deleted", "over", "narrowed"])
def test_nobody_becomes_the_applicant_where_a_mandate_has_ended(office: Office, ended: str) -> None:
    bundle = sent(office, "retiring", "has_fund=no", acting_for(office, "child"))
    end_mandate(office, ended)
    decide(office, parts(office, bundle)["retirement"], "accept", "grant")
    assert set(parts(office, bundle)) == {"retirement"}
    assert office.view(bundle).state == "under_way"
    decide(office, parts(office, bundle)["retirement"], "deliver")
    assert office.view(bundle).state == "finished"


def test_after_a_crash_it_goes_on_where_it_was(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = office.begin("after_death", PERSON, NO_HOME)
    office.write_all(number, "after_death")
    office.act(number, PERSON, "submit")
    with monkeypatch.context() as dies:
        dies.setattr(bundle_parts, "hand_on", _die)
        receiver = parts_receiver(office.matters, log_of(office), item_versions())
        assert deliver(office.matters, {PARTS: receiver}).failed == 1
    assert set(states(office, number).values()) == {"draft"}
    office.moment[0] += timedelta(hours=1)
    settle_parts(office)
    assert states(office, number) == dict.fromkeys(
        ("death_deregistration", "funeral_grant", "account_inheritance"), "received"
    )


def _die(*_of: object) -> None:
    raise TransientError("断了", "it died")


def test_a_mandate_for_named_services_is_for_their_cases_alone(office: Office) -> None:
    agent = acting_for(office, "elder")
    assert agent.mandate is not None and "elder_card" in agent.mandate.items
    elder = Principal("citizen", "p-elder", level=3, subject=agent.mandate.key, portal="citizen")
    other, theirs = office.begin("funeral_grant", elder), office.begin("elder_card", elder)
    assert office.matters.read(agent, theirs).state == "draft"
    with pytest.raises(NotFound):
        office.matters.read(agent, other)
    with pytest.raises(NotFound):
        office.act(other, agent, "write", {"f_deceased": "别人"})


def test_a_colleague_without_the_case_does_not_learn_what_is_brought(office: Office) -> None:
    bundle = sent(office, "after_death")
    lead = handlers(office, service_items()["after_death"].body)[0]
    view = office.matters.read(office.as_position(lead), bundle)
    assert all(not one.data for one in view.events)
    mine = office.matters.read(PERSON, bundle)
    assert "will" in mine.facts["at_counter"]


def test_what_an_applicant_adds_keeps_the_office_from_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a case alone: papers that follow are added again and again."""
    case = office.sent("firm_change", FIRM, "moves=yes new_representative=no")
    office.act(case, "sg-cases-1", "accept_tolerant", {"deferred": ["premises"]})
    log, file = log_of(office), CheckedFile("证明.pdf", "application/pdf", b"%PDF-1.7 once")
    said: dict[str, Value] = {
        "papers": [f"premises:{attach(office.matters, log, FIRM, case, file).id}"]
    }
    monkeypatch.setattr(step_limit, "EVENTS_LIMIT", 6)
    with pytest.raises(Conflict, match="no more can be added"):
        for _ in range(7):
            office.act(case, FIRM, "write_papers", said)
    for event in ("papers_came", "grant"):
        state = office.act(case, "sg-cases-1", event)
    assert state == "granted"


@pytest.mark.parametrize(
    ("first_when", "second_when", "asked"),
    [(None, None, False), ("moves", None, True), ("moves", "moves", False), (None, "moves", False)],
)
def test_a_paper_is_asked_for_where_its_issuer_may_be_left_out(
    first_when: str | None, second_when: str | None, asked: bool
) -> None:
    """The birth certificate, which the first item issues and the second one asks for."""
    (bundle,) = (one for _, one in bundle_files() if one.id == "newborn")
    question = ItemQuestion.model_validate(
        {"id": "moves", "text": {"zh": "在外省出生？", "en": "Born elsewhere?"}}
    )
    first, second, third = bundle.parts
    parts = [
        first.model_copy(update={"when": first_when}),
        second.model_copy(update={"when": second_when}),
        third,
    ]
    changed: Bundle = bundle.model_copy(update={"parts": parts, "questions": [question]})
    item = merged(Path("newborn.yaml"), changed, item_versions())
    papers = [p.papers for p in item.parts if p.item == "birth_registration"][0].keys()
    of_item = service_items()["birth_registration"].materials
    (paper,) = (one.id for one in of_item if one.licence == "birth_certificate")
    assert (paper in papers) == asked


def withdraw(office: Office, bundle: int, who: Principal = PERSON) -> None:
    office.act(bundle, who, "withdraw_bundle")
    settle_parts(office)


def test_a_whole_bundle_is_withdrawn_by_one_act(office: Office) -> None:
    bundle = sent(office, "after_death", NO_HOME)
    withdraw(office, bundle)
    assert states(office, bundle) == dict.fromkeys(
        ("death_deregistration", "funeral_grant", "account_inheritance"), "withdrawn"
    )
    assert office.view(bundle).state == "withdrawn"  # what had not begun never does


@pytest.mark.parametrize("ended", ["deleted", "over", "narrowed"])
def test_a_bundle_is_withdrawn_though_the_mandate_ends_before_its_cases_are(
    office: Office, ended: str
) -> None:
    """Whoever might withdraw it did: what follows from that is not asked of them again."""
    who = acting_for(office, "child")
    bundle = sent(office, "after_death", NO_HOME, who)
    office.act(bundle, who, "withdraw_bundle")
    end_mandate(office, ended)
    settle_parts(office)
    assert set(states(office, bundle).values()) == {"withdrawn"}
    assert office.view(bundle).state == "withdrawn"


def test_what_a_mandate_handed_in_is_received_though_it_ends_before_that(office: Office) -> None:
    who = acting_for(office, "child")
    number = office.begin("after_death", who, NO_HOME)
    office.write_all(number, "after_death", who)
    office.act(number, who, "submit")
    end_mandate(office, "over")
    settle_parts(office)
    assert states(office, number) == dict.fromkeys(
        ("death_deregistration", "funeral_grant", "account_inheritance"), "received"
    )


def test_what_is_decided_stays_and_nothing_begins_after_a_withdrawal(office: Office) -> None:
    bundle = sent(office, "after_death", "insured=yes has_fund=yes has_home=no")
    first = parts(office, bundle)["death_deregistration"]
    decide(office, parts(office, bundle)["funeral_grant"], "accept", "refuse")
    decide(office, first, "accept", "grant")
    withdraw(office, bundle)
    assert states(office, bundle) == {
        "death_deregistration": "granted",
        "funeral_grant": "refused",
        "account_inheritance": "withdrawn",
        "housing_fund_withdrawal": "withdrawn",
    }
    assert office.view(bundle).state == "under_way"
    decide(office, first, "deliver")
    assert office.view(bundle).state == "finished"
    with pytest.raises(Conflict):
        office.act(bundle, PERSON, "withdraw_bundle")


def test_what_comes_after_a_part_that_is_granted_later_does_not_begin(office: Office) -> None:
    bundle = sent(office, "newborn")
    first = parts(office, bundle)["birth_certificate"]
    decide(office, first, "accept", "grant")
    withdraw(office, bundle)
    assert states(office, bundle) == {
        "birth_certificate": "granted",
        "birth_registration": "withdrawn",
    }
    decide(office, first, "deliver")
    assert "newborn_insurance" not in parts(office, bundle)
    assert office.view(bundle).state == "finished"


def test_where_all_is_decided_nothing_can_be_withdrawn(office: Office) -> None:
    bundle = sent(office, "after_death", "insured=no has_fund=no has_home=no")
    decide(office, parts(office, bundle)["death_deregistration"], "accept", "grant")
    with pytest.raises(Conflict, match="every item is decided"):
        office.act(bundle, PERSON, "withdraw_bundle")


def test_the_fees_of_a_bundle_are_those_of_its_items(monkeypatch: pytest.MonkeyPatch) -> None:
    items = service_items()
    assert fees_of(items["newborn"]) == Fees("0.00", at_most=False)
    # by hand: of its five items the transfer of a home alone costs something, and not everybody
    # has one
    assert fees_of(items["after_death"]) == Fees("80.00", at_most=True)
    assert fees_of(items["property_transfer"]) is None
    unknown = {
        **items,
        "funeral_grant": items["funeral_grant"].model_copy(update={"fee_cny": "按面积"}),
    }
    monkeypatch.setattr("xihu_catalog.services.guide.service_items", lambda: unknown)
    assert fees_of(items["after_death"]) is None
