"""How duties were kept, counted from clocks."""

from datetime import UTC, datetime

from tests.test_platform.matters.test_ticking import ACCEPTING, DECISION, ticked
from tests.test_platform.matters.world import OFFICER, MatterWorld
from xihu_platform.database import transaction
from xihu_platform.matters.record import Kept, kept_duties


def test_what_silence_accepts_is_late_though_it_counts_from_the_first_day(
    world: MatterWorld,
) -> None:
    world.permit("2026-09-01")
    ticked(world, "2026-09-10")
    in_time = world.permit("2026-09-10")
    world.do(OFFICER, in_time, "accept", day="2026-09-11")
    with transaction(world.database) as session:
        found = kept_duties(session, datetime(2026, 1, 1, tzinfo=UTC), world.clock.today)
    assert found[ACCEPTING] == Kept(ACCEPTING, started=2, in_time=1, late=1, running=0)
    assert found[DECISION] == Kept(DECISION, started=2, in_time=0, late=0, running=2)
