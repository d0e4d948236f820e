"""What has happened since a subscription was looked at last.

A *mark* says cheaply whether anything can have happened: it is worked out once for all who wait for
the same. Only those whose mark differs are looked at, each as its subscriber.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Engine

from xihu_catalog.contracts.diff import ContractChange, compare
from xihu_catalog.contracts.entries import unpublished
from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.entries import is_stored
from xihu_catalog.datasets.service import LoadSummary
from xihu_catalog.quality.blocked import blocked_loads
from xihu_catalog.search.asking import SearchQuery
from xihu_catalog.search.index import Found
from xihu_catalog.subscriptions.model import (
    OF_SEARCHES,
    Kind,
    KnownWorld,
    Subscription,
    WatchedFor,
)
from xihu_platform.access.new_rows import NewRows, read_new_rows
from xihu_platform.access.unpublished import is_of, no_dataset
from xihu_platform.identity.principal import Principal

SEARCH_LIMIT = 1000
"""So many entries of a search are watched, the best first."""
SEEN_LIMIT = 2000
"""So many entries are remembered as seen."""
ENTRIES_NAMED = 20
"""So many entries are named in one notice."""
BAD_SHARE = 0.05
"""From this share of quarantined records on a load is a break of quality."""
HIDDEN = "hidden"
_OK, _LATE = "ok", "late"
Facts = Mapping[str, str | int | list[str]]


@dataclass(frozen=True, slots=True)
class SubscriptionChange:
    """An event: `key` is the same for all who look at the same change."""

    key: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class SubscriptionLook:
    """What a look came to; `seen` is None where it stays as it was."""

    event: SubscriptionChange | None
    seen: dict[str, str] | None = field(default=None)


def mark_of(everything: KnownWorld, database: Engine, kind: Kind, subject: str) -> str:
    """What is there now, of the whole catalogue: nothing of it is shown to anybody."""
    waiting = unpublished(database)
    if kind in OF_SEARCHES:
        hidden = sha256(" ".join(sorted(waiting)).encode()).hexdigest()[:16]
        return f"{everything.catalogue.contracts.number}.{everything.stored_index.number}.{hidden}"
    contract = everything.catalogue.contracts.find(subject)
    if contract is None:
        return "gone"
    mark = _mark(everything, database, kind, contract)
    return f"{mark}|{HIDDEN}" if subject in waiting else mark


def first_mark(everything: KnownWorld, database: Engine, kind: Kind, subject: str) -> str:
    """Where a subscription begins: with what is there now, but data that is late already is the
    first thing that its subscriber hears of."""
    return _OK if kind == "late" else mark_of(everything, database, kind, subject)


def _mark(everything: KnownWorld, database: Engine, kind: Kind, contract: Contract) -> str:
    if kind == "schema_change":
        return contract.digest
    if kind == "late":
        heart = everything.catalogue.heartbeat(contract)
        late = heart.state == "late" and heart.due_at is not None
        return f"{_LATE} {heart.due_at.isoformat()}" if late and heart.due_at else _OK
    load = newest_load(everything, contract)
    if kind == "new_rows":
        return str(load.snapshot_id) if load is not None else ""
    blocked = blocked_loads(database, contract, 1)
    return f"{load.load_id if load else ''} {blocked[0].load_id if blocked else ''}"


def newest_load(world: KnownWorld, contract: Contract) -> LoadSummary | None:
    """Housekeeping makes snapshots too, of the same rows: they are none."""
    return next(iter(world.catalogue.loads(contract, 1)), None)


def look(
    world: KnownWorld, database: Engine, principal: Principal, one: Subscription, mark: str
) -> SubscriptionLook:
    """Raises NotFound where the subscriber does not know of it, Refused, BadInput for a filter of a
    field that there is no longer, AuditUnavailable."""
    if one.kind in OF_SEARCHES:
        return _of_search(world, one)
    contract = world.catalogue.contracts.get(one.subject)
    before, now = one.mark.partition("|")[0], mark.partition("|")[0]
    if before == now:
        return SubscriptionLook(None)
    if now == "gone":
        raise no_dataset(one.subject)
    if one.kind == "new_rows":
        return SubscriptionLook(_new_rows(world, principal, one, before, now))
    if one.kind == "schema_change":
        changed = schema_changes(world, before, contract)
        facts: Facts = {"before": before, "now": now}
        return SubscriptionLook(SubscriptionChange(f"schema {now}", facts) if changed else None)
    if one.kind == "late":
        due = now.partition(" ")[2]
        return SubscriptionLook(SubscriptionChange(now, {"due": due}) if due else None)
    return SubscriptionLook(_quality(world, database, principal, contract, before))


def _new_rows(
    world: KnownWorld, principal: Principal, one: Subscription, before: str, now: str
) -> SubscriptionChange | None:
    if not now:
        return None
    since, snapshot = int(before or 0), int(now)
    found = new_rows(world, principal, one, since, snapshot)
    if found.count == 0:
        return None
    return SubscriptionChange(f"rows {snapshot}", {"since": since, "snapshot": snapshot})


def new_rows(
    world: KnownWorld,
    principal: Principal,
    one: Subscription,
    since: int,
    snapshot: int,
    shown: int = 0,
) -> NewRows:
    """The one place that asks for new rows: through the access gateway, as the subscriber."""
    query = one.question.rows(snapshot)
    gateway = world.gateway
    return read_new_rows(
        gateway, principal, one.subject, one.purpose, query, since=since, shown=shown
    )


def schema_changes(world: KnownWorld, before: str, now: Contract) -> list[ContractChange]:
    """Of fields and of the key alone: what else a contract says is no schema."""
    if not before:
        return []
    changes = compare(world.catalogue.contracts.read(before), now)
    return [one for one in changes if one.where or one.name == "key"]


def _quality(
    world: KnownWorld,
    database: Engine,
    principal: Principal,
    contract: Contract,
    before: str,
) -> SubscriptionChange | None:
    """Of a load that was stopped its own department alone hears: nothing of it was published."""
    known = before.split(" ")
    if is_of(principal, contract.provider):
        for stopped in blocked_loads(database, contract, 1):
            if stopped.load_id not in known:
                return SubscriptionChange(f"stopped {stopped.load_id}", {"load": stopped.load_id})
    load = newest_load(world, contract)
    if load is None or load.load_id in known or not is_bad(load):
        return None
    return SubscriptionChange(f"bad {load.load_id}", {"load": load.load_id})


def is_bad(load: LoadSummary) -> bool:
    received = max(load.counts.received, 1)
    return load.counts.quarantined / received >= BAD_SHARE


def search(world: KnownWorld, question: WatchedFor, limit: int = SEARCH_LIMIT) -> Found:
    query = SearchQuery(question.text, question.facets, limit=limit, as_typed=True)
    return world.search.search(query)


def versions(world: KnownWorld, question: WatchedFor) -> dict[str, str]:
    """The entries of a search, each with what changes when it does."""
    ids = search(world, question).ids
    stored = world.entries.versions([one for one in ids if is_stored(one)])
    found = {one: stored[one] for one in ids if one in stored}
    for name in ids:
        if not is_stored(name):
            digest = world.catalogue.contracts.find_digest(name)
            if digest is not None:
                found[name] = digest[:16]
    return found


def _of_search(world: KnownWorld, one: Subscription) -> SubscriptionLook:
    now = versions(world, one.question)
    fresh = [entry for entry in now if entry not in one.seen]
    if one.kind == "search":
        fresh += [entry for entry in now if one.seen.get(entry, now[entry]) != now[entry]]
    seen = dict(list({**one.seen, **now}.items())[-SEEN_LIMIT:])
    if not fresh:
        return SubscriptionLook(None, seen)
    reported = " ".join(sorted(f"{entry}@{now[entry]}" for entry in fresh))
    key = f"entries {sha256(reported.encode()).hexdigest()[:32]}"
    return SubscriptionLook(SubscriptionChange(key, {"entries": sorted(fresh)[:200]}), seen)


def due_of(facts: Facts) -> datetime:
    return datetime.fromisoformat(str(facts["due"]))
