"""The contract store: every contract by its content, and which version of each is in force.

A contract's file is kept under the SHA-256 of its bytes, so what a load or a citation names can be
read for ever, byte for byte. One row for each dataset says which digest is in force: a look-up
costs the same whether the catalogue has 31 entries or 500,000.

Contracts come from two sides: the registry's folder is compared with the store whenever a process
opens it; a department's come by `xihu publish`, and replace the registry's of the same dataset.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Literal

from cachetools import LRUCache
from sqlalchemy import Engine, Integer, LargeBinary, String, bindparam, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from xihu_catalog.contracts import entries
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.headers import ContractLink, ContractRow, Origin
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.publication import check_publication, code_in_use, id_in_use
from xihu_catalog.contracts.wider import opens_more
from xihu_catalog.lineage.columns import inputs_of
from xihu_platform.access.unpublished import no_dataset
from xihu_platform.clock import Clock, system_clock
from xihu_platform.database import Base, UtcDateTime, transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, TerminalError
from xihu_platform.telemetry.logs import facts

log = logging.getLogger("xihu.contracts")
PATTERN = "*.odcs.yaml"
PARSED_LIMIT = 1024
"""Parsed contracts kept in memory, about 30 kB each."""
TRIES = 3
"""Two processes that start together put the same contract in force: one of them is refused."""


class ContractText(Base):
    """The bytes of a contract's file, as they were handed in."""

    __tablename__ = "contract_text"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ContractVersionRow(Base):
    """One change of what is in force for a dataset, in the order of their numbers."""

    __tablename__ = "contract_version"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    dataset: Mapped[str] = mapped_column(String(64), index=True)
    digest: Mapped[str | None] = mapped_column(String(64))
    """None where the contract was taken out of the registry."""
    origin: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime] = mapped_column(UtcDateTime)


_IN_FORCE = select(ContractRow.digest).where(ContractRow.dataset == bindparam("dataset"))
_NEWEST = select(func.max(ContractVersionRow.number))


@dataclass(frozen=True, slots=True)
class ContractVersion:
    """A version that is or was in force. `digest` is None for a withdrawal."""

    dataset: str
    digest: str | None
    origin: str
    since: datetime


