"""`xihu doctor` explains what it finds, changes nothing, and never shows a trace."""

import base64
import json
import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.contracts import document, field
from tests.province import Province
from xihu_catalog.start import open_contracts
from xihu_node.cli import doctor as room
from xihu_node.cli.doctor import CHECKS, doctor
from xihu_pipelines.ingest.load import load_file
from xihu_platform.audit.heads import HEADS, HeadFile, Signer
from xihu_platform.audit.log import AuditLog, LogEntry
from xihu_platform.database import transaction
from xihu_platform.start import Node
from xihu_platform.words import Language


def run(language: Language = "en") -> Result:
    return CliRunner().invoke(doctor, obj=language)


def lines(result: Result) -> dict[str, str]:
    """By title: the mark and what is said, with the remedy if there is one."""
    found: dict[str, str] = {}
    title = ""
    for line in result.output.splitlines():
        if line.startswith("    "):
            found[title] += line.strip()
        elif ": " in line:
            title = line[2:].partition(":")[0]
            found[title] = line
    return found


def line_of(title: str) -> str:
    """What one check says; the command runs that one alone, the others have tests of their own."""
    chosen = tuple(one for one in CHECKS if one[0].en == title)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "CHECKS", chosen)
        result = run()
    return lines(result)[title]


@pytest.fixture
def settled(node: Node, monkeypatch: pytest.MonkeyPatch) -> Node:
    """An empty installation with three entries in its log, and the environment that names it."""
    monkeypatch.setenv("XIHU_DATA_DIR", str(node.settings.data_dir))
    log = AuditLog(
        node.database, HeadFile(node.settings.heads_folder), Signer(node.keyring), node.clock
    )
    for n in range(3):
        log.record(LogEntry("refusal", f"r{n}", "sg_firms", None, {}))
    log.close()
    return node


