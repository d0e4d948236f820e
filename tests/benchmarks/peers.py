"""The peers: each in an environment of its own under .make/, started on the same rows."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tests.benchmarks.machine import ROOT, SCRATCH
from tests.benchmarks.rows import Made
from tests.benchmarks.serving import Server, free_port, running
from tests.benchmarks.wire import Ask

PEERS = ROOT / ".make" / "peers"
VERSIONS = {"datasette": "0.65.5", "roapi": "0.12.7"}
_BLOCK = 50_000  # rows handed to SQLite at a time
_SQLITE_TYPES = {"BIGINT": "INTEGER", "INTEGER": "INTEGER", "DECIMAL(18,2)": "REAL"}


def program(peer: str) -> Path:
    """The peer's executable; its environment is made at first use, never in ours."""
    folder = PEERS / peer
    wanted = f"{peer}=={VERSIONS[peer]}"
    mark = folder / ".ready"
    if not mark.exists() or mark.read_text() != wanted:
        uv = str(Path(sys.executable).parent / "uv")
        subprocess.run([uv, "venv", "-q", "--clear", str(folder)], check=True)
        python = str(folder / "bin" / "python")
        subprocess.run([uv, "pip", "install", "-q", "--python", python, wanted], check=True)
        mark.write_text(wanted)
    return folder / "bin" / peer


@contextmanager
def datasette(made: Made) -> Iterator[Server]:
    """Datasette over SQLite, allowed to count to the end; no policy, no log, no masks."""
    database = _sqlite(made)
    port = free_port()
    command = [str(program("datasette")), "serve", str(database), "--port", str(port)]
    for name, value in (
        ("sql_time_limit_ms", "600000"),  # its second for a query ends a count of 13 million rows
        ("suggest_facets", "off"),
        ("cache_size_kb", "262144"),  # as much as our DuckDB may use
    ):
        command += ["--setting", name, value]
    with running(command, port, Ask("/-/versions.json")) as server:
        yield server


def _sqlite(made: Made) -> Path:
    """The rows once more for SQLite, with an index on the region, which its owner would make."""
    database = SCRATCH / f"{made.contract.dataset}-{made.rows}.db"
    if database.exists():
        return database
    unfinished = database.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    fields = made.contract.fields
    columns = ", ".join(f"{f.name} {_SQLITE_TYPES.get(f.type, 'TEXT')}" for f in fields)
    chosen = ", ".join(
        f"CAST({f.name} AS {'DOUBLE' if f.type.startswith('DECIMAL') else 'VARCHAR'}) AS {f.name}"
        if f.type.startswith(("DECIMAL", "DATE"))
        else f.name
        for f in fields
    )
    target = sqlite3.connect(unfinished)
    target.execute("PRAGMA journal_mode = OFF")
    target.execute("PRAGMA synchronous = OFF")
    target.execute(f"CREATE TABLE rows (_record INTEGER PRIMARY KEY, {columns})")
    marks = ", ".join("?" * (len(fields) + 1))
    source = duckdb.connect().execute(
        f"SELECT _record, {chosen} FROM read_parquet(?) ORDER BY _record", [str(made.parquet)]
    )
    while block := source.fetchmany(_BLOCK):
        target.executemany(f"INSERT INTO rows VALUES ({marks})", block)
    target.execute("CREATE INDEX rows_county_code ON rows (county_code)")
    target.commit()
    target.close()
    unfinished.rename(database)
    return database


@contextmanager
def roapi(made: Made) -> Iterator[Server]:
    """ROAPI over the very Parquet file the lake holds, read into its own memory at start."""
    port, other = free_port(), free_port()
    command = [
        str(program("roapi")),
        *("--table", f"{made.contract.dataset}={made.parquet}"),
        *("--addr-http", f"127.0.0.1:{port}", "--addr-postgres", f"127.0.0.1:{other}"),
    ]
    with running(command, port, Ask("/api/schema")) as server:
        yield server
