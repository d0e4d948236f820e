"""Less is kept that is free: where the C library can be told so, and nothing breaks elsewhere."""

import ctypes

import pytest

from xihu_platform import memory


def test_where_the_c_library_knows_of_it_threads_share_few_places() -> None:
    knows = hasattr(ctypes.CDLL(None), "mallopt")
    assert memory.share_places() == knows
    assert memory.give_back_free() in {True, False}


@pytest.mark.parametrize("other", ["darwin", "win32", "linux"])
def test_elsewhere_nothing_is_done(other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another system, and with another C library."""
    monkeypatch.setattr("xihu_platform.memory.sys.platform", other)
    monkeypatch.setattr("xihu_platform.memory.ctypes.CDLL", lambda _: object())
    assert not memory.share_places() and not memory.give_back_free()
