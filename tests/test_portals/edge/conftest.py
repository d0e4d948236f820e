"""The demo province behind a real server, for all that needs sockets; its limits are short."""

from collections.abc import Iterator

import pytest

from tests.test_portals.pages.live import Live, serving
from xihu_platform.settings import ServeSettings

WRITE_LIMIT_S = 2.0
SEND_BUFFER = 16 << 10


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    serve = ServeSettings(streams=12, streams_each=12, write_limit_s=WRITE_LIMIT_S)
    with serving(tmp_path_factory.mktemp("served"), serve, SEND_BUFFER) as live:
        yield live
