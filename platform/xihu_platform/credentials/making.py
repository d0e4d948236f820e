"""Has documents made in a process of their own, which is started when it is first needed, stays for
the next one and is ended when it takes too long or too much memory."""

import json
import os
import select
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from datetime import datetime

from xihu_platform.credentials.document import DocumentFacts
from xihu_platform.credentials.identity import SealingIdentity
from xihu_platform.errors import BadInput, PlatformError, TerminalError, TransientError

SECONDS_LIMIT = 30.0
_WAIT_S = 20.0
"""How long one waits while others' documents are made."""
_LENGTH = 8
_ANSWER_LIMIT = 32 << 20
_FAULTS: dict[str, type[PlatformError]] = {
    "BadInput": BadInput,
    "TransientError": TransientError,
}
_COMMAND = (sys.executable, "-P", "-m", "xihu_platform.credentials.worker")


class Maker:
    """One child process, asked by one thread at a time."""

    def __init__(
        self,
        identity: SealingIdentity,
        seconds: float = SECONDS_LIMIT,
        command: tuple[str, ...] = _COMMAND,
    ) -> None:
        self._said = {
            "key": identity.key.decode(),
            "certificates": identity.certificates.decode(),
            "authorities": identity.trust.authorities.decode(),
            "stamp_authorities": identity.trust.stamp_authorities.decode(),
            "stamp_url": identity.stamp_url,
        }
        self._seconds, self._command = seconds, command
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def make(self, facts: DocumentFacts, claims: str, at: datetime) -> bytes:
        """The sealed file; `claims`: JSON that is signed and attached.

        Raises TransientError where it takes too long or the process ends, TerminalError where the
        document cannot be made or sealed.
        """
        question = {
            "identity": self._said,
            "facts": asdict(facts),
            "claims": claims,
            "at": at.isoformat(),
        }
        body = json.dumps(question, default=str).encode()
        if not self._lock.acquire(timeout=_WAIT_S):
            raise _broken()
        try:
            said = self._ask(len(body).to_bytes(_LENGTH) + body)
        finally:
            self._lock.release()
        if said[:1] == b"+":
            return said[1:]
        kind, zh, en = json.loads(said[1:])
        raise _FAULTS.get(kind, TerminalError)(zh, en)

    def close(self) -> None:
        with self._lock:
            self._end()

    def _ask(self, message: bytes) -> bytes:
        """Once more in a new process where the one that was there has ended meanwhile."""
        was_there = self._child is not None
        try:
            return self._answer(message)
        except (OSError, EOFError):
            self._end()
            if not was_there:
                raise _broken() from None
        except TimeoutError:
            self._end()
            raise _broken() from None
        try:
            return self._answer(message)
        except (OSError, EOFError, TimeoutError):
            self._end()
            raise _broken() from None

    def _answer(self, message: bytes) -> bytes:
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
        end = time.monotonic() + self._seconds
        sent, got = self._child.stdin, self._child.stdout
        assert sent is not None and got is not None
        sent.write(message)
        length = int.from_bytes(_read(got.fileno(), _LENGTH, end))
        if not 0 < length <= _ANSWER_LIMIT:
            raise EOFError
        return _read(got.fileno(), length, end)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def _read(pipe: int, length: int, end: float) -> bytes:
    """Raises EOFError where the process ended, TimeoutError where it took too long."""
    found = bytearray()
    while len(found) < length:
        if not select.select([pipe], [], [], max(0.0, end - time.monotonic()))[0]:
            raise TimeoutError
        part = os.read(pipe, min(1 << 20, length - len(found)))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def _broken() -> TransientError:
    return TransientError(
        "证照文件暂时没有生成，请稍后重试", "the document could not be made now: try again"
    )
