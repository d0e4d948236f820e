"""The steps of a run, the same in process and as Airflow's tasks: receive, load, report.

A step takes what the run has come to so far and hands it on. What travels between them is small,
can be written as JSON and holds no value of a row: Airflow keeps it in its own database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from xihu_pipelines.runner.errors import NothingNew
from xihu_platform.clock import Clock
from xihu_platform.errors import BadInput, NotFound, PlatformError, TerminalError
from xihu_platform.lake.summary import LOAD_ID, NO_RECORDS, WATERMARK, LoadCounts
from xihu_platform.words import Text

if TYPE_CHECKING:  # the steps import what they need when they run: a DAG file wires, cheaply
    from xihu_catalog.contracts.model import Contract
    from xihu_catalog.contracts.store import ContractStore
    from xihu_catalog.lineage.emit import Emit
    from xihu_catalog.lineage.events import RunSubject
    from xihu_pipelines.ingest.context import Progress
    from xihu_platform.start import Node

Say = Callable[[Text], None]
"""Tells the steward something, in both languages."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What the steps work with."""

    node: Node
    emit: Emit
    say: Say
    contracts: ContractStore
    progress: Progress | None = None

    @property
    def clock(self) -> Clock:
        return self.node.clock


_FORMER = {"kept": "accepted", "set_aside": "quarantined"}
_COUNTED = ("received", "accepted", "quarantined")
"""Names of versions before, which had the counts side by side: a run that began under one of them
hands them on."""


