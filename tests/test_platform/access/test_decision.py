"""The decision as a pure function, cell by cell of the table in its docstring."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import pytest

from xihu_platform.access.decision import Allow, Decision, Deny, RowFilter, decide
from xihu_platform.access.grounds import Ground, Subject
from xihu_platform.access.policy import (
    FieldPolicy,
    Grant,
    Policy,
    Purpose,
    PurposeCode,
)
from xihu_platform.identity.principal import ANONYMOUS, Duty, Mandate, Position, Principal
from xihu_platform.words import Text

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
T = Text("题", "title")
OWN, OTHER = "113399001001000094", "113399001001041148"


def field(name: str, grade: str, identifier: str | None = None) -> FieldPolicy:
    return FieldPolicy(name, T, "VARCHAR", grade, identifier)  # type: ignore[arg-type]


POLICY = Policy(
    dataset="d",
    title=T,
    provider=OWN,
    share_class="conditional",
    share_conditions=T,
    share_basis=None,
    open_class="banned",
    fields=(
        field("open", "L1"),
        field("low", "L2"),
        field("name", "L3", "person_name"),
        field("plain3", "L3"),
        field("sick", "L4", "medical"),
        replace(field("subject", "L3", "citizen_id"), pseudonym=True),
        field("firm", "L2", "uscc"),
    ),
    subject_key="subject",
    firm_key="firm",
    region_field="county",
)
OPEN = replace(POLICY, open_class="unconditional", share_class="unconditional")
GRANT = Grant(
    "G1", "d", OTHER, frozenset({"low", "name", "sick"}), T, date(2026, 1, 1), date(2026, 12, 31)
)


def official(
    organisation: str = OTHER, region: str = "330000", duty: Duty = "handler", **dates: date
) -> Principal:
    position = Position(
        "p", "职", "post", organisation, "单位", "unit", region, frozenset({duty}), **dates
    )
    return Principal(kind="official", id="o", level=3, position=position, portal="official")


def machine(organisation: str = OTHER) -> Principal:
    position = Position("system:m", "系统", "system", organisation, "单位", "unit", "330000")
    return Principal(kind="system", id="m", position=position)


EVERY = frozenset({"open", "low", "name", "plain3", "sick", "subject", "firm"})
GROUND = Ground(
    number="N1",
    kind="service_case",
    item="item",
    organisation=OTHER,
    position="p",
    opened=NOW - timedelta(days=3),
    closed=None,
    origin="service",
    opened_by="service:item",
    countersigned_by=None,
    subjects=(Subject(1, "s1_a", "person", "applicant"), Subject(2, "s1_b", "person", "spouse")),
    fields=EVERY,
)
OWN_GROUND = replace(GROUND, organisation=OWN)


def citizen(level: int, mandate: Mandate | None = None) -> Principal:
    return Principal(kind="citizen", id="c", level=level, subject="s1_me", mandate=mandate)


def ask(
    who: Principal,
    purpose: PurposeCode,
    policy: Policy = POLICY,
    *,
    case: str | None = None,
    subject: int | None = None,
    grants: tuple[Grant, ...] = (),
    ground: Ground | None = None,
) -> Decision:
    stated = Purpose(purpose, case, subject=subject)
    return decide(who, policy, stated, grants=grants, ground=ground, now=NOW)


def shown(decision: Decision) -> dict[str, str]:
    assert isinstance(decision, Allow)
    return {
        f.name: f.treatment or f"refused:{f.reason.code if f.reason else ''}"
        for f in decision.fields
    }


def reason(decision: Decision) -> str:
    assert isinstance(decision, Deny)
    return decision.reason.code


def test_open_data_shows_grade_one_and_nothing_above() -> None:
    fields = shown(ask(ANONYMOUS, "open", OPEN))
    assert fields["open"] == "clear"
    assert {v for k, v in fields.items() if k != "open"} == {"refused:not_open_grade"}


@pytest.mark.parametrize(
    ("opened", "code"), [("banned", "open_banned"), ("restricted", "open_restricted")]
)
def test_what_is_not_opened_is_refused_to_everyone(opened: str, code: str) -> None:
    policy = replace(POLICY, open_class=opened)  # type: ignore[arg-type]
    for who in (ANONYMOUS, citizen(3), official(OWN)):
        assert reason(ask(who, "open", policy)) == code


def test_a_citizen_sees_own_rows_at_level_three_in_full() -> None:
    decision = ask(citizen(3), "own")
    assert isinstance(decision, Allow)
    assert decision.rows == (RowFilter("subject", ("s1_me",)),)
    assert shown(decision) == {
        "open": "clear",
        "low": "clear",
        "name": "clear",
        "plain3": "clear",
        "sick": "clear",
        "subject": "rekey",
        "firm": "clear",
    }


def test_level_two_masks_grade_three_and_refuses_grade_four() -> None:
    assert shown(ask(citizen(2), "own")) == {
        "open": "clear",
        "low": "clear",
        "name": "mask",
        "plain3": "refused:real_name",
        "sick": "refused:real_name",
        "subject": "rekey",
        "firm": "clear",
    }


def test_level_one_and_strangers_have_no_own_rows() -> None:
    assert reason(ask(citizen(1), "own")) == "real_name"
    assert reason(ask(ANONYMOUS, "own")) == "sign_in"
    assert reason(ask(official(), "own")) == "purpose"


def test_a_firms_handler_sees_the_firms_rows_while_the_mandate_lasts() -> None:
    firm = Mandate("firm", "91X", "企", "firm", date(2026, 1, 1), date(2026, 12, 31))
    decision = ask(citizen(3, firm), "own")
    assert isinstance(decision, Allow)
    assert decision.rows == (RowFilter("firm", ("91X",)),)
    for ended in (
        replace(firm, valid_to=date(2026, 11, 22)),
        replace(firm, valid_from=date(2026, 11, 24)),
    ):
        assert reason(ask(citizen(3, ended), "own")) == "not_about_you"
    for lasting in (replace(firm, valid_from=TODAY), replace(firm, valid_to=TODAY)):
        assert ask(citizen(3, lasting), "own") == decision  # both days are of the mandate


@pytest.mark.parametrize("kind", ["child", "elder"])
def test_who_acts_for_a_person_sees_that_persons_rows(kind: Literal["child", "elder"]) -> None:
    decision = ask(citizen(3, Mandate(kind, "s1_child", "子", "child")), "own")
    assert isinstance(decision, Allow)
    assert decision.rows == (RowFilter("subject", ("s1_child",)),)
    about_firms = replace(POLICY, subject_key=None)
    nobody = ask(citizen(3, Mandate(kind, "s1_child", "子", "child")), "own", about_firms)
    assert reason(nobody) == "not_about_you"


def test_a_mandate_for_named_services_reads_for_these_alone() -> None:
    """The caller's own words name no service: the platform says for which it reads."""
    acting = citizen(3, Mandate("elder", "s1_mother", "母", "mother", items=frozenset({"a", "b"})))
    outcomes: list[str] = []
    for purpose in (
        Purpose("own"),
        Purpose("own", "BJ-000001", "a"),
        Purpose("own", services=frozenset({"c"})),
        Purpose("own", services=frozenset({"a", "c"})),
    ):
        decision = decide(acting, POLICY, purpose, now=NOW)
        assert isinstance(decision, Deny)
        outcomes.append(decision.reason.code)
    assert outcomes == ["mandate"] * 4
    for services in ({"a"}, {"a", "b"}):
        allowed = decide(acting, POLICY, Purpose("own", services=frozenset(services)), now=NOW)
        assert isinstance(allowed, Allow)
        assert allowed.rows == (RowFilter("subject", ("s1_mother",)),)