class ContractStore:
    """Contracts of one installation; every answer is what the database says at that moment."""

    def __init__(self, database: Engine, clock: Clock = system_clock) -> None:
        self.database = self._database = database
        self.clock = self._clock = clock
        self._lock = threading.Lock()
        self._parsed: LRUCache[str, Contract] = LRUCache(PARSED_LIMIT)
        self._all: tuple[int, dict[str, Contract]] = (-1, {})

    def find(self, dataset: str) -> Contract | None:
        """The contract in force. Raises TerminalError for one this version cannot read."""
        digest = self.find_digest(dataset)
        return None if digest is None else self.read(digest)

    def find_digest(self, dataset: str) -> str | None:
        """The address of the contract in force."""
        with self._database.connect() as connection:
            return connection.scalar(_IN_FORCE, {"dataset": dataset})

    def get(self, dataset: str) -> Contract:
        """The contract in force. Raises NotFound."""
        found = self.find(dataset)
        if found is None:
            raise no_dataset(dataset)
        return found

    def read(self, digest: str) -> Contract:
        """Any version, in force or not. Raises NotFound, and TerminalError for one that an earlier
        version of the program took and this one cannot read.
        """
        with self._lock:
            parsed = self._parsed.get(digest)
        if parsed is None:
            content = self.content(digest)
            try:
                parsed = parse_contract(content, f"{digest[:12]}.odcs.yaml")
            except BadInput:
                raise TerminalError(
                    f"本版程序读不了已入库的契约 {digest[:12]}：请运维人员运行 xihu doctor，"
                    "由提供部门重新发布",
                    f"this version cannot read the stored contract {digest[:12]}: operators, run "
                    "xihu doctor and have its department publish it again",
                ) from None
            with self._lock:
                self._parsed[digest] = parsed
        return parsed

    def content(self, digest: str) -> bytes:
        """A contract as it was handed in. Raises NotFound."""
        with transaction(self._database) as session:
            row = session.get(ContractText, digest)
        if row is None:
            raise NotFound(
                f"没有摘要为 {digest[:64]} 的契约", f"no contract has digest {digest[:64]}"
            )
        return row.content

    @property
    def number(self) -> int:
        """Grows whenever a contract changes: what was built from contracts is then out of date."""
        with self._database.connect() as connection:
            return connection.scalar(_NEWEST) or 0

    def all(self) -> dict[str, Contract]:
        """All contracts in force by dataset; what this version cannot read is logged, not served.

        Costs one look-up while nothing changes, so it is meant for what is built from the whole
        catalogue (the search index); who needs one contract asks for it.
        """
        number = self.number
        with self._lock:
            known = self._all
        if known[0] != number:
            known = (number, self._read_all())
            with self._lock:
                self._all = known
        return known[1]

    def _read_all(self) -> dict[str, Contract]:
        with transaction(self._database) as session:
            wanted = select(ContractRow.dataset, ContractRow.digest).order_by(ContractRow.dataset)
            digests = session.execute(wanted).all()
        contracts = self._readable([digest for _, digest in digests])
        return {contract.dataset: contract for contract in contracts}

    def _readable(self, digests: Iterable[str]) -> list[Contract]:
        """What cannot be read is logged: one contract at fault must not take the others along."""
        found = []
        for digest in digests:
            try:
                found.append(self.read(digest))
            except TerminalError:
                log.error("a stored contract cannot be read", extra=facts(digest=digest))
        return found

    def unreadable(self) -> list[str]:
        """The datasets whose contract in force this version cannot read."""
        with transaction(self._database) as session:
            wanted = select(ContractRow.dataset).order_by(ContractRow.dataset)
            names = session.scalars(wanted).all()
        readable = self.all()
        return [name for name in names if name not in readable]

    def about(self, key: Literal["subject", "firm"]) -> list[Contract]:
        """The contracts in force of the datasets whose rows are about persons, or about firms."""
        column = ContractRow.subject_key if key == "subject" else ContractRow.firm_key
        wanted = select(ContractRow.digest).where(column).order_by(ContractRow.dataset)
        with transaction(self._database) as session:
            digests = session.scalars(wanted).all()
        return self._readable(digests)

    def published(self) -> dict[str, bytes]:
        """What departments published and is in force, by dataset, as it was handed in."""
        wanted = (
            select(ContractRow.dataset, ContractText.content)
            .join(ContractText, ContractText.digest == ContractRow.digest)
            .where(ContractRow.origin == "published")
            .order_by(ContractRow.dataset)
        )
        with transaction(self._database) as session:
            return dict(session.execute(wanted).all())

    def derived_from(self, dataset: str) -> list[Contract]:
        """The contracts in force of the datasets that are made from this one."""
        wanted = (
            select(ContractRow.digest)
            .join(ContractLink, ContractLink.dataset == ContractRow.dataset)
            .where(ContractLink.target == dataset, ContractLink.kind == "input")
            .order_by(ContractRow.dataset)
        )
        with transaction(self._database) as session:
            digests = session.scalars(wanted).all()
        return self._readable(digests)

    def versions(self, dataset: str) -> list[ContractVersion]:
        """What was in force, newest first."""
        wanted = (
            select(ContractVersionRow)
            .where(ContractVersionRow.dataset == dataset)
            .order_by(ContractVersionRow.number.desc())
        )
        with transaction(self._database) as session:
            rows = session.scalars(wanted).all()
        return [ContractVersion(r.dataset, r.digest, r.origin, r.since) for r in rows]

    def publish(self, content: bytes, file: str = "contract.odcs.yaml") -> Contract:
        """Put a department's contract in force; where it has to wait (`waits`), note it as
        proposed. Raises BadContract."""
        contract = self.check(content, file)
        self._write(partial(self._put_published, contract, content))
        return contract

    def waits(self, contract: Contract) -> bool:
        """Whether the contract in force decides until the authority has accepted this one: it may
        open more of what is published."""
        with transaction(self._database) as session:
            return self._waits(session, contract)

    def _waits(self, session: Session, contract: Contract) -> bool:
        """One in force that cannot be read is compared with nothing, so that the other waits."""
        entry = session.get(entries.CatalogueEntryRow, contract.dataset)
        row = session.get(ContractRow, contract.dataset)
        if row is None or entry is None or not entry.is_published:
            return False
        try:
            return opens_more(
                parse_contract(content_of(session, row.digest), row.dataset), contract
            )
        except BadInput:
            return True

    def find_proposed(self, dataset: str) -> Contract | None:
        """The contract that waits until the authority has accepted it."""
        entry = entries.find_entry(self._database, dataset)
        if entry is None or entry.proposed_digest is None:
            return None
        return self.read(entry.proposed_digest)

    def accept(self, session: Session, dataset: str) -> None:
        """Put in force what was proposed for a dataset, if anything was."""
        entry = session.get(entries.CatalogueEntryRow, dataset)
        if entry is None or entry.proposed_digest is None:
            return
        content = content_of(session, entry.proposed_digest)
        origin: Origin = "registry" if entry.proposed_origin == "registry" else "published"
        self._put(session, parse_contract(content, dataset), content, origin)
        entry.proposed_digest = None

    def check(self, content: bytes, file: str = "contract.odcs.yaml") -> Contract:
        """A contract that may be put in force. Raises BadContract with every fault."""
        contract = check_publication(content, file)
        wanted = select(ContractRow.dataset).where(
            ContractRow.resource_code == contract.resource_code,
            ContractRow.dataset != contract.dataset,
        )
        with transaction(self._database) as session:
            other = session.scalars(wanted.limit(1)).first()
        if contract.resource_code and other is not None:
            raise BadContract([code_in_use(contract, content, file, other)])
        before = self.find(contract.dataset)
        entry = entries.find_entry(self._database, contract.dataset)
        hidden = entry is not None and not entry.is_published
        if hidden and before is not None and before.provider != contract.provider:
            raise BadContract([id_in_use(contract, content, file)])
        return contract

    def sync_registry(
        self, folder: Path, taken_over: Callable[[str], bool] = lambda _dataset: False
    ) -> None:
        """Put in force what the registry's folder holds, and withdraw what it holds no more.

        A file that is no contract changes nothing: the version before stays in force and the fault
        is logged. What a department published is not touched. A dataset that is new begins as a
        draft, unless it is `taken_over`. Raises Conflict without the folder.
        """
        if not folder.is_dir():
            raise Conflict(
                f"登记库的契约目录 {folder} 不存在，请改正设置",
                f"the registry's folder of contracts {folder} does not exist; correct the setting",
            )
        stored = self._digests("registry")
        same: set[str] = set()
        found: dict[str, tuple[Contract, bytes]] = {}
        unreadable = False
        for path, content in _read_folder(folder).items():
            name = path.name.removesuffix(PATTERN[1:])
            if stored.get(name) == sha256(content).hexdigest():
                same.add(name)
            elif (contract := _parsed_or_logged(path, content)) is None:
                unreadable = True  # of which dataset nobody knows, so that none is withdrawn
            elif (
                name != contract.dataset and (folder / f"{contract.dataset}{PATTERN[1:]}").exists()
            ):
                log.error("two files hold one dataset's contract", extra=facts(file=path.name))
            else:
                found[contract.dataset] = (contract, content)
        gone = set() if unreadable else stored.keys() - found.keys() - same
        changed = {n: c for n, c in found.items() if stored.get(n) != c[0].digest}
        if gone or changed:
            self._write(lambda session: self._sync(session, changed, gone, taken_over))

    def take_over(self, folder: Path) -> None:
        """Put in force the contracts that an earlier version kept as files.

        Only where the store is still empty: what is put into the folder later is not in force.
        """
        if not folder.is_dir() or self.number:
            return
        for path, content in _read_folder(folder).items():
            contract = _parsed_or_logged(path, content)
            if contract is not None:
                self._write(partial(self._put_published, contract, content, taken_over=True))

    def _put_published(
        self, contract: Contract, content: bytes, session: Session, *, taken_over: bool = False
    ) -> None:
        """`taken_over`: it was in force before entries were reviewed."""
        entry = entries.lock_entry(session, contract.dataset)
        if session.get(ContractRow, contract.dataset) is None:
            entries.begin_anew(session, contract.dataset)
        elif entry is not None:
            waits = self._waits(session, contract)
            entry.proposed_digest, entry.proposed_origin = contract.digest if waits else None, None
            if waits:
                _keep_text(session, contract, content)
                return
        self._put(session, contract, content, "published", taken_over=taken_over)

    def _proposed(self, session: Session, contract: Contract, content: bytes) -> bool:
        """Whether the registry's waits, as a department's would; noted where no other one is."""
        entry, row = (
            entries.lock_entry(session, contract.dataset),
            session.get(ContractRow, contract.dataset),
        )
        if row is None:
            entries.begin_anew(session, contract.dataset, same=contract.digest)
        if row is None or row.origin != "registry" or not self._waits(session, contract):
            return False
        if entry is not None and entry.proposed_digest is None:
            entry.proposed_digest, entry.proposed_origin = contract.digest, "registry"
            _keep_text(session, contract, content)
            log.warning("a contract waits for review", extra=facts(dataset=contract.dataset))
        return True

    def _sync(
        self,
        session: Session,
        changed: dict[str, tuple[Contract, bytes]],
        gone: Iterable[str],
        taken_over: Callable[[str], bool],
    ) -> None:
        for name, (contract, content) in changed.items():
            if not self._proposed(session, contract, content):
                self._put(session, contract, content, "registry", taken_over=taken_over(name))
        for dataset in sorted(gone):
            self._note(session, dataset, None, "registry")
            row = session.get(ContractRow, dataset)
            if row is not None and row.origin == "registry":
                session.delete(row)
                session.execute(delete(ContractLink).where(ContractLink.dataset == dataset))

    def _put(
        self,
        session: Session,
        contract: Contract,
        content: bytes,
        origin: Origin,
        *,
        taken_over: bool = False,
    ) -> None:
        _keep_text(session, contract, content)
        row = session.get(ContractRow, contract.dataset)
        if row is not None and (row.origin, row.digest) == (origin, contract.digest):
            return
        self._note(session, contract.dataset, contract.digest, origin)
        if row is None or row.origin == "registry" or origin == "published":
            session.merge(_row(contract, origin))
            session.execute(delete(ContractLink).where(ContractLink.dataset == contract.dataset))
            session.add_all(_links(contract))
            entries.note_contract(
                session, contract.dataset, contract.digest, self._clock(), taken_over=taken_over
            )

    def _note(self, session: Session, dataset: str, digest: str | None, origin: Origin) -> None:
        since = self._clock()
        session.add(ContractVersionRow(dataset=dataset, digest=digest, origin=origin, since=since))

    def _digests(self, origin: Origin) -> dict[str, str]:
        """The newest digest of one origin by dataset, in force or replaced by the other's."""
        newest = (
            select(func.max(ContractVersionRow.number))
            .where(ContractVersionRow.origin == origin)
            .group_by(ContractVersionRow.dataset)
        )
        wanted = select(ContractVersionRow.dataset, ContractVersionRow.digest).where(
            ContractVersionRow.number.in_(newest), ContractVersionRow.digest.is_not(None)
        )
        with transaction(self._database) as session:
            return {dataset: digest for dataset, digest in session.execute(wanted) if digest}

    def _write(self, change: Callable[[Session], None]) -> None:
        for left in reversed(range(TRIES)):
            try:
                with transaction(self._database) as session:
                    change(session)
                return
            except IntegrityError:  # another process has put the same in force
                if not left:
                    raise


