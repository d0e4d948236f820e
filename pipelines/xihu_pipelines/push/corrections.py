"""Files of corrected records from a page: spooled first, committed by the child process.

A file stands in the spool and its receipt in the database before it is acknowledged. The receipt
is settled after the commit and the file goes after that: killed anywhere, the next run does what
is left, and the load itself knows a file that it has taken already.
"""

import logging
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from secrets import token_hex

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from xihu_catalog.contracts.model import Contract, source_columns
from xihu_catalog.quality.corrections import Correction, CorrectionRow, correction_of, is_current
from xihu_pipelines.ingest.correct import FORMATS, format_of, load_corrections, source_of
from xihu_pipelines.ingest.errors import LoadBlocked
from xihu_pipelines.ingest.record import Outcome
from xihu_pipelines.push import spool
from xihu_pipelines.sources.files import open_records
from xihu_pipelines.sources.limits import push_limits
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, PlatformError, TransientError
from xihu_platform.lake.durable import sync_file, sync_folder
from xihu_platform.start import Node
from xihu_platform.telemetry.logs import failure_facts
from xihu_platform.words import Text

log = logging.getLogger("xihu.push")
_LEFT_S = 3600
"""Age at which a file that no receipt waits for is what a killed process left."""


def accept(node: Node, contract: Contract, load_id: str, name: str, body: bytes) -> Correction:
    """Spool one file; the same again gives the same receipt, one that was refused is tried anew.

    Raises BadInput, Conflict.
    """
    digest = sha256(body).hexdigest()
    entry = sha256(f"{load_id}\0{digest}".encode()).hexdigest()[:32]
    known = _find(node, entry)
    if known is not None and known.state != "refused":
        return known
    _check_stands(node, contract, load_id)
    suffix = _suffix(name, body)
    folder = spool.folder_of(node, contract.dataset)
    fresh = folder / f".{entry}.{token_hex(4)}{suffix}"
    try:
        fresh.write_bytes(body)
        _check(node, contract, fresh, name)
        sync_file(fresh)
        fresh.rename(folder / f"{entry}{suffix}")
        sync_folder(folder)
    finally:
        fresh.unlink(missing_ok=True)
    row = CorrectionRow(
        entry=entry,
        dataset=contract.dataset,
        load_id=load_id,
        file_name=name,
        digest=digest,
        state="waiting",
        handed_in_at=node.clock(),
        settled_at=None,
        into_load=None,
        accepted=0,
        quarantined=0,
        known=False,
        refusal_zh="",
        refusal_en="",
    )
    return _receipt(node, row)


def datasets_waiting(node: Node) -> list[str]:
    """Datasets with a file here whose receipt waits; a file alone is not acknowledged yet."""
    return sorted({path.parent.name for path in _waiting(node).values()})


def commit_corrections(node: Node, contract: Contract) -> list[Outcome]:
    """Commit the files waiting for a dataset, in the order in which they were handed in."""
    with node.lake.lease(f"{contract.dataset}.corrections"):
        waiting = _waiting(node).items()
        files = {entry: p for entry, p in waiting if p.parent.name == contract.dataset}
        wanted = (
            select(CorrectionRow)
            .where(CorrectionRow.entry.in_(files))
            .order_by(CorrectionRow.handed_in_at, CorrectionRow.entry)
        )
        with transaction(node.database) as session:
            rows = list(session.scalars(wanted))
        outcomes = [_commit(node, contract, row, files[row.entry]) for row in rows]
    return [outcome for outcome in outcomes if outcome is not None]


def clear_leftovers(node: Node) -> None:
    """Remove files that a killed process left: they hold raw values, and nothing waits for them."""
    waiting = set(_waiting(node).values())
    hidden = [path for path in _root(node).glob("*/.*") if path.is_file()]
    now = node.clock().timestamp()
    for path in {*hidden, *_files(node)} - waiting:
        if now - path.stat().st_mtime > _LEFT_S:
            path.unlink(missing_ok=True)