def test_who_acts_for_a_firm_sees_no_rows_of_a_dataset_that_is_about_none() -> None:
    firm = Mandate("firm", "91X", "企", "firm")
    assert reason(ask(citizen(3, firm), "own", replace(POLICY, firm_key=None))) == "not_about_you"


def test_a_citizen_without_a_pseudonym_has_no_own_rows() -> None:
    unknown = replace(citizen(3), subject=None)
    assert reason(ask(unknown, "own")) == "not_about_you"


def test_the_own_department_needs_a_case_for_what_is_sensitive() -> None:
    fields = shown(ask(official(OWN), "duty"))
    assert (fields["low"], fields["name"], fields["plain3"], fields["sick"]) == (
        "clear",
        "mask",
        "refused:case_needed",
        "refused:case_needed",
    )
    assert shown(ask(official(OWN), "case", case="N1", ground=OWN_GROUND))["sick"] == "clear"
    assert reason(ask(official(OWN), "case", ground=OWN_GROUND)) == "case_needed"


def test_another_department_needs_a_grant_and_gets_what_it_names() -> None:
    assert reason(ask(official(), "duty")) == "grant_needed"
    fields = shown(ask(official(), "duty", grants=(GRANT,)))
    assert fields == {
        "open": "refused:not_granted",
        "low": "clear",
        "name": "mask",
        "plain3": "refused:not_granted",
        "sick": "refused:case_needed",
        "subject": "refused:not_granted",
        "firm": "refused:not_granted",
    }
    found = shown(ask(official(), "case", case="N1", grants=(GRANT,), ground=GROUND))
    assert found["sick"] == "clear"


