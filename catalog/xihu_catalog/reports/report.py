"""The catalogue report for the superior node: every published entry, or what has changed since.

A report is lines of JSON. The first says whose report it is, its marker and the one before; then
comes a line for each entry or removal; the last has their numbers, the SHA-256 of all lines before
it and the node's signature over both. An entry that changes while a report is written may be in it
as it was or as it is; the next report has it again, so that a reader of all reports has what a
reader of one full report has.
"""

import base64
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from xihu_catalog.contracts.entries import unpublished
from xihu_catalog.datasets.entries import Entries
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.reports.lines import (
    ENTRY_COLUMNS,
    ITEM_COLUMNS,
    ReportLine,
    canonical,
    contract_line,
    facts_line,
    removal,
)
from xihu_catalog.reports.models import CatalogueReportRow, ReportedContractRow, ReportKind
from xihu_platform.audit.heads import Signer
from xihu_platform.clock import Clock
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict

NAME = "xihu-catalogue-report"
FORM = 1
"""Raised with every change of what a line is made of: what was reported in another form is reported
again as a whole."""
SIGNED_KIND = "catalogue-report"
BATCH = 500
CHUNK = 64 << 10
MARKER_LENGTH = 64
COMMAND = "-"
"""The receiver of a report that the command wrote."""
MARKER_PATTERN = r"[0-9]{1,3}\.[0-9]{1,18}\.[0-9]{1,18}\.[0-9a-f]{16}"
_MARKER = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9a-f]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Marker:
    """How far a report goes: the newest change of a stored entry, and of one of a contract. `tag`
    is drawn by chance when a node first comes so far: after a restore from a backup the same
    numbers are another marker."""

    stored: int
    contracts: int
    tag: str
    form: int = FORM

    @property
    def numbers(self) -> str:
        return f"{self.form}.{self.stored}.{self.contracts}"

    def __str__(self) -> str:
        return f"{self.numbers}.{self.tag}"


def parse_marker(said: str) -> Marker:
    """
    >>> parse_marker("1.20.3.00000000000000ff")
    Marker(stored=20, contracts=3, tag='00000000000000ff', form=1)
    """
    found = _MARKER.fullmatch(said) if re.fullmatch(MARKER_PATTERN, said, re.ASCII) else None
    if found is None:
        raise BadInput(
            "since 应为上一份目录报告中的 marker",
            "since must be the marker of a catalogue report",
        )
    form, stored, contracts = map(int, found.groups()[:3])
    return Marker(stored, contracts, found[4], form)


class ContractSource(Protocol):
    """The published entries that contracts compile into."""

    def digests(self) -> dict[str, str]:
        """By dataset: another digest where its line may be another one."""
        ...

    def find_line(self, dataset: str) -> ReportLine | None: ...


class PublishedContracts:
    """What every reader knows of: drafts and withdrawn entries are not among them."""

    def __init__(self, catalogue: Catalogue) -> None:
        hidden = frozenset(unpublished(catalogue.contracts.database))
        self._contracts = catalogue.without(hidden).contracts

    def digests(self) -> dict[str, str]:
        return {
            name: sha256(f"{one.digest} {organisation_name(one.provider).zh}".encode()).hexdigest()
            for name, one in self._contracts.all().items()
        }

    def find_line(self, dataset: str) -> ReportLine | None:
        contract = self._contracts.find(dataset)
        if contract is None:
            return None
        return contract_line(contract, self._contracts.content(contract.digest))