def _commit(node: Node, contract: Contract, row: CorrectionRow, path: Path) -> Outcome | None:
    try:
        _check_stands(node, contract, row.load_id)
        outcome = load_corrections(node, contract, path, called=row.file_name, corrects=row.load_id)
    except LoadBlocked as blocked:
        _refuse(node, row, path, blocked.text, blocked.load_id)
    except TransientError:
        raise
    except PlatformError as error:
        _refuse(node, row, path, error.text, None)
    except Exception as fault:  # the edge of a file: the next one is none the worse for it
        log.error(
            "corrections cannot be loaded",
            extra=failure_facts(fault, number=row.entry[:8], dataset=contract.dataset),
        )
        words = Text(
            f"平台处理这个文件时出错，编号 {row.entry[:8]}，请告知管理员；文件可再次提交。",
            f"The platform failed on this file: tell its administrator the number "
            f"{row.entry[:8]}. The file may be handed in again.",
        )
        _refuse(node, row, path, words, None)
    else:
        _settle(node, row, path, outcome)
        return outcome
    return None


def _check_stands(node: Node, contract: Contract, load_id: str) -> None:
    if not is_current(node.lake, contract, load_id):
        raise Conflict(
            "数据集已被之后的完整文件替换，这一批的更正不再适用；请在最新一批的装载报告中提交。",
            "A later file has replaced the dataset, so this load can no longer be corrected: see "
            "the report of the newest load.",
        )


def _settle(node: Node, row: CorrectionRow, path: Path, outcome: Outcome) -> None:
    loaded = node.lake.snapshot(f"data.{outcome.dataset}", outcome.snapshot_id)
    row.state = "committed"
    row.into_load = outcome.load_id
    row.accepted = outcome.counts.accepted
    row.quarantined = outcome.counts.quarantined
    # Not `fresh`: killed between commit and receipt, the second run finds its own load.
    row.known = loaded.loaded_at < row.handed_in_at
    _write(node, row, path)


def _refuse(node: Node, row: CorrectionRow, path: Path, why: Text, load_id: str | None) -> None:
    row.state = "refused"
    row.into_load = load_id
    row.refusal_zh, row.refusal_en = why.zh, why.en
    _write(node, row, path)


def _write(node: Node, row: CorrectionRow, path: Path) -> None:
    """The receipt first, then the file: killed in between, the file is cleared away later."""
    row.settled_at = node.clock()
    with transaction(node.database) as session:
        session.merge(row)
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def _receipt(node: Node, row: CorrectionRow) -> Correction:
    try:
        with transaction(node.database) as session:
            known = session.get(CorrectionRow, row.entry)
            if known is None or known.state == "refused":
                session.merge(row)
    except IntegrityError:  # the same file, handed in at the same moment
        pass
    return _find(node, row.entry) or correction_of(row)


def _find(node: Node, entry: str) -> Correction | None:
    with transaction(node.database) as session:
        row = session.get(CorrectionRow, entry)
        return None if row is None else correction_of(row)


def _waiting(node: Node) -> dict[str, Path]:
    """The files here whose receipts wait, by entry."""
    files = {path.stem: path for path in _files(node)}
    if not files:
        return {}
    wanted = select(CorrectionRow.entry).where(
        CorrectionRow.state == "waiting", CorrectionRow.entry.in_(files)
    )
    with transaction(node.database) as session:
        return {entry: files[entry] for entry in session.scalars(wanted)}


def _files(node: Node) -> Iterator[Path]:
    return (path for path in _root(node).glob("*/[!.]*") if path.suffix in FORMATS)


def _root(node: Node) -> Path:
    return node.settings.data_dir / "spool"


def _suffix(name: str, body: bytes) -> str:
    """Of the file in the spool. Raises BadInput for what is neither CSV nor Excel."""
    form = format_of(name)
    packed = body[:2] in (b"PK", b"\x1f\x8b")
    if packed if form == "csv" else not _is_workbook(body):
        kind = "CSV" if form == "csv" else "Excel"
        raise BadInput(
            f"文件 {name} 不是 {kind}。请另存为 CSV 或 Excel（.xlsx），不要压缩。",
            f"{name} is no {kind} file: save it as CSV or Excel (.xlsx), not packed",
        )
    return f".{form}"


def _is_workbook(body: bytes) -> bool:
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def _check(node: Node, contract: Contract, path: Path, name: str) -> None:
    """Read the file through: columns, encoding and secrecy marks. Raises BadInput."""
    columns = source_columns(contract)
    form, limits = format_of(name), push_limits(node.settings.intake)
    with open_records(path, source_of(form), columns, called=name, limits=limits) as batches:
        count = sum(batch.num_rows for batch in batches)
    if not count:
        raise BadInput(f"文件 {name} 只有表头，没有记录", f"{name} holds a header and no record")
