"""The demo's grounds: those the registry lists, and one for each case that is being handled.

In an installation the services write these tables; here the loaded cases stand for them.
"""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.registry.grounds import GroundSeed, ItemSeed, load_grounds
from xihu_pipelines.ingest.publisher import publisher_of
from xihu_platform.access.derive import open_keys
from xihu_platform.access.grounds import GroundItemRow, GroundRow, GroundSubjectRow
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Purpose
from xihu_platform.access.start import open_gateway
from xihu_platform.clock import SHANGHAI
from xihu_platform.database import transaction
from xihu_platform.regions import Region
from xihu_platform.sql import Statement
from xihu_platform.start import Node
from xihu_platform.words import Text

CASES = "zw_service_cases"
"""The dataset whose rows stand for the services' own steps."""
KEPT_DAYS = 30
"""A case that ended longer ago gives no ground, not even a closed one."""
_FIELDS = ("case_no", "citizen_id", "service_item", "county_code", "accepted_at", "finished_at")
_TITLE = Text("登记业务事由", "Registering grounds")
Pseudonym = Callable[[str, str], str]


def seed_grounds(session: Session, contracts: dict[str, Contract], pseudonym: Pseudonym) -> None:
    """The registry's items and grounds; twice changes nothing."""
    known = load_grounds()
    for item in known.items:
        for dataset in dict.fromkeys((*item.opens, *item.verifies)):
            fields = item.opens.get(dataset, [])
            every = [f.name for f in contracts[dataset].fields]
            session.merge(
                GroundItemRow(
                    item=item.item,
                    dataset=dataset,
                    fields=every if fields == "all" else fields,
                    claims=item.verifies.get(dataset, []),
                )
            )
    for ground in known.grounds:
        _merge(session, ground, known.item(ground.item), pseudonym)


def _merge(session: Session, seed: GroundSeed, item: ItemSeed, pseudonym: Pseudonym) -> None:
    opened = datetime.combine(seed.opened, time.min, SHANGHAI)
    session.merge(
        GroundRow(
            number=seed.number,
            kind=seed.kind,
            item=seed.item,
            organisation=item.organisation,
            position=seed.position,
            opened=opened,
            closed=None,
            origin=seed.origin,
            opened_by=seed.opened_by,
            countersigned_by=seed.countersigned_by,
        )
    )
    session.flush()
    for number, subject in enumerate(seed.subjects, start=1):
        document = subject.document
        session.merge(
            GroundSubjectRow(
                ground=seed.number,
                number=number,
                key=pseudonym(document.kind, document.number) if document else subject.uscc,
                kind="person" if document else "firm",
                standing=subject.standing,
            )
        )


def grounds_from_cases(node: Node, contract: Contract) -> int:
    """A ground for each case that is open or ended lately, closed when it ended.

    Read through the gateway as the department that publishes the cases. Returns how many are new.
    """
    items = {one.item: one for one in load_grounds().items}
    wanted = {
        str(row["case_no"]): row
        for row in _cases(node, contract)
        if _is_handled(row, items.get(row["service_item"]))
    }
    with transaction(node.database) as session:
        there = set(session.scalars(select(GroundRow.number))) & wanted.keys()
        fresh = [row for number, row in wanted.items() if number not in there]
        if fresh:
            session.execute(insert(GroundRow), [_ground(row, items) for row in fresh])
            session.execute(insert(GroundSubjectRow), [_applicant(row) for row in fresh])
        for number in there:
            ended = _moment(wanted[number]["finished_at"])
            known = update(GroundRow).where(GroundRow.number == number)
            session.execute(known.values(closed=ended))
    return len(fresh)


def _cases(node: Node, contract: Contract) -> list[dict[str, Any]]:
    # Any: values of several types, by column.
    policy = policy_of(contract)
    gateway = open_gateway(node, lambda _dataset: policy)
    try:
        principal = publisher_of(contract, "grounds", _TITLE)
        purpose = Purpose("internal", words=_TITLE.zh)
        keys = open_keys(gateway, principal, contract.dataset, _FIELDS, purpose=purpose)
        if keys.key_version not in {None, 1}:  # grounds know people by their first pseudonym
            return []
        parameters = Parameters(keys.statement.parameters)
        now = node.clock().astimezone(SHANGHAI).replace(tzinfo=None)
        since = parameters.bind(now - timedelta(days=KEPT_DAYS))
        open_or_ended_since = f"finished_at IS NULL OR finished_at > {since}"
        sql = f"SELECT * FROM ({keys.statement.sql}) WHERE {open_or_ended_since}"
        statement = Statement(sql, tuple(parameters))
        found: list[dict[str, Any]] = gateway.engine.fetch(statement).to_pylist()
        return found
    finally:
        gateway.close()


def _is_handled(row: dict[str, Any], item: ItemSeed | None) -> bool:
    """Somebody of the cast handles the item in the case's county."""
    if item is None or row["citizen_id"] is None:
        return False
    return Region(item.region).level == "province" or row["county_code"] == item.region


def _ground(row: dict[str, Any], items: dict[str, ItemSeed]) -> dict[str, object]:
    item = items[row["service_item"]]
    return {
        "number": row["case_no"],
        "kind": "service_case",
        "item": item.item,
        "organisation": item.organisation,
        "position": item.position,
        "opened": _moment(row["accepted_at"]),
        "closed": _moment(row["finished_at"]),
        "origin": "service",
        "opened_by": f"service:{item.item}",
        "countersigned_by": None,
    }


def _applicant(row: dict[str, Any]) -> dict[str, object]:
    return {
        "ground": row["case_no"],
        "number": 1,
        "key": row["citizen_id"],
        "kind": "person",
        "standing": "applicant",
    }


def _moment(civil: datetime | None) -> datetime | None:
    """Civil time of the data as a moment."""
    return civil.replace(tzinfo=SHANGHAI) if civil else None