def test_a_loaded_installation_has_no_fault(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIHU_DATA_DIR", str(province.services.node.settings.data_dir))
    result = run()
    said = lines(result)
    assert result.exit_code == 0, result.output
    assert {title.en for title, _ in CHECKS} | {"Settings"} == said.keys()
    assert "given: XIHU_DATA_DIR" in said["Settings"]
    assert "readable, 33 tables" in said["Lake"]
    assert "the end agrees with the newest head" in said["Audit log"]
    assert not [line for line in said.values() if line[0] in "✗-"]


def test_both_languages_say_the_same_lines(settled: Node) -> None:
    zh, en = run("zh"), run("en")
    marks = [[m for m in r.output if m in "✓!✗"] for r in (zh, en)]
    assert marks[0] == marks[1]
    assert "请运行" in zh.output
    assert not [c for c in en.output if "\u4e00" <= c <= "\u9fff"]


def test_nothing_is_made_where_there_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIHU_DATA_DIR", str(tmp_path / "none"))
    result = run()
    assert result.exit_code == 1
    assert lines(result)["Data folder"].startswith("✗")
    assert "run xihu load" in result.output
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_stays_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIHU_DATA_DIR", str(tmp_path))
    said = lines(run())
    assert [said[title][0] for title in ("Database", "Keys", "Lake")] == ["✗"] * 3
    assert [said[title][0] for title in ("Datasets", "Audit log")] == ["-"] * 2
    assert list(tmp_path.iterdir()) == []


def test_a_catalogue_without_a_dataset_is_a_fault(settled: Node) -> None:
    said = line_of("Datasets")
    assert said.startswith("✗")
    assert "the catalogue has no dataset" in said


def test_datasets_that_nobody_loaded_yet_are_named_and_no_fault(settled: Node) -> None:
    open_contracts(settled)
    said = line_of("Datasets")
    assert said.startswith("!")
    assert "33 of 33 have no data yet: fg_credit_evaluations" in said
    assert "run xihu load" in said
    assert "XIHU_REGISTRY_DIR" in said


def test_duplicate_keys_are_counted(settled: Node) -> None:
    """As a load could accept them before, and as a new version of a contract finds them."""
    contracts, path = open_contracts(settled), settled.settings.data_dir / "doubled.csv"
    path.write_text("code,ticket\nA,1\nA,2\nB,\nA,2\nC,\n,3\n,3\n", encoding="utf-8")
    for keys in (False, True):
        fields = [field("code", key=keys), field("ticket", unique=keys)]
        one = contracts.publish(document("jt_doubled", fields))
        if not keys:
            load_file(settled, one, path)
            assert "Duplicate keys: none" in line_of("Duplicate keys")
    said = line_of("Duplicate keys")
    assert said.startswith("✗")
    assert "ticket.unique (jt_doubled: 2), key.unique (jt_doubled: 2)" in said
    assert "hand in the whole file again" in said


@pytest.mark.parametrize(("now", "mark"), [("2026-09-01", "✓"), ("2026-11-27", "!")])
def test_a_calendar_that_ends_soon_is_a_warning(
    settled: Node, monkeypatch: pytest.MonkeyPatch, now: str, mark: str
) -> None:
    open_contracts(settled)
    moment = datetime.fromisoformat(f"{now}T04:00:00+00:00")
    monkeypatch.setattr("xihu_node.cli.doctor_registry.system_clock", lambda: moment)
    said = line_of("Calendar")
    assert said.startswith(f"{mark} Calendar: published until 2026")


def test_a_folder_open_to_others_is_a_warning(settled: Node) -> None:
    settled.settings.data_dir.chmod(0o755)
    assert line_of("Data folder").startswith("!")


def test_a_master_key_open_to_others_is_a_fault(settled: Node) -> None:
    (settled.settings.data_dir / "keys" / "master.key").chmod(0o644)
    assert "chmod 600" in line_of("Keys")


def test_a_master_key_that_is_gone_is_a_fault_and_none_is_made(settled: Node) -> None:
    key = settled.settings.data_dir / "keys" / "master.key"
    key.unlink()
    assert line_of("Keys").startswith("✗")
    assert line_of("Audit log").startswith("-")
    assert not key.exists()


def _edit(node: Node, sql: str) -> None:
    node.database.dispose()
    with closing(sqlite3.connect(node.settings.data_dir / "xihu.db")) as connection, connection:
        connection.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_entry SET body = replace(body, 'sg_firms', 'sg_farms') WHERE seq = 1",
        "UPDATE audit_entry SET body = CAST(replace(CAST(body AS TEXT), 'refusal', 'r') AS BLOB)",
        "DELETE FROM audit_entry WHERE seq = 2",
        "DELETE FROM audit_entry WHERE seq = 0",
        "UPDATE audit_node SET digest = zeroblob(32) WHERE level = 1",
        "DELETE FROM audit_node",
    ],
)
def test_a_log_that_was_changed_is_a_fault(
    settled: Node, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    monkeypatch.setattr("xihu_platform.audit.newest.PAUSE_S", 0.0)  # nobody writes meanwhile
    assert line_of("Audit log").startswith("✓")
    _edit(settled, sql)
    said = line_of("Audit log")
    assert said.startswith("✗")
    assert "audit administrator" in said


def test_a_head_signed_by_another_key_is_a_fault(settled: Node) -> None:
    path = settled.settings.heads_folder / HEADS
    head = json.loads(path.read_text().splitlines()[-1])
    head["signature"] = base64.b64encode(bytes(64)).decode()
    path.write_text(json.dumps(head) + "\n")
    assert line_of("Audit log").startswith("✗")


@pytest.mark.parametrize(
    ("version", "mark", "words"), [("0006", "!", "upgrades"), ("0999", "✗", "newer")]
)
def test_a_database_of_another_version_is_told(
    settled: Node, version: str, mark: str, words: str
) -> None:
    _edit(settled, f"UPDATE alembic_version SET version_num = '{version}'")
    said = line_of("Database")
    assert said.startswith(mark)
    assert words in said
    with transaction(settled.database) as session:
        found = session.connection().exec_driver_sql("SELECT version_num FROM alembic_version")
        assert found.scalar() == version


def test_a_lake_that_was_moved_says_how_to_go_on(
    settled: Node, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settled.database.dispose()
    moved = settled.settings.data_dir.rename(tmp_path / "moved")
    monkeypatch.setenv("XIHU_DATA_DIR", str(moved))
    said = line_of("Lake")
    assert "xihu relocate" in said
    assert said.startswith("✗")


def test_a_setting_that_is_wrong_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XIHU_SERVE__PORT", "canary7f3a")
    result = run()
    assert result.exit_code == 1
    assert "serve.port" in result.output
    assert "canary7f3a" not in result.output


def test_an_issuer_that_does_not_answer_is_a_fault(
    settled: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIHU_IDENTITY__ISSUER", "http://127.0.0.1:9/realms/xihu")
    said = line_of("Identity issuer")
    assert said.startswith("✗")
    assert "ConnectError" in said


@pytest.mark.parametrize(("free", "mark"), [(0.5e9, "✗"), (50e9, "!"), (500e9, "✓")])
def test_a_disk_that_fills_is_told_before_it_is_full(
    settled: Node, monkeypatch: pytest.MonkeyPatch, free: float, mark: str
) -> None:
    class Usage:
        total = 1000e9

    Usage.free = free  # type: ignore[attr-defined]
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    assert line_of("Disk").startswith(mark)


def test_missing_assets_are_a_fault(
    settled: Node, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(room, "VENDOR", tmp_path)
    assert "make setup" in line_of("Browser assets")


def test_a_check_that_fails_itself_is_a_line_and_no_trace(
    settled: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("canary7f3a")

    monkeypatch.setattr("xihu_node.cli.doctor_data.check_newest", fail)
    result = run()
    said = lines(result)["Audit log"]
    assert said.startswith("✗")
    assert "RuntimeError" in said
    assert "canary7f3a" not in result.output
    assert "Traceback" not in result.output


def test_garbage_in_place_of_the_database_is_a_line_and_no_trace(settled: Node) -> None:
    settled.database.dispose()
    for path in settled.settings.data_dir.glob("xihu.db*"):
        path.unlink()
    (settled.settings.data_dir / "xihu.db").write_bytes(os.urandom(4096))
    result = run()
    assert result.exit_code == 1
    assert lines(result)["Database"].startswith("✗ Database: the application database cannot be")
    assert "newest backup" in result.output
    assert "Traceback" not in result.output and "developers" not in result.output
