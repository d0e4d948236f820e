"""Free memory that the C library keeps for its threads: in a serving process, as little as it can.

glibc gives threads up to eight places a core to take memory from, and what is free in one is of no
use to the others. Python's own objects are elsewhere: what is taken there is for SQLite, TLS and
the like. Other C libraries have no such places, and nothing is done.
"""

import ctypes
import sys

PLACES = 2
_M_ARENA_MAX = -8  # of glibc's malloc.h


def share_places() -> bool:
    """Before a process starts its threads. Whether the C library knows of it."""
    return sys.platform == "linux" and bool(_call("mallopt", _M_ARENA_MAX, PLACES))


def give_back_free() -> bool:
    """Pages that are free again go back to the system. Whether there were any."""
    return sys.platform == "linux" and bool(_call("malloc_trim", 0))


def _call(name: str, *values: int) -> int:
    function = getattr(ctypes.CDLL(None), name, None)
    return int(function(*values)) if function is not None else 0
