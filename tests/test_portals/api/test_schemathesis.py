"""Schemathesis asks every operation of the OpenAPI document, signed in as each of the cast."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING

import pytest

from tests.casing import handed_in
from tests.province import Province, make_province
from xihu_catalog.registry.people import content

if TYPE_CHECKING:
    from tests.test_portals.api.asked_by import Run

pytestmark = [pytest.mark.harness, pytest.mark.timeout(600)]


def cast() -> tuple[str, ...]:
    """Nobody, a department's system, everybody with a card, and of the others, who are many, one
    for each set of duties."""
    people = content().people
    cards = [one.username for one in people if one.card_zh]
    alike = {
        tuple(sorted(duty for position in one.positions for duty in position.duties)): one.username
        for one in people
        if not one.card_zh
    }
    return ("", "dept-yb", *cards, *alike.values())


CAST = cast()
ANSWERED = 0.9
"""Share of the operations that must have been answered 2xx by somebody."""
RunOf = Callable[[str], "Run"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """A province for this module: what is asked here pushes records."""
    for province in make_province(tmp_path_factory.mktemp("asked")):
        handed_in(province, "care_elsewhere")  # a case of the system that asks
        yield province


@pytest.fixture(scope="module")
def run_of(own: Province) -> RunOf:
    """One run for each of the cast, made when it is first asked for."""
    from tests.test_portals.api.asked_by import run

    return cache(partial(run, own))


@pytest.mark.parametrize("who", CAST)
def test_nothing_is_found(run_of: RunOf, who: str) -> None:
    made = run_of(who)
    assert made.asked.total() > 500
    assert not made.found, "\n\n".join(made.found[:5])


def test_nearly_every_operation_was_answered(run_of: RunOf) -> None:
    made = [run_of(who) for who in CAST]
    operations = {operation for one in made for operation, _ in one.asked}
    answered = set[str]().union(*(one.answered for one in made))
    assert len(operations) == 62
    assert len(answered) >= ANSWERED * len(operations), operations - answered


def test_a_document_that_is_wrong_is_found_out(own: Province) -> None:
    from tests.test_portals.api.asked_by import document_for, run

    wrong = document_for(own, "")
    asked = wrong["paths"]["/api/v1/brain/metrics"]
    wrong["paths"] = {"/api/v1/brain/metrics": asked}
    del asked["get"]["responses"]["422"]
    wrong["components"]["schemas"]["Metric"]["properties"]["owner"] = {"type": "integer"}
    found = run(own, "", wrong).found
    assert [one for one in found if "Response violates schema" in one]
    assert [one for one in found if "Undocumented status code" in one]
