"""`xihu audit verify` checks all there is to check, with the platform's own keys where they are."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.test_platform.audit.test_columns import pin_of
from tests.test_platform.audit.test_log import Logged, alter, open_log
from xihu_node.cli.main import xihu
from xihu_platform.audit.log import LogEntry

MASTER = b"m" * 32


@pytest.fixture
def logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logged]:
    opened = open_log(tmp_path, MASTER)
    opened.log.record(LogEntry("read", "", "d0", None, {}, pin=pin_of(opened.own)))
    monkeypatch.setenv("XIHU_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("XIHU_MASTER_KEY", raising=False)
    yield opened
    opened.log.close()
    opened.database.dispose()


def verified(head: Path, *options: str) -> Result:
    return CliRunner().invoke(
        xihu, ["--lang", "en", "audit", "verify", "--head", str(head), *options]
    )


def test_own_keys_and_heads_are_used_where_they_are(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = logged.save_head()
    monkeypatch.setenv("XIHU_MASTER_KEY", MASTER.hex())
    logged.write(1)
    whole = verified(head)
    assert whole.exit_code == 0, whole.output
    assert "not checked" not in whole.output
    assert "compared with no head" not in whole.output
    alter(logged, f"UPDATE audit_pin SET question = '{'q' * 43}'")
    assert verified(head).exit_code == 1


def test_without_the_master_key_none_is_made_and_the_answer_says_so(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = logged.save_head()
    monkeypatch.setenv("XIHU_MASTER_KEY", MASTER.hex())
    key = CliRunner().invoke(xihu, ["audit", "key"]).output.strip()
    monkeypatch.delenv("XIHU_MASTER_KEY")
    said = verified(head, "--key", key)
    assert said.exit_code == 0, said.output
    assert "without the platform's own keys" in said.output
    assert not (logged.folder / "keys" / "master.key").exists()
