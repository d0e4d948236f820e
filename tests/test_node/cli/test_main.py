"""The command line itself: what it says of a fault in the program, and `--verbose`."""

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from xihu_node.cli import main as room
from xihu_node.cli.doctor import doctor
from xihu_platform.start import Node
from xihu_platform.telemetry.traces import TRACER, LogTracer, NoTracer

SECRET = "canary7f3a"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("xihu")
    before = (list(root.handlers), root.level, ours.level, threading.excepthook)
    token = TRACER.set(NoTracer())
    yield
    TRACER.reset(token)
    root.handlers, threading.excepthook = before[0], before[3]
    root.setLevel(before[1])
    ours.setLevel(before[2])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_fault_in_the_program_shows_type_and_place_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(doctor, "callback", fail)
    monkeypatch.setattr(sys, "argv", ["xihu", "--lang", language, "doctor"])
    with pytest.raises(SystemExit) as ended:
        room.main()
    said = "".join(capsys.readouterr())
    assert ended.value.code == 1
    assert "ValueError" in said
    assert "test_main:fail:" in said
    assert SECRET not in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("words", "variable", "said"),
    [
        (["--lang", "en"], "zh", "is not published"),
        (["--lang=zh"], "en", "尚未发布"),
        ([], "en", "is not published"),
        ([], "zh", "尚未发布"),
    ],
)
def test_the_language_is_the_options_else_the_variables(
    node: Node, monkeypatch: pytest.MonkeyPatch, words: list[str], variable: str, said: str
) -> None:
    monkeypatch.setenv("XIHU_DATA_DIR", str(node.settings.data_dir))
    monkeypatch.setenv("XIHU_LANG", variable)
    result = CliRunner().invoke(room.xihu, [*words, "calendar", "show", "2031"])
    assert result.exit_code == 1
    assert said in result.stderr


def test_a_setting_that_is_wrong_is_told_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIHU_LAKE__THREADS", SECRET)
    result = CliRunner().invoke(room.xihu, ["maintain"])
    assert result.exit_code == 2
    assert "lake.threads" in result.stderr
    assert SECRET not in result.stderr


def test_verbose_logs_how_long_each_step_takes() -> None:
    CliRunner().invoke(room.xihu, ["--verbose", "audit", "--help"])
    assert logging.getLogger("xihu").level == logging.DEBUG
    CliRunner().invoke(room.xihu, ["audit", "--help"])
    assert logging.getLogger("xihu").level == logging.WARNING


def test_the_log_tracer_writes_the_name_and_the_time_of_a_span(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "xihu.trace")
    with LogTracer().span("decide"):
        pass
    (record,) = caplog.records
    facts = record.__dict__["facts"]
    assert (record.message, facts["name"]) == ("span", "decide")
    assert facts["ms"] >= 0


@pytest.mark.parametrize("words", [["contract", "infer", "FILE"], ["contract", "versions", "x"]])
def test_a_damaged_database_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    (tmp_path / "file.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "xihu.db").write_bytes(b"no database " * 400)
    monkeypatch.setenv("XIHU_DATA_DIR", str(tmp_path))
    asked = [str(tmp_path / "file.csv") if word == "FILE" else word for word in words]
    result = CliRunner().invoke(room.xihu, ["--lang", "en", *asked])
    assert result.exit_code == 1
    assert "the application database cannot be used (DatabaseError)" in result.output
    assert "xihu doctor" in result.output
