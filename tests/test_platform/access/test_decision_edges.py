"""The decision at its edges: the value that a rule names decides, and no neighbour of it."""

from dataclasses import replace
from typing import get_args

import pytest

from tests.test_platform.access.test_decision import (
    GRANT,
    GROUND,
    OPEN,
    OTHER,
    OWN,
    OWN_GROUND,
    POLICY,
    ask,
    field,
    official,
    reason,
    shown,
)
from xihu_platform.access.decision import PERSONAL, Allow, Decision, RowFilter
from xihu_platform.access.grounds import Subject
from xihu_platform.access.policy import Grade, Identifier, OpenClass, ShareRule


@pytest.mark.parametrize(
    ("opened", "grades", "confined"),
    [
        ("unconditional", ("L1", "L1"), False),
        ("unconditional", ("L1", "L2"), True),
        ("restricted", ("L1", "L1"), True),
        ("banned", ("L1", "L1"), True),
    ],
)
def test_only_what_is_open_to_everyone_as_a_whole_is_not_confined(
    opened: OpenClass, grades: tuple[Grade, Grade], confined: bool
) -> None:
    fields = tuple(field(f"f{n}", grade) for n, grade in enumerate(grades))
    policy = replace(POLICY, open_class=opened, fields=fields, subject_key=None)
    decision = ask(official(OWN, "330106"), "duty", policy)
    assert isinstance(decision, Allow)
    assert bool(decision.rows) == confined


def test_a_department_before_the_provider_in_the_list_of_codes_is_not_the_provider() -> None:
    assert OWN < OTHER
    assert reason(ask(official(OWN), "duty", replace(POLICY, provider=OTHER))) == "grant_needed"


def test_a_decision_gives_the_field_decision_of_the_field_that_is_named() -> None:
    decision = ask(official(OWN), "duty")
    assert isinstance(decision, Allow)
    for name in shown(decision):
        decided = decision.field_decision(fresh(name))
        assert decided is not None
        assert decided.name == name
    assert decision.field_decision("zz") is None


def fresh(text: str) -> str:
    """An equal text that is another object, as texts from a database are."""
    return text.encode().decode()


def test_names_are_compared_by_their_letters() -> None:
    ground = replace(
        GROUND,
        position=fresh("pp"),
        organisation=fresh(OTHER),
        opened_by=fresh("oo"),
        subjects=tuple(replace(s, kind=fresh(s.kind)) for s in GROUND.subjects),  # type: ignore[arg-type]
    )
    grant = replace(GRANT, dataset=fresh("dd"), organisation=fresh(OTHER))
    policy = replace(POLICY, dataset="dd")
    position = official().position
    assert position is not None
    who = replace(official(), id="oo", position=replace(position, id="pp"))
    own = ask(who, "case", policy, case="N1", grants=(grant,), ground=ground)
    assert reason(own) == "ground_own"
    ground = replace(ground, opened_by="service:item")
    decision = ask(who, "case", policy, case="N1", grants=(grant,), ground=ground)
    assert isinstance(decision, Allow)
    assert decision.rows == (RowFilter("subject", ("s1_a", "s1_b")),)
    provider = official(fresh(OWN))
    assert shown(ask(provider, "duty"))["name"] == "mask"


def test_a_subject_is_chosen_by_its_number_however_great() -> None:
    number = int("1000")
    ground = replace(OWN_GROUND, subjects=(Subject(number, "s1_a", "person", "applicant"),))
    decision = ask(official(OWN), "case", case="N1", ground=ground, subject=int("1000"))
    assert isinstance(decision, Allow)
    assert decision.rows == (RowFilter("subject", ("s1_a",)),)


@pytest.mark.parametrize("kind", sorted(PERSONAL))
def test_whatever_identifies_a_person_is_hidden_from_who_oversees(kind: str) -> None:
    about_nobody = replace(POLICY, subject_key=None, fields=(field("x", "L1", kind),))
    overseer = official(OWN, duty="leader")
    assert shown(ask(overseer, "duty", about_nobody)) == {"x": "refused:oversight"}


def test_what_identifies_a_person_is_every_kind_but_the_code_of_a_firm() -> None:
    assert set(get_args(Identifier)) - PERSONAL == {"uscc"}


def test_a_dataset_about_nobody_is_confined_to_the_region_under_a_ground() -> None:
    about_nobody = replace(POLICY, subject_key=None, firm_key=None)
    decision = ask(official(OWN, "330106"), "case", about_nobody, case="N1", ground=OWN_GROUND)
    assert isinstance(decision, Allow)
    assert decision.rows == (RowFilter("county", ("330106",)),)


def test_a_dataset_without_a_region_is_confined_to_none() -> None:
    decision = ask(official(OWN, "330106"), "duty", replace(POLICY, region_field=None))
    assert isinstance(decision, Allow)
    assert decision.rows == ()


def test_a_grants_conditions_do_not_bind_what_is_open_to_everybody() -> None:
    names = frozenset({"open", "low"})
    strict = replace(GRANT, fields=names, rules=frozenset({"per_case", "no_bulk"}))
    decision = ask(official(), "duty", OPEN, grants=(strict,))
    assert isinstance(decision, Allow)
    assert shown(decision)["open"] == "clear"
    assert shown(decision)["low"] == "refused:per_case"
    assert decision.bulk_refusal(("open",)) is None


@pytest.mark.parametrize("one", get_args(ShareRule))
@pytest.mark.parametrize("other", get_args(ShareRule))
def test_two_consents_on_conditions_never_come_to_one_without(
    one: ShareRule, other: ShareRule
) -> None:
    """A field opens as far as one of them alone opens it."""
    grants = [replace(GRANT, id=rule, rules=frozenset({rule})) for rule in (one, other)]
    alone = [ask(official(), "duty", grants=(grant,)) for grant in grants]
    both = ask(official(), "duty", grants=tuple(grants))

    def seen(decision: Decision) -> tuple[bool, bool]:
        found = decision.field_decision("low") if isinstance(decision, Allow) else None
        opened = found is not None and found.treatment is not None
        return opened, opened and found is not None and found.bulk is None

    assert seen(both) == tuple(max(pair) for pair in zip(*map(seen, alone), strict=True))


def test_a_second_consent_does_not_take_the_first_away_under_a_ground() -> None:
    free = replace(GRANT, fields=frozenset({"low"}))
    strict = replace(GRANT, id="G2", fields=frozenset({"plain3"}), rules=frozenset({"per_case"}))
    decision = ask(official(), "case", case="N1", ground=GROUND, grants=(free, strict))
    assert shown(decision)["low"] == "clear"
    assert shown(decision)["plain3"] == "refused:one_subject"


def test_one_subject_at_a_time_needs_a_key_of_the_subject() -> None:
    nobodys = replace(POLICY, subject_key=None, firm_key=None, rules=frozenset({"per_case"}))
    decision = ask(official(), "case", nobodys, case="N1", ground=GROUND, grants=(GRANT,))
    assert reason(decision) == "ground_no_key"


def test_what_is_open_is_read_on_the_page_under_a_ground_too() -> None:
    """No download rests on a ground; the same rows are had as open data."""
    decision = ask(official(), "case", OPEN, case="N1", ground=GROUND)
    assert isinstance(decision, Allow)
    assert shown(decision)["open"] == "clear"
    refused = decision.bulk_refusal(("open",))
    assert refused is not None and refused.code == "ground_no_bulk"
