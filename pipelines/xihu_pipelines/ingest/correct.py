"""Loads a file of corrected records: they are added to what the dataset has.

The steward gets the quarantined records as a file with their reasons, corrects them and hands
that file in again. What is still wrong is quarantined again; what the dataset has stays.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path
from secrets import token_hex

import pyarrow as pa

from xihu_catalog.contracts.loading import Loading
from xihu_catalog.contracts.model import Contract, Source, SourceFormat, source_columns
from xihu_pipelines.ingest.context import Batch, Progress
from xihu_pipelines.ingest.errors import LoadBlocked
from xihu_pipelines.ingest.load import load_batch
from xihu_pipelines.ingest.matched import ORIGIN, corrected_load, named_load, record_matches
from xihu_pipelines.ingest.record import Outcome
from xihu_pipelines.sources.files import open_records
from xihu_pipelines.sources.limits import FileLimits, limits_of
from xihu_pipelines.sources.records import BATCH_ROWS
from xihu_platform.access.formulas import as_before
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.lake.summary import BASE, BATCH_DIGEST, CORRECTS, LOAD_ID
from xihu_platform.start import Node

FORMATS: dict[str, SourceFormat] = {".csv": "csv", ".xlsx": "xlsx"}


def load_corrections(
    node: Node,
    contract: Contract,
    path: Path,
    *,
    called: str | None = None,
    corrects: str | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Add corrected records to a dataset, whatever its load mode; the same file twice adds nothing.

    `called` is the name the file was handed in under, where it is kept under another; `corrects`
    the load at whose report it was handed in. Without it, the load that its records name, or the
    newest one, is corrected. Raises NotFound for a dataset without data, BadInput for a file that
    is not ours.
    """
    before = node.lake.find_snapshot(contract.table)
    if before is None:
        raise NotFound(
            f"{contract.dataset} 还没有数据，请先提交完整文件",
            f"{contract.dataset} has no data yet: hand the whole file in first",
        )
    name = path.name if called is None else called
    form = format_of(name)
    with path.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
    adding = replace(contract, loading=_adding(contract.loading))
    base = before.summary.get(BASE) or before.summary.get(BATCH_DIGEST, "")
    with _plain(node, adding, path, form, name) as records:
        named = corrects or named_load(records)
        load = corrected_load(node, contract, named, before.summary[LOAD_ID])
        notes = ((BASE, base), (CORRECTS, load))
        batch = Batch(records, name, digest, source_of("arrow"), notes)
        try:
            outcome = load_batch(node, adding, batch, progress=progress)
        except LoadBlocked as blocked:
            record_matches(node, contract, load, blocked.load_id, records, 1)
            raise
        record_matches(node, contract, load, outcome.load_id, records, outcome.counts.quarantined)
        return outcome


def _adding(loading: Loading) -> Loading:
    """Only what a corrected record of the same key replaces goes, or what it says to delete."""
    mode = loading.mode if loading.mode in {"upsert", "history"} else "append"
    return replace(loading, mode=mode)


def format_of(name: str) -> SourceFormat:
    """What a file of corrections is, by its name. Raises BadInput."""
    form = FORMATS.get(Path(name).suffix.lower())
    if form is None:
        raise BadInput(
            f"更正文件须为 CSV 或 Excel（.csv、.xlsx），{name} 不是",
            f"corrections come as CSV or Excel (.csv, .xlsx), not {name}",
        )
    return form


def source_of(form: SourceFormat) -> Source:
    return Source(path=f"corrections.{form}", format=form)


@contextmanager
def _plain(
    node: Node, contract: Contract, path: Path, form: SourceFormat, name: str
) -> Iterator[Path]:
    """The file's records as Arrow, without the apostrophes that made them harmless."""
    limits = limits_of(node.settings.intake)
    names = _columns(contract, path, form, name, limits)
    made = node.settings.data_dir / "tmp" / f"corrections-{token_hex(4)}.arrow"
    made.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([pa.field(column, pa.string()) for column in names])
    try:
        with (
            open_records(path, source_of(form), names, called=name, limits=limits) as batches,
            pa.OSFile(str(made), "wb") as sink,
            pa.ipc.new_file(sink, schema) as writer,
        ):
            for batch in batches:
                columns = [as_before(batch[column]) for column in names]
                table = pa.Table.from_arrays(columns, schema=schema)
                writer.write_table(table, max_chunksize=BATCH_ROWS)
        yield made
    finally:
        made.unlink(missing_ok=True)


def _columns(
    contract: Contract, path: Path, form: SourceFormat, name: str, limits: FileLimits
) -> list[str]:
    """The contract's columns, and those of our download that say which record each one is."""
    names = source_columns(contract)
    if set(names) & set(ORIGIN):
        return names
    wanted = [*names, *ORIGIN]
    try:
        with open_records(path, source_of(form), wanted, called=name, limits=limits):
            return wanted
    except BadInput:  # a file of theirs; what is wrong besides is said when it is read
        return names
