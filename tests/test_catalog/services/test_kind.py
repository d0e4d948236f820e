"""An item becomes a kind of matters: every one can be used, and its clocks are the law's."""

from hashlib import sha256

import pytest
import yaml
from pydantic import ValidationError

from tests.test_catalog.services.items import BUNDLE, WAYS, item
from xihu_catalog.registry.matters import named_duties, parse_definition
from xihu_catalog.services.kind import COMPILED, EFFECTS, GUARDS, document_of, documents_of
from xihu_catalog.services.limits import check_of, decision_of, duties_of
from xihu_platform.matters.definition import Definition, Known, faults


def definition(way: str) -> Definition:
    return parse_definition(yaml.safe_dump(document_of(item(**WAYS[way])), allow_unicode=True))


@pytest.mark.parametrize("way", WAYS)
def test_each_way_is_a_kind_that_can_be_used(way: str) -> None:
    named = named_duties() | duties_of(item(**WAYS[way]))
    known = Known(
        duties={name: [p.id for p in d.pauses] for name, d in named.items()},
        guards=GUARDS,
        effects=EFFECTS,
        extensible=[name for name, d in named.items() if d.extension],
    )
    assert faults(definition(way), known) == []


def test_silence_accepts_a_licence_and_nothing_else() -> None:
    deemed = {way for way in WAYS if "deem_accepted" in definition(way).events}
    assert deemed == {"licensing"}
    event = definition("licensing").events["deem_accepted"]
    assert (event.statute, event.from_start, event.lapse) == ("32", True, check_of(item()))


def test_papers_are_asked_for_once_and_whoever_reviews_does_not_decide() -> None:
    for way in WAYS:
        assert definition(way).events["ask_completion"].once, way
    two = definition("benefit")
    assert two.events["grant"].actor.apart_from == ("review",)
    assert two.events["refuse"].needs == {"reason", "article"}
    assert "review" not in definition("plain").events


def test_a_promise_binds_and_can_be_extended_to_the_law_s_own_end() -> None:
    law, promised = (duties_of(one)[decision_of(one)] for one in (item(), item(promise=8)))
    assert (law.value, law.extension) == (20, 10)
    assert (promised.value, promised.extension) == (8, 22)
    with pytest.raises(ValidationError, match="not longer"):
        item(promise=21)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"way": "plain"}, "licensing alone"),
        ({"type": "05"}, "licensing alone"),
        ({"fee_cny": "10.00"}, "a fee has a basis"),
        ({"counter": None}, "counter"),
        ({"materials": [{"id": "x"}]}, "name"),
    ],
)
def test_an_item_at_fault_is_refused(more: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        item(**more)


DIGESTS = {1: "42a1eb0af5d4a4bf"}
"""Of what the items of `WAYS` are compiled into, by `COMPILED`."""


def test_what_items_are_compiled_into_does_not_change_under_a_version_in_force() -> None:
    """Open cases have the number: whoever changes the compiler raises it and adds its digest."""
    made = "".join(documents_of(item(**more) for more in (*WAYS.values(), BUNDLE)).values())
    assert DIGESTS[COMPILED] == sha256(made.encode()).hexdigest()[:16]


def test_the_system_of_an_item_is_no_part_of_its_kind() -> None:
    """A version in force may be given a system, and it may be taken away: no case changes."""
    assert document_of(item(system="dept-sg")) == document_of(item())
