"""The facts of a contract that a schedule needs, answered by the database alone.

An Airflow DAG processor asks every half minute, so nothing heavy is imported here: a contract's
whole text is parsed when it is put in force (`contracts.store`), and its header stored beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy import Engine, String, select
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import DECIDES, Base, transaction
from xihu_platform.words import Text

Origin = Literal["registry", "published"]


class ContractRow(Base):
    """The version in force of one dataset's contract, with its header."""

    __tablename__ = "contract"
    __table_args__ = {"info": DECIDES}

    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the file, in hexadecimal: its address in `contract_text`."""
    origin: Mapped[str] = mapped_column(String(16))
    title_zh: Mapped[str] = mapped_column(sa.Text)
    title_en: Mapped[str] = mapped_column(sa.Text)
    topic: Mapped[str] = mapped_column(sa.Text)
    cycle: Mapped[str] = mapped_column(String(16))
    resource_code: Mapped[str] = mapped_column(String(64), index=True, server_default="")
    """数据资源代码: of one dataset alone."""
    derived: Mapped[bool]
    subject_key: Mapped[bool] = mapped_column(index=True)
    """Its rows are about persons."""
    firm_key: Mapped[bool] = mapped_column(index=True)
    """Its rows are about firms."""


class ContractLink(Base):
    """A dataset that the contract in force of another one names."""

    __tablename__ = "contract_link"

    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    """`input` of a derived one, or `refers` for its foreign keys."""
    target: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)


@dataclass(frozen=True, slots=True)
class ContractHeader:
    """What is scheduled: a dataset, how often its file comes, or what it is made from."""

    dataset: str
    digest: str
    title: Text
    topic: str = ""
    cycle: str = "on_demand"
    origin: Origin = "registry"
    derived: bool = False
    inputs: tuple[str, ...] = ()
    refers: tuple[str, ...] = ()


def list_headers(database: Engine) -> dict[str, ContractHeader]:
    """The headers of all contracts in force, by dataset."""
    with transaction(database) as session:
        rows = session.scalars(select(ContractRow).order_by(ContractRow.dataset)).all()
        links = session.scalars(select(ContractLink)).all()
    named: dict[str, list[ContractLink]] = {}
    for link in links:
        named.setdefault(link.dataset, []).append(link)
    return {row.dataset: _header(row, named.get(row.dataset, ())) for row in rows}


def find_header(database: Engine, dataset: str) -> ContractHeader | None:
    with transaction(database) as session:
        row = session.get(ContractRow, dataset)
        links = session.scalars(select(ContractLink).where(ContractLink.dataset == dataset)).all()
    return _header(row, links) if row else None


def _header(row: ContractRow, links: Iterable[ContractLink]) -> ContractHeader:
    named = sorted((link.kind, link.target) for link in links)
    return ContractHeader(
        dataset=row.dataset,
        digest=row.digest,
        title=Text(row.title_zh, row.title_en),
        topic=row.topic,
        cycle=row.cycle,
        origin="published" if row.origin == "published" else "registry",
        derived=row.derived,
        inputs=tuple(target for kind, target in named if kind == "input"),
        refers=tuple(target for kind, target in named if kind == "refers"),
    )
