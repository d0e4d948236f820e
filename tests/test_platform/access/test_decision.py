"""The decision as a pure function, cell by cell of the table in its docstring."""

from dataclasses import replace
from datetime import date

import pytest

from xihu_platform.access.decision import Allow, Decision, Deny, RowFilter, decide
from xihu_platform.access.policy import FieldPolicy, Grant, Policy, Purpose, PurposeCode
from xihu_platform.identity.principal import ANONYMOUS, Behalf, Duty, Position, Principal
from xihu_platform.words import Text

TODAY = date(2026, 11, 23)
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
    return Principal(kind="official", id="o", level=3, position=position)


def citizen(level: int, behalf: Behalf | None = None) -> Principal:
    return Principal(kind="citizen", id="c", level=level, subject="s1_me", behalf=behalf)


def ask(
    who: Principal,
    purpose: PurposeCode,
    policy: Policy = POLICY,
    *,
    case: str | None = None,
    grant: Grant | None = None,
) -> Decision:
    return decide(who, policy, Purpose(purpose, case), grant=grant, today=TODAY)


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
    assert decision.rows == (RowFilter("subject", "s1_me", "equals"),)
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
    fields = shown(ask(citizen(2), "own"))
    assert (fields["name"], fields["plain3"], fields["sick"]) == (
        "mask",
        "refused:real_name",
        "refused:real_name",
    )


def test_level_one_and_strangers_have_no_own_rows() -> None:
    assert reason(ask(citizen(1), "own")) == "real_name"
    assert reason(ask(ANONYMOUS, "own")) == "sign_in"
    assert reason(ask(official(), "own")) == "purpose"


def test_a_firms_handler_sees_the_firms_rows_while_the_mandate_lasts() -> None:
    firm = Behalf("firm", "91X", "企", "firm", date(2026, 1, 1), date(2026, 12, 31))
    decision = ask(citizen(3, firm), "own")
    assert isinstance(decision, Allow)
    assert decision.rows == (RowFilter("firm", "91X", "equals"),)
    ended = replace(firm, valid_to=date(2026, 11, 22))
    assert reason(ask(citizen(3, ended), "own")) == "not_about_you"


def test_the_own_department_needs_a_case_for_what_is_sensitive() -> None:
    fields = shown(ask(official(OWN), "duty"))
    assert (fields["low"], fields["name"], fields["plain3"], fields["sick"]) == (
        "clear",
        "mask",
        "refused:case_needed",
        "refused:case_needed",
    )
    assert shown(ask(official(OWN), "case", case="N1"))["sick"] == "clear"
    assert reason(ask(official(OWN), "case")) == "case_needed"


def test_another_department_needs_a_grant_and_gets_what_it_names() -> None:
    assert reason(ask(official(), "duty")) == "grant_needed"
    fields = shown(ask(official(), "duty", grant=GRANT))
    assert fields == {
        "open": "refused:not_granted",
        "low": "clear",
        "name": "mask",
        "plain3": "refused:not_granted",
        "sick": "refused:case_needed",
        "subject": "refused:not_granted",
        "firm": "refused:not_granted",
    }
    assert shown(ask(official(), "case", case="N1", grant=GRANT))["sick"] == "clear"


@pytest.mark.parametrize(
    "grant",
    [
        replace(GRANT, valid_to=date(2026, 11, 22)),
        replace(GRANT, organisation=OWN),
        replace(GRANT, dataset="another"),
    ],
)
def test_a_grant_that_does_not_hold_grants_nothing(grant: Grant) -> None:
    assert reason(ask(official(), "duty", grant=grant)) == "grant_needed"


def test_unconditional_sharing_never_includes_grade_four() -> None:
    fields = shown(ask(official(), "case", OPEN, case="N1"))
    assert (fields["plain3"], fields["sick"]) == ("clear", "refused:above_shared")


def test_refused_sharing_cites_its_own_law() -> None:
    policy = replace(POLICY, share_class="refused", share_basis=Text("某法第一条", "Law art. 1"))
    decision = ask(official(), "duty", policy, grant=GRANT)
    assert isinstance(decision, Deny)
    assert decision.reason.article.zh == "某法第一条"


@pytest.mark.parametrize(
    ("region", "rows"),
    [
        ("330000", RowFilter("county", "33", "starts_with")),
        ("330100", RowFilter("county", "3301", "starts_with")),
        ("330106", RowFilter("county", "330106", "equals")),
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
    assert reason(ask(Principal("official", "o"), "duty")) == "no_position"


def test_a_citizen_may_not_claim_an_office() -> None:
    assert reason(ask(citizen(3), "duty")) == "purpose"
    assert reason(ask(citizen(3), "case", case="N1")) == "purpose"
    assert reason(ask(ANONYMOUS, "duty")) == "sign_in"


def test_recipients_differ_so_that_two_cannot_join_what_they_got() -> None:
    mine = ask(official(OWN), "duty")
    theirs = ask(official(), "duty", grant=GRANT)
    assert isinstance(mine, Allow)
    assert isinstance(theirs, Allow)
    assert mine.recipient != theirs.recipient
