"""Puts the registry's service items in force: their kinds, their periods, what a case opens."""

from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from xihu_catalog.contracts.errors import Finding
from xihu_catalog.registry.matters import known_acts, named_duties, parse_definition
from xihu_catalog.registry.reading import BadRegistry
from xihu_catalog.services.cases import CaseActs
from xihu_catalog.services.items import item_versions
from xihu_catalog.services.kind import EFFECTS, GUARDS, documents_of, kind_of
from xihu_catalog.services.limits import duties_of
from xihu_catalog.services.prefill import opens
from xihu_platform.access.grounds import GroundItemRow
from xihu_platform.database import transaction
from xihu_platform.matters.acts import ActFunctions
from xihu_platform.matters.definition import Known, faults
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.statute.duty import Duty
from xihu_platform.words import Text


def all_duties() -> dict[str, Duty]:
    """The duties of every rule set and of every version of every item, by `rule_set/id`."""
    found = named_duties()
    for one in item_versions().values():
        found |= duties_of(one)
    return found


def service_documents() -> dict[str, str]:
    """The kinds of all items, as files of the registry would say them. Raises BadRegistry for an
    item whose cases could not be handled."""
    documents = documents_of(item_versions().values())
    known, duties = known_acts(GUARDS, EFFECTS, ()), all_duties()
    known = Known(
        duties={name: [one.id for one in duty.pauses] for name, duty in duties.items()},
        guards=known.guards,
        effects=known.effects,
        extensible=[name for name, duty in duties.items() if duty.extension],
    )
    findings = [
        Finding(
            file,
            1,
            Text(f"{fault.place}：{fault.text.zh}", f"{fault.place}: {fault.text.en}"),
        )
        for file, text in documents.items()
        for fault in faults(parse_definition(text), known)
    ]
    if findings:
        raise BadRegistry(findings)
    return documents


def service_acts(texts: MatterTexts) -> ActFunctions:
    return CaseActs(item_versions(), texts).functions()


def register_items(database: Engine) -> None:
    """What a case of each item opens to the office that handles it: the fields that the item
    names, in every version that cases may run under."""
    with transaction(database) as session:
        wanted: dict[tuple[str, str], set[str]] = {}
        for one in item_versions().values():
            for dataset, fields in opens(one).items():
                wanted.setdefault((kind_of(one), dataset), set()).update(fields)
        _write(session, wanted)


def _write(session: Session, wanted: dict[tuple[str, str], set[str]]) -> None:
    """Nothing is written where nothing has changed: every change is a new version of the policy."""
    row = GroundItemRow
    for (item, dataset), fields in wanted.items():
        there = session.get(row, (item, dataset))
        if there is None:
            session.add(row(item=item, dataset=dataset, fields=sorted(fields), claims=[]))
        elif there.fields != sorted(fields):
            there.fields = sorted(fields)
    gone = delete(row).where(row.item.startswith("svc\\_", escape="\\"))
    for item in {item for item, _ in wanted}:
        gone = gone.where(row.item != item)
    session.execute(gone)