@pytest.mark.parametrize(
    "grant",
    [
        replace(GRANT, valid_to=date(2026, 11, 22)),
        replace(GRANT, valid_from=date(2026, 11, 24)),
        replace(GRANT, organisation=OWN),
        replace(GRANT, organisation="9" * 18),
        replace(GRANT, dataset="another"),
        replace(GRANT, dataset="e"),
    ],
)
def test_a_grant_that_does_not_hold_grants_nothing(grant: Grant) -> None:
    assert reason(ask(official(), "duty", grants=(grant,))) == "grant_needed"


def test_unconditional_sharing_never_includes_grade_four() -> None:
    every = (replace(GRANT, fields=EVERY),)
    fields = shown(ask(official(), "case", OPEN, case="N1", ground=GROUND, grants=every))
    assert (fields["plain3"], fields["sick"]) == ("clear", "refused:above_shared")


def test_refused_sharing_cites_its_own_law() -> None:
    policy = replace(POLICY, share_class="refused", share_basis=Text("某法第一条", "Law art. 1"))
    decision = ask(official(), "duty", policy, grants=(GRANT,))
    assert isinstance(decision, Deny)
    assert decision.reason.article.zh == "某法第一条"


@pytest.mark.parametrize(
    ("region", "rows"),
    [
        ("330000", RowFilter("county", ("33",), "starts_with")),
        ("330100", RowFilter("county", ("3301",), "starts_with")),
        ("330106", RowFilter("county", ("330106",))),
    ],
)
def test_rows_are_confined_to_the_positions_region(region: str, rows: RowFilter) -> None:
    decision = ask(official(OWN, region), "duty")
    assert isinstance(decision, Allow)
    assert decision.rows == (rows,)


def test_rights_end_with_the_position_and_an_auditor_reads_no_data() -> None:
    over = official(OWN, valid_to=date(2026, 11, 22))
    assert reason(ask(over, "duty")) == "no_position"
    assert reason(ask(official(OWN, duty="auditor"), "duty")) == "auditor"
    idle = Principal("official", "o", level=3, portal="official")
    assert reason(ask(idle, "duty")) == "no_position"


def test_a_citizen_may_not_claim_an_office() -> None:
    assert reason(ask(citizen(3), "duty")) == "purpose"
    assert reason(ask(citizen(3), "case", case="N1")) == "purpose"
    assert reason(ask(ANONYMOUS, "duty")) == "sign_in"


