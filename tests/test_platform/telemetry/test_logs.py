"""Log lines: their form on a terminal and elsewhere, and what is left out of others' records."""

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from xihu_platform.settings import TelemetrySettings
from xihu_platform.telemetry.logs import REQUEST, facts, failure_facts, start_logging

SECRET = "canary7f3a"
log = logging.getLogger("xihu.test")
theirs = logging.getLogger("somebody.else")
Form = Literal["auto", "plain", "json"]
Start = Callable[..., io.StringIO]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def start() -> Iterator[Start]:
    root, ours = logging.getLogger(), logging.getLogger("xihu")
    before = (list(root.handlers), root.level, ours.level, threading.excepthook)

    def started(form: Form = "auto", stream: io.StringIO | None = None) -> io.StringIO:
        out = stream or io.StringIO()
        start_logging(TelemetrySettings(log=form), level=logging.INFO, stream=out)
        return out

    yield started
    root.handlers, threading.excepthook = before[0], before[3]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def test_a_line_for_a_machine_is_one_object(start: Start) -> None:
    out = start()
    number = REQUEST.set("abc123")
    log.info("loaded", extra=facts(rows=3))
    REQUEST.reset(number)
    (line,) = out.getvalue().splitlines()
    said = json.loads(line)
    assert said.pop("at").endswith("+00:00")
    assert said == {
        "level": "info",
        "logger": "xihu.test",
        "message": "loaded",
        "request": "abc123",
        "rows": 3,
    }


def test_a_line_on_a_terminal_is_read_by_people(start: Start) -> None:
    out = start(stream=Terminal())
    log.info("loaded", extra=facts(rows=3))
    assert out.getvalue().split()[1:] == ["info", "loaded", "rows=3"]


def test_the_setting_wins_over_the_terminal(start: Start) -> None:
    out = start("json", Terminal())
    log.info("loaded")
    assert json.loads(out.getvalue())["message"] == "loaded"


@pytest.mark.parametrize("form", ["plain", "json"])
def test_of_another_librarys_record_neither_argument_nor_trace_is_kept(
    start: Start, form: Form
) -> None:
    out = start(form)
    try:
        raise ValueError(SECRET)
    except ValueError:
        theirs.exception("cannot handle %s", SECRET)
    theirs.error(f"a task failed\n<Task exception=ValueError('{SECRET}')>")
    theirs.warning("extra", extra=facts(name=SECRET))
    assert SECRET not in out.getvalue()
    assert "cannot handle %s" in out.getvalue()
    assert "ValueError" in out.getvalue()
    assert len(out.getvalue().splitlines()) == 3


def test_a_failure_is_logged_by_type_and_place(start: Start) -> None:
    out = start()
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        log.error("it failed", extra=failure_facts(error, step="load"))
    said = json.loads(out.getvalue())
    assert (said["error"], said["step"]) == ("ValueError", "load")
    assert SECRET not in out.getvalue()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_fails_says_so_without_the_message(
    start: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    out = start()

    def fail() -> None:
        raise ValueError(SECRET)

    thread = threading.Thread(target=fail, name="search-index")
    thread.start()
    thread.join()
    said = json.loads(out.getvalue())
    assert (said["thread"], said["error"]) == ("search-index", "ValueError")
    assert SECRET not in out.getvalue() + "".join(capfd.readouterr())


def test_other_libraries_are_heard_from_warning_on(start: Start) -> None:
    out = start()
    theirs.info("chatter")
    log.debug("chatter")
    assert out.getvalue() == ""


def test_starting_again_writes_each_line_once(start: Start) -> None:
    start()
    out = start()
    log.info("once")
    assert len(out.getvalue().splitlines()) == 1
