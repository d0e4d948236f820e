"""Files of a matter on both databases: limits that two uploads at once do not pass, and whose a
file stays when its side becomes another organisation's."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import cast

import pytest
from sqlalchemy import func, select

from tests.test_platform.files.made import png
from tests.test_platform.matters.world import (
    ASKING,
    AUTHORITY,
    CLERK,
    GIVING,
    HEALTH,
    JUDGE,
    MatterWorld,
    official,
)
from xihu_platform.audit.log import AuditLog
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict
from xihu_platform.files.check import CheckedFile
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.attachments import attach, attachments_of
from xihu_platform.matters.command import Command
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import MatterAttachmentRow
from xihu_platform.matters.who import MatterParty

NUMBERS = count()
FORMER = official("former", GIVING, "steward")
LATER = official("later", HEALTH, "steward")


class _Log:
    """Takes every entry, when so many are there at once."""

    def __init__(self, at_once: int = 1) -> None:
        self._barrier = Barrier(at_once, timeout=20)

    def record(self, _entry: object) -> int:
        self._barrier.wait()
        return 1


def add(world: MatterWorld, who: Principal, matter: int, log: _Log | None = None) -> int:
    file = CheckedFile(f"{next(NUMBERS)}.png", "image/png", png())
    return attach(world.matters, cast(AuditLog, log or _Log()), who, matter, file).id


def added_at_once(world: MatterWorld, matters: list[int]) -> list[bool]:
    """Each to its matter; every one of them found room before the first was stored."""
    log = _Log(len(matters))

    def one(matter: int) -> bool:
        try:
            add(world, CLERK, matter, log)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(len(matters)) as threads:
        return list(threads.map(one, matters))


def stored(world: MatterWorld) -> int:
    with transaction(world.database) as session:
        return session.scalar(select(func.count()).select_from(MatterAttachmentRow)) or 0


def test_of_six_at_once_to_one_matter_those_that_fit_are_taken(world: MatterWorld) -> None:
    matter = world.request()
    for _ in range(8):
        add(world, CLERK, matter)
    assert added_at_once(world, [matter] * 6).count(True) == 2
    assert stored(world) == 10


def test_of_six_at_once_to_as_many_matters_those_that_fit_in_the_day_are_taken(
    world: MatterWorld,
) -> None:
    """Nobody has attached anything yet: there is no row of theirs that one could wait for."""
    for _ in range(4):
        full = world.request()
        for _ in range(10):
            add(world, CLERK, full)
    for _ in range(2):
        part = world.request()
        for _ in range(4):
            add(world, CLERK, part)
    assert stored(world) == 48
    assert added_at_once(world, [world.request() for _ in range(6)]).count(True) == 2
    assert stored(world) == 50
    with pytest.raises(Conflict, match="50 files a day"):
        add(world, CLERK, world.request())


def test_a_file_stays_that_of_the_department_whose_place_another_took(world: MatterWorld) -> None:
    world.settle(GIVING, "former-office", "steward")
    world.settle(HEALTH, "later-office", "steward")
    sides = (
        MatterParty("requester", "organisation", ASKING),
        MatterParty("authority", "organisation", AUTHORITY),
    )
    said = Command(OPEN, world.key(), values={"what": "证书", "items": "级别", "purpose": "审核"})
    matter = world.matters.open(CLERK, Opening("data_need", sides, "330000"), said).matter
    world.do(JUDGE, matter, "designate", department=GIVING, because="collects")
    first = add(world, FORMER, matter)
    assert names(world, FORMER, matter) == [(first, "provider", None)]
    world.do(FORMER, matter, "object", reason="本局不采集")
    world.do(JUDGE, matter, "designate", department=HEALTH, because="collects")
    second = add(world, LATER, matter)
    assert names(world, LATER, matter) == [(second, "provider", None)]
    assert names(world, JUDGE, matter) == [(first, "provider", GIVING), (second, "provider", None)]


def names(world: MatterWorld, who: Principal, matter: int) -> list[tuple[int, str, str | None]]:
    found = attachments_of(world.matters, who, world.view(matter))
    return [(one.id, one.role, one.former) for one in found]


def test_the_number_of_an_erased_file_is_never_another_s(world: MatterWorld) -> None:
    """The log names a file by its number."""
    first, second = world.sent(), world.sent()
    gone = add(world, CLERK, first)
    with transaction(world.database) as session:
        assert world.matters.texts.erase(session, first) == 4  # three texts and the file
    assert add(world, CLERK, second) > gone
    assert names(world, CLERK, first) == []
    with transaction(world.database) as session:
        row = session.get_one(MatterAttachmentRow, gone)
        assert (row.size, row.name, row.content) == (0, b"", b"")
        assert world.matters.texts.erase(session, first) == 0
    again = add(world, CLERK, first)
    assert [one[0] for one in names(world, CLERK, first)] == [again]