def test_a_pseudonym_is_never_open_whatever_its_grade() -> None:
    low = replace(OPEN, fields=(*OPEN.fields[:1], replace(OPEN.fields[5], grade="L1")))
    assert shown(ask(ANONYMOUS, "open", low)) == {
        "open": "clear",
        "subject": "refused:not_open_grade",
    }


def test_a_pseudonym_is_personal_to_whoever_oversees_whatever_its_grade_and_kind() -> None:
    key = FieldPolicy("who", T, "VARCHAR", "L1", pseudonym=True)
    about_nobody = replace(POLICY, subject_key=None, fields=(POLICY.fields[1], key))
    overseer = official(OWN, duty="chief_data_officer")
    assert shown(ask(overseer, "duty", about_nobody)) == {
        "low": "clear",
        "who": "refused:oversight",
    }
    assert shown(ask(official(OWN), "duty", about_nobody))["who"] == "rekey"


def test_recipients_differ_so_that_two_cannot_join_what_they_got() -> None:
    mine = ask(official(OWN), "duty")
    theirs = ask(official(), "duty", grants=(GRANT,))
    assert isinstance(mine, Allow)
    assert isinstance(theirs, Allow)
    assert mine.recipient != theirs.recipient


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"position": "another"}, "ground_unknown"),
        ({"position": "q"}, "ground_unknown"),
        ({"organisation": OWN}, "ground_unknown"),
        ({"organisation": "9" * 18}, "ground_unknown"),
        ({"closed": NOW}, "ground_unknown"),
        ({"opened": NOW + timedelta(minutes=1)}, "ground_unknown"),
        ({"kind": "emergency", "opened": NOW - timedelta(hours=72)}, "ground_unknown"),
        ({"opened_by": "o"}, "ground_own"),
        ({"origin": "hand", "opened_by": "x", "countersigned_by": "o"}, "ground_own"),
        ({"origin": "hand"}, "ground_unconfirmed"),
        ({"origin": "hand", "opened_by": "x", "countersigned_by": "x"}, "ground_unconfirmed"),
        ({"kind": "review_batch"}, "ground_unconfirmed"),
        ({"fields": frozenset()}, "ground_scope"),
    ],
)
def test_a_ground_opens_only_for_who_holds_it_while_it_is_open_and_confirmed(
    changed: dict[str, object], code: str
) -> None:
    ground = replace(GROUND, **changed)  # type: ignore[arg-type]  # named fields of it
    assert reason(ask(official(), "case", case="N1", grants=(GRANT,), ground=ground)) == code


@pytest.mark.parametrize(
    "changed",
    [
        {"closed": NOW + timedelta(minutes=1)},
        {"kind": "emergency", "opened": NOW - timedelta(hours=71)},
        {"origin": "hand", "opened_by": "x", "countersigned_by": "y"},
        {"kind": "review_batch", "countersigned_by": "y"},
        {"opened_by": "a"},
        {"opened_by": "z"},
    ],
)
def test_a_ground_that_holds_shows_the_rows_of_its_subjects_alone(
    changed: dict[str, object],
) -> None:
    ground = replace(GROUND, **changed)  # type: ignore[arg-type]  # named fields of it
    decision = ask(official(), "case", case="N1", grants=(GRANT,), ground=ground)
    assert isinstance(decision, Allow)
    assert decision.rows == (RowFilter("subject", ("s1_a", "s1_b")),)
    assert decision.ground == "N1"


def test_a_case_without_a_ground_is_none() -> None:
    for number in ("哈哈", ".", "\u200b", "N1"):
        assert reason(ask(official(OWN), "case", case=number)) in {"ground_unknown", "case_needed"}


