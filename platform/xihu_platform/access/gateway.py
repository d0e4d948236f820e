"""The access gateway: decide, rewrite, execute, record, cite. Every exit goes through here.

An intent is durable in the log before the first byte leaves; the outcome follows. If the log
cannot be written, nothing leaves.
"""

import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import NoReturn

import pyarrow as pa
from sqlalchemy import Engine as Database
from sqlglot import exp

from xihu_platform.access import reasons
from xihu_platform.access.answers import (
    AggregateAnswer,
    AnswerCache,
    Page,
    Plan,
    Stream,
    citation,
    cite,
)
from xihu_platform.access.counted import Counted, count_rows, subjects_of
from xihu_platform.access.cursors import cursor_place, open_cursor, seal_cursor
from xihu_platform.access.decider import Decider
from xihu_platform.access.decision import Allow, Decision, Deny
from xihu_platform.access.declared import as_declared
from xihu_platform.access.disputed import DISPUTED, Disputes, WithDisputed
from xihu_platform.access.downloads import disputed_in, download
from xihu_platform.access.erased import check_erased
from xihu_platform.access.grouped import CountBy, GroupedCounts, check_groups, count_groups
from xihu_platform.access.limits import Limits
from xihu_platform.access.metric_decision import METRIC_BASES, METRIC_PURPOSES, Audience
from xihu_platform.access.outcome import Recorded
from xihu_platform.access.paging import fetch_page, last_of, page_query
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Policy, Purpose
from xihu_platform.access.query import (
    PAGE_LIMIT,
    RowQuery,
    check_size,
    conditions_of,
    order_of,
    visible_type,
)
from xihu_platform.access.record import Pins, actor, read_entry
from xihu_platform.access.refusals import Refusals
from xihu_platform.access.row_keys import RowRefs
from xihu_platform.access.still import StillAllowed, WhileAllowed
from xihu_platform.access.subjects import of_key_version
from xihu_platform.access.totals import RegionRows, Totals
from xihu_platform.access.treatments import Rekey, view_of
from xihu_platform.access.unpublished import check_snapshot, no_snapshot
from xihu_platform.audit.entries import MetricRead, ReadOutcome
from xihu_platform.audit.log import AuditLog, LogEntry, Pin
from xihu_platform.audit.seals import own_keys
from xihu_platform.clock import Clock
from xihu_platform.engines.protocol import BatchStream, Engine
from xihu_platform.errors import BadInput, NotFound, Reason, Refused, TooLarge
from xihu_platform.identity.principal import Principal
from xihu_platform.lake.snapshot import RECORD, Snapshot
from xihu_platform.lake.tables import Lake
from xihu_platform.policy_version import PolicyVersion
from xihu_platform.sql import Relation, Statement, column, identifier, named, render
from xihu_platform.telemetry.traces import span, traced
from xihu_platform.vault.keys import Keyring, Pads
from xihu_platform.vault.seal import open_bytes

CACHE_BYTES = 64 << 20


