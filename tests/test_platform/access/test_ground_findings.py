"""What an auditor is told about grounds, against rows and numbers typed by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.both_databases import sqlite
from xihu_platform.access.ground_findings import ground_findings
from xihu_platform.access.grounds import GroundRow, GroundSubjectRow
from xihu_platform.database import transaction

NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
ONE, TWO = "113399001001041148", "11339900100102741M"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    with sqlite(tmp_path) as engine:
        yield engine


def ground(
    number: str,
    organisation: str,
    origin: str,
    *,
    days: float = 1,
    seconds: float | None = None,
    position: str = "reader",
    confirmed: bool = True,
) -> GroundRow:
    opened = NOW - timedelta(days=days)
    return GroundRow(
        number=number,
        kind="inspection_task",
        item="item",
        organisation=organisation,
        position=position,
        opened=opened,
        closed=None if seconds is None else opened + timedelta(seconds=seconds),
        origin=origin,
        opened_by="somebody",
        countersigned_by="somebody-else" if confirmed else None,
        confirmed_at=opened if confirmed else None,
    )


def subject(number: str, key: str, *, added: float | None = None) -> GroundSubjectRow:
    return GroundSubjectRow(
        ground=number,
        number=1 if added is None else 2,
        key=key,
        kind="person",
        standing="applicant",
        added=None if added is None else NOW - timedelta(days=added),
    )


def told(database: Engine) -> dict[tuple[str, str], int]:
    with transaction(database) as session:
        found = ground_findings(session, NOW)
    return {(one.rule.en, one.organisation): one.number for one in found}


def test_nothing_is_told_of_what_services_do(database: Engine) -> None:
    with transaction(database) as session:
        session.add_all(ground(f"S{n}", ONE, "service", seconds=5) for n in range(40))
        session.flush()
        session.add_all(subject(f"S{n}", "same") for n in range(40))
    assert told(database) == {}


def test_each_rule_counts_what_it_says(database: Engine) -> None:
    with transaction(database) as session:
        session.add_all(
            [
                *(ground(f"H{n}", ONE, "hand", position="a") for n in range(3)),
                ground("old", ONE, "hand", days=31),
                ground("quick", TWO, "hand", seconds=59),
                ground("slow", TWO, "hand", seconds=60),
                ground("unread", TWO, "hand", seconds=5, confirmed=False),
                *(ground(f"M{n}", TWO, "machine", confirmed=False) for n in range(20)),
                *(ground(f"N{n}", ONE, "machine", confirmed=False) for n in range(19)),
            ]
        )
        session.flush()
        session.add_all(
            [
                *(subject("H0", "twice"), subject("H1", "twice"), subject("H2", "once")),
                *(subject("quick", "p"), subject("slow", "q"), subject("old", "twice")),
                subject("H2", "later", added=2),
                subject("old", "long-ago", added=31),
            ]
        )
    assert told(database) == {
        ("grounds opened by hand in the last 30 days", ONE): 3,
        ("grounds opened by hand in the last 30 days", TWO): 3,
        (
            "20 grounds or more that a system opened in 30 days, confirmed by nobody",
            TWO,
        ): 20,
        ("grounds closed within a minute of being confirmed, in 30 days", TWO): 1,
        ("the same person or firm in 2 grounds or more in 30 days", ONE): 1,
        ("subjects added later in the last 30 days", ONE): 1,
    }