def test_a_ground_opens_the_fields_of_its_item_and_no_other() -> None:
    ground = replace(OWN_GROUND, fields=frozenset({"low", "sick"}))
    fields = shown(ask(official(OWN), "case", case="N1", ground=ground))
    assert {name for name, how in fields.items() if how == "clear"} == {"low", "sick"}
    assert fields["name"] == fields["open"] == "refused:ground_scope"


def test_nothing_leaves_in_bulk_under_a_ground() -> None:
    decision = ask(official(OWN), "case", case="N1", ground=OWN_GROUND)
    assert isinstance(decision, Allow)
    refused = decision.bulk_refusal()
    assert refused is not None
    assert refused.code == "ground_no_bulk"


def test_a_dataset_about_nobody_gives_nothing_sensitive_under_a_ground() -> None:
    about_nobody = replace(POLICY, subject_key=None, firm_key=None)
    fields = shown(ask(official(OWN), "case", about_nobody, case="N1", ground=OWN_GROUND))
    assert fields["name"] == fields["sick"] == "refused:ground_no_key"
    assert fields["low"] == "clear"


def test_a_firms_rows_are_those_of_the_grounds_firms() -> None:
    firms = replace(POLICY, subject_key=None)
    ground = replace(
        OWN_GROUND, subjects=(*GROUND.subjects, Subject(3, "91X", "firm", "inspected"))
    )
    decision = ask(official(OWN), "case", firms, case="N1", ground=ground)
    assert isinstance(decision, Allow)
    assert decision.rows == (RowFilter("firm", ("91X",)),)
    persons = ask(official(OWN), "case", case="N1", ground=ground)
    assert isinstance(persons, Allow)
    assert persons.rows == (RowFilter("subject", ("s1_a", "s1_b")),)
    nobody = ask(official(OWN), "case", firms, case="N1", ground=OWN_GROUND)
    assert isinstance(nobody, Allow)
    assert nobody.rows == (RowFilter("firm", ()),)


def test_a_dataset_by_case_opens_for_one_subject_of_a_ground_at_a_time() -> None:
    by_case = replace(POLICY, rules=frozenset({"per_case"}))
    assert reason(ask(official(OWN), "duty", by_case)) == "per_case"
    both = ask(official(OWN), "case", by_case, case="N1", ground=OWN_GROUND)
    assert reason(both) == "one_subject"
    one = ask(official(OWN), "case", by_case, case="N1", ground=OWN_GROUND, subject=2)
    assert isinstance(one, Allow)
    assert one.rows == (RowFilter("subject", ("s1_b",)),)
    first = ask(official(OWN), "case", by_case, case="N1", ground=OWN_GROUND, subject=1)
    assert isinstance(first, Allow)
    assert first.rows == (RowFilter("subject", ("s1_a",)),)
    firms = replace(by_case, subject_key=None)
    nobody = ask(official(OWN), "case", firms, case="N1", ground=OWN_GROUND)
    assert isinstance(nobody, Allow)
    assert nobody.rows == (RowFilter("firm", ()),)
    stranger = ask(official(OWN), "case", by_case, case="N1", ground=OWN_GROUND, subject=3)
    assert reason(stranger) == "subject_unknown"


def test_a_dataset_without_bulk_is_read_by_pages_and_one_of_aggregates_not_at_all() -> None:
    no_bulk = ask(official(OWN), "duty", replace(POLICY, rules=frozenset({"no_bulk"})))
    assert isinstance(no_bulk, Allow)
    refused = no_bulk.bulk_refusal(("low",))
    assert refused is not None
    assert refused.code == "no_bulk"
    aggregates = replace(POLICY, rules=frozenset({"aggregate_only"}))
    assert reason(ask(official(OWN), "duty", aggregates)) == "aggregate_only"
    assert (
        reason(ask(official(OWN), "case", aggregates, case="N1", ground=OWN_GROUND))
        == "aggregate_only"
    )


