"""A catalogue of stored entries and of contracts' lines, whose reports a superior puts together."""

import io
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Engine

from tests.test_catalog.formats.drawn import BASE, facts_of
from xihu_catalog.datasets.entries import Entries
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.datasets.stored import StoredEntries, put_entry, remove_entry
from xihu_catalog.reports.check import CheckedReport, apply_report, check_report
from xihu_catalog.reports.lines import ReportLine, facts_line
from xihu_catalog.reports.report import CatalogueReport
from xihu_platform.audit.heads import Signer
from xihu_platform.database import transaction
from xihu_platform.vault.keys import Keyring
from xihu_platform.words import Text

NOW = datetime(2026, 11, 30, tzinfo=UTC)
SIGNER = Signer(Keyring(bytes(32)))
OTHER = Signer(Keyring(bytes([1]) * 32))


def facts(entry: str, title: str) -> EntryFacts:
    return replace(facts_of("tj_county_economy"), id=entry, title=Text(title, title))


class Contracts:
    """Published contracts by dataset, each with its title."""

    def __init__(self) -> None:
        self.titles: dict[str, str] = {}

    def digests(self) -> dict[str, str]:
        return dict(self.titles)

    def find_line(self, dataset: str) -> ReportLine | None:
        title = self.titles.get(dataset)
        return None if title is None else ReportLine(dataset, "1.0.0", {"信息资源名称": title})


class NodeOfTests:
    """One node that reports, and its superior's set of entries."""

    def __init__(self, database: Engine) -> None:
        self.database = database
        self.contracts = Contracts()
        nothing: Catalogue = None  # type: ignore[assignment]  # stored entries alone are read
        entries = Entries(nothing, StoredEntries(database), BASE, lambda: NOW)
        self.report = CatalogueReport(database, entries, self.contracts, SIGNER, lambda: NOW)
        self.stored: dict[str, str] = {}
        self.superior: dict[str, str] = {}
        self.marker: str | None = None

    def put(self, entry: str, title: str) -> None:
        self.stored[entry] = title
        with transaction(self.database) as session:
            put_entry(session, "hz", facts(entry, title), NOW)

    def remove(self, entry: str) -> None:
        self.stored.pop(entry, None)
        with transaction(self.database) as session:
            remove_entry(session, entry, NOW)

    def written(self, since: str | None) -> list[bytes]:
        head = self.report.begin(BASE, "330000", since)
        content = b"".join(self.report.chunks(head, "-"))
        return io.BytesIO(content).readlines()

    def send(self, since: str | None) -> CheckedReport:
        """A report, checked and put to what the superior has."""
        lines = self.written(since)
        checked = check_report(lines, SIGNER.public_key)
        apply_report(self.superior, lines, checked)
        self.marker = checked.marker
        return checked

    def published(self) -> dict[str, str]:
        """Digests by id, from what was put in, not from a report."""
        made = {
            name: facts_line(facts(name, title), "").digest for name, title in self.stored.items()
        }
        lines = {name: self.contracts.find_line(name) for name in self.contracts.titles}
        return made | {name: line.digest for name, line in lines.items() if line is not None}