@dataclass(frozen=True, slots=True)
class RunState:
    """One run of one dataset, as far as it has come."""

    dataset: str
    contract_digest: str
    """Of the contract in force when it began: all steps use the same one."""
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
    counts: LoadCounts = NO_RECORDS
    fresh: bool = False
    rules: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        # Any: JSON. The snapshot's id has 63 bits, more than every reader of JSON keeps.
        return asdict(self) | {"snapshot_id": self.snapshot_id and str(self.snapshot_id)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> RunState:
        named = {_FORMER.get(name, name): value for name, value in values.items()}
        counts = named.pop("counts", None) or {n: named.pop(n) for n in _COUNTED}
        if named.pop("contract_file", None) is not None:  # of a version that named a path
            named["contract_digest"] = ""
        number = int(named["snapshot_id"]) if named["snapshot_id"] else None
        return cls(**named | {"snapshot_id": number, "counts": LoadCounts(**counts)})


Step = Callable[[RunContext, RunState], RunState]


def receive(context: RunContext, run: RunState) -> RunState:
    """Find the file handed in, or the snapshots to derive from.

    Raises NothingNew without a file, or where nothing is new.
    """
    contract = _contract(context, run)
    if contract.source.query is not None:
        return _receive_inputs(context, run, contract)
    cursor = None
    if contract.source.remote is not None:
        cursor = _fetched(context, contract)
    path = _handed_in(context, contract)
    stamp = _stamp(path)
    with path.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
    size = path.stat().st_size
    if _is_loaded(context, contract, digest):
        raise NothingNew(
            f"{contract.title.zh}：{contract.source.path} 已经装载过，没有新数据。",
            f"{contract.title.en}: {contract.source.path} is loaded already; nothing is new.",
        )
    context.say(
        Text(
            f"{contract.title.zh}：收到文件 {contract.source.path}，{size:,} 字节，"
            f"SHA-256 {digest[:16]}…",
            f"{contract.title.en}: received {contract.source.path}, {size:,} bytes, "
            f"SHA-256 {digest[:16]}…",
        )
    )
    from xihu_catalog.lineage.events import start_event

    context.emit(start_event(_subject(context, run, contract), context.clock()))
    file = contract.source.path
    return replace(run, file=file, digest=digest, stamp=stamp, size_bytes=size, cursor=cursor)


def _stamp(path: Path) -> str:
    """Changes whenever the file is written to: nobody can set the time of its last change."""
    stat = path.stat()
    return f"{stat.st_dev}/{stat.st_ino}/{stat.st_size}/{stat.st_mtime_ns}/{stat.st_ctime_ns}"


def _fetched(context: RunContext, contract: Contract) -> str | None:
    """Fetch what is new at the remote source into the intake folder; returns how far it goes.

    Raises NothingNew where the source has nothing newer than the last load.
    """
    from xihu_pipelines.sources.remote.fetch import fetch

    snapshot = context.node.lake.find_snapshot(contract.table)
    last = snapshot.summary.get(WATERMARK) if snapshot else None
    intake = context.node.settings.data_dir / "intake"
    fetched = fetch(context.node.settings, contract, intake, cursor=last)
    if not fetched.rows:
        raise NothingNew(
            f"{contract.title.zh}：来源没有比上次更新的数据。",
            f"{contract.title.en}: the source has nothing newer than the last load.",
        )
    return fetched.cursor


def _receive_inputs(context: RunContext, run: RunState, contract: Contract) -> RunState:
    """What a derived dataset is made of is named by the snapshots of its inputs."""
    from xihu_catalog.lineage.events import start_event
    from xihu_pipelines.derive.run import digest_of

    inputs = _inputs(context, contract)
    empty = [n for n, one in inputs.items() if context.node.lake.find_snapshot(one.table) is None]
    if empty:
        raise NothingNew(
            f"{contract.title.zh}：来源 {'、'.join(empty)} 还没有数据，有了再做。",
            f"{contract.title.en}: its sources {', '.join(empty)} have no data yet; it is made "
            "once they do.",
        )
    digest = digest_of(context.node, contract, inputs)
    if _is_loaded(context, contract, digest):
        raise NothingNew(
            f"{contract.title.zh}：来源没有新快照，无需重做。",
            f"{contract.title.en}: its sources have no new snapshot.",
        )
    names = "、".join(inputs), ", ".join(inputs)
    context.say(
        Text(
            f"{contract.title.zh}：由 {names[0]} 派生",
            f"{contract.title.en}: derived from {names[1]}",
        )
    )
    context.emit(start_event(_subject(context, run, contract), context.clock()))
    return replace(run, digest=digest)


def _inputs(context: RunContext, contract: Contract) -> dict[str, Contract]:
    """The contracts of what a derived dataset reads, as far as there are any."""
    from xihu_catalog.lineage.columns import tables_of

    names = tables_of(contract.source.query) if contract.source.query else ()
    found = {name: context.contracts.find(name) for name in names}
    return {name: one for name, one in found.items() if one is not None}


def load(context: RunContext, run: RunState) -> RunState:
    """Take the file, or what is derived, through ingestion; twice changes nothing."""
    from xihu_pipelines.derive.run import derive
    from xihu_pipelines.ingest.load import load_file

    contract = _contract(context, run)
    if contract.source.query is not None:
        inputs = _inputs(context, contract)
        outcome = derive(context.node, contract, inputs, progress=context.progress)
    else:
        notes = {WATERMARK: run.cursor} if run.cursor is not None else {}
        path = _handed_in(context, contract)
        digest = run.digest if run.stamp == _stamp(path) else None
        outcome = load_file(
            context.node, contract, path, notes=notes, digest=digest, progress=context.progress
        )
    counts = outcome.counts
    context.say(
        Text(
            f"收到 {counts.received:,} 条，入库 {counts.accepted:,} 条，隔离 "
            f"{counts.quarantined:,} 条；快照 {outcome.snapshot_id}",
            f"received {counts.received:,}, accepted {counts.accepted:,}, quarantined "
            f"{counts.quarantined:,}; snapshot {outcome.snapshot_id}",
        )
    )
    return replace(
        run,
        load_id=outcome.load_id,
        snapshot_id=outcome.snapshot_id,
        counts=outcome.counts,
        fresh=outcome.fresh,
        rules=outcome.rule_counts,
    )


def report(context: RunContext, run: RunState) -> RunState:
    """Say which rules quarantined records and what to do next; tell the lineage."""
    from xihu_catalog.lineage.events import FinishedLoad, complete_event
    from xihu_pipelines.ingest.record import referred_to

    contract = _contract(context, run)
    snapshot = context.node.lake.snapshot(contract.table, run.snapshot_id)
    say_rules(context, contract, run.rules)
    context.say(_next_step(run))
    finished = FinishedLoad(
        counts=run.counts,
        rules=run.rules,
        snapshot_id=run.snapshot_id or 0,
        size_bytes=run.size_bytes,
        references=referred_to(snapshot),
    )
    context.emit(complete_event(_subject(context, run, contract), context.clock(), finished))
    return run


STEPS: tuple[Step, ...] = (receive, load, report)


def begin(dataset: str, contract_digest: str, run_id: UUID, nominal_at: datetime) -> RunState:
    """A run that has not come to anything yet."""
    return RunState(dataset, contract_digest, str(run_id), nominal_at.isoformat())


def fail(context: RunContext, run: RunState, error: PlatformError) -> None:
    """Tell steward and lineage of a run that is over; `error` is one of ours (`errors.told`)."""
    from xihu_catalog.lineage.events import RunSubject, fail_event

    rules: dict[str, int] = getattr(error, "counts", {})
    try:
        contract = _contract(context, run)
    except (NotFound, TerminalError):
        subject = RunSubject(
            run.dataset,
            UUID(run.run_id),
            datetime.fromisoformat(run.nominal_at),
            Text(run.dataset, run.dataset),
        )
    else:
        say_rules(context, contract, rules)
        subject = _subject(context, run, contract)
    context.say(error.text)
    context.emit(fail_event(subject, context.clock(), error.text, rules))


def say_rules(context: RunContext, contract: Contract, counts: dict[str, int]) -> None:
    """Each rule that records broke, by its id and title, the most frequent first."""
    for rule, count in sorted(counts.items(), key=lambda item: -item[1]):
        title = contract.title_of(rule)
        context.say(
            Text(f"规则 {rule}：{count:,} 条，{title.zh}", f"rule {rule}: {count:,}, {title.en}")
        )


def _next_step(run: RunState) -> Text:
    quarantined = run.counts.quarantined
    if quarantined:
        return Text(
            f"下一步：在装载报告 {run.load_id} 中查看被隔离的 {quarantined:,} 条，"
            "改正后在报告页面提交更正（或用 xihu publish --corrections）。"
            "隔离的记录加密保存 30 天。",
            f"Next: see the {quarantined:,} records quarantined in load report {run.load_id}, "
            "mend them and hand them in as corrections on its page (or with xihu publish "
            "--corrections). They are kept sealed for 30 days.",
        )
    return Text("下一步：无，全部记录已装载。", "Next: nothing; every record was kept.")


def _contract(context: RunContext, run: RunState) -> Contract:
    """The contract that the run began with. Raises NotFound, BadContract."""
    if not run.contract_digest:
        return context.contracts.get(run.dataset)
    return context.contracts.read(run.contract_digest)


def _handed_in(context: RunContext, contract: Contract) -> Path:
    """The contract's file in the intake folder, and nowhere else."""
    from xihu_catalog.datasets.intake_files import plain_path

    path = plain_path(context.node.settings.data_dir / "intake", contract.source.path)
    if path is None:
        raise BadInput(
            f"契约 {contract.dataset} 的文件路径超出交换目录，或者经过符号链接：请改正 "
            "servers[0].path，或以文件本身代替符号链接。",
            f"the path of contract {contract.dataset} leads out of the intake folder or over a "
            "symbolic link: correct servers[0].path, or put the file there in place of the link.",
        )
    if not path.is_file():
        raise NothingNew(
            f"{contract.title.zh}：还没有交来文件 {contract.source.path}。请把文件放入 "
            "data_dir/intake。",
            f"{contract.title.en}: {contract.source.path} has not been handed in yet. Put it into "
            "data_dir/intake.",
        )
    return path


def _is_loaded(context: RunContext, contract: Contract, digest: str) -> bool:
    """Whether this batch is loaded, corrected since or not, and its record in the database too."""
    from xihu_catalog.quality.models import Load
    from xihu_pipelines.ingest.record import find_loaded
    from xihu_platform.database import transaction

    snapshot = find_loaded(context.node, contract, digest)
    if snapshot is None:
        return False
    with transaction(context.node.database) as session:
        return session.get(Load, snapshot.summary.get(LOAD_ID)) is not None


def _subject(context: RunContext, run: RunState, contract: Contract) -> RunSubject:
    from xihu_catalog.lineage.events import RunSubject

    return RunSubject(
        dataset=contract.dataset,
        run_id=UUID(run.run_id),
        nominal_at=datetime.fromisoformat(run.nominal_at),
        title=contract.title,
        contract=contract,
        query=contract.source.query,
        inputs=_input_columns(context, contract) if contract.source.query else None,
    )


def _input_columns(context: RunContext, contract: Contract) -> dict[str, tuple[str, ...]]:
    """The columns of the datasets that a derived one reads, as their contracts say."""
    inputs = _inputs(context, contract).items()
    return {name: tuple(field.name for field in one.fields) for name, one in inputs}
