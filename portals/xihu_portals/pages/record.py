"""Which record a request for correction is about: by the parts of its key that name nobody."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import date

from sqlalchemy import select

from xihu_catalog.contracts.model import Contract, Field, policy_of
from xihu_platform.access.decision import Allow
from xihu_platform.access.disputed import CorrectionMarkRow, is_of_key
from xihu_platform.access.grounds import CORRECTION, GroundRow, is_open
from xihu_platform.access.policy import Purpose
from xihu_platform.access.row_keys import RowKey
from xihu_platform.database import transaction
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.pages import matter_view, values
from xihu_portals.pages.grounds import ground_href
from xihu_portals.pages.matter_view import ShownValue
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web import formats
from xihu_portals.web.parts import Cell, Link, Period, Words

LOOK = Text("查看这条记录", "Look at this record")


def record_named(contract: Contract, key: RowKey, clear: Collection[str]) -> tuple[ShownValue, ...]:
    """Title and value of each field of the key that the reader may see as it is."""
    return tuple(_parts(contract, key, clear))


def _parts(contract: Contract, key: RowKey, clear: Collection[str]) -> Iterator[ShownValue]:
    for name, text in zip(contract.key, key, strict=False):
        field = contract.field(name)
        if field is None or name not in clear or field.protect == "pseudonym" or field.vault:
            continue
        title = field.title
        yield ShownValue(Text(title.zh, title.en), _words(values.value(field, _raw(field, text))))


def _raw(field: Field, text: str) -> object:
    if field.type == "DATE":
        with suppress(ValueError):
            return date.fromisoformat(text)
    return text


def _words(shown: Cell) -> Words:
    if isinstance(shown, Period):
        return Text(formats.period(shown, "zh"), formats.period(shown, "en"))
    if isinstance(shown, date):
        return Text(formats.day(shown, "zh"), formats.day(shown, "en"))
    return shown if isinstance(shown, Text) else str(shown)


def record_of(visitor: Visitor, view: MatterView) -> tuple[ShownValue, ...]:
    """The record of a matter, for the side that asked and the one that verifies: what of its key
    the asker was shown as it is, to others as far as it is open to them without a ground or names
    nobody (a month, say). Its authority alone sees none of it."""
    contract = visitor.services.catalogue.contracts.find(view.about or "")
    position = visitor.principal.position
    sides = {*view.keys("reporter"), *view.keys("source")}
    if contract is None or (position is not None and position.organisation not in sides):
        return ()
    query = select(CorrectionMarkRow).where(CorrectionMarkRow.matter == view.id)
    with transaction(visitor.services.node.database) as session:
        mark = session.scalars(query.limit(1)).first()
    if mark is None or not is_of_key(mark.key, mark.key_fields, policy_of(contract)):
        return ()
    return record_named(contract, tuple(mark.key), _clear(visitor, contract, mark.clear or ()))


def said_at_opening(
    visitor: Visitor, view: MatterView, texts: dict[str, str]
) -> tuple[ShownValue, ...]:
    """What the side that opened a matter said in its form, and the record that it is about."""
    asked = view.definition.opening.takes
    facts = {name: value for name, value in view.facts.items() if name in asked}
    said = {name: text for name, text in texts.items() if name in asked}
    return (*record_of(visitor, view), *matter_view.said_of(visitor, view, facts, said))


def _clear(visitor: Visitor, contract: Contract, told: Collection[str]) -> frozenset[str]:
    """What the visitor sees as it is. `told`: what the asker was shown so."""
    if visitor.principal.position is None:
        return frozenset(told)
    names_nobody = {
        one.name
        for one in contract.fields
        if one.grade in {"L1", "L2"} and not (one.identifier or one.subject_key or one.firm_key)
    }
    decision = visitor.services.gateway.decide(visitor.principal, contract.dataset, Purpose("duty"))
    visible = decision.visible if isinstance(decision, Allow) else ()
    return frozenset(names_nobody & {*told}) | {
        one.name for one in visible if one.treatment == "clear"
    }


def look_at(visitor: Visitor, view: MatterView) -> Link | None:
    """Where whoever took a request for correction up looks at the records of whom it is about."""
    position = visitor.principal.position
    with transaction(visitor.services.node.database) as session:
        ground = session.get(GroundRow, view.number)
    if ground is None or ground.kind != CORRECTION or view.about is None:
        return None
    now = visitor.frame.now
    if position is None or not is_open(ground, now) or ground.position != position.id:
        return None
    return Link(LOOK, f"{ground_href(view.number)}?dataset={view.about}&subject=1#lookup")
