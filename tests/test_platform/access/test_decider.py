"""What a decision rests on is kept while nothing of it changes, and not a moment longer."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, event, update

from tests.test_platform.access.test_decision import GRANT, NOW, OPEN, OTHER, POLICY, official
from tests.test_platform.audit.test_log import empty_database
from xihu_platform.access.decider import Decider
from xihu_platform.access.decision import Allow
from xihu_platform.access.models import GrantRow
from xihu_platform.access.policy import Policy, Purpose
from xihu_platform.database import open_database, transaction
from xihu_platform.policy_version import PolicyVersion

DUTY = Purpose("duty")


class World:
    def __init__(self, database: Engine) -> None:
        self.database = database
        self.now = NOW
        self.contract = POLICY
        self.version = PolicyVersion(database)
        self.decider = Decider(database, self.clock, self.policy, self.version)
        self.asked = 0
        event.listen(database, "before_execute", self.count)

    def clock(self) -> datetime:
        return self.now

    def policy(self, _dataset: str) -> Policy:
        return self.contract

    def count(self, *_: object) -> None:
        self.asked += 1

    def allows(self) -> bool:
        return isinstance(self.decider.decide(official(), "d", DUTY), Allow)

    def grant(self) -> None:
        with transaction(self.database) as session:
            session.add(
                GrantRow(
                    id="G1",
                    dataset="d",
                    organisation=OTHER,
                    fields=sorted(GRANT.fields),
                    purpose_zh="题",
                    purpose_en="title",
                    valid_from=GRANT.valid_from,
                    valid_to=GRANT.valid_to,
                )
            )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "xihu.db").write_bytes(empty_database())
    database = open_database(f"sqlite:///{tmp_path / 'xihu.db'}")
    made = World(database)
    yield made
    made.version.close()
    database.dispose()


def test_grants_are_read_once_while_nothing_changes(world: World) -> None:
    world.grant()
    assert world.allows()
    before = world.asked
    assert world.allows() and world.asked == before


def test_a_grant_counts_from_the_moment_it_is_given(world: World) -> None:
    assert not world.allows()
    world.grant()
    assert world.allows()


@pytest.mark.parametrize(
    "change",
    [
        delete(GrantRow),
        update(GrantRow).values(organisation="another"),
        update(GrantRow).values(valid_to=NOW.date() - timedelta(days=1)),
    ],
)
def test_a_grant_that_was_taken_back_allows_nothing_more(world: World, change: object) -> None:
    world.grant()
    assert world.allows()
    with transaction(world.database) as session:
        session.execute(change)  # type: ignore[call-overload]  # one of three statements
    assert not world.allows()


def test_a_grant_ends_with_its_last_day_though_nothing_changes(world: World) -> None:
    world.grant()
    assert world.allows()
    world.now = NOW + timedelta(days=60)
    assert not world.allows()


def test_a_contract_in_force_is_read_again_after_it_changed(world: World) -> None:
    assert not world.allows()
    world.contract = OPEN
    assert not world.allows()  # nobody has put it in force
    world.grant()  # as a contract's row does, it raises the number
    assert world.decider.policy("d") is OPEN
    assert world.decider.find_policy("d", world.version.read()) is OPEN
