"""`xihu catalogue`: a report is written and checked, and what is wrong with one is said."""

import base64
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from tests.test_catalog.reports.made import OTHER, facts
from xihu_catalog.conformance.checking import find_check
from xihu_catalog.datasets.stored import put_entry
from xihu_node.cli import catalogue as command
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput
from xihu_platform.start import Node
from xihu_platform.words import Language


@pytest.fixture(autouse=True)
def _settled(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIHU_DATA_DIR", str(node.settings.data_dir))


def run(*words: str, language: Language = "en") -> Result:
    return CliRunner().invoke(command.catalogue, words, obj=language, catch_exceptions=False)


def put(node: Node, entry: str) -> None:
    with transaction(node.database) as session:
        put_entry(session, "hz", facts(entry, "甲"), node.clock())


def marker_in(printed: str) -> str:
    return printed.strip().rpartition(" ")[2]


def test_reports_are_written_and_checked_in_their_order(node: Node, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    put(node, "hz-1")
    done = run("report", "--out", str(first))
    assert (done.exit_code, done.output.startswith("the full report is in")) == (0, True)
    put(node, "hz-2")
    run("report", "--since", marker_in(done.output), "--out", str(second))
    checked = run("check-report", str(first), str(second))
    assert checked.exit_code == 0
    assert "full report" in checked.output.splitlines()[0]
    assert "incremental report" in checked.output.splitlines()[1]
    assert " 1 entries, 0 removed" in checked.output.splitlines()[1]
    assert not list(tmp_path.glob("*.part"))
    with pytest.raises(BadInput, match="second.jsonl: a report is missing"):
        run("check-report", str(first), str(second), str(second))


def test_a_report_is_in_the_log_before_its_file(node: Node, tmp_path: Path) -> None:
    first = run("report", "--out", str(tmp_path / "first.jsonl"))
    marker = marker_in(first.output)
    run("report", "--since", marker, "--out", str(tmp_path / "second.jsonl"))
    with transaction(node.database) as session:
        found = session.scalars(select(AuditEntry.body).where(AuditEntry.kind == "look")).all()
    said = [json.loads(body) for body in found]
    assert [(one["who"], one["page"], one["asked"]) for one in said] == [
        ("operator", "catalogue_report", {}),
        ("operator", "catalogue_report", {"since": marker}),
    ]


def test_a_changed_report_is_named(node: Node, tmp_path: Path) -> None:
    out = tmp_path / "report.jsonl"
    put(node, "hz-1")
    run("report", "--out", str(out))
    out.write_bytes(out.read_bytes().replace("甲".encode(), "乙".encode()))
    with pytest.raises(BadInput, match="report.jsonl: entry hz-1 is not what its digest says"):
        run("check-report", str(out))


def test_the_key_of_another_node_does_not_take_it(node: Node, tmp_path: Path) -> None:
    out = tmp_path / "report.jsonl"
    run("report", "--out", str(out))
    other = base64.b64encode(OTHER.public_key.public_bytes_raw()).decode()
    with pytest.raises(BadInput, match="the signature was not made with this key"):
        run("check-report", "--key", other, str(out))
    with pytest.raises(BadInput, match="--key"):
        run("check-report", "--key", "no key", str(out))


def test_it_is_said_in_chinese(node: Node, tmp_path: Path) -> None:
    out = tmp_path / "report.jsonl"
    assert "全量报告已写入" in run("report", "--out", str(out), language="zh").output
    assert "摘要和签名相符" in run("check-report", str(out), language="zh").output


def test_entries_are_checked_once_until_they_change(node: Node) -> None:
    put(node, "hz-1")
    assert run("check").output.startswith("1 entries checked, 0 of them")
    assert run("check").output.startswith("0 entries checked")
    assert "检查了 1 个条目" in run("check", "--all", language="zh").output
    found = find_check(node.database, "hz-1")
    assert found is not None and len(found.results) == 4
