"""Running matters moved to another version of their kind, and brought back as they were."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.test_platform.matters.world import (
    DOCUMENTS,
    LEADER,
    OFFICER,
    PERMIT,
    SECOND,
    MatterWorld,
)
from xihu_catalog.registry.matters import parse_definition
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.matters import moving
from xihu_platform.matters.book import publish_definitions
from xihu_platform.matters.models import MatterClockRow, MatterRow, MatterWorkRow
from xihu_platform.matters.moving import (
    Migration,
    apply_migration,
    dry_run,
    revert_migration,
)
from xihu_platform.matters.ticking import tick

assert DOCUMENTS
SECOND_VERSION = (
    PERMIT.replace("version: 1", "version: 2")
    .replace("  deciding: {title", "  examining: {title")
    .replace("to: deciding", "to: examining")
    .replace("from: [deciding", "from: [examining")
)
STATES = {"deciding": "examining"}


def kept(world: MatterWorld, matter: int) -> list[Any]:
    """What stands beside the events: the row, its clocks, its open work."""
    with transaction(world.database) as session:
        row = session.get(MatterRow, matter)
        assert row is not None
        clocks = session.scalars(select(MatterClockRow).where(MatterClockRow.matter == matter))
        work = session.scalars(
            select(MatterWorkRow).where(
                MatterWorkRow.matter == matter, MatterWorkRow.closed_seq.is_(None)
            )
        )
        return [
            (row.definition, row.state, row.closed_at, row.outcome),
            [(one.duty, one.start_seq, one.due_on, one.firm, one.next_on) for one in clocks],
            [(one.name, one.queue, one.duty, one.due_on) for one in work],
        ]


def test_a_document_in_force_cannot_be_changed_under_its_version(world: MatterWorld) -> None:
    changed = {"permit.1.yaml": PERMIT.replace("《行政许可法》", "《另一部法》")}
    with pytest.raises(Conflict, match="raise its version"):
        publish_definitions(world.database, changed, parse_definition, world.clock)


def test_running_matters_keep_their_version_and_new_ones_take_the_newest(
    world: MatterWorld,
) -> None:
    before = world.permit("2026-09-01")
    publish_definitions(
        world.database, {"permit.2.yaml": SECOND_VERSION}, parse_definition, world.clock
    )
    after = world.permit()
    world.do(OFFICER, before, "accept")
    world.do(OFFICER, after, "accept")
    assert (world.view(before).state, world.view(after).state) == ("deciding", "examining")


def test_matters_are_moved_and_brought_back_as_they_were(world: MatterWorld) -> None:
    received, deciding, paused = (world.permit("2026-09-01") for _ in range(3))
    for one in (deciding, paused):
        world.do(OFFICER, one, "accept")
    world.do(OFFICER, paused, "review", day="2026-09-03")
    every = (received, deciding, paused)
    publish_definitions(
        world.database, {"permit.2.yaml": SECOND_VERSION}, parse_definition, world.clock
    )
    migration = Migration("permit", 1, 2, "leader-office", STATES)
    before = [kept(world, one) for one in every]
    assert [(m.matter, m.after) for m in dry_run(world.matters, migration)] == [
        (received, "received"),
        (deciding, "examining"),
        (paused, "reviewing"),
    ]
    assert [kept(world, one) for one in every] == before
    apply_migration(world.matters, migration)
    assert [world.view(one).definition.version for one in every] == [2, 2, 2]
    assert world.view(deciding).state == "examining"
    assert [kept(world, one)[1] for one in every] == [one[1] for one in before]
    assert revert_migration(world.matters, migration) == 3
    assert [kept(world, one) for one in every] == before
    world.do(LEADER, deciding, "extend", reason="复杂", extension=5)
    assert world.do(SECOND, deciding, "grant").state == "granted"


def test_a_matter_that_cannot_go_says_why(world: MatterWorld) -> None:
    """Back to the first version, which knows neither the state nor another name for it."""
    publish_definitions(
        world.database, {"permit.2.yaml": SECOND_VERSION}, parse_definition, world.clock
    )
    migration = Migration("permit", 2, 1, "leader-office", {})
    matter = world.permit("2026-09-01")
    world.do(OFFICER, matter, "accept")
    (move,) = dry_run(world.matters, migration)
    assert (move.after, move.refusal and move.refusal.en) == (
        None,
        "the new version has no state examining",
    )
    assert apply_migration(world.matters, migration) == [move]
    assert world.view(matter).definition.version == 2


def test_a_matter_that_does_not_say_what_the_new_version_asks_for_stays(
    world: MatterWorld,
) -> None:
    """A request for correction that named its record in words has no mark to be lifted."""
    more = "takes: {wish: text, place: text}"
    asks = PERMIT.replace("version: 1", "version: 2").replace("takes: {wish: text}", more, 1)
    asks = asks.replace("values:", "values:\n  place: {title: {zh: 地点, en: Place}}", 1)
    publish_definitions(world.database, {}, parse_definition, world.clock)
    matter = world.permit("2026-09-01")
    publish_definitions(world.database, {"permit.2.yaml": asks}, parse_definition, world.clock)
    (move,) = dry_run(world.matters, Migration("permit", 1, 2, "leader-office", {}))
    assert (move.matter, move.after) == (matter, None)
    assert move.refusal is not None and "which this matter does not say" in move.refusal.en


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        ("granted", "granted is a final state"),
        *(
            (
                state,
                f"in {state} of the new version these clocks never run: CN-permits/permit_decision",
            )
            for state in ("completing", "received", "reviewing")
        ),
    ],
)
def test_a_state_that_does_not_fit_the_clocks_is_refused(
    world: MatterWorld, state: str, refusal: str
) -> None:
    matter = world.permit("2026-09-01")
    world.do(OFFICER, matter, "accept")
    publish_definitions(
        world.database, {"permit.2.yaml": SECOND_VERSION}, parse_definition, world.clock
    )
    migration = Migration("permit", 1, 2, "leader-office", {"deciding": state})
    (move,) = dry_run(world.matters, migration)
    assert move.refusal is not None
    assert move.refusal.en == refusal


def test_a_matter_that_was_acted_in_since_is_not_brought_back(
    world: MatterWorld,
) -> None:
    matter = world.permit("2026-09-01")
    world.do(OFFICER, matter, "accept")
    publish_definitions(
        world.database, {"permit.2.yaml": SECOND_VERSION}, parse_definition, world.clock
    )
    migration = Migration("permit", 1, 2, "leader-office", STATES)
    apply_migration(world.matters, migration)
    world.do(SECOND, matter, "grant")
    assert revert_migration(world.matters, migration) == 0


def test_an_act_that_comes_first_is_not_overwritten(
    world: MatterWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the dry run and the move somebody grants the permit."""
    matter = world.permit("2026-09-01")
    world.do(OFFICER, matter, "accept")
    publish_definitions(
        world.database, {"permit.2.yaml": SECOND_VERSION}, parse_definition, world.clock
    )
    migration = Migration("permit", 1, 2, "leader-office", STATES)
    moves = dry_run(world.matters, migration)
    world.do(SECOND, matter, "grant")
    monkeypatch.setattr(moving, "dry_run", lambda *_: moves)
    (move,) = apply_migration(world.matters, migration)
    assert move.refusal is not None
    view = world.view(matter)
    assert (view.state, view.outcome, view.definition.version) == ("granted", "done", 1)


def test_a_reminder_does_not_keep_a_matter_from_being_brought_back(world: MatterWorld) -> None:
    matter = world.permit("2026-09-01")
    world.do(OFFICER, matter, "accept")
    publish_definitions(
        world.database, {"permit.2.yaml": SECOND_VERSION}, parse_definition, world.clock
    )
    migration = Migration("permit", 1, 2, "leader-office", STATES)
    apply_migration(world.matters, migration)
    world.clock.on("2026-09-29")
    assert tick(world.matters, world.clock.now).warned == 1
    assert revert_migration(world.matters, migration) == 1
    assert world.view(matter).state == "deciding"


@pytest.mark.parametrize("states", [{"typo": "examining"}, {"deciding": "nowhere"}])
def test_a_map_with_a_state_that_there_is_not_is_refused(
    world: MatterWorld, states: dict[str, str]
) -> None:
    publish_definitions(
        world.database, {"permit.2.yaml": SECOND_VERSION}, parse_definition, world.clock
    )
    with pytest.raises(BadInput, match="correct the map"):
        dry_run(world.matters, Migration("permit", 1, 2, "leader-office", states))
    with pytest.raises(NotFound):
        dry_run(world.matters, Migration("permit", 77, 2, "leader-office", {}))
