"""One load: receive, decode, cast and check, split, protect, write, commit, record, profile.

The truth of a load is one Iceberg snapshot whose summary carries load id, batch digest and
counts; quarantine is committed before it, the load's record after it. A load that was killed
anywhere is run again under the same id and ends where it would have ended.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path

import duckdb
import pyarrow as pa

from xihu_catalog.contracts.model import Contract, columns_of
from xihu_catalog.quality import quarantine
from xihu_catalog.quality.models import Load
from xihu_catalog.standards.codes import code_list
from xihu_catalog.standards.documents import SQL_MACROS
from xihu_pipelines.ingest import vault
from xihu_pipelines.ingest.compile import Checks, broken_rules, compile_checks
from xihu_pipelines.ingest.errors import LoadBlocked
from xihu_pipelines.ingest.profile import profile_sql, read_profile
from xihu_pipelines.sources.files import open_records
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.lake.engine import identifier, text_literal
from xihu_platform.lake.tables import RECORD, Column, Snapshot
from xihu_platform.start import Ground

Progress = Callable[[str, int], None]
"""Called with the dataset and the records received so far."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one load did."""

    load_id: str
    dataset: str
    snapshot_id: int
    received: int
    kept: int
    set_aside: int
    rule_counts: dict[str, int]
    fresh: bool
    """False when the same batch was already the table's newest state: nothing was changed."""


@dataclass(slots=True)
class _Work:
    """The running load: counts, the Parquet files written, the rejected blocks."""

    received: int = 0
    parts: list[Path] = field(default_factory=list)
    blocks: list[pa.Table] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def set_aside(self) -> int:
        return sum(block.num_rows for block in self.blocks)


def load_file(
    ground: Ground, contract: Contract, path: Path, *, progress: Progress | None = None
) -> Outcome:
    """Publish one file as the whole of its dataset.

    Raises BadInput when the file cannot be read as its contract says, LoadBlocked when a rule of
    severity `block` is broken; in both cases the dataset stays as it was.
    """
    started = ground.clock()
    with path.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
    before = ground.lake.find_snapshot(contract.table)
    if before is not None and _same_batch(before, digest, contract):
        return _record(ground, before, fresh=False)
    load_id = _load_id(contract, digest, before)
    columns = ground.lake.ensure(contract.table, columns_of(contract))
    with _workshop(ground, contract) as (connection, key_id):
        checks = compile_checks(contract, columns, key_id)
        work = _Work()
        folder = ground.lake.data_folder(contract.table)
        try:
            _split(connection, checks, contract, columns, path, folder, load_id, work, progress)
            _set_duplicates_aside(connection, checks, contract, columns, path, work)
            _stop_if_blocked(contract, checks, work)
            profile = _profile(connection, contract, work)
            vault.write(ground.lake, ground.keyring, contract, load_id, connection)
            quarantine.write(
                ground.lake,
                ground.keyring,
                contract.dataset,
                load_id,
                iter(work.blocks),
                civil_date(started),
            )
        except BaseException:
            for part in work.parts:
                part.unlink(missing_ok=True)
            raise
    snapshot = _commit(ground, contract, path, digest, load_id, work, profile, started)
    return _record(ground, snapshot, fresh=True)


def _same_batch(before: Snapshot, digest: str, contract: Contract) -> bool:
    summary = before.summary
    return (
        summary.get("xihu.batch-digest") == digest
        and summary.get("xihu.contract-digest") == contract.digest
    )


def _load_id(contract: Contract, digest: str, before: Snapshot | None) -> str:
    """The same until the load is committed, so that a rerun after a crash finds its own."""
    parts = f"{contract.dataset}/{contract.digest}/{digest}/{before.id if before else 0}"
    return sha256(parts.encode()).hexdigest()[:32]


class _workshop:
    """A DuckDB of the load's own: code lists, macros and the pseudonym key as tables."""

    def __init__(self, ground: Ground, contract: Contract) -> None:
        self._limit = ground.settings.lake.load_memory_limit
        self._temp = ground.settings.data_dir / "tmp"
        self._pads = ground.keyring.pads("subject")
        self._lists = {f.code_list for f in contract.fields if f.code_list}

    def __enter__(self) -> tuple[duckdb.DuckDBPyConnection, str]:
        self._temp.mkdir(parents=True, exist_ok=True)
        self._connection = duckdb.connect(
            ":memory:", config={"memory_limit": self._limit, "threads": 2}
        )
        execute = self._connection.execute
        execute(f"SET temp_directory = {text_literal(str(self._temp.resolve()))}")
        execute("CREATE TABLE _keys (id VARCHAR PRIMARY KEY, inside BLOB, outside BLOB)")
        pads = self._pads
        execute("INSERT INTO _keys VALUES (?, ?, ?)", [pads.key_id, pads.inner, pads.outer])
        for macro in SQL_MACROS:
            execute(macro)
        for name in self._lists:
            execute(
                f"CREATE TABLE {identifier(f'codes_{name}')} AS SELECT unnest(?) AS code",
                [list(code_list(name))],
            )
        return self._connection, pads.key_id

    def __exit__(self, *_exc: object) -> None:
        self._connection.close()


