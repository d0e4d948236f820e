"""A lease for each dataset: one writer at a time over all processes, and none left by the dead.

Nothing expires and nothing is stolen: the kernel frees the lock of a process that was killed, the
database the one of a connection that broke. Readers never take it.
"""

import fcntl
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from xihu_platform.errors import TransientError

WAIT_S = 600.0
"""How long a writer waits its turn: loads of one dataset queue up rather than fail."""
_PAUSE_S = 0.02


class Leased(TransientError):
    """Another process was still writing the dataset when the wait was over."""

    def __init__(self, dataset: str, waited_s: float) -> None:
        super().__init__(
            f"数据集 {dataset} 正在由另一进程写入，已等待 {waited_s:.0f} 秒，请稍后重试",
            f"another process is writing {dataset}; waited {waited_s:.0f} s: try again later",
        )


@contextmanager
def lease(folder: Path, catalog: Engine, dataset: str, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold the dataset's lease. Raises Leased."""
    if catalog.dialect.name == "postgresql":
        with catalog.connect() as connection, _advisory(connection, dataset, wait_s):
            yield
        return
    with _flock(folder, dataset, wait_s):
        yield


@contextmanager
def _flock(folder: Path, dataset: str, wait_s: float) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{dataset}.lock").open("ab") as handle:

        def taken() -> bool:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        _wait(taken, dataset, wait_s)
        yield  # closing the file frees the lock


@contextmanager
def _advisory(connection: Connection, dataset: str, wait_s: float) -> Iterator[None]:
    number = int.from_bytes(sha256(dataset.encode()).digest()[:8], signed=True)

    def taken() -> bool:
        answer = connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": number})
        return bool(answer.scalar())

    _wait(taken, dataset, wait_s)
    try:
        yield
    finally:
        connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})


def _wait(taken: Callable[[], bool], dataset: str, wait_s: float) -> None:
    end = time.monotonic() + wait_s
    while not taken():
        if time.monotonic() > end:
            raise Leased(dataset, wait_s)
        time.sleep(_PAUSE_S * (0.5 + random.random()))
