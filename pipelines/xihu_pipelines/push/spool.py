"""The spool: each push is one Arrow file, on the disk before it is acknowledged.

A push is named by its sender and key, so that it is there once however often it is sent; the
digest of its body stands in the file, so that a key cannot be used for other records. Once its
rows are committed the file goes and its receipt stays in the database.
"""

import os
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from tempfile import NamedTemporaryFile

import pyarrow as pa
import pyarrow.compute as pc

from xihu_catalog.contracts.model import Contract, Source, source_columns
from xihu_catalog.datasets.intake import PushFormat, PushRow, PushState, Receipt
from xihu_pipelines.sources.files import open_records
from xihu_pipelines.sources.limits import push_limits
from xihu_pipelines.sources.records import SHAPE
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.lake.durable import sync_file, sync_folder
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.start import Node

_DIGEST = b"xihu.digest"
RECORDS_LIMIT = 100_000
"""Records of one push; more is a file, and is handed in as one."""


def entry_of(sender: str, key: str) -> str:
    return sha256(f"{sender}\0{key}".encode()).hexdigest()[:32]


def accept(
    node: Node, contract: Contract, sender: str, key: str, body: bytes, form: PushFormat
) -> Receipt:
    """Spool one push. Raises BadInput, Conflict."""
    entry, digest = entry_of(sender, key), sha256(body).hexdigest()
    folder = folder_of(node, contract.dataset)
    if (known := _find(node, contract.dataset, entry)) is not None:
        return _same(known, digest)
    fresh = folder / f".{entry}.{token_hex(4)}"
    try:
        _spool(node, contract, body, form, fresh)
        sync_file(fresh)
        os.link(fresh, folder / f"{entry}.arrow")  # fails where another has just been faster
    except FileExistsError:
        known = _find(node, contract.dataset, entry)
        return _same(known, digest) if known else accept(node, contract, sender, key, body, form)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(folder)
    return Receipt(contract.dataset, entry, digest, "spooled")


def find(node: Node, contract: Contract, sender: str, key: str) -> Receipt:
    """Raises NotFound."""
    found = _find(node, contract.dataset, entry_of(sender, key))
    if found is None:
        raise NotFound(
            f"没有以 {key[:80]} 为键的推送", f"nothing was pushed under the key {key[:80]}"
        )
    return found


def waiting(node: Node, dataset: str) -> list[Path]:
    """Spooled pushes of a dataset, in the order of their arrival."""
    files = _folder(node, dataset).glob("[!.]*.arrow")
    return sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name))


def datasets_waiting(node: Node) -> list[str]:
    root = node.settings.data_dir / "spool"
    return sorted({path.parent.name for path in root.glob("*/[!.]*.arrow")})


def join(node: Node, dataset: str, files: list[Path]) -> Path:
    """Several pushes as one file for ingestion; it is made again from the same pushes alike."""
    path = _folder(node, dataset) / ".batch"
    sink = None
    for file in files:
        with pa.memory_map(str(file)) as content, pa.ipc.open_file(content) as reader:
            table = reader.read_all().replace_schema_metadata(None)
            if sink is None:
                sink = pa.ipc.new_file(pa.OSFile(str(path), "wb"), table.schema)
            sink.write_table(table)
    if sink is not None:
        sink.close()
    return path


def settle(
    node: Node, dataset: str, entries: list[str], load_id: str, state: str = "committed"
) -> None:
    """Receipts first, then the files: killed in between, this is done again."""
    folder = _folder(node, dataset)
    with transaction(node.database) as session:
        for entry in entries:
            path = folder / f"{entry}.arrow"
            if path.exists() and session.get(PushRow, entry) is None:
                session.add(
                    PushRow(
                        entry=entry,
                        dataset=dataset,
                        digest=_digest(path),
                        state=state,
                        load_id=load_id,
                        settled_at=node.clock(),
                    )
                )
    for entry in entries:
        (folder / f"{entry}.arrow").unlink(missing_ok=True)
    if folder.is_dir():
        sync_folder(folder)


def folder_of(node: Node, dataset: str) -> Path:
    """Where a dataset's spooled files stand: made, and durable, when it was not there."""
    folder = _folder(node, dataset)
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
        sync_folder(folder.parent.parent)
    return folder


def _folder(node: Node, dataset: str) -> Path:
    return node.settings.data_dir / "spool" / dataset


def _find(node: Node, dataset: str, entry: str) -> Receipt | None:
    path = _folder(node, dataset) / f"{entry}.arrow"
    try:
        return Receipt(dataset, entry, _digest(path), "spooled")
    except FileNotFoundError:
        pass  # not there, or settled this very moment: then its receipt is
    with transaction(node.database) as session:
        row = session.get(PushRow, entry)
        if row is None:
            return None
        state: PushState = "committed" if row.state == "committed" else "refused"
        return Receipt(row.dataset, entry, row.digest, state, row.load_id)


def _digest(path: Path) -> str:
    with pa.memory_map(str(path)) as content, pa.ipc.open_file(content) as reader:
        return str((reader.schema.metadata or {})[_DIGEST].decode())


def _same(known: Receipt, digest: str) -> Receipt:
    if known.digest != digest:
        raise Conflict(
            "这个幂等键已用于另一批记录，请换一个键",
            "this idempotency key was used for other records: take another key",
        )
    return known


def _spool(node: Node, contract: Contract, body: bytes, form: PushFormat, target: Path) -> None:
    """Write the records as text columns of the file's names, all of them well formed."""
    columns = source_columns(contract)
    digest = {_DIGEST: sha256(body).hexdigest().encode()}
    schema = pa.schema([pa.field(c, pa.string()) for c in columns], metadata=digest)
    count = 0
    with NamedTemporaryFile(dir=target.parent, prefix=".body") as copy:
        copy.write(body)
        copy.flush()
        source = Source(path=f"push.{form}", format=form)
        limits = push_limits(node.settings.intake)
        with (
            open_records(
                Path(copy.name), source, columns, called=source.path, limits=limits
            ) as batches,
            pa.OSFile(str(target), "wb") as file,
            pa.ipc.new_file(file, schema) as writer,
        ):
            for batch in batches:
                count += batch.num_rows
                if count > RECORDS_LIMIT:
                    break
                _check_shape(batch)
                writer.write_batch(
                    pa.RecordBatch.from_arrays(batch.columns[1 : 1 + len(columns)], schema=schema)
                )
    if not 1 <= count <= RECORDS_LIMIT:
        zh, en = ("更多", "more") if count else ("0 条", "none")
        raise BadInput(
            f"每次推送须有 1 到 {RECORDS_LIMIT:,} 条记录，这次有{zh}",
            f"a push holds 1 to {RECORDS_LIMIT:,} records; this one holds {en}",
        )


def _check_shape(batch: pa.RecordBatch) -> None:
    broken = batch.filter(pc.is_valid(batch[SHAPE]))
    if broken.num_rows:
        first = broken[RECORD][0].as_py()
        raise BadInput(
            f"第 {first} 条记录与契约的列不符（{broken.num_rows} 条如此），请改正后整批重推",
            f"record {first} does not fit the contract's columns ({broken.num_rows} such): mend "
            "it and push the whole again",
        )
