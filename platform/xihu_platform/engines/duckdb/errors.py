"""What becomes of DuckDB's errors: words of ours, never the engine's own.

Its texts quote SQL, paths and values, so none of them reaches a caller or a log.
"""

import duckdb
import pyarrow as pa

from xihu_platform.engines.errors import EngineBusy, EngineFault, OutOfMemory, broken_off
from xihu_platform.errors import PlatformError

ENGINE_ERRORS = (duckdb.Error, pa.ArrowException, OSError)
"""All that a query and a stream of its answer raise: Arrow passes DuckDB's errors on as OSError."""


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