def _split(
    connection: duckdb.DuckDBPyConnection,
    checks: Checks,
    contract: Contract,
    columns: tuple[Column, ...],
    path: Path,
    folder: Path,
    load_id: str,
    work: _Work,
    progress: Progress | None,
) -> None:
    """Check batch after batch; good rows go to Parquet files, bad ones to blocks."""
    names = list(dict.fromkeys(f.source_column for f in contract.fields))
    with open_records(path, contract.source, names) as batches:
        for number, batch in enumerate(batches):
            work.received += batch.num_rows
            _check(connection, checks, batch)
            part = folder / f"{load_id}-{number:05d}.parquet"
            work.parts.append(part)
            _copy(connection, checks.keep_sql, columns, part)
            vault.collect(connection, checks)
            _collect_bad(connection, checks, work)
            if progress is not None:
                progress(contract.dataset, work.received)


def _check(connection: duckdb.DuckDBPyConnection, checks: Checks, batch: pa.RecordBatch) -> None:
    connection.register("batch", pa.Table.from_batches([batch]))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE checked AS {checks.check_sql}")
    connection.unregister("batch")


def _copy(
    connection: duckdb.DuckDBPyConnection, sql: str, columns: tuple[Column, ...], part: Path
) -> None:
    ids = ", ".join(f"{identifier(c.name)}: {c.id}" for c in columns)
    connection.execute(
        f"COPY ({sql}) TO {text_literal(str(part))} "
        f"(FORMAT parquet, COMPRESSION zstd, FIELD_IDS {{{ids}}})"
    )


def _collect_bad(connection: duckdb.DuckDBPyConnection, checks: Checks, work: _Work) -> None:
    """Count failing records by rule and set them aside with the ids of the rules they broke.

    Only the few distinct combinations of rules pass through Python, never the records.
    """
    words = ", ".join(f"_bits{w}" for w in range(checks.words))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE combined AS SELECT {words}, count(*) AS records, "
        f"CAST(NULL AS VARCHAR) AS {quarantine.RULES} FROM checked GROUP BY ALL"
    )
    for *bits, records, _ in connection.execute("SELECT * FROM combined").fetchall():
        combination = [int(str(word)) for word in bits]
        broken = broken_rules(checks, combination)
        work.counts.update(dict.fromkeys(broken, int(str(records))))
        same = " AND ".join(f"_bits{w} = ?" for w in range(checks.words))
        connection.execute(
            f"UPDATE combined SET {quarantine.RULES} = ? WHERE {same}",
            [json.dumps(broken), *combination],
        )
    bad = connection.sql(checks.bad_sql).to_arrow_table()
    if bad.num_rows:
        work.blocks.append(bad)


def _unique_rules(contract: Contract) -> dict[str, list[str]]:
    """Rule id to the fields whose values together may stand only once."""
    single = {f"{f.name}.unique": [f.name] for f in contract.fields if f.unique}
    keys = list(contract.key)
    if not keys or (len(keys) == 1 and f"{keys[0]}.unique" in single):
        return single
    return single | {"key.unique": keys}


def _set_duplicates_aside(
    connection: duckdb.DuckDBPyConnection,
    checks: Checks,
    contract: Contract,
    columns: tuple[Column, ...],
    path: Path,
    work: _Work,
) -> None:
    """The first record of a key is kept, every later one set aside; files are rewritten once."""
    rules = _unique_rules(contract)
    if not rules or not work.parts:
        return
    written = f"read_parquet([{', '.join(text_literal(str(p)) for p in work.parts)}])"
    repeated = " UNION ALL ".join(
        f"SELECT {RECORD}, {text_literal(rule)} AS rule FROM (SELECT {RECORD}, row_number() OVER "
        f"(PARTITION BY {', '.join(map(identifier, keys))} ORDER BY {RECORD}) AS nth "
        f"FROM {written} WHERE {' AND '.join(f'{identifier(k)} IS NOT NULL' for k in keys)}) "
        "WHERE nth > 1"
        for rule, keys in rules.items()
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT {RECORD}, "
        f"to_json(list(rule))::VARCHAR AS {quarantine.RULES} FROM ({repeated}) GROUP BY 1"
    )
    counts = connection.execute(f"SELECT rule, count(*) FROM ({repeated}) GROUP BY rule").fetchall()
    if not counts:
        return
    work.counts.update({str(rule): int(str(count)) for rule, count in counts})
    _rewrite_without(connection, columns, work)
    _fetch_repeated(connection, contract, path, work)