def _keep_text(session: Session, contract: Contract, content: bytes) -> None:
    if session.get(ContractText, contract.digest) is None:
        session.add(ContractText(digest=contract.digest, content=content))


def content_of(session: Session, digest: str) -> bytes:
    """Of a contract that the store has."""
    return session.get_one(ContractText, digest).content


def _row(contract: Contract, origin: Origin) -> ContractRow:
    return ContractRow(
        dataset=contract.dataset,
        digest=contract.digest,
        origin=origin,
        title_zh=contract.title.zh,
        title_en=contract.title.en,
        topic=contract.topic,
        cycle=contract.update_cycle,
        resource_code=contract.resource_code,
        derived=contract.source.query is not None,
        subject_key=any(f.subject_key for f in contract.fields),
        firm_key=any(f.firm_key for f in contract.fields),
    )


def _links(contract: Contract) -> list[ContractLink]:
    refers = {r.dataset for r in contract.references} - {contract.dataset}
    named = [("input", name) for name in inputs_of(contract)]
    named += [("refers", name) for name in sorted(refers)]
    return [ContractLink(dataset=contract.dataset, kind=k, target=name) for k, name in named]


def _read_folder(folder: Path) -> dict[Path, bytes]:
    """The files; an editor's lock, say, is none."""
    files = (path for path in sorted(folder.glob(PATTERN)) if path.is_file())
    return {path: path.read_bytes() for path in files if not path.name.startswith(".")}


def _parsed_or_logged(path: Path, content: bytes) -> Contract | None:
    try:
        return parse_contract(content, path.name)
    except BadInput as bad:
        line = bad.findings[0].line if isinstance(bad, BadContract) else 1
        log.error(
            "a contract's file is at fault and changes nothing: run xihu contract lint",
            extra=facts(file=path.name, line=line),
        )
        return None
