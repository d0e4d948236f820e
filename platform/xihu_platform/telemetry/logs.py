"""Log lines: JSON for a machine, plain for a terminal, each with the number of its request.

A line says what happened, never with what: no value, name, address, SQL text or query string.
Our own messages are written so. Of another library's record only the first line of its template is
kept, because its arguments may be values, and of any exception only type and place.
"""

import logging
import sys
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

import orjson

from xihu_platform.settings import TelemetrySettings
from xihu_platform.telemetry.failures import describe

REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
"""Number of the request that is being answered."""
OURS = "xihu"
log = logging.getLogger(OURS)
WRITE_VALUES = (
    *("httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpx", "uvicorn.access"),
    *("sqlalchemy.engine.Engine", "sqlalchemy.orm.mapper.Mapper", "urllib3.connectionpool"),
)
"""Loggers of other libraries that write addresses, headers, SQL or rows below WARNING."""


def facts(**values: object) -> dict[str, object]:
    """What a log line says beside its message: `log.info("loaded", extra=facts(rows=3))`."""
    return {"facts": values}


def failure_facts(error: BaseException, **values: object) -> dict[str, object]:
    """The same for a failure: the exception's type and place."""
    return facts(**values, **describe(error).facts())


def start_logging(
    settings: TelemetrySettings, *, level: int = logging.WARNING, stream: TextIO | None = None
) -> None:
    """Every log line of this process goes to `stream` (stderr) in our form.

    `level` is that of our own loggers; other libraries are heard from WARNING on.
    """
    out = stream or sys.stderr
    plain = settings.log == "plain" or (settings.log == "auto" and out.isatty())
    handler = logging.StreamHandler(stream) if stream else _ToStderr()
    handler.setFormatter(PlainFormatter() if plain else JsonFormatter())
    root = logging.getLogger()
    for old in list(root.handlers):
        if isinstance(old.formatter, SafeFormatter):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    log.setLevel(level)
    for name in WRITE_VALUES:
        logging.getLogger(name).addFilter(_only_warnings)
    threading.excepthook = _thread_failed


def _only_warnings(record: logging.LogRecord) -> bool:
    """Whatever level somebody sets."""
    return record.levelno >= logging.WARNING


class _ToStderr(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is when a line is written: it may be replaced."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _stream: TextIO) -> None:
        pass


def _thread_failed(hook: threading.ExceptHookArgs) -> None:
    """Python would print the message and every line of the trace."""
    if hook.exc_value is not None:
        name = hook.thread.name if hook.thread else None
        log.error(
            "a thread ended by an exception", extra=failure_facts(hook.exc_value, thread=name)
        )


class SafeFormatter(logging.Formatter):
    """What a record may say."""

    def said(self, record: logging.LogRecord) -> dict[str, object]:
        said: dict[str, object] = {
            "at": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        number = REQUEST.get()
        if number is not None:
            said["request"] = number
        if _is_ours(record):
            said |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1] is not None:
            said |= describe(record.exc_info[1]).facts()
        return said


class JsonFormatter(SafeFormatter):
    """One object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        return orjson.dumps(self.said(record), default=str).decode()


class PlainFormatter(SafeFormatter):
    """One line to read: time, level, message, then what else is known as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        said = self.said(record)
        head = [str(said.pop(name)) for name in ("at", "level", "message")]
        del said["logger"]
        rest = [f"{name}={_plain(value)}" for name, value in said.items()]
        return "  ".join([head[0][11:19], f"{head[1]:<7}", head[2], *rest])


def _plain(value: object) -> str:
    return " > ".join(map(str, value)) if isinstance(value, list) else str(value)


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _message(record: logging.LogRecord) -> str:
    if _is_ours(record):
        return record.getMessage()
    lines = str(record.msg).splitlines()
    return lines[0] if lines else ""


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0].startswith(OURS)
