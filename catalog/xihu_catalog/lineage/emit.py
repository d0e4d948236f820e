"""Where OpenLineage events go: a file of the platform's own, and a receiver if one is set."""

import logging
from collections.abc import Callable
from pathlib import Path

from openlineage.client.event_v2 import RunEvent
from openlineage.client.serde import Serde

from xihu_platform.settings import LineageSettings, Settings

FILE = "events.jsonl"
Emit = Callable[[RunEvent], None]

_log = logging.getLogger("xihu.lineage")


def open_emitter(settings: Settings) -> Emit:
    """Appends each event to `data_dir/lineage/events.jsonl`; then sends it to the receiver.

    The file is complete whatever becomes of the receiver, so an event that could not be sent is
    logged and never fails the load that it tells of.
    """
    folder = settings.data_dir / "lineage"
    folder.mkdir(parents=True, exist_ok=True)
    send = _sender(settings.lineage)

    def emit(event: RunEvent) -> None:
        _append(folder / FILE, event)
        if send is not None:
            send(event)

    return emit


def _append(path: Path, event: RunEvent) -> None:
    """One write to a file opened for appending: lines of two processes do not mix."""
    line = Serde.to_json(event, ensure_ascii=False) + "\n"
    with path.open("ab", buffering=0) as file:
        file.write(line.encode())


def _sender(settings: LineageSettings) -> Emit | None:
    if settings.url is None:
        return None
    # Imported here: only an installation with a receiver pays for an HTTP client.
    from openlineage.client.transport.http import (
        ApiKeyTokenProvider,
        HttpConfig,
        HttpTransport,
        TokenProvider,
    )

    key = settings.api_key
    auth = ApiKeyTokenProvider({"api_key": key.get_secret_value()}) if key else TokenProvider({})
    transport = HttpTransport(HttpConfig(url=settings.url, auth=auth, retry={"total": 2}))

    def send(event: RunEvent) -> None:
        try:
            transport.emit(event)
        except Exception as fault:  # the edge to a server of somebody else's
            _log.warning(
                "血缘事件 %s 未能送达接收方（%s），已留在 data_dir/lineage。"
                " Lineage event %s did not reach its receiver (%s); it stays in data_dir/lineage.",
                event.run.runId,
                type(fault).__name__,
                event.run.runId,
                type(fault).__name__,
            )

    return send
