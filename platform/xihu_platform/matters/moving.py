"""Moving running matters to another version of their definition, and back.

Clocks keep their start and their duty: old law for old cases. A dry run says of each matter where
it would go, or why it cannot; applying and reverting are events like others.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from xihu_platform.database import transaction
from xihu_platform.errors import BadInput
from xihu_platform.matters.command import Command, Value, key_of
from xihu_platform.matters.definition import Definition, EventRule, WhoMay, places
from xihu_platform.matters.engine import OF_TIME, TIME, MatterEngine, hold, lock
from xihu_platform.matters.models import MatterRow
from xihu_platform.matters.views import MatterEvent, MatterView
from xihu_platform.words import Text

Places = Collection[tuple[str, frozenset[str]]]
"""Every state of a version with the clocks that can run in it."""
MOVED = "migrated"
REVERTED = "reverted"


@dataclass(frozen=True, slots=True)
class Migration:
    """From one version of a kind to another; states that are not named keep their name."""

    kind: str
    source: int
    target: int
    approved_by: str
    """The id of the position that approved it."""
    states: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Move:
    """What a migration does to one matter: the state it comes into, or why it stays."""

    matter: int
    before: str
    after: str | None
    refusal: Text | None = None


def dry_run(matters: MatterEngine, migration: Migration) -> list[Move]:
    """Every open matter of the version, moved or refused and why. Raises NotFound for a version
    that never was."""
    with transaction(matters.database) as session:
        source = matters.book.get(session, migration.kind, migration.source)
        target = matters.book.get(session, migration.kind, migration.target)
        _check_states(migration, source, target)
        fits = places(target)
        return [
            _move(matters.view(session, one), migration, target, fits)
            for one in _running(session, migration.kind, migration.source)
        ]


def _check_states(migration: Migration, source: Definition, target: Definition) -> None:
    """Raises BadInput for a state that one of the versions does not know."""
    unknown = [
        *(one for one in migration.states if one not in source.states),
        *(one for one in migration.states.values() if one not in target.states),
    ]
    if unknown:
        raise BadInput(
            f"没有状态 {'、'.join(unknown)}，请改正对应表",
            f"there is no state {', '.join(unknown)}: correct the map",
        )


def apply_migration(matters: MatterEngine, migration: Migration) -> list[Move]:
    """Move what a dry run says can be moved, each matter in a transaction of its own."""
    moves = dry_run(matters, migration)
    return [_apply(matters, migration, one) if one.after else one for one in moves]


def revert_migration(matters: MatterEngine, migration: Migration) -> int:
    """Bring back every matter that the migration moved and nobody has acted in since."""
    with transaction(matters.database) as session:
        running = _running(session, migration.kind, migration.target)
    return sum(_revert(matters, migration, matter) for matter in running)


def _running(session: Session, kind: str, version: int) -> list[int]:
    query = select(MatterRow.id).where(
        MatterRow.kind == kind, MatterRow.definition == version, MatterRow.closed_at.is_(None)
    )
    return list(session.scalars(query.order_by(MatterRow.id)))


def _move(matter: MatterView, migration: Migration, target: Definition, fits: Places) -> Move:
    after = migration.states.get(matter.state, matter.state)
    refusal = next(_refusals(matter, after, target, fits), None)
    return Move(matter.id, matter.state, None if refusal else after, refusal)


def _refusals(matter: MatterView, after: str, target: Definition, fits: Places) -> Iterator[Text]:
    if after not in target.states:
        yield Text(f"新版没有状态 {after}", f"the new version has no state {after}")
        return
    if target.states[after].final:
        yield Text(f"{after} 是终态", f"{after} is a final state")
    roles = {one.role for one in matter.parties} - target.parties.keys()
    if roles:
        names = ", ".join(sorted(roles))
        yield Text(f"新版没有当事方 {names}", f"the new version has no party {names}")
    old, new = matter.definition.opening, target.opening
    missing = sorted(new.takes.keys() - old.takes.keys() - set(new.optional))
    if missing:
        names = ", ".join(target.title_of(one).en for one in missing)
        zh = "、".join(target.title_of(one).zh for one in missing)
        yield Text(
            f"新版在提出时须写明 {zh}，这个事项没有写",
            f"the new version is opened with {names}, which this matter does not say",
        )
    running = frozenset(f"{c.duty}!" if c.paused else c.duty for c in matter.clocks if c.running)
    if (after, running) not in fits:
        clocks = "、".join(sorted(running)) or "无"
        yield Text(
            f"新版的 {after} 中不会有这些时钟：{clocks}",
            f"in {after} of the new version these clocks never run: "
            f"{', '.join(sorted(running)) or 'none'}",
        )


def _rule(name: str, state: str) -> EventRule:
    words = {
        MOVED: Text("转入新版定义", "moved to another version"),
        REVERTED: Text("转回原版定义", "moved back"),
    }
    return EventRule(
        name,
        words[name],
        (),
        state,
        WhoMay("clock"),
        takes={"from_version": "number", "to_version": "number", "before": "code", "by": "code"},
    )


def _apply(matters: MatterEngine, migration: Migration, move: Move) -> Move:
    assert move.after is not None
    with transaction(matters.database) as session:
        hold(session, move.matter)
        view = matters.view(session, move.matter)
        if view.definition.version != migration.source or view.state != move.before:
            words = Text("期间已有变化", "it has changed meanwhile")
            return Move(move.matter, view.state, None, words)
        _write(matters, session, view, migration, MOVED, move.after)
    return move


def _revert(matters: MatterEngine, migration: Migration, matter: int) -> bool:
    with transaction(matters.database) as session:
        hold(session, matter)
        view = matters.view(session, matter)
        last = _last_move(view)
        if last is None or last.data["from_version"] != migration.source:
            return False
        _write(matters, session, view, migration, REVERTED, last.data["before"])
    return True


def _last_move(matter: MatterView) -> MatterEvent | None:
    """The last move that was not brought back, where nobody has acted since."""
    moves: list[MatterEvent] = []
    for event in matter.events:
        if event.name == MOVED:
            moves.append(event)
        elif event.name == REVERTED:
            moves.pop()
        elif event.name not in OF_TIME:
            moves.clear()
    return moves[-1] if moves else None


def _write(
    matters: MatterEngine,
    session: Session,
    view: MatterView,
    migration: Migration,
    name: str,
    state: str,
) -> None:
    back = name == REVERTED
    source, target = migration.source, migration.target
    values: dict[str, Value] = {
        "from_version": target if back else source,
        "to_version": source if back else target,
        "before": view.state,
        "by": migration.approved_by,
    }
    lock(session, view.id, view.version)
    version = source if back else target
    moved = update(MatterRow).where(MatterRow.id == view.id).values(definition=version)
    session.execute(moved.execution_options(synchronize_session=False))
    key = key_of("migration", view.id, name, source, target, len(view.events))
    fresh = replace(
        view,
        definition=matters.book.get(session, migration.kind, version),
        version=view.version + 1,  # nobody else writes it meanwhile
    )
    matters.apply(session, fresh, _rule(name, state), Command(name, key, values=values), TIME)
