"""dlt's Arrow path, run by dlt's own environment: CSV in Arrow batches to Parquet, no rules."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter


def main(source: str, scratch: str) -> None:
    import dlt
    import pyarrow as pa
    import pyarrow.csv as csv

    with Path(source).open(encoding="utf-8") as lines:
        names = lines.readline().strip().split(",")
    texts = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    reading = csv.ReadOptions(block_size=32 << 20)

    @dlt.resource(name="bench_intake", write_disposition="replace")
    def records() -> Iterator[pa.RecordBatch]:
        yield from csv.open_csv(source, convert_options=texts, read_options=reading)

    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        started = perf_counter()
        pipeline = dlt.pipeline(
            "bench_intake",
            pipelines_dir=f"{folder}/pipelines",
            destination=dlt.destinations.filesystem(f"file://{folder}/lake"),
            dataset_name="bench",
        )
        pipeline.run(records(), loader_file_format="parquet")
        seconds = perf_counter() - started
    status = Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0])
    sys.stdout.write(json.dumps({"seconds": seconds, "peak_kb": peak}) + "\n")
    sys.stdout.flush()
    os._exit(0)  # threads of its telemetry would be waited for


if __name__ == "__main__":
    main(*sys.argv[1:])
