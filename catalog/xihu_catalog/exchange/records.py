"""Exchanges and their batches, as rows: what is due, what each batch did, whose password it is."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from xihu_catalog.exchange.models import BatchState, ExchangeBatchRow, ExchangeRow
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.vault.keys import Keyring
from xihu_platform.vault.seal import SealKey, open_bytes, seal_bytes
from xihu_platform.words import Text

PASSWORD_LIMIT = 200
SHOWN = 50
"""Batches on a page."""
CYCLES = {
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
}
SLACK = timedelta(hours=1)
"""A schedule that begins a little earlier than the day before is in time."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One dataset that is sent to one table of a requester."""

    matter: int
    number: str
    dataset: str
    organisation: str
    provider: str
    host: str
    port: int
    database: str
    schema: str
    table: str
    user: str
    cycle: str
    began: datetime
    ended: datetime | None
    password: str | None = field(repr=False)
    """Opened only for sending; else empty where there is one."""

    @property
    def place(self) -> str:
        """Where it goes, as an operator would name it; no secret."""
        return f"{self.host}:{self.port}/{self.database} {self.schema}.{self.table}"


@dataclass(frozen=True, slots=True)
class ExchangeBatch:
    """What one batch did; numbers of rows."""

    exchange: int
    number: int
    state: BatchState
    started: datetime
    ended: datetime | None = None
    snapshot: int | None = None
    policy_version: int | None = None
    rows: int | None = None
    added: int | None = None
    changed: int | None = None
    removed: int | None = None
    repaired: int | None = None
    error: Text | None = None


def exchange_sealing(keyring: Keyring) -> SealKey:
    return keyring.sealing("exchange-passwords")


def list_exchanges(database: Engine) -> tuple[Exchange, ...]:
    """All that have not ended, in the order of their matters."""
    row = ExchangeRow
    with transaction(database) as session:
        found = session.scalars(select(row).where(row.ended.is_(None)).order_by(row.matter))
        return tuple(_exchange(one, None) for one in found)


def exchanges_of(
    database: Engine, organisations: Collection[str], limit: int | None = None
) -> tuple[Exchange, ...]:
    """Those that one of these organisations provides or receives, the newest first."""
    row, seen = ExchangeRow, list(organisations)
    with transaction(database) as session:
        found = session.scalars(
            select(row)
            .where(row.organisation.in_(seen) | row.provider.in_(seen))
            .order_by(row.matter.desc())
            .limit(limit)
        )
        return tuple(_exchange(one, None) for one in found)


def get_exchange(database: Engine, name: str, sealing: SealKey | None = None) -> Exchange:
    """By its number. With the sealing key, the password is opened. Raises NotFound."""
    with transaction(database) as session:
        row = session.scalar(select(ExchangeRow).where(ExchangeRow.number == name))
        if row is None:
            raise NotFound(f"没有批量交换 {name[:40]}", f"there is no exchange {name[:40]}")
        return _exchange(row, sealing)


def _exchange(row: ExchangeRow, sealing: SealKey | None) -> Exchange:
    password = None
    if row.sealed is not None:
        password = ""
        if sealing is not None:
            password = open_bytes(sealing, row.sealed, _place(row.matter)).decode()
    names = ("matter", "number", "dataset", "organisation", "provider", "host", "port", "database")
    more = ("schema", "table", "user", "cycle", "began", "ended")
    values = {name: getattr(row, name) for name in (*names, *more)}
    return Exchange(**values, password=password)


def _place(matter: int) -> str:
    return f"exchange {matter}"


def set_password(database: Engine, sealing: SealKey, exchange: Exchange, password: str) -> None:
    """Raises BadInput for what can be no password, or once the exchange has ended."""
    if not 8 <= len(password) <= PASSWORD_LIMIT or not password.isprintable():
        raise BadInput(
            f"口令须有 8 至 {PASSWORD_LIMIT} 个字符，不能有换行等控制字符",
            f"a password has 8 to {PASSWORD_LIMIT} characters and no line breaks",
        )
    sealed = seal_bytes(sealing, password.encode(), _place(exchange.matter))
    row = ExchangeRow
    with transaction(database) as session:
        done = session.execute(
            update(row)
            .where(row.matter == exchange.matter, row.ended.is_(None))
            .values(sealed=sealed)
        )
    if not done.rowcount:  # type: ignore[attr-defined]  # of an update there is one
        raise BadInput("批量交换已经结束", "the exchange has ended")


def list_batches(database: Engine, exchange: int, limit: int = SHOWN) -> tuple[ExchangeBatch, ...]:
    """The newest first."""
    row = ExchangeBatchRow
    with transaction(database) as session:
        found = session.scalars(
            select(row).where(row.exchange == exchange).order_by(row.number.desc()).limit(limit)
        )
        return tuple(batch_of(one) for one in found)


def last_committed(session: Session, exchange: int) -> ExchangeBatch | None:
    row = ExchangeBatchRow
    found = session.scalar(
        select(row)
        .where(row.exchange == exchange, row.state == "committed")
        .order_by(row.number.desc())
        .limit(1)
    )
    return batch_of(found) if found is not None else None


def batch_of(row: ExchangeBatchRow) -> ExchangeBatch:
    error = Text(row.error_zh, row.error_en or "") if row.error_zh else None
    names = ("exchange", "number", "started", "ended", "snapshot", "policy_version", "rows")
    counts = ("added", "changed", "removed", "repaired")
    values = {name: getattr(row, name) for name in (*names, *counts)}
    return ExchangeBatch(state=cast(BatchState, row.state), error=error, **values)


def is_due(exchange: Exchange, last: ExchangeBatch | None, now: datetime) -> bool:
    """Whether a cycle has passed since the last batch that was committed."""
    return last is None or now - last.started >= CYCLES[exchange.cycle] - SLACK


def begin_batch(database: Engine, exchange: int, now: datetime) -> int:
    """The number of a new batch, which is open. One process at a time sends an exchange."""
    row = ExchangeBatchRow
    with transaction(database) as session:
        last = session.scalar(select(func.max(row.number)).where(row.exchange == exchange)) or 0
        session.add(ExchangeBatchRow(exchange=exchange, number=last + 1, state="open", started=now))
    return last + 1


def end_batch(session: Session, exchange: int, number: int, **values: object) -> None:
    """`values` by the columns' names. A batch that has ended is left as it is."""
    row = ExchangeBatchRow
    ours = (row.exchange == exchange, row.number == number, row.state == "open")
    session.execute(update(row).where(*ours).values(**values))


def settle_open(session: Session, exchange: int, committed: int | None, now: datetime) -> None:
    """Batches that were cut off: what the receiver's table says was committed was committed."""
    row = ExchangeBatchRow
    still = select(row).where(row.exchange == exchange, row.state == "open")
    for one in session.scalars(still):
        one.ended = now
        if one.number == committed:
            one.state = "committed"
        else:
            one.state = "failed"
            one.error_zh, one.error_en = "中断，没有写入", "cut off, nothing arrived"
