"""The steps of a run, the same in process and as Airflow's tasks: receive, load, report.

A step takes what the run has come to so far and hands it on. What travels between them is small,
can be written as JSON and holds no value of a row: Airflow keeps it in its own database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from xihu_pipelines.runner.errors import NothingNew
from xihu_platform.clock import Clock
from xihu_platform.errors import BadInput, PlatformError
from xihu_platform.words import Text

if TYPE_CHECKING:  # the steps import what they need when they run: a DAG file wires, cheaply
    from xihu_catalog.contracts.model import Contract
    from xihu_catalog.lineage.emit import Emit
    from xihu_catalog.lineage.events import Subject
    from xihu_pipelines.ingest.work import Progress
    from xihu_platform.start import Node

Say = Callable[[Text], None]
"""Tells the steward something, in both languages."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the steps work with."""

    node: Node
    emit: Emit
    say: Say
    contracts: tuple[Path, ...]
    """Folders of contracts; of two of one id the later folder's stands."""
    progress: Progress | None = None

    @property
    def clock(self) -> Clock:
        return self.node.clock


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one dataset, as far as it has come."""

    dataset: str
    contract_file: str
    run_id: str
    nominal_at: str
    file: str | None = None
    """The file handed in, below the intake folder."""
    digest: str | None = None
    stamp: str = ""
    """Of the file when it was hashed: as long as it stays the same, so does the digest."""
    size_bytes: int = 0
    cursor: str | None = None
    """How far a remote source was read, where it is read by a cursor."""
    load_id: str | None = None
    snapshot_id: int | None = None
    received: int = 0
    kept: int = 0
    set_aside: int = 0
    fresh: bool = False
    rules: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        # Any: JSON. The snapshot's id has 63 bits, more than every reader of JSON keeps.
        return asdict(self) | {"snapshot_id": self.snapshot_id and str(self.snapshot_id)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Run:
        number = values["snapshot_id"]
        return cls(**values | {"snapshot_id": int(number) if number else None})


Step = Callable[[Bench, Run], Run]


def receive(bench: Bench, run: Run) -> Run:
    """Find the file handed in, or the snapshots to derive from.

    Raises NothingNew without a file, or where nothing is new.
    """
    contract = _contract(run)
    if contract.source.query is not None:
        return _receive_inputs(bench, run, contract)
    cursor = None
    if contract.source.remote is not None:
        cursor = _fetched(bench, contract)
    path = _handed_in(bench, contract)
    stamp = _stamp(path)
    with path.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
    size = path.stat().st_size
    if _is_loaded(bench, contract, digest):
        raise NothingNew(
            f"{contract.title.zh}：{contract.source.path} 已经装载过，没有新数据。",
            f"{contract.title.en}: {contract.source.path} is loaded already; nothing is new.",
        )
    bench.say(
        Text(
            f"{contract.title.zh}：收到文件 {contract.source.path}，{size:,} 字节，"
            f"SHA-256 {digest[:16]}…",
            f"{contract.title.en}: received {contract.source.path}, {size:,} bytes, "
            f"SHA-256 {digest[:16]}…",
        )
    )
    from xihu_catalog.lineage.events import started

    bench.emit(started(_subject(bench, run, contract), bench.clock()))
    file = contract.source.path
    return replace(run, file=file, digest=digest, stamp=stamp, size_bytes=size, cursor=cursor)


def _stamp(path: Path) -> str:
    """Changes whenever the file is written to: nobody can set the time of its last change."""
    stat = path.stat()
    return f"{stat.st_dev}/{stat.st_ino}/{stat.st_size}/{stat.st_mtime_ns}/{stat.st_ctime_ns}"


def _fetched(bench: Bench, contract: Contract) -> str | None:
    """Fetch what is new at the remote source into the intake folder; returns how far it goes.

    Raises NothingNew where the source has nothing newer than the last load.
    """
    from xihu_pipelines.ingest.record import CURSOR
    from xihu_pipelines.sources.remote.fetch import fetch

    snapshot = bench.node.lake.find_snapshot(contract.table)
    last = snapshot.summary.get(CURSOR) if snapshot else None
    intake = bench.node.settings.data_dir / "intake"
    fetched = fetch(bench.node.settings, contract, intake, cursor=last)
    if not fetched.rows:
        raise NothingNew(
            f"{contract.title.zh}：来源没有比上次更新的数据。",
            f"{contract.title.en}: the source has nothing newer than the last load.",
        )
    return fetched.cursor


def _receive_inputs(bench: Bench, run: Run, contract: Contract) -> Run:
    """What a derived dataset is made of is named by the snapshots of its inputs."""
    from xihu_catalog.lineage.events import started
    from xihu_pipelines.derive.run import digest_of

    inputs = _inputs(bench, contract)
    digest = digest_of(bench.node, contract, inputs)
    if _is_loaded(bench, contract, digest):
        raise NothingNew(
            f"{contract.title.zh}：来源没有新快照，无需重做。",
            f"{contract.title.en}: its sources have no new snapshot.",
        )
    names = "、".join(inputs), ", ".join(inputs)
    bench.say(
        Text(
            f"{contract.title.zh}：由 {names[0]} 派生",
            f"{contract.title.en}: derived from {names[1]}",
        )
    )
    bench.emit(started(_subject(bench, run, contract), bench.clock()))
    return replace(run, digest=digest)


def _inputs(bench: Bench, contract: Contract) -> dict[str, Contract]:
    """The contracts of what a derived dataset reads, as far as there are any."""
    from xihu_catalog.contracts.load import load_contract
    from xihu_pipelines.runner.inputs import inputs_of
    from xihu_pipelines.runner.outline import find_outline

    found = {name: find_outline(bench.contracts, name) for name in inputs_of(contract)}
    return {name: load_contract(outline.file) for name, outline in found.items() if outline}


def load(bench: Bench, run: Run) -> Run:
    """Take the file, or what is derived, through ingestion; twice changes nothing."""
    from xihu_pipelines.derive.run import derive
    from xihu_pipelines.ingest.load import load_file
    from xihu_pipelines.ingest.record import CURSOR

    contract = _contract(run)
    if contract.source.query is not None:
        inputs = _inputs(bench, contract)
        outcome = derive(bench.node, contract, inputs, progress=bench.progress)
    else:
        notes = {CURSOR: run.cursor} if run.cursor is not None else {}
        path = _handed_in(bench, contract)
        digest = run.digest if run.stamp == _stamp(path) else None
        outcome = load_file(
            bench.node, contract, path, notes=notes, digest=digest, progress=bench.progress
        )
    bench.say(
        Text(
            f"收到 {outcome.received:,} 条，保留 {outcome.kept:,} 条，隔离 {outcome.set_aside:,} "
            f"条；快照 {outcome.snapshot_id}",
            f"received {outcome.received:,}, kept {outcome.kept:,}, set aside "
            f"{outcome.set_aside:,}; snapshot {outcome.snapshot_id}",
        )
    )
    return replace(
        run,
        load_id=outcome.load_id,
        snapshot_id=outcome.snapshot_id,
        received=outcome.received,
        kept=outcome.kept,
        set_aside=outcome.set_aside,
        fresh=outcome.fresh,
        rules=outcome.rule_counts,
    )


def report(bench: Bench, run: Run) -> Run:
    """Say which rules set records aside and what to do next; tell the lineage."""
    from xihu_catalog.lineage.events import Counts, completed
    from xihu_pipelines.ingest.record import referred_to

    contract = _contract(run)
    snapshot = bench.node.lake.snapshot(contract.table, run.snapshot_id)
    say_rules(bench, contract, run.rules)
    bench.say(_next_step(run))
    counts = Counts(
        received=run.received,
        kept=run.kept,
        rules=run.rules,
        snapshot_id=run.snapshot_id or 0,
        size_bytes=run.size_bytes,
        references=referred_to(snapshot),
    )
    bench.emit(completed(_subject(bench, run, contract), bench.clock(), counts))
    return run


STEPS: tuple[Step, ...] = (receive, load, report)


def begin(dataset: str, contract_file: Path, run_id: UUID, nominal_at: datetime) -> Run:
    """A run that has not come to anything yet."""
    return Run(dataset, str(contract_file), str(run_id), nominal_at.isoformat())


def fail(bench: Bench, run: Run, error: PlatformError) -> None:
    """Tell steward and lineage of a run that is over; `error` is one of ours (`errors.told`)."""
    from xihu_catalog.contracts.errors import BadContract
    from xihu_catalog.lineage.events import Subject, failed

    rules: dict[str, int] = getattr(error, "counts", {})
    try:
        contract = _contract(run)
    except BadContract:
        subject = Subject(
            run.dataset,
            UUID(run.run_id),
            datetime.fromisoformat(run.nominal_at),
            Text(run.dataset, run.dataset),
        )
    else:
        say_rules(bench, contract, rules)
        subject = _subject(bench, run, contract)
    bench.say(error.text)
    bench.emit(failed(subject, bench.clock(), error.text, rules))


def say_rules(bench: Bench, contract: Contract, counts: dict[str, int]) -> None:
    """Each rule that records broke, by its id and title, the most frequent first."""
    for rule, count in sorted(counts.items(), key=lambda item: -item[1]):
        title = contract.title_of(rule)
        bench.say(
            Text(f"规则 {rule}：{count:,} 条，{title.zh}", f"rule {rule}: {count:,}, {title.en}")
        )


def _next_step(run: Run) -> Text:
    if run.set_aside:
        return Text(
            f"下一步：在装载报告 {run.load_id} 中查看被隔离的 {run.set_aside:,} 条，"
            "改正后在报告页面提交更正（或用 xihu publish --corrections）。"
            "隔离的记录加密保存 30 天。",
            f"Next: see the {run.set_aside:,} records set aside in load report {run.load_id}, "
            "mend them and hand them in as corrections on its page (or with xihu publish "
            "--corrections). They are kept sealed for 30 days.",
        )
    return Text("下一步：无，全部记录已装载。", "Next: nothing; every record was kept.")


def _contract(run: Run) -> Contract:
    path = Path(run.contract_file)
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(path: Path, _stamp: int) -> Contract:
    """Read once for the steps of a run, not once for each."""
    from xihu_catalog.contracts.load import load_contract

    return load_contract(path)


def _handed_in(bench: Bench, contract: Contract) -> Path:
    """The contract's file in the intake folder, and nowhere else."""
    intake = (bench.node.settings.data_dir / "intake").resolve()
    path = (intake / contract.source.path).resolve()
    if not path.is_relative_to(intake):
        raise BadInput(
            f"契约 {contract.dataset} 的文件路径超出交换目录，请改正 servers[0].path。",
            f"the path of contract {contract.dataset} leads out of the intake folder; mend "
            "servers[0].path.",
        )
    if not path.is_file():
        raise NothingNew(
            f"{contract.title.zh}：还没有交来文件 {contract.source.path}。请把文件放入 "
            "data_dir/intake。",
            f"{contract.title.en}: {contract.source.path} has not been handed in yet. Put it into "
            "data_dir/intake.",
        )
    return path


def _is_loaded(bench: Bench, contract: Contract, digest: str) -> bool:
    """Whether this batch is loaded, corrected since or not, and its record in the database too."""
    from xihu_catalog.quality.models import Load
    from xihu_pipelines.ingest.record import LOAD_ID, find_loaded
    from xihu_platform.database import transaction

    snapshot = find_loaded(bench.node, contract, digest)
    if snapshot is None:
        return False
    with transaction(bench.node.database) as session:
        return session.get(Load, snapshot.summary.get(LOAD_ID)) is not None


def _subject(bench: Bench, run: Run, contract: Contract) -> Subject:
    from xihu_catalog.lineage.events import Subject
    from xihu_pipelines.runner.inputs import input_columns, query_of

    query = query_of(contract)
    return Subject(
        dataset=contract.dataset,
        run_id=UUID(run.run_id),
        nominal_at=datetime.fromisoformat(run.nominal_at),
        title=contract.title,
        contract=contract,
        query=query,
        inputs=input_columns(query, bench.contracts) if query else None,
    )
