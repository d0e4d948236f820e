"""A page that has saved something waits for what was promised with it, and not for ever."""

import threading
import time

import pytest

from tests import casing
from tests.province import Province
from xihu_platform.matters.outbox import Promised
from xihu_portals import services as portal_services


def test_a_log_that_hangs_keeps_no_page_of_those_who_write(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, came, ended = threading.Event(), threading.Event(), threading.Event()

    def hang(_promised: Promised) -> None:
        came.set()
        assert goes_on.wait(20)
        ended.set()

    casing.begun(province)
    with monkeypatch.context() as broken:
        broken.setattr(portal_services, "log_receiver", lambda *_: hang)
        began = time.monotonic()
        for _ in range(2):
            province.services.write_down(0.2)
        assert came.is_set() and not ended.is_set()
        assert time.monotonic() - began < 5
        goes_on.set()
        assert ended.wait(20)
        for one in threading.enumerate():
            if one.name == "round":  # it writes down what it did
                one.join(20)
    province.services.write_down()
