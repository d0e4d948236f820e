"""Promises of events: done once each at the receiver, in order, whoever dies in between."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.test_platform.matters.world import KEEPER, MatterWorld
from xihu_platform.database import transaction
from xihu_platform.errors import TransientError
from xihu_platform.matters import outbox
from xihu_platform.matters.models import OutboxRow
from xihu_platform.matters.outbox import ATTEMPTS, LEASE, Delivered, Promised, Wait, deliver
from xihu_platform.matters.rounds import Rounds


def states(world: MatterWorld) -> list[str]:
    with transaction(world.database) as session:
        return list(session.scalars(select(OutboxRow.state).order_by(OutboxRow.id)))


def test_each_is_handed_over_once_and_in_the_order_of_its_matter(world: MatterWorld) -> None:
    first, second = world.agreed(), world.sent()
    got: list[Promised] = []
    assert deliver(world.matters, {"log": got.append}) == Delivered(8, 0)
    assert deliver(world.matters, {"log": got.append}) == Delivered(0, 0)
    for matter in (first, second):
        mine = [one for one in got if one.matter == matter]
        assert [one.seq for one in mine] == sorted(one.seq for one in mine)
    assert len({one.key for one in got}) == 8
    assert states(world) == ["delivered"] * 8


def test_what_has_no_receiver_waits(world: MatterWorld) -> None:
    world.sent()
    assert deliver(world.matters, {"other": lambda _: None}) == Delivered(0, 0)
    assert set(states(world)) == {"created"}


def test_a_receiver_that_fails_is_asked_later_and_later_and_holds_up_its_matter_alone(
    world: MatterWorld,
) -> None:
    broken, sound = world.sent(), world.sent()
    tried: list[int] = []

    def receive(promised: Promised) -> None:
        if promised.matter == broken:
            tried.append(promised.seq)
            raise TransientError("没有应答", "no answer")

    assert deliver(world.matters, {"log": receive}) == Delivered(3, 1)
    assert deliver(world.matters, {"log": receive}) == Delivered(0, 0)
    for _ in range(ATTEMPTS - 1):
        world.clock.now += timedelta(hours=2)
        deliver(world.matters, {"log": receive})
    assert tried[:ATTEMPTS] == [1] * ATTEMPTS
    with transaction(world.database) as session:
        query = select(OutboxRow.state).where(OutboxRow.matter == broken)
        assert session.scalars(query.order_by(OutboxRow.id)).first() == "failed"
        rest = select(OutboxRow.state).where(OutboxRow.matter == sound)
        assert set(session.scalars(rest)) == {"delivered"}


def test_what_a_dead_process_had_claimed_comes_back_after_its_lease(world: MatterWorld) -> None:
    world.sent()
    with transaction(world.database) as session:
        session.execute(
            update(OutboxRow).values(
                state="claimed", attempts=1, lease_until=world.clock.now + LEASE
            )
        )
    got: list[int] = []
    assert deliver(world.matters, {"log": lambda one: got.append(one.key)}) == Delivered(0, 0)
    world.clock.now += LEASE + timedelta(seconds=1)
    assert deliver(world.matters, {"log": lambda one: got.append(one.key)}).done == 3
    assert len(got) == 3


def test_a_lease_that_ran_out_is_settled_by_its_new_holder_alone(world: MatterWorld) -> None:
    matter = world.sent()
    world.do(KEEPER, matter, "assess", opinion="好")

    def slow(promised: Promised) -> None:
        if promised.attempts == 1:
            with transaction(world.database) as session:  # meanwhile another has taken it over
                session.execute(
                    update(OutboxRow)
                    .where(OutboxRow.id == promised.key)
                    .values(attempts=2, lease_until=world.clock.now + LEASE)
                )

    deliver(world.matters, {"log": slow})
    assert set(states(world)) <= {"claimed", "created", "delivered"}
    assert states(world)[0] == "claimed"


def test_whatever_a_receiver_raises_holds_up_its_own_matter_alone(world: MatterWorld) -> None:
    broken, sound = world.sent(), world.sent()

    def receive(promised: Promised) -> None:
        if promised.matter == broken:
            raise OSError("the disk is full")

    for _ in range(ATTEMPTS):
        deliver(world.matters, {"log": receive})
        world.clock.now += timedelta(hours=2)
    with transaction(world.database) as session:
        query = select(OutboxRow.state).where(OutboxRow.matter == broken)
        assert session.scalars(query.order_by(OutboxRow.id)).first() == "failed"
        rest = select(OutboxRow.state).where(OutboxRow.matter == sound)
        assert set(session.scalars(rest)) == {"delivered"}


def test_receivers_that_wait_are_under_way_together(world: MatterWorld) -> None:
    """Of each matter one promise at a time: two matters, two under way."""
    first, second = world.sent(), world.sent()
    order: list[tuple[str, int]] = []

    def receive(promised: Promised) -> Wait:
        order.append(("begun", promised.matter))

        def wait() -> None:
            order.append(("ended", promised.matter))
            if promised.matter == second:
                raise OSError("the log did not take it")

        return wait

    found = deliver(world.matters, {"log": receive})
    assert order[:4] == [("begun", first), ("begun", second), ("ended", first), ("ended", second)]
    assert found == Delivered(3, 1)
    assert Counter(states(world)) == {"delivered": 3, "created": 3}


def test_a_receiver_that_hangs_keeps_what_others_are_told_from_nobody(world: MatterWorld) -> None:
    """What it had claimed waits for its lease to end; what was promised since is delivered."""
    rounds, goes_on, told = Rounds(), threading.Event(), list[int]()
    hangs = world.sent()

    def receive(promised: Promised) -> None:
        if promised.matter == hangs:
            assert goes_on.wait(20)
        told.append(promised.matter)

    def write_down() -> None:
        rounds.run(lambda: deliver(world.matters, {"log": receive}), 0.3)

    with pytest.raises(TimeoutError):
        write_down()
    later = world.sent()
    write_down()
    assert set(told) == {later}
    goes_on.set()
    for one in threading.enumerate():
        if one.name == "round":  # it writes down what it did, then gives its connection back
            one.join(20)
    assert Counter(told) == {hangs: 3, later: 3}
    assert set(states(world)) <= {"claimed", "delivered"}


def test_while_others_promise_more_a_round_comes_to_its_end(
    world: MatterWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had claimed and not begun is as if nobody had claimed it."""
    first, second, third = world.sent(), world.sent(), world.sent()
    told, seconds = list[int](), [0.0]
    monkeypatch.setattr(outbox, "monotonic", lambda: seconds[0])

    def receive(promised: Promised) -> None:
        told.append(promised.matter)
        seconds[0] += 2
        world.sent()

    assert deliver(world.matters, {"log": receive}, 3) == Delivered(2, 0)
    assert told == [first, second]
    with transaction(world.database) as session:
        query = select(OutboxRow).where(OutboxRow.matter == third).order_by(OutboxRow.id)
        left = session.scalars(query).first()
        assert left is not None
        assert (left.state, left.lease_until, left.attempts) == ("created", None, 0)
    deliver(world.matters, {"log": lambda one: told.append(one.matter)})
    assert Counter(told)[third] == 3 and set(states(world)) == {"delivered"}