class AccessGateway:
    """Holds what every exit needs: engine, lake, log, keys, and how to find a policy."""

    def __init__(
        self,
        *,
        engine: Engine,
        lake: Lake,
        database: Database,
        log: AuditLog,
        keyring: Keyring,
        clock: Clock,
        policy: Callable[[str], Policy],
        key_version: Callable[[], int],
        limits: Limits,
    ) -> None:
        self.engine = engine
        self.lake = lake
        self.database = database
        self.log = log
        self.limits = limits
        self.refusals = Refusals(log, limits)
        self.clock = clock
        self.policy_version = PolicyVersion(database)
        self.decider = Decider(database, clock, policy, self.policy_version)
        self.policy = self.decider.policy
        self._key_version = key_version
        self.keyring = keyring
        self.cursor_key = keyring.sealing("cursors")
        self._replay_key = keyring.sealing("pins")
        self._etag_key = keyring.derive("etags")
        self.own_keys = own_keys(keyring)
        self.pins = Pins(database, clock, self.own_keys)
        self.answers = AnswerCache(CACHE_BYTES)
        self.refs = RowRefs(keyring)
        self.promote = keyring.promote
        self.disputes = Disputes(database, self.policy_version, self.policy, engine, self.promote)
        self._totals = Totals(database, keyring, self._by_region)

    def close(self) -> None:
        """Let the log finish, with the refusals that are only counted yet."""
        self.refusals.close()
        self.log.close()
        self.policy_version.close()

    @traced("decide")
    def decide(self, principal: Principal, dataset: str, purpose: Purpose) -> Decision:
        """The decision alone: what a page shows before any row is asked for."""
        return self.decider.decide(principal, dataset, purpose)

    def check(self, principal: Principal, dataset: str, purpose: Purpose) -> Allow:
        """The decision, before anything else is answered about the dataset. Raises Refused, which
        is then in the log."""
        decision = self.decide(principal, dataset, purpose)
        if isinstance(decision, Deny):
            self._refuse(principal, self.policy(dataset), decision.reason, purpose)
        return decision

    def read_page(
        self,
        principal: Principal,
        dataset: str,
        purpose: Purpose,
        query: RowQuery,
        *,
        limit: int = 100,
        cursor: str | None = None,
        exit_name: str = "rows",
    ) -> Page:
        """One page, with the exact number of rows that meet the filters.

        Raises Refused, NotFound, BadInput, AuditUnavailable.
        """
        if not 1 <= limit <= PAGE_LIMIT:
            raise BadInput(
                f"limit 须在 1 到 {PAGE_LIMIT} 之间", f"limit must be between 1 and {PAGE_LIMIT}"
            )
        plan = self.plan(principal, dataset, purpose, query)
        place = cursor_place(principal, plan, query)
        last = None if cursor is None else open_cursor(self.cursor_key, place, cursor)
        asked = page_query(plan, query, limit, last)
        key = _key(plan.snapshot, asked.question)
        rows = self._kept(key, lambda: fetch_page(asked, query, plan.snapshot, self.engine.fetch))
        counted = self.count(plan, query)
        more = rows.num_rows > limit
        page = rows.slice(0, limit)
        shown = dict.fromkeys((*subjects_of(plan, page), *counted.subjects))
        pin = self.pins.of(principal, plan, purpose, query) if counted.others else None
        entry = read_entry(
            principal,
            plan,
            purpose,
            query,
            exit_name=exit_name,
            rows=page.num_rows,
            subjects=tuple(shown),
            pin=pin,
        )
        seq = self.write(entry)
        ends = last_of(query, page) if more else None
        following = seal_cursor(self.cursor_key, place, ends) if ends is not None else None
        return Page(
            table=page.select(list(plan.fields)),
            total=counted.total,
            next_cursor=following,
            decision=plan.allow,
            citation=cite(plan, seq),
            about_persons=plan.policy.subject_key is not None,
            disputed=self.disputes.of(plan.policy, plan.snapshot).rows(page[RECORD], plan.fields),
            records=tuple(page[RECORD].to_pylist()),
        )

    def count_by(
        self,
        principal: Principal,
        dataset: str,
        purpose: Purpose,
        query: RowQuery,
        groups: tuple[CountBy, ...],
    ) -> GroupedCounts:
        """How many of the rows asked for have each value of each field; without one, how many.

        Raises Refused also for a dataset that is not counted, NotFound, BadInput, AuditUnavailable.
        """
        about = tuple(g.field for g in groups) or tuple(f.field for f in query.filters)
        plan = self.plan(principal, dataset, purpose, replace(query, fields=about, sorts=()))
        if not plan.policy.is_counted:
            self.refusals.record(principal, dataset, reasons.NOT_COUNTED, purpose)
            raise Refused(reasons.NOT_COUNTED)
        check_groups(plan, groups)
        found = count_groups(
            plan, groups, lambda asked: self.cached(_key(plan.snapshot, asked), asked)
        )
        total = self.rows_in(plan)
        rows = sum(len(one.values) for one in found)
        entry = read_entry(principal, plan, purpose, query, exit_name="counts", rows=rows)
        return GroupedCounts(total, found, cite(plan, self.write(entry)))

    def open_stream(
        self,
        principal: Principal,
        dataset: str,
        purpose: Purpose,
        query: RowQuery,
        *,
        exit_name: str,
        row_limit: int | None = None,
    ) -> Stream:
        """All rows in a total order, batch by batch. The intent is durable when this returns.

        More rows than `row_limit` raise TooLarge before anything is read.
        """
        plan = self.plan(principal, dataset, purpose, query)
        self.check_bulk(principal, plan, purpose)
        if row_limit is not None and self.rows_in(plan) > row_limit:
            raise TooLarge(
                "行数太多，Excel 放不下，请改下 CSV",
                f"more than {row_limit:,} rows do not fit Excel: take CSV instead",
            )
        columns: list[exp.Expr] = [column(name) for name in plan.fields]
        disputed = disputed_in(self.engine, plan, self.disputes.of(plan.policy, plan.snapshot))
        if disputed:
            columns.append(named(column(RECORD), DISPUTED))
        read_id = secrets.token_hex(16)
        seq = self.write(
            self.intent(principal, plan, purpose, query, exit_name=exit_name, read_id=read_id)
        )
        rows: BatchStream
        if query.sorts:
            order = order_of(plan.policy, plan.allow, query)
            tree = plan.select(*columns).order_by(*order, copy=False)
            rows = self.engine.stream(plan.statement(tree))
        else:
            rows = download(self.engine, plan, columns)
        if disputed:
            rows = WithDisputed(rows, disputed)
        decide = partial(self.decide, principal, dataset, purpose)
        check = StillAllowed(self.policy_version, self.clock, self.keyring, plan, decide)
        batches = self.streamed(WhileAllowed(rows, check), plan, read_id, exit_name)
        return Stream(batches, batches, plan.allow, cite(plan, seq), check)

    def check_bulk(self, principal: Principal, plan: Plan, purpose: Purpose) -> None:
        """Raises Refused, which the log then holds, for fields that leave by no download."""
        reason = plan.allow.bulk_refusal(plan.fields)
        if reason is not None:
            self._refuse(principal, plan.policy, reason, purpose)

    def intent(
        self,
        principal: Principal,
        plan: Plan,
        purpose: Purpose,
        query: RowQuery,
        *,
        exit_name: str,
        read_id: str | None = None,
    ) -> LogEntry:
        """Of a whole dataset: its subjects where the decision itself names them, else a pin."""
        named = plan.named_subjects
        pin = None
        if plan.policy.subject_key is not None and named is None:
            pin = self.pins.of(principal, plan, purpose, query, whole=True)
        return read_entry(
            principal,
            plan,
            purpose,
            query,
            exit_name=exit_name,
            rows=None,
            subjects=named or (),
            pin=pin,
            read_id=read_id,
        )

    def write(self, entry: LogEntry) -> int:
        """Durable in the log when this returns. Raises AuditUnavailable."""
        seq = self.log.record(entry)
        if isinstance(entry.pin, Pin):
            self.pins.noted(entry.pin)
        return seq

    def aggregate(
        self,
        principal: Principal,
        *,
        metric: str,
        audience: Audience,
        dataset: str,
        statement: Callable[[Relation], Statement],
        details: dict[str, object],
        snapshot_id: int | None = None,
    ) -> AggregateAnswer:
        """A registered metric over a whole dataset, recorded like any read.

        `statement` receives the relation to read. Who may ask was decided by the metric's audience,
        and small cells are suppressed by the caller.
        """
        policy = self.policy(dataset)
        check_snapshot(principal, policy, self.lake, snapshot_id)
        snapshot = self.snapshot(policy, snapshot_id)
        relation = self.engine.relation(snapshot)
        asked = statement(relation)
        key = _key(snapshot, asked)
        table = self.cached(key, asked)
        read = MetricRead(
            actor=actor(principal),
            dataset=dataset,
            metric=metric,
            purpose=METRIC_PURPOSES[audience],
            basis=METRIC_BASES[audience].zh,
            basis_en=METRIC_BASES[audience].en,
            snapshot=snapshot.id,
            rows=table.num_rows,
            details=details,
        )
        seq = self.log.record(read.entry())
        shown = asked.sql.replace(relation.sql, identifier(dataset))
        return AggregateAnswer(table, citation(policy, snapshot, seq), shown, key)

    def etag(self, recipient: str, answer: str) -> str:
        """A mark of an answer for one recipient, which says nothing to anybody else."""
        content = f"{recipient}\0{answer}".encode()
        return hmac.new(self._etag_key, content, sha256).hexdigest()[:40]

    def find_policy(self, dataset: str, number: int) -> Policy | None:
        """The policy where it is kept under a policy version that was just read."""
        return self.decider.find_policy(dataset, number)

    def open_replay(self, sealed: str, sql: str) -> list[object]:
        """The values of a read that the log's first format kept as SQL."""
        values: list[object] = json.loads(open_bytes(self._replay_key, bytes.fromhex(sealed), sql))
        return values

    def forms(self, subject: str) -> tuple[str, ...]:
        """Every pseudonym that a person has had: the log keeps what the read snapshot held."""
        return self.keyring.key_versions(subject, self._key_version())

    def snapshot(self, policy: Policy, snapshot_id: int | None = None) -> Snapshot:
        """The snapshot to read. Raises NotFound, naming the dataset and not its table."""
        table = f"data.{policy.dataset}"
        if self.lake.find_snapshot(table) is None:
            raise NotFound(
                f"数据集 {policy.dataset} 还没有装载数据",
                f"dataset {policy.dataset} has no data yet",
            )
        try:
            return as_declared(self.lake.snapshot(table, snapshot_id), policy)
        except NotFound:
            check_erased(self.database, policy.dataset, snapshot_id or 0)
            raise no_snapshot(policy.dataset, snapshot_id) from None

    @traced("plan")
    def plan(
        self,
        principal: Principal,
        dataset: str,
        purpose: Purpose,
        query: RowQuery,
        *,
        treat: Callable[[Allow], Allow] = lambda allow: allow,
        parameters: Parameters | None = None,
    ) -> Plan:
        """Decide and rewrite; nothing is read yet. Raises Refused, which the log then holds.

        `treat` may change what was allowed: a derivation keeps the lake's own pseudonyms. Plans
        that share `parameters` can stand in one statement.
        """
        check_size(query)
        decision = treat(self.check(principal, dataset, purpose))
        policy = self.policy(dataset)
        self._check_fields(principal, policy, decision, purpose, query)
        check_snapshot(principal, policy, self.lake, query.snapshot_id)
        snapshot = self.snapshot(policy, query.snapshot_id)
        decision = of_key_version(decision, policy, self.keyring, snapshot.key_version)
        parameters = Parameters() if parameters is None else parameters
        relation = self.engine.relation(snapshot)
        rekey = Rekey(self.pads(decision.recipient), snapshot.key_version)
        view = view_of(policy, decision, relation, rekey, parameters)
        filters = conditions_of(policy, decision, query, parameters)
        conditions = tuple(render(one, relation.dialect) for one in filters)
        asked = tuple(dict.fromkeys(query.fields))  # a field asked for twice comes once
        fields = asked or tuple(v.name for v in decision.visible)
        if not fields and decision.fields and decision.fields[0].reason is not None:
            self._refuse(principal, policy, decision.fields[0].reason, purpose)
        bound = tuple(parameters)
        return Plan(policy, decision, snapshot, fields, relation, view, conditions, bound, rekey)

    def _check_fields(
        self,
        principal: Principal,
        policy: Policy,
        decision: Allow,
        purpose: Purpose,
        query: RowQuery,
    ) -> None:
        """Every field asked for, filtered or sorted by; one that is refused is logged as that."""
        used = (*query.fields, *(f.field for f in query.filters), *(s.field for s in query.sorts))
        for name in dict.fromkeys(used):
            try:
                visible_type(policy, decision, name)
            except Refused as refused:
                self._refuse(principal, policy, refused.reason, purpose, field=name)

    def _refuse(
        self,
        principal: Principal,
        policy: Policy,
        reason: Reason,
        purpose: Purpose,
        *,
        field: str | None = None,
    ) -> NoReturn:
        """Raises Refused, which the log then holds with whom the look was to be about."""
        subjects = self.decider.persons_of(purpose) if policy.subject_key is not None else ()
        record = self.refusals.record
        record(principal, policy.dataset, reason, purpose, field=field, subjects=subjects)
        raise Refused(reason)

    def pads(self, recipient: str) -> Pads:
        """The key that pseudonyms are keyed with again for one recipient."""
        return self.keyring.pads(f"recipient:{recipient}")

    def rows_in(self, plan: Plan) -> int:
        """The exact number of rows, for the gateway itself."""
        if plan.is_whole:
            return plan.snapshot.rows
        by_region = self._totals.rows(plan)
        if by_region is not None:
            return by_region
        count = plan.count()
        return int(self.cached(_key(plan.snapshot, count), count)["n"][0].as_py())

    def _by_region(self, statement: Statement) -> RegionRows:
        table = self.engine.fetch(statement)
        return dict(zip(*(table[name].to_pylist() for name in ("region", "n")), strict=True))

    def count(self, plan: Plan, query: RowQuery) -> Counted:
        """The total as it may be told, and the persons whom counting was about."""
        return count_rows(plan, query, rows=self.rows_in, fetch=self.engine.fetch)

    def cached(self, key: str, statement: Statement) -> pa.Table:
        """An answer is a function of query, decision and snapshot: all three are in the key."""
        return self._kept(key, lambda: self.engine.fetch(statement))

    def _kept(self, key: str, execute: Callable[[], pa.Table]) -> pa.Table:
        found = self.answers.get(key)
        if found is None:
            with span("execute"):
                found = execute()
            self.answers.put(key, found)
        return found

    def streamed(
        self, rows: BatchStream, plan: Plan, read_id: str, exit_name: str
    ) -> Recorded[pa.RecordBatch]:
        def tell(rows: int, finished: bool) -> None:
            dataset = plan.policy.dataset
            self.log.append(ReadOutcome(read_id, dataset, exit_name, rows, finished).entry())

        return Recorded(rows, lambda batch: int(batch.num_rows), tell)

    def record_derivation(
        self, principal: Principal, plan: Plan, purpose: Purpose, exit_name: str
    ) -> int:
        """The intent of reading a whole dataset into another; durable when this returns."""
        return self.write(self.intent(principal, plan, purpose, RowQuery(), exit_name=exit_name))


def _key(snapshot: Snapshot, statement: Statement) -> str:
    values = list(statement.parameters)
    content = f"{snapshot.table}\0{snapshot.id}\0{statement.sql}\0{values!r}"
    return sha256(content.encode()).hexdigest()[:40]