@dataclass(frozen=True, slots=True)
class ReportHead:
    """The first line."""

    node: str
    region: str
    at: datetime
    kind: ReportKind
    marker: Marker
    since: Marker | None

    def line(self) -> bytes:
        return canonical(
            {
                "report": NAME,
                "form": FORM,
                "node": self.node,
                "region": self.region,
                "at": self.at.isoformat(),
                "kind": self.kind,
                "marker": str(self.marker),
                "previous": str(self.since) if self.since else None,
                "entry_columns": ENTRY_COLUMNS,
                "item_columns": ITEM_COLUMNS,
            }
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the newest report does not say yet: entries that are new or changed, and removals."""

    changed: int
    removed: int
    marker: str | None
    """Of the newest report; None before the first, when all entries wait."""


class CatalogueReport:
    """Writes reports of one node; `entries` are all that it has, as every reader knows them."""

    def __init__(
        self,
        database: Engine,
        entries: Entries,
        contracts: ContractSource,
        signer: Signer,
        clock: Clock,
    ) -> None:
        self._database = database
        self._entries = entries
        self._contracts = contracts
        self._signer = signer
        self._clock = clock

    def begin(self, node: str, region: str, since: str | None) -> ReportHead:
        """What the next report begins with. One in another form than `since` is a full one.

        Raises BadInput for what is no marker, and Conflict for a marker that no report has had.
        """
        asked = parse_marker(since) if since else None
        if asked is not None:
            self._check_known(asked)
        stored = self._entries.stored_number()
        with transaction(self._database) as session:
            marker = _marked(session, stored, note_contracts(session, self._contracts.digests()))
        kept = asked if asked is not None and asked.form == FORM else None
        kind: ReportKind = "incremental" if kept else "full"
        return ReportHead(node, region, self._clock(), kind, marker, kept)

    def chunks(self, head: ReportHead, receiver: str) -> Iterator[bytes]:
        """The report, in pieces of some 64 KiB; it is noted as made before its last line."""
        digest, counts, lines = sha256(), {"entries": 0, "removed": 0}, [head.line()]
        size = 0
        for name, line in self._lines(head):
            counts[name] += 1
            lines.append(line)
            size += len(line)
            if size >= CHUNK:
                piece = _joined(lines)
                digest.update(piece)
                yield piece
                lines, size = [], 0
        piece = _joined(lines)
        digest.update(piece)
        yield piece
        last = self._signed({**counts, "sha256": digest.hexdigest()})
        self._note(head, counts, digest.hexdigest(), receiver)
        yield _joined([last])

    def count(self) -> int:
        """Published entries."""
        return len(self._contracts.digests()) + self._entries.stored_count()

    def waiting(self) -> Waiting:
        """Against the newest report, to any receiver."""
        digests = self._contracts.digests()
        with transaction(self._database) as session:
            newest = list_reports(session, 1)
            if not newest:
                return Waiting(len(digests) + self._entries.stored_count(), 0, None)
            since = parse_marker(newest[0].marker)
            row = ReportedContractRow
            noted = {one.dataset: one.digest for one in session.scalars(select(row))}
            later = select(row.dataset).where(row.number > since.contracts)
            changed = {*session.scalars(later)}
        changed |= {
            one for one in noted.keys() | digests.keys() if noted.get(one) != digests.get(one)
        }
        gone = changed - digests.keys()
        stored, removed = self._entries.stored_changed(since.stored)
        return Waiting(len(changed - gone) + stored, len(gone) + removed, newest[0].marker)

    def _lines(self, head: ReportHead) -> Iterator[tuple[str, bytes]]:
        if head.since is None:
            yield from self._every_contract()
            yield from self._every_stored()
        else:
            yield from self._changed_contracts(head.since, head.marker)
            yield from self._changed_stored(head.since, head.marker)

    def _every_contract(self) -> Iterator[tuple[str, bytes]]:
        for dataset in sorted(self._contracts.digests()):
            line = self._contracts.find_line(dataset)
            if line is not None:
                yield "entries", line.line()

    def _every_stored(self) -> Iterator[tuple[str, bytes]]:
        last = ""
        while page := self._entries.stored_after(last, BATCH):
            versions = self._entries.versions([one.id for one in page])
            for facts in page:
                if facts.id in versions:
                    yield "entries", facts_line(facts, versions[facts.id]).line()
            last = page[-1].id

    def _changed_contracts(self, since: Marker, marker: Marker) -> Iterator[tuple[str, bytes]]:
        row = ReportedContractRow
        wanted = (
            select(row.dataset, row.digest)
            .where(row.number > since.contracts, row.number <= marker.contracts)
            .order_by(row.dataset)
        )
        with transaction(self._database) as session:
            changed = session.execute(wanted).all()
        for dataset, digest in changed:
            line = self._contracts.find_line(dataset) if digest else None
            if line is not None:
                yield "entries", line.line()
            elif digest is None:
                yield "removed", removal(dataset)

    def _changed_stored(self, since: Marker, marker: Marker) -> Iterator[tuple[str, bytes]]:
        after = since.stored
        while changes := self._entries.stored_changes(after, BATCH):
            changes = [one for one in changes if one.number <= marker.stored]
            versions = self._entries.versions([one.id for one in changes])
            for one in changes:
                if one.facts is None:
                    yield "removed", removal(one.id)
                elif one.id in versions:
                    yield "entries", facts_line(one.facts, versions[one.id]).line()
            if not changes:
                return
            after = max(one.number for one in changes)

    def _signed(self, said: dict[str, int | str]) -> bytes:
        said |= {"key_id": self._signer.key_id}
        signature = self._signer.sign_document(SIGNED_KIND, canonical(said))
        return canonical({**said, "signature": base64.b64encode(signature).decode()})

    def _note(self, head: ReportHead, counts: dict[str, int], digest: str, receiver: str) -> None:
        with transaction(self._database) as session:
            session.add(
                CatalogueReportRow(
                    made_at=head.at,
                    kind=head.kind,
                    marker=str(head.marker),
                    previous=str(head.since) if head.since else None,
                    entries=counts["entries"],
                    removed=counts["removed"],
                    digest=digest,
                    receiver=receiver[:128],
                )
            )

    def _check_known(self, asked: Marker) -> None:
        wanted = select(CatalogueReportRow.id).where(CatalogueReportRow.marker == str(asked))
        with transaction(self._database) as session:
            if session.scalar(wanted.limit(1)) is None:
                raise Conflict(
                    f"本平台没有 marker 为 {asked} 的目录报告，请先取一份全量报告",
                    f"no catalogue report of this node has marker {asked}: take a full one first",
                )


def _marked(session: Session, stored: int, contracts: int) -> Marker:
    """With the tag of an earlier report that came as far, else with a new one."""
    made = Marker(stored, contracts, secrets.token_hex(8))
    row = CatalogueReportRow
    wanted = select(row.marker).where(row.marker.like(f"{made.numbers}.%")).limit(1)
    known = session.scalar(wanted)
    return parse_marker(known) if known is not None else made


def _joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def note_contracts(session: Session, published: dict[str, str]) -> int:
    """Gives a number to each contract's entry that has changed since the last report; returns the
    newest number."""
    row = ReportedContractRow
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE catalogue_report_contract IN SHARE ROW EXCLUSIVE MODE"))
    else:  # the first write takes SQLite's lock, before anything is read
        session.execute(update(row).where(row.dataset == "").values(number=row.number))
    known = {one.dataset: one for one in session.scalars(select(row))}
    number = session.scalar(select(func.max(row.number))) or 0
    for dataset in sorted(known.keys() | published.keys()):
        found, digest = known.get(dataset), published.get(dataset)
        if found is None:
            number += 1
            session.add(row(dataset=dataset, digest=digest, number=number))
        elif found.digest != digest:
            number += 1
            found.digest, found.number = digest, number
    return number


def list_reports(session: Session, limit: int) -> list[CatalogueReportRow]:
    """The newest first."""
    wanted = select(CatalogueReportRow).order_by(CatalogueReportRow.id.desc()).limit(limit)
    return list(session.scalars(wanted))
