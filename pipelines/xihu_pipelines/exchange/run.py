"""Sends a granted dataset into its requester's database: one batch, decided when it is committed.

The rows come out of the access gateway as a download does, are compared with what the receiver has,
and go over in one transaction there. Before it is committed the decision is made once more while
nothing that decisions rest on can change: a withdrawal is either before it, and nothing arrives, or
after it. Erasures, corrections, marks, another key version and a narrower grant arrive as deletes
and updates, since what is sent is compared with what should be there now.
"""

import logging
import secrets
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_catalog.exchange.models import BatchState, ExchangeRow
from xihu_catalog.exchange.records import (
    Exchange,
    ExchangeBatch,
    begin_batch,
    end_batch,
    exchange_sealing,
    get_exchange,
    last_committed,
    list_batches,
    settle_open,
)
from xihu_pipelines.exchange.comparing import Comparison, comparing
from xihu_pipelines.exchange.target import Target
from xihu_platform.access.answers import Stream
from xihu_platform.access.decision import Allow, Deny
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict, NotFound, PlatformError, Refused, TransientError
from xihu_platform.identity.people import get_organisation
from xihu_platform.identity.principal import Position, Principal
from xihu_platform.lake.lease import lease
from xihu_platform.policy_version import PolicyVersionRow
from xihu_platform.start import Node
from xihu_platform.telemetry.logs import failure_facts
from xihu_platform.words import Text

log = logging.getLogger("xihu.exchange")
EXIT = "exchange"
_FAULT = Text("平台内部出错，请告知运维人员", "the platform failed: tell its operators")
PURPOSE = Purpose("duty")
_WAIT_S = 5.0
_DISPUTED = "_disputed"
Step = Callable[[str], None]
"""Is called with the name of each step as it begins."""
STEPS = (
    *("connect", "begin", "read", "compare", "prepare", "write", "plan"),
    *("decide", "commit", "record"),
)


def receiver(session: Session, exchange: Exchange) -> Principal:
    """Who reads: the requester's own system, which has the rights of its department and no more."""
    organisation = get_organisation(session, exchange.organisation)
    title = f"批量交换 {exchange.number}"
    return Principal(
        kind="system",
        id=f"exchange:{exchange.number}",
        name=title,
        position=Position(
            id=f"system:exchange:{exchange.number}",
            title_zh=title,
            title_en=f"Batch exchange {exchange.number}",
            organisation=organisation.uscc,
            organisation_zh=organisation.name_zh,
            organisation_en=organisation.name_en,
            region=organisation.region,
        ),
    )


def send_batch(
    node: Node,
    gateway: AccessGateway,
    number: str,
    *,
    whole: bool = False,
    step: Step = lambda _name: None,
) -> ExchangeBatch | None:
    """One batch; None where nothing has changed since the last one. `whole`: every row is compared
    value by value, and what differs is repaired.

    What goes wrong with the receiver or the right to read is in the batch. Raises NotFound for an
    exchange that there is not, Conflict for one that has ended, Leased where it is being sent.
    """
    exchange = get_exchange(node.database, number)
    if exchange.ended is not None:
        raise Conflict(f"{number} 已经结束", f"{number} has ended")
    name = f"exchange-{exchange.matter}"
    with lease(node.settings.data_dir / "leases", node.database, name, _WAIT_S):
        sweep(node, f"{name}-*.parquet")
        if not whole and _is_same(node, gateway, exchange):
            return None
        return _Sending(node, gateway, exchange, step).run(whole=whole)


def _is_same(node: Node, gateway: AccessGateway, exchange: Exchange) -> bool:
    """Whether the same snapshot was sent, and nothing that decisions rest on has changed, today."""
    with transaction(node.database) as session:
        last = last_committed(session, exchange.matter)
    found = node.lake.find_snapshot(f"data.{exchange.dataset}")
    if last is None or found is None:
        return False
    same = (last.snapshot, last.policy_version) == (found.id, gateway.policy_version.read())
    return same and civil_date(last.started) == civil_date(node.clock())


