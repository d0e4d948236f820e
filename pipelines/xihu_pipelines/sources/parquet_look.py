"""The child process that reads a Parquet file first.

`python -m xihu_pipelines.sources.parquet_look JOB` prints one line of JSON: a fault, or what it
found. Neither DuckDB nor PyIceberg is imported: they reserve more memory than the limit leaves.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xihu_pipelines.sources.child_limits import limit_memory
from xihu_pipelines.sources.errors import SecrecyMark
from xihu_pipelines.sources.text_size import look_through, looked_at
from xihu_platform.errors import BadInput

_MEMORY = (96 << 20, 16)
"""Bytes above the interpreter's own, and more for each byte of the file."""
_READ_ROWS = 16_384


def _look(path: str, columns: list[str], allowed: int) -> dict[str, Any]:
    # Any: JSON, for the process that started us.
    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    limit_memory(path, *_MEMORY)
    try:
        with pq.ParquetFile(path) as plain:
            folded = list(_folded(plain))
        with pq.ParquetFile(path, read_dictionary=folded) as file:
            wanted = looked_at(file.schema_arrow, columns)
            batches = file.iter_batches(_READ_ROWS, columns=wanted, use_threads=False)
            look_through("", allowed, columns, batches)
    except SecrecyMark:
        return {"fault": "secret"}
    except (BadInput, MemoryError):
        return {"fault": "large"}
    except (pa.ArrowException, OSError, ValueError, KeyError, EOFError):
        return {"fault": "torn"}  # the reader finds it too, and says where
    return {"folded": folded}


def _folded(file: Any) -> Iterator[str]:
    # Any: pyarrow ships no types; it is a ParquetFile.
    groups = range(file.metadata.num_row_groups)
    for place, field in enumerate(file.schema_arrow):
        flat = file.metadata.num_columns == len(file.schema_arrow)
        if flat and (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            chunks = [file.metadata.row_group(group).column(place) for group in groups]
            if any(chunk.has_dictionary_page for chunk in chunks):
                yield field.name


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    sys.stdout.write(json.dumps(_look(asked["path"], asked["columns"], asked["allowed"])))
