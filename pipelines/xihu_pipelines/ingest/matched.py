"""Which quarantined record of a load each record of a file of corrections corrects.

A record is known by the load and number that our own download wrote beside it, or else by the
texts of its primary key, where one quarantined record alone has them. Any other is not matched: a
record is never said to correct one that it may not be.
"""

from collections import Counter
from pathlib import Path

import pyarrow as pa
from sqlalchemy import select

from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality import quarantine
from xihu_catalog.quality.models import CorrectedRecord, Load
from xihu_catalog.quality.quarantine import LOAD_HEAD, RECORD_HEAD, RULES
from xihu_catalog.standards.documents import unguard
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.start import Node

ORIGIN = (RECORD_HEAD, LOAD_HEAD)
Place = tuple[str, int]
"""A load, and the number of a record in its file."""


def corrected_load(node: Node, contract: Contract, named: str | None, newest: str) -> str:
    """The load that is corrected: never itself a load of corrections. `named` if it is known."""
    with transaction(node.database) as session:
        row = session.get(Load, named) if named else None
        if row is None or row.dataset != contract.dataset:
            row = session.get(Load, newest)
        return (row.corrects or row.id) if row is not None else newest


def named_load(records: Path) -> str | None:
    """The one load that all records of the file name, if they do."""
    table = _read(records)
    loads = set(_column(table, LOAD_HEAD)) - {""}
    return loads.pop() if len(loads) == 1 else None


def record_matches(
    node: Node, contract: Contract, load_id: str, into: str, records: Path, quarantined: int
) -> None:
    """Keep what each record of the file that became `into` corrects; twice changes nothing."""
    if into == load_id or _is_recorded(node, into):
        return
    try:
        known = pa.concat_tables(_blocks(node, contract, load_id), promote_options="default")
        again = _blocks(node, contract, into) if quarantined else []
    except NotFound:  # purged by rule: nothing is known any more
        return
    refused = {number for block in again for number in block[RECORD].to_pylist()}
    rules = dict(zip(known[RECORD].to_pylist(), known[RULES].to_pylist(), strict=True))
    found = _matches(node, contract, load_id, known, _read(records))
    with transaction(node.database) as session:
        session.add_all(
            CorrectedRecord(
                into_load=into,
                at=at,
                load_id=load_id,
                record=record,
                accepted=at not in refused,
                rules=str(rules[record]),
            )
            for at, record in found.items()
        )


def _is_recorded(node: Node, into: str) -> bool:
    wanted = select(CorrectedRecord.at).where(CorrectedRecord.into_load == into).limit(1)
    with transaction(node.database) as session:
        return session.scalars(wanted).first() is not None


def _blocks(node: Node, contract: Contract, load_id: str) -> list[pa.Table]:
    return quarantine.blocks_of(node.lake, node.keyring, contract.dataset, load_id)


def _matches(
    node: Node, contract: Contract, load_id: str, known: pa.Table, handed_in: pa.Table
) -> dict[int, int]:
    """Number in the file of corrections to the number of the record that it corrects."""
    numbers = frozenset(known[RECORD].to_pylist())
    places = _places(handed_in)
    earlier = _earlier(node, load_id, {load for load, _ in places if load not in ("", load_id)})
    keys = _keys(contract, known)
    unique = {key: n for key, n in zip(keys, known[RECORD].to_pylist(), strict=True) if key}
    counted = Counter(keys)
    found = {}
    for at, (place, key) in enumerate(zip(places, _keys(contract, handed_in), strict=True), 1):
        record = place[1] if place[0] == load_id else earlier.get(place)
        if record is None and counted[key] == 1:
            record = unique.get(key)
        if record is not None and record in numbers:
            found[at] = record
    return found


def _earlier(node: Node, load_id: str, loads: set[str]) -> dict[Place, int]:
    """Of earlier corrections of the load: what their records were to correct."""
    wanted = select(CorrectedRecord).where(
        CorrectedRecord.into_load.in_(loads), CorrectedRecord.load_id == load_id
    )
    with transaction(node.database) as session:
        return {(row.into_load, row.at): row.record for row in session.scalars(wanted)}


def _places(table: pa.Table) -> list[Place]:
    pairs = zip(_column(table, LOAD_HEAD), _column(table, RECORD_HEAD), strict=True)
    plain = ((load, n if n.isascii() and n.isdigit() and len(n) < 19 else "0") for load, n in pairs)
    return [(load, int(n)) for load, n in plain]


def _keys(contract: Contract, table: pa.Table) -> list[tuple[str, ...]]:
    """The primary key of each record as texts; empty where a part of it is."""
    columns = [f.source_column for f in contract.fields if f.name in contract.key]
    rows = zip(*(_column(table, name) for name in columns), strict=True)
    if not columns:
        return [()] * table.num_rows
    return [tuple(row) if all(row) else () for row in rows]


def _column(table: pa.Table, name: str) -> list[str]:
    if name not in table.column_names:
        return [""] * table.num_rows
    return [unguard(text) if text else "" for text in table[name].to_pylist()]


def _read(records: Path) -> pa.Table:
    with pa.memory_map(str(records)) as mapped:
        return pa.ipc.open_file(mapped).read_all()