class _Sending:
    """One batch under way."""

    def __init__(self, node: Node, gateway: AccessGateway, exchange: Exchange, step: Step) -> None:
        self._node = node
        self._gateway = gateway
        self._exchange = exchange
        self._step = step
        self._number = 0
        self._unsure = False
        """Whether the receiver was asked to commit and did not say that it has."""

    def run(self, *, whole: bool) -> ExchangeBatch:
        try:
            self._step("connect")
            sealing = exchange_sealing(self._node.keyring)
            self._exchange = get_exchange(self._node.database, self._exchange.number, sealing)
            with closing(Target(self._exchange, self._node.settings)) as target:
                self._settle(target.last_batch())
                self._begin()
                self._send(target, whole=whole)
        except PlatformError as error:
            if not self._number:
                self._begin()
            if not self._unsure:  # else the next batch asks the receiver's table
                self._fail(_state(error), error.text)
        except Exception as fault:  # of one exchange: the others are not kept waiting
            log.warning(
                "a batch failed", extra=failure_facts(fault, exchange=self._exchange.number)
            )
            if not self._number:
                self._begin()
            if not self._unsure:
                self._fail("failed", _FAULT)
        (batch, *_) = list_batches(self._node.database, self._exchange.matter, 1)
        return batch

    def _settle(self, committed: int | None) -> None:
        """Of batches that were cut off; none arrived where there is no table."""
        with transaction(self._node.database) as session:
            settle_open(session, self._exchange.matter, committed, self._node.clock())

    def _begin(self) -> None:
        self._step("begin")
        node, matter = self._node, self._exchange.matter
        self._number = begin_batch(node.database, matter, node.clock())

    def _fail(self, state: str, text: Text) -> None:
        with transaction(self._node.database) as session:
            end_batch(
                session,
                self._exchange.matter,
                self._number,
                state=state,
                ended=self._node.clock(),
                error_zh=text.zh[:1000],
                error_en=text.en[:1000],
            )

    def _send(self, target: Target, *, whole: bool) -> None:
        self._step("read")
        folder = self._node.settings.data_dir / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        spool = folder / f"exchange-{self._exchange.matter}-{secrets.token_hex(4)}.parquet"
        version = self._gateway.policy_version.read()
        try:
            stream = self._open()
            with closing(stream.source):
                _spool(stream, spool)
            key = self._key(stream.decision)
            self._write(target, stream, spool, key, version, whole=whole)
        finally:
            spool.unlink(missing_ok=True)

    def _open(self) -> Stream:
        """Of the fields that leave in bulk. Raises Refused."""
        gateway, exchange = self._gateway, self._exchange
        with transaction(self._node.database) as session:
            principal = receiver(session, exchange)
        decision = gateway.decide(principal, exchange.dataset, PURPOSE)
        fields: tuple[str, ...] = ()
        if not isinstance(decision, Deny):
            fields = tuple(one.name for one in decision.visible if one.bulk is None)
        query = RowQuery(fields=fields)
        return gateway.open_stream(principal, exchange.dataset, PURPOSE, query, exit_name=EXIT)

    def _key(self, allow: Allow) -> tuple[str, ...]:
        """The dataset's key where the receiver sees all of it as it is, else none."""
        key = self._gateway.policy(self._exchange.dataset).primary_key
        seen = {one.name for one in allow.visible if one.treatment != "mask" and one.bulk is None}
        return key if set(key) <= seen else ()

    def _write(
        self,
        target: Target,
        stream: Stream,
        spool: Path,
        key: tuple[str, ...],
        version: int,
        *,
        whole: bool,
    ) -> None:
        limit = self._node.settings.lake.load_memory_limit
        with comparing(spool.parent, limit) as session:
            self._step("compare")
            comparison = Comparison(session, spool, key)
            self._step("prepare")
            there = target.prepare(comparison.schema)
            comparison.known(target.known() if there else ())
            found = comparison.difference()
            self._step("write")
            every = whole or not there
            changed = comparison.changed(whole=every)
            written = target.write(changed, comparison.gone(), whole=every)
        if written.rows != found.rows:
            raise Conflict(
                f"写入后接收表有 {written.rows} 行，应有 {found.rows} 行；已回退，"
                "请用 --whole 逐行核对",
                f"the table would have {written.rows} rows and not {found.rows}: rolled back; "
                "compare every row with --whole",
            )
        snapshot = stream.citation.snapshot_id
        self._step("plan")
        with transaction(self._node.database) as session:
            end_batch(
                session,
                self._exchange.matter,
                self._number,
                snapshot=snapshot,
                policy_version=version,
                rows=found.rows,
                added=found.added,
                changed=found.changed,
                removed=found.removed,
                repaired=written.repaired if whole else None,
            )
        target.note(self._number, snapshot)
        self._commit(target, stream)

    def _check_newest(self, stream: Stream) -> None:
        """What was taken out of the dataset meanwhile does not arrive. Raises Conflict."""
        newest = self._node.lake.find_snapshot(f"data.{self._exchange.dataset}")
        if newest is None or newest.id != stream.citation.snapshot_id:
            raise Conflict(
                "读取之后数据集又有更新，这一批没有写入，稍后重试",
                "the dataset was loaded again after it was read: nothing arrived, it is tried "
                "again later",
            )

    def _commit(self, target: Target, stream: Stream) -> None:
        """Raises Refused where the right to it has ended: then nothing is committed anywhere."""
        matter = self._exchange.matter
        with transaction(self._node.database) as session:
            # A withdrawal waits for this transaction, or this one for it.
            end_batch(session, matter, self._number, ended=self._node.clock(), state="committed")
            session.execute(select(PolicyVersionRow.number).with_for_update())
            self._step("decide")
            row = session.get(ExchangeRow, matter, populate_existing=True, with_for_update=True)
            if row is None or row.ended is not None:
                raise NotFound("批量交换已经结束", "the exchange has ended")
            stream.check()
            self._check_newest(stream)
            self._step("commit")
            try:
                target.commit()
            except TransientError:  # anything else the receiver has said itself
                self._unsure = True
                raise
            self._step("record")


def sweep(node: Node, pattern: str = "exchange-*.parquet") -> None:
    """Delete the spooled rows that a process which was killed has left. Of an exchange only while
    its lease is taken."""
    for left in (node.settings.data_dir / "tmp").glob(pattern):
        left.unlink(missing_ok=True)


def _state(error: PlatformError) -> BatchState:
    return "refused" if isinstance(error, Refused) else "failed"


def _spool(stream: Stream, path: Path) -> None:
    """The rows in a file of this node's, which is deleted afterwards."""
    first = next(stream.batches)
    fields = [one for one in first.schema if one.name != _DISPUTED]
    schema = pa.schema([*fields, pa.field(_DISPUTED, pa.string())])
    path.touch(mode=0o600)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in stream.batches:
            if _DISPUTED not in batch.schema.names:
                nothing = pa.nulls(batch.num_rows, pa.string())
                batch = batch.append_column(_DISPUTED, nothing)
            writer.write_batch(batch)
