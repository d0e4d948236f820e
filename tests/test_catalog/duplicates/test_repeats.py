"""What several departments collect: pairs of fields of made-up contracts, each with the answer."""

from itertools import combinations
from typing import Any

import pytest

from tests.contracts import PSEUDONYM, Part, contract, field
from xihu_catalog.contracts.model import Contract
from xihu_catalog.duplicates.repeats import (
    close_pairs,
    collected_fields,
    find_repeats,
    subject_of,
)

ONE, OTHER = "91110000600037341L", "11330000002482015R"
PERSON: dict[str, Any] = {"grade": "L4", **PSEUDONYM, "subjectKey": True}


def persons(dataset: str, provider: str, *fields: Part) -> Contract:
    return contract(dataset, [field("id", key=True, **PERSON), *fields], provider=provider)


def titled(name: str, title: str, kind: str = "VARCHAR", **said: Any) -> Part:  # Any: words of ODCS
    return field(name, kind, businessName=title, grade="L3", **said)


@pytest.mark.parametrize(
    ("mine", "theirs", "evidence"),
    [
        (titled("mobile", "手机号码"), titled("phone", "手机号码"), "title"),
        (titled("mobile", "手机 号码"), titled("phone", "手机号码"), "title"),
        (titled("aa", "ＩＤ编号"), titled("bb", "ID编号"), "title"),
        (titled("home_address", "住址"), titled("home_address", "居住地址"), "name"),
        (titled("address", "住址"), titled("address", "居住地址"), None),
        (titled("kind", "类别"), titled("kind", "种类"), None),
        (titled("guardian_mobile", "监护人手机号码"), titled("mobile", "手机号码"), None),
        (titled("size", "家庭人口", "INTEGER"), titled("size", "家庭人口"), None),
        (titled("size", "家庭人口", "INTEGER"), titled("people", "家庭人口", "BIGINT"), "title"),
    ],
)
def test_two_fields_about_persons(mine: Part, theirs: Part, evidence: str | None) -> None:
    made = find_repeats([persons("a_one", ONE, mine), persons("b_two", OTHER, theirs)])
    assert [one.evidence for one in made] == ([(evidence,)] if evidence else [])


def test_one_department_repeats_nothing() -> None:
    same = titled("mobile", "手机号码")
    assert not find_repeats([persons("a_one", ONE, same), persons("a_two", ONE, same)])


def test_keys_regions_and_times_are_no_information() -> None:
    shared = [field("county", region=True), field("day", "DATE", time=True)]
    assert not find_repeats([persons("a_one", ONE, *shared), persons("b_two", OTHER, *shared)])


def test_other_subjects_are_other_information() -> None:
    same = titled("mobile", "手机号码")
    firm = contract(
        "b_two", [field("uscc", key=True, firmKey=True, identifier="uscc"), same], provider=OTHER
    )
    assert subject_of(firm) == "firm"
    assert not find_repeats([persons("a_one", ONE, same), firm])


def test_a_derived_dataset_collects_nothing() -> None:
    query = [{"property": "query", "value": "SELECT id, mobile FROM a_one"}]
    derived = {"server": "derived", "type": "custom", "customProperties": query}
    same = titled("mobile", "手机号码")
    made = contract(
        "b_two", [field("id", key=True, **PERSON), same], provider=OTHER, server=derived
    )
    assert made.source.query
    assert not find_repeats([persons("a_one", ONE, same), made])


def test_pairs_are_counted_by_hand() -> None:
    """Four departments with fields a to e by their letters: every pair and its common letters."""
    letters = {"d_one": "abcd", "d_two": "abc", "d_three": "cde", "d_four": "xyz"}
    providers = [ONE, OTHER, "11339900100120552F", "11339900100123294E"]
    made = [
        persons(name, provider, *(titled(f"f_{one}", f"信息{one}") for one in has))
        for (name, has), provider in zip(letters.items(), providers, strict=True)
    ]
    expected = {
        tuple(sorted((one, other))): (len(common), min(len(letters[one]), len(letters[other])))
        for one, other in combinations(letters, 2)
        if len(common := set(letters[one]) & set(letters[other])) > 1
    }
    pairs = close_pairs(find_repeats(made), collected_fields(made))
    found = {(p.one.dataset, p.other.dataset): (len(p.repeats), p.fields) for p in pairs}
    assert found == expected


def test_what_chains_by_title_and_name_is_one_information_of_all() -> None:
    made = find_repeats(
        [
            persons("a_one", ONE, titled("home_address", "住址")),
            persons("b_two", OTHER, titled("home_address", "居住地址")),
            persons("c_three", "11339900100120552F", titled("addr", "居住地址")),
        ]
    )
    (only,) = made
    assert only.evidence == ("title", "name")
    assert [one.key for one in only.fields] == [
        ("b_two", "home_address"),
        ("c_three", "addr"),
        ("a_one", "home_address"),
    ]
