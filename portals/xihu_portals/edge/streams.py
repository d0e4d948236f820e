"""Downloads: how many at once, and a response that keeps nothing for a client that does not read.

A stream waits for its client outside any thread. A client that takes too little for the time
limit is cut off; when it is gone or cut off, query, memory and slot are freed at once, and the
log says that the read was broken off.
"""

import logging
import threading
from collections import Counter
from collections.abc import Iterator, Mapping

import anyio
from anyio import to_thread
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from xihu_platform.access.outcome import RecordSource
from xihu_platform.errors import TooMany

log = logging.getLogger("xihu")
PIECE = 128 << 10
"""Bytes that a client must take within the time limit."""
RETRY_AFTER_S = 10


class Slot:
    """The right to one stream, given back once."""

    def __init__(self, streams: "Streams", caller: str) -> None:
        self._streams: Streams | None = streams
        self._caller = caller
        self.write_limit_s = streams.write_limit_s
        self.threads = streams.threads

    def release(self) -> None:
        streams, self._streams = self._streams, None
        if streams is not None:
            streams.give_back(self._caller)

    def __del__(self) -> None:
        self.release()


class Streams:
    """Counts the open streams, of each caller and in all."""

    def __init__(self, *, total: int, each: int, write_limit_s: float) -> None:
        self.write_limit_s = write_limit_s
        self.threads = anyio.CapacityLimiter(total)
        """Threads that read for streams: others than those that make pages."""
        self._total = total
        self._each = each
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def open(self) -> int:
        with self._lock:
            return self._open.total()

    def take(self, caller: str) -> Slot:
        """Raises TooMany."""
        with self._lock:
            if self._open[caller] >= self._each:
                raise TooMany(
                    f"您已有 {self._each} 个下载在进行，请等其中一个完成后再试",
                    f"{self._each} of your downloads are under way: wait until one has ended",
                    retry_after_s=RETRY_AFTER_S,
                )
            if self._open.total() >= self._total:
                raise TooMany(
                    "现在下载的人太多，请稍后再试",
                    "too many downloads are under way: try again in a moment",
                    retry_after_s=RETRY_AFTER_S,
                )
            self._open[caller] += 1
        return Slot(self, caller)

    def give_back(self, caller: str) -> None:
        with self._lock:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]


class _CutOff(Exception):
    """The client took too little for too long."""


class Download(Response):
    """Sends the bytes as they are made. An error before the first byte is an answer of its own."""

    def __init__(
        self,
        body: Iterator[bytes],
        *,
        source: RecordSource,
        slot: Slot,
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self.init_headers(headers)
        self._body = body
        self._source = source
        self._slot = slot
        self._begun = False
        self._gone = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        failure: Exception | None = None
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._watch, receive, tasks.cancel_scope)
                try:
                    await self._send_all(send)
                except Exception as error:  # raised again below, outside the task group
                    failure = error
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self._free, limiter=self._slot.threads)
            self._slot.release()
        if failure is None or self._gone:
            return
        if not self._begun:
            raise failure
        # The connection is closed short of the answer's end: its reader sees that it is not whole.
        log.warning("a download was broken off: %s", type(failure).__name__)

    async def _watch(self, receive: Receive, sending: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._source.interrupt()
        sending.cancel()

    async def _send_all(self, send: Send) -> None:
        chunk = await self._next()
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await self._within_limit(send, start)
        while chunk is not None:
            for at in range(0, len(chunk), PIECE):
                body = chunk[at : at + PIECE]
                piece = {"type": "http.response.body", "body": body, "more_body": True}
                await self._within_limit(send, piece)
            chunk = await self._next()
        await self._within_limit(send, {"type": "http.response.body", "body": b""})

    async def _next(self) -> bytes | None:
        return await to_thread.run_sync(next, self._body, None, limiter=self._slot.threads)

    async def _within_limit(self, send: Send, message: Message) -> None:
        self._begun = True
        with anyio.move_on_after(self._slot.write_limit_s) as limit:
            await send(message)
        if limit.cancelled_caught:
            raise _CutOff

    def _free(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            close()
        self._source.close()
