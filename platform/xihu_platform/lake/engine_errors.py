"""What becomes of an engine's errors: words of ours, never the engine's own.

Its texts quote SQL, paths and values, so none of them reaches a caller or a log.
"""

import duckdb
import pyarrow as pa

from xihu_platform.errors import PlatformError, TerminalError, TransientError

ENGINE_ERRORS = (duckdb.Error, pa.ArrowException, OSError)
"""All that a query and a stream of its answer raise: Arrow passes DuckDB's errors on as OSError."""


class EngineBusy(TransientError):
    """The query could not be answered now; it may be in a moment."""


class OutOfMemory(EngineBusy):
    """More memory than the engine has left beside the other queries."""


class EngineFault(TerminalError):
    """The query itself fails. `kind` names the class of the error."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"查询执行失败（{kind}），请告知管理员",
            f"the query fails ({kind}); tell the administrator",
        )
        self.kind = kind


def translate(error: Exception) -> PlatformError:
    """The error a caller may see. Raise it `from None`.

    >>> translate(OSError("INTERRUPT Error: Interrupted!")).status
    503
    """
    kind = type(error).__name__
    said = str(error)[:40].lower()
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError) or "out of memory" in said:
        return OutOfMemory(
            "查询太多，内存暂时不够，请稍后再试，或加筛选条件减少数据量",
            "too many queries at once for the memory there is: try again in a moment, or filter "
            "for fewer rows",
        )
    if isinstance(error, duckdb.InterruptException) or "interrupt" in said:
        return broken_off()
    if isinstance(error, duckdb.IOException) or said.startswith("io error"):
        return EngineBusy(
            "数据正在更新，请重新查询", "the data is being replaced just now: ask again"
        )
    return EngineFault(kind)


def broken_off() -> EngineBusy:
    return EngineBusy("查询已中断，请重新查询", "the query was broken off: ask again")


def too_many() -> EngineBusy:
    return EngineBusy("查询太多，请稍后再试", "too many queries at once: try again in a moment")
