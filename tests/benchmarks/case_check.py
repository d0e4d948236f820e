"""What the database says after a soak, asked without any of the program's own code."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.case_people import Seen


def faults(folder: Path, seen: Seen) -> Iterator[str]:
    """Everything that is not as it has to be; nothing where all is well."""
    yield from seen.wrong[:20]
    database = sqlite3.connect(f"file:{folder / 'xihu.db'}?mode=ro", uri=True)
    try:
        yield from _cases(database, seen)
        yield from _reads(database, seen)
    finally:
        database.close()


def _cases(database: sqlite3.Connection, seen: Seen) -> Iterator[str]:
    """Each application that was acknowledged is there once, and no other."""
    soaked = """
        SELECT p.key, m.id FROM matter m JOIN matter_party p ON p.matter = m.id
        JOIN matter_event e ON e.matter = m.id AND e.name = ? AND e.sub LIKE 'p-soak-%'
        WHERE m.kind LIKE 'svc\\_%' ESCAPE '\\' AND p.role = 'applicant'
    """
    for event, told in (("open", set(seen.begun)), ("submit", set(seen.handed_in))):
        there = Counter(database.execute(soaked, [event]).fetchall())
        if double := [one for one, count in there.items() if count > 1]:
            yield f"{event} is there more than once: {double[:5]}"
        if lost := told - there.keys():
            yield f"{event} was acknowledged and is not there: {sorted(lost)[:5]}"
        if more := there.keys() - told:
            yield f"{event} is there and was not acknowledged: {sorted(more)[:5]}"
    if len(seen.handed_in) != len(set(seen.handed_in)):
        yield "one application was acknowledged twice"
    grounds = "SELECT count(*) FROM ground WHERE matter = ? AND kind = 'service_case'"
    for _, matter in seen.handed_in:
        if database.execute(grounds, [matter]).fetchone() != (1,):
            yield f"case {matter} has no ground of its own"


def _reads(database: sqlite3.Connection, seen: Seen) -> Iterator[str]:
    """Each read of a register for a case is in the log with the case's number, and each that is in
    the log names a case that there is."""
    logged = set()
    numbers = {f"BJ-{one:06d}": one for (one,) in database.execute("SELECT id FROM matter")}
    entries = "SELECT seq, body, dataset, pin FROM audit_entry WHERE kind IN ('read', 'refusal')"
    for seq, body, dataset, pin in database.execute(entries):
        said = json.loads(body)
        if pin is not None:
            asked = "SELECT body FROM audit_pin WHERE digest = ?"
            said |= json.loads(database.execute(asked, [pin]).fetchone()[0])
        if said.get("exit") != "prefill" and said["kind"] != "refusal":
            continue
        if said.get("exit") == "prefill" and said.get("case") not in numbers:
            yield f"entry {seq} of the log names no case: {said.get('case')}"
        logged.add((said["principal"], numbers.get(said.get("case") or ""), dataset))
    stored = """
        SELECT DISTINCT read_by, matter, dataset FROM case_register_value
        WHERE read_by LIKE 'p-soak-%' AND coalesce(refused, '') NOT IN ('no_data', 'no_field')
    """
    there = set(database.execute(stored).fetchall())
    if missing := there - logged:
        yield f"{len(missing)} reads are not in the log under their case: {sorted(missing)[:5]}"