def _rewrite_without(
    connection: duckdb.DuckDBPyConnection, columns: tuple[Column, ...], work: _Work
) -> None:
    for index, part in enumerate(work.parts):
        source = f"read_parquet({text_literal(str(part))})"
        hit = connection.execute(
            f"SELECT 1 FROM {source} SEMI JOIN repeated USING ({RECORD}) LIMIT 1"
        ).fetchall()
        if hit:
            fresh = part.with_name(part.name.replace(".parquet", "-once.parquet"))
            work.parts.append(fresh)
            sql = f"SELECT * FROM {source} ANTI JOIN repeated USING ({RECORD}) ORDER BY {RECORD}"
            _copy(connection, sql, columns, fresh)
            part.unlink()
            work.parts[index] = work.parts.pop()


def _fetch_repeated(
    connection: duckdb.DuckDBPyConnection, contract: Contract, path: Path, work: _Work
) -> None:
    """The values of repeated records as handed in: the file is decoded once more."""
    names = list(dict.fromkeys(f.source_column for f in contract.fields))
    chosen = ", ".join(map(identifier, names))
    with open_records(path, contract.source, names) as batches:
        for batch in batches:
            connection.register("batch", pa.Table.from_batches([batch]))
            found = connection.sql(
                f"SELECT {RECORD}, {quarantine.RULES}, {chosen} FROM batch "
                f"JOIN repeated USING ({RECORD}) ORDER BY {RECORD}"
            ).to_arrow_table()
            connection.unregister("batch")
            if found.num_rows:
                work.blocks.append(found)


def _stop_if_blocked(contract: Contract, checks: Checks, work: _Work) -> None:
    broken = [r for r in checks.rules if r.severity == "block" and work.counts[r.id]]
    if broken:
        raise LoadBlocked(contract, broken, work.counts)
    if work.received == work.set_aside:  # an empty file too: it would empty the dataset
        raise LoadBlocked(contract, [], work.counts)


def _profile(
    connection: duckdb.DuckDBPyConnection, contract: Contract, work: _Work
) -> dict[str, dict[str, str | int | None]]:
    files = ", ".join(text_literal(str(p)) for p in work.parts)
    if not files:
        return {}
    cursor = connection.execute(profile_sql(contract, f"read_parquet([{files}])"))
    return read_profile(contract, cursor.fetchall()[0])


def _commit(
    ground: Ground,
    contract: Contract,
    path: Path,
    digest: str,
    load_id: str,
    work: _Work,
    profile: dict[str, dict[str, str | int | None]],
    started: datetime,
) -> Snapshot:
    summary = {
        "xihu.load-id": load_id,
        "xihu.batch-digest": digest,
        "xihu.contract-digest": contract.digest,
        "xihu.file-name": path.name,
        "xihu.received": str(work.received),
        "xihu.kept": str(work.received - work.set_aside),
        "xihu.set-aside": str(work.set_aside),
        "xihu.rule-counts": json.dumps(work.counts, ensure_ascii=False, sort_keys=True),
        "xihu.profile": json.dumps(profile, ensure_ascii=False, sort_keys=True),
        "xihu.started-at": started.isoformat(),
    }
    return ground.lake.replace(contract.table, work.parts, summary)


def _record(ground: Ground, snapshot: Snapshot, *, fresh: bool) -> Outcome:
    """Project the snapshot's summary into the application database."""
    record = record_of(snapshot)
    with transaction(ground.database) as session:
        if session.get(Load, record.id) is None:
            session.add(record)
    return Outcome(
        load_id=record.id,
        dataset=record.dataset,
        snapshot_id=snapshot.id,
        received=record.received,
        kept=record.kept,
        set_aside=record.set_aside,
        rule_counts=record.rule_counts,
        fresh=fresh,
    )


def record_of(snapshot: Snapshot) -> Load:
    """The load record that a snapshot's summary stands for."""
    summary = snapshot.summary
    return Load(
        id=summary["xihu.load-id"],
        dataset=snapshot.table.partition(".")[2],
        snapshot_id=snapshot.id,
        file_name=summary["xihu.file-name"],
        batch_digest=summary["xihu.batch-digest"],
        contract_digest=summary["xihu.contract-digest"],
        received=int(summary["xihu.received"]),
        kept=int(summary["xihu.kept"]),
        set_aside=int(summary["xihu.set-aside"]),
        rule_counts=json.loads(summary["xihu.rule-counts"]),
        profile=json.loads(summary["xihu.profile"]),
        started_at=datetime.fromisoformat(summary["xihu.started-at"]),
        finished_at=snapshot.committed_at,
    )
