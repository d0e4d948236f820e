"""The HTTP protocol of `xihu run`: a connection whose client takes no bytes is cut off.

Closing such a connection would wait for the client to read what is buffered; only an abort frees
it. Pages and files are under it too, not only downloads.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


def protocol_with(write_limit_s: float) -> type[HttpToolsProtocol]:
    """uvicorn makes an instance for each connection, so the limit goes into the class."""

    class LimitedProtocol(HttpToolsProtocol):
        _left = 0
        _check: asyncio.TimerHandle | None = None

        def connection_lost(self, exc: Exception | None) -> None:
            if self._check is not None:
                self._check.cancel()
            super().connection_lost(exc)

        def pause_writing(self) -> None:
            super().pause_writing()
            self._look_again()

        def resume_writing(self) -> None:
            super().resume_writing()
            if self._check is not None:
                self._check.cancel()
                self._check = None

        def _look_again(self) -> None:
            self._left = self._buffered()
            self._check = self.loop.call_later(write_limit_s, self._abort_if_stalled)

        def _abort_if_stalled(self) -> None:
            if self._buffered() < self._left:
                self._look_again()
            else:
                self.transport.abort()

        def _buffered(self) -> int:
            return int(self.transport.get_write_buffer_size())

    return LimitedProtocol
