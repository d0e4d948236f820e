"""Regions by their codes, beside what the registry's own table of divisions says."""

import pytest

from xihu_catalog.registry.codes import divisions
from xihu_platform.errors import BadInput
from xihu_platform.regions import Region, parse_region


def test_level_and_parent_are_those_of_the_registry() -> None:
    for code, known in divisions().items():
        region = Region(code)
        assert region.level == known.level
        assert (region.parent.code if region.parent else None) == known.parent


def test_a_region_contains_what_the_registry_puts_below_it() -> None:
    def above(code: str) -> set[str]:
        parent = divisions()[code].parent
        return {code} | (above(parent) if parent else set())

    for code in divisions():
        inside = {other for other in divisions() if Region(other).contains(code)}
        assert inside == above(code)
        assert all(Region(code).at(Region(o).level).code == o for o in inside)


def test_townships_and_villages_lie_in_their_county() -> None:
    village = Region("330106001002")
    chain = [village]
    while (parent := chain[-1].parent) is not None:
        chain.append(parent)
    assert [region.level for region in chain] == [
        *("village", "township", "county", "city", "province"),
    ]
    assert all(region.contains(village.code) for region in chain)


def test_a_code_that_a_caller_names_has_six_digits() -> None:
    assert parse_region("330106") == Region("330106")
    for code in ("33010", "3301066", "33010a", "", "３３０１０６"):
        with pytest.raises(BadInput, match="six digits"):
            parse_region(code)
    with pytest.raises(BadInput) as caught:
        parse_region("9" * 30)
    for words in (caught.value.text.zh, caught.value.text.en):
        assert f"“{'9' * 20}”" in words
