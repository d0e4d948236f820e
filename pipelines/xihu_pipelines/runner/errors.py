"""How a run ends without an outcome: no new input, or a fault whose message may quote values."""

import traceback
from pathlib import Path

from xihu_platform.errors import Conflict, PlatformError, TransientError


class NothingNew(Conflict):
    """There is no file, or the one that is there is loaded already: the run ends here, well."""


class UnexpectedFault(TransientError):
    """A fault of the program or of a library, told by its kind and place.

    What a library raises may quote a row ("could not convert …"), so its message goes nowhere:
    not into a task's log, not into an event.
    """


def as_platform_error(error: Exception) -> PlatformError:
    """`error` as it may be logged: as it is when it is one of ours, else without its message."""
    if isinstance(error, PlatformError):
        return error
    kind = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    return UnexpectedFault(
        f"程序故障 {kind}（原始信息可能引用数据，不予显示）：{places}。请再次运行；若仍失败，"
        "请把这一行交给平台运维。",
        f"a fault in the program, {kind} (its own words may quote data and are left out): "
        f"{places}. Run it again; if it stays, hand this line to the operators.",
    )
