"""A contract that may open more than the one in force is told from one that only narrows it."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from tests.contracts import document, field
from tests.test_platform.access.test_decision import GROUND, NOW, OTHER, citizen, machine, official
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.model import Contract, Field, policy_of
from xihu_catalog.contracts.wider import opens_more, same_digest
from xihu_platform.access.decision import Allow, FieldDecision, RowFilter, decide
from xihu_platform.access.grounds import Ground
from xihu_platform.access.policy import GRADES, Grant, Identifier, Purpose, ShareRule
from xihu_platform.identity.principal import ANONYMOUS, Principal

BASE = parse_contract(
    document("one_set", [field("id", key=True), field("county"), field("item")]), "d.odcs.yaml"
)
KEY, COUNTY, ITEM = BASE.fields
IDENTIFIERS: tuple[Identifier | None, ...] = (None, "person_name", "citizen_id")
RULES: tuple[frozenset[ShareRule], ...] = (
    *(frozenset(), frozenset[ShareRule]({"per_case"}), frozenset[ShareRule]({"no_bulk"})),
    frozenset[ShareRule]({"aggregate_only"}),
)


def contract(item: Field | None, **more: object) -> Contract:
    fields = (KEY, replace(COUNTY, region=True), *((item,) if item else ()))
    return replace(BASE, fields=fields, **more)  # type: ignore[arg-type]  # attributes of one


def items() -> Iterator[Field | None]:
    yield None
    for grade, identifier, protect in product(GRADES, IDENTIFIERS, (None, "pseudonym", "mask")):
        yield replace(ITEM, grade=grade, identifier=identifier, protect=protect)  # type: ignore[arg-type]  # one of them


def every_contract(*, subject: bool) -> list[Contract]:
    """`subject`: rows are about persons."""
    shares, opens = ("unconditional", "conditional", "refused"), ("unconditional", "restricted")
    made = [
        contract(item, share_class=share, open_class=opened, share_rules=rules)
        for item, share, opened, rules in product(items(), shares, opens, RULES)
    ]
    key = replace(KEY, subject_key=subject)
    return [replace(one, fields=(key, *one.fields[1:])) for one in made]


PEOPLE: tuple[Principal, ...] = (
    *(ANONYMOUS, citizen(3), machine(), official(), official(region="330106")),
    *(official(duty="leader"), official(BASE.provider), official(BASE.provider, duty="leader")),
)
NAMES = frozenset({"id", "county", "item"})
GRANT = Grant("G1", BASE.dataset, OTHER, NAMES, BASE.title, NOW.date(), NOW.date())
GRANTS = ((), (GRANT,), (replace(GRANT, rules=frozenset[ShareRule]({"per_case"})),))
GROUNDS: tuple[Ground, ...] = (replace(GROUND, fields=NAMES),)
PURPOSES = (Purpose("open"), Purpose("own"), Purpose("duty"), Purpose("case", "N1"))
STRENGTH = {"clear": 2, "rekey": 1, "mask": 1}
Read = tuple[str, str, bool, tuple[RowFilter, ...]]
"""A field, how it is shown, whether it can be downloaded, and of which rows."""


def reads(one: Contract) -> list[frozenset[Read]]:
    """For each person under each set of grants: all that they can be shown, whatever they state."""
    policy = policy_of(one)
    found = []
    for who, grants in product(PEOPLE, GRANTS):
        shown: set[Read] = set()
        for purpose in PURPOSES:
            decided = decide(who, policy, purpose, now=NOW, grants=grants, ground=GROUNDS[0])
            if isinstance(decided, Allow):
                shown |= {_read(each, decided.rows) for each in decided.visible}
        found.append(frozenset(shown))
    return found


def _read(one: FieldDecision, rows: tuple[RowFilter, ...]) -> Read:
    return one.name, one.treatment or "", one.bulk is None, rows


def is_covered(read: Read, known: frozenset[Read]) -> bool:
    """Whether what is shown was shown before: as clearly, of these rows, with a download."""
    name, treatment, bulk, rows = read
    return any(
        name == other[0]
        and (treatment == other[1] or STRENGTH[treatment] < STRENGTH[other[1]])
        and bulk <= other[2]
        and (rows == other[3] or not other[3])
        for other in known
    )


@pytest.mark.parametrize("subject", [True, False])
def test_nobody_is_shown_more_by_a_contract_that_is_in_force_at_once(subject: bool) -> None:
    every = every_contract(subject=subject)
    shown = {id(one): reads(one) for one in every}
    chosen = random.Random(809)
    pairs = [chosen.sample(every, 2) for _ in range(40_000)]
    at_once = [(old, new) for old, new in pairs if not opens_more(old, new)]
    assert len(at_once) > 500
    for old, new in at_once:
        for before, after in zip(shown[id(old)], shown[id(new)], strict=True):
            for read in after - before:
                assert is_covered(read, before), (read, old, new)


def test_the_brute_force_sees_what_is_opened() -> None:
    """Among contracts that wait there are many that show somebody more."""
    every = every_contract(subject=True)
    chosen = random.Random(809)
    pairs = [chosen.sample(every, 2) for _ in range(300)]
    wider = 0
    for old, new in pairs:
        found = zip(reads(old), reads(new), strict=True)
        wider += any(not is_covered(one, was) for was, now in found for one in now)
    assert wider > 100


L2, L3 = replace(ITEM, grade="L2"), replace(ITEM, grade="L3")
CHANGES = {
    "nothing": (contract(L2), contract(L2), False),
    "another name, so another thing": (
        contract(L2),
        contract(replace(L2, title=BASE.title)),
        True,
    ),
    "a rule of quality": (contract(L2), contract(replace(L2, required=True)), False),
    "a column of the file": (contract(L2), contract(replace(L2, source_column="x")), False),
    "a field less": (contract(L2), contract(None), False),
    "a field more": (contract(None), contract(L2), True),
    "a higher grade": (contract(L2), contract(L3), False),
    "a lower grade": (contract(L3), contract(L2), True),
    "a pseudonym": (contract(L2), contract(replace(L2, protect="pseudonym")), False),
    "no pseudonym": (contract(replace(L2, protect="pseudonym")), contract(L2), True),
    "a mask for a refusal": (
        contract(L3),
        contract(replace(L3, identifier="person_name")),
        True,
    ),
    "opened": (
        contract(L2, open_class="restricted"),
        contract(L2, open_class="unconditional"),
        True,
    ),
    "closed": (contract(L2, open_class="unconditional"), contract(L2, open_class="banned"), False),
    "shared with all": (
        contract(L2, share_class="conditional"),
        contract(L2, share_class="unconditional"),
        True,
    ),
    "shared with none": (
        contract(L2, share_class="conditional"),
        contract(L2, share_class="refused"),
        False,
    ),
    "L4 on conditions": (
        contract(replace(ITEM, grade="L4"), share_class="unconditional"),
        contract(replace(ITEM, grade="L4"), share_class="conditional"),
        True,
    ),
    "a condition more": (contract(L2), contract(L2, share_rules=RULES[1]), False),
    "a condition less": (contract(L2, share_rules=RULES[1]), contract(L2), True),
    "consent": (contract(L2), contract(L2, standing_consent=True), True),
    "another's rows": (contract(L2), contract(replace(L2, subject_key=True)), True),
    "another department": (contract(L2), contract(L2, provider="113399001001000094"), True),
    "other inputs": (
        contract(L2),
        contract(L2, source=replace(BASE.source, query="SELECT 1")),
        True,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_by_itself(change: str) -> None:
    old, new, waits = CHANGES[change]
    assert opens_more(old, new) is waits


def test_two_files_that_say_the_same_have_one_digest() -> None:
    content = document("one_set", [field("id", key=True)])
    assert same_digest(content) == same_digest(b"# a remark\n" + content + b"\n\n")
    assert same_digest(content) != same_digest(
        document("one_set", [field("id", key=True, grade="L2")])
    )
