"""The log in a PostgreSQL: written by two processes, verified while one of them writes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.harness.postgres import PASSWORD, running_postgres
from tests.test_platform.audit.test_log import entry
from xihu_catalog.schema import upgrade
from xihu_platform.audit import walk
from xihu_platform.audit.heads import HeadFile, Signer, read_head
from xihu_platform.audit.log import AuditLog
from xihu_platform.audit.verify import verify
from xihu_platform.clock import system_clock
from xihu_platform.database import open_database
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
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: logs[n % 2].record(entry(n)), range(60)))
    assert sorted(numbers) == list(range(60))
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
    assert checked.size == 60