def test_a_second_grant_adds_and_never_takes_away() -> None:
    longer = replace(GRANT, id="G2", fields=frozenset({"plain3", "low"}), valid_to=date.max)
    fields = shown(ask(official(), "duty", grants=(longer, GRANT)))
    assert fields["low"] == "clear"
    assert fields["name"] == "mask"
    assert fields["plain3"] == "refused:case_needed"
    strict = replace(longer, rules=frozenset({"no_bulk", "per_case"}))
    both = ask(official(), "duty", grants=(strict, GRANT))
    assert shown(both)["low"] == "clear"
    assert isinstance(both, Allow)
    assert both.bulk_refusal() is None


def test_a_grants_own_conditions_bind_what_it_alone_gives() -> None:
    by_case = ask(official(), "duty", grants=(replace(GRANT, rules=frozenset({"per_case"})),))
    assert shown(by_case)["low"] == "refused:per_case"
    no_bulk = ask(official(), "duty", grants=(replace(GRANT, rules=frozenset({"no_bulk"})),))
    assert isinstance(no_bulk, Allow)
    assert no_bulk.bulk_refusal(("low",)) is not None


def test_an_office_is_used_through_the_official_portal_at_level_two() -> None:
    elsewhere = replace(official(OWN), portal="citizen")
    assert reason(ask(elsewhere, "duty")) == "portal"
    assert reason(ask(replace(official(OWN), portal=None), "duty")) == "portal"
    for level in (0, 1):
        assert reason(ask(replace(official(OWN), level=level), "duty")) == "office_level"
    second = replace(official(OWN), level=2)
    assert shown(ask(second, "duty"))["name"] == "mask"
    fields = shown(ask(second, "case", case="N1", ground=OWN_GROUND))
    assert (fields["plain3"], fields["sick"]) == ("clear", "refused:real_name")


def test_a_machine_sees_nothing_sensitive_but_under_a_confirmed_ground() -> None:
    fields = shown(ask(machine(OWN), "duty"))
    assert fields["low"] == "clear"
    assert fields["name"] == fields["plain3"] == fields["sick"] == "refused:case_needed"
    held = replace(OWN_GROUND, position="system:m")
    assert reason(ask(machine(OWN), "case", case="N1", ground=held)) == "ground_unconfirmed"
    by_itself = replace(held, opened_by="m", countersigned_by="somebody")
    assert shown(ask(machine(OWN), "case", case="N1", ground=by_itself))["sick"] == "clear"
    confirmed = replace(held, countersigned_by="somebody")
    assert shown(ask(machine(OWN), "case", case="N1", ground=confirmed))["sick"] == "clear"


@pytest.mark.parametrize("duty", ["chief_data_officer", "leader", "sharing_head", "authority"])
def test_who_oversees_gets_aggregates_of_persons_alone(duty: Duty) -> None:
    assert reason(ask(official(OWN, duty=duty), "duty")) == "oversight"
    ground = replace(OWN_GROUND, position="p")
    overseer = official(OWN, duty=duty)
    assert reason(ask(overseer, "case", case="N1", ground=ground)) == "oversight"
    about_firms = replace(POLICY, subject_key=None)
    fields = shown(ask(official(OWN, duty=duty), "duty", about_firms))
    assert fields["low"] == "clear"
    assert fields["name"] == fields["subject"] == fields["sick"] == "refused:oversight"


def test_a_pipeline_reads_what_its_department_may_and_no_caller_can_state_that() -> None:
    assert shown(ask(machine(OWN), "internal"))["sick"] == "clear"
    every = (replace(GRANT, fields=EVERY),)
    assert shown(ask(machine(), "internal", OPEN, grants=every))["plain3"] == "clear"
    assert shown(ask(machine(), "internal", OPEN, grants=every))["sick"] == "refused:above_shared"
    assert shown(ask(machine(), "internal", OPEN))["plain3"] == "refused:registration_needed"
    assert reason(ask(machine(), "internal")) == "grant_needed"
