"""The log in a PostgreSQL: written by two processes, verified while one of them writes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.harness.postgres import PASSWORD, running_postgres
from tests.test_platform.audit.test_columns import OFFICE, pin_of
from tests.test_platform.audit.test_log import entry
from xihu_catalog.schema import upgrade
from xihu_platform.audit import walk
from xihu_platform.audit.heads import HeadFile, Signer, read_head
from xihu_platform.audit.log import AuditLog, LogEntry, log_size
from xihu_platform.audit.models import AuditEntry, AuditPin
from xihu_platform.audit.seals import own_keys
from xihu_platform.audit.verify import verify
from xihu_platform.clock import system_clock
from xihu_platform.database import open_database, transaction
from xihu_platform.vault.keys import Keyring
from xihu_platform.words import Text

SIGNER = Signer(Keyring(b"m" * 32))


@pytest.fixture(scope="module")
def database() -> Iterator[Engine]:
    with running_postgres() as port:
        address = f"steward:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
        database = open_database(f"postgresql+psycopg://{address}")
        upgrade(database)
        yield database
        database.dispose()


def test_two_processes_write_one_log_and_it_verifies_while_they_do(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = HeadFile(tmp_path), HeadFile(tmp_path)
    logs = [AuditLog(database, heads, SIGNER, system_clock) for heads in folder]
    with transaction(database) as session:
        before = log_size(session)  # of other tests over the same database
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: logs[n % 2].record(entry(n)), range(60)))
    assert sorted(numbers) == list(range(before, before + 60))
    head = read_head(logs[0].head_path)

    def and_one_more(session: Session, walked: walk.Walk) -> Text | None:
        fault = walk.walk(session, walked)
        logs[0].record(entry(60))
        return fault

    monkeypatch.setattr("xihu_platform.audit.verify.walk", and_one_more)
    checked = verify(database, head, SIGNER.public_key)
    for log in logs:
        log.close()
    assert checked.holds, checked.text.en
    assert checked.size == before + 60


def test_subjects_pins_and_times_are_as_sqlite_has_them(database: Engine, tmp_path: Path) -> None:
    log = AuditLog(database, HeadFile(tmp_path), SIGNER, system_clock)
    with transaction(database) as session:
        before = log_size(session)
    pin = pin_of(own_keys(Keyring(b"m" * 32)), "d1", predicate=None)
    subjects = tuple(f"s1_{n}" for n in range(5))
    body: dict[str, object] = {"rows": 5}
    pinned = LogEntry("read", "", "ga_residents", OFFICE, body, subjects, "duty", pin)
    waiting = [log.append(pinned), log.append(pinned), log.append(entry(0))]
    assert [future.result(timeout=60) - before for future in waiting] == [0, 1, 2]
    log.close()
    with transaction(database) as session:
        stored = session.scalars(select(AuditPin)).one()
        assert (stored.seq, stored.day, stored.whole, stored.body) == (
            before,
            pin.day,
            True,
            pin.body,
        )
        said = session.get_one(AuditEntry, before)
        assert orjson.loads(said.body)["at"] == said.at.isoformat()
    checked = verify(database, read_head(log.head_path), SIGNER.public_key)
    assert checked.holds, checked.text.en
