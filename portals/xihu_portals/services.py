"""The services that portals and API use: opened once in a serving process, passed down."""

import logging
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from cachetools import LRUCache

from xihu_catalog.contracts.entries import unpublished
from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.entries import Entries
from xihu_catalog.datasets.intake import Intake
from xihu_catalog.datasets.package_records import PackageRecords
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.datasets.stored import StoredEntries
from xihu_catalog.datasets.versions import DatasetVersions
from xihu_catalog.lineage.graph import LineageGraph, lineage_graph
from xihu_catalog.lineage.outside import OutsideLineage
from xihu_catalog.lineage.readers import kinds_piece, pages_piece
from xihu_catalog.lineage.stated import StatedJobs
from xihu_catalog.quality.history import QualityReader
from xihu_catalog.registry.acts import RunningActs
from xihu_catalog.registry.matters import matter_definitions
from xihu_catalog.registry.pages import page_choices
from xihu_catalog.search.documents import SearchPage
from xihu_catalog.search.index import SearchIndex
from xihu_catalog.search.stored import StoredIndex
from xihu_catalog.services.cases import CORRECTIONS
from xihu_catalog.services.disagreeing import corrections_receiver
from xihu_catalog.services.items import item_versions, service_items
from xihu_catalog.services.parts import PARTS, parts_receiver
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Reviewer
from xihu_platform.access.probe import ReadProbe
from xihu_platform.audit.heads import Signer
from xihu_platform.audit.log import AuditLog
from xihu_platform.brain.facts import Registered
from xihu_platform.brain.kept import KeptAnswers
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.credentials.files import CredentialFiles
from xihu_platform.credentials.identity import open_identity
from xihu_platform.credentials.making import Maker
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.identity.principal import ANONYMOUS, Principal
from xihu_platform.identity.principals import Principals
from xihu_platform.identity.start import Identity
from xihu_platform.matters.kernel import Matters
from xihu_platform.matters.outbox import deliver
from xihu_platform.matters.recording import LOG, log_receiver
from xihu_platform.matters.rounds import Rounds
from xihu_platform.policy_version import UnderVersion
from xihu_platform.start import Node
from xihu_platform.statute.calendar import WorkingCalendar
from xihu_platform.statute.published import calendar_serial, read_calendar
from xihu_platform.telemetry.logs import failure_facts
from xihu_portals.edge.streams import Streams

SAMPLE = True
"""样例 is printed across licences, as every page carries the banner 合成数据."""
ROUND_S = 5.0
"""How long a page that has saved something waits for what was promised with it."""
KNOWN_LIMIT = 64
"""Sets of unpublished datasets that readers are kept apart by."""

log = logging.getLogger("xihu.portals")


@dataclass(frozen=True)
class Services:
    """One serving process. `close` lets the log finish."""

    node: Node
    catalogue: Catalogue
    gateway: AccessGateway
    log: AuditLog
    signer: Signer
    identity: Identity
    principals: Principals
    metrics: dict[str, MetricSpec]
    intake: Intake
    registered: Registered
    """The metrics again, with what says which of their cells were quarantined."""
    answers: KeptAnswers
    streams: Streams
    probe: ReadProbe
    pages: tuple[SearchPage, ...]
    """The portals' own pages, for the search."""
    stored_index: StoredIndex
    """The search index of stored entries, one for every reader."""
    matters: Matters
    acts: RunningActs
    """What the demo's cast is doing, for the pages to say."""
    _search: "_Search" = field(default_factory=lambda: _Search())
    _known: "_Known" = field(default_factory=lambda: _Known())
    _files: "_Files" = field(default_factory=lambda: _Files())
    _lineage: "_Lineage" = field(default_factory=lambda: _Lineage())
    stated_jobs: StatedJobs = field(default_factory=StatedJobs)
    """What departments report of lineage outside of the platform."""
    outside: OutsideLineage = field(default_factory=OutsideLineage)
    _calendar: "_Calendar" = field(default_factory=lambda: _Calendar())
    _whole: "Services | None" = None
    """The services of all datasets, of which these are a reader's."""
    _rounds: Rounds = field(default_factory=Rounds)
    package_records: PackageRecords = field(default_factory=PackageRecords)
    """What CKAN's API searches of stored entries."""

    @property
    def search(self) -> SearchIndex:
        """The index over the contracts and metrics as they are now."""
        return self._search.over(self)

    @property
    def entries(self) -> Entries:
        """All entries of the catalogue that are known here."""
        node = self.node
        stored = StoredEntries(node.database)
        return Entries(self.catalogue, stored, node.settings.base_url, node.clock)

    @property
    def lineage(self) -> LineageGraph:
        """What comes from what, as far as these datasets and metrics go. It is made of all of
        them: the query of a known dataset may read a hidden one."""
        whole = self._lineage.over(self._whole or self)
        return whole.only(self.catalogue.contracts.all().keys(), self.metrics.keys())

    @property
    def every_contract(self) -> Mapping[str, Contract]:
        """Also those that are hidden from this reader: not to be shown."""
        return (self._whole or self).catalogue.contracts.all()

    @property
    def published(self) -> "Services":
        """The same as the public knows it."""
        return (self._whole or self).known_to(ANONYMOUS)

    @property
    def versions(self) -> DatasetVersions:
        """The snapshots of datasets, kept and gone."""
        node = self.node
        days = node.settings.lake.snapshot_days
        return DatasetVersions(self.catalogue, node.lake, node.database, days)

    def quality(self) -> QualityReader:
        """Measures the datasets that are known here, as they are now."""
        node = self.node
        calendar, reading = self._calendar.of(node), self.probe.reading()
        return QualityReader(self.catalogue, node.database, calendar, node.clock(), reading)

    @property
    def licence_files(self) -> CredentialFiles:
        """The sealed files of licences: one maker of them in a process, opened when it is needed.

        Raises TerminalError in production where there is no key to seal with.
        """
        return self._files.of(self.node, self.matters)

    def known_to(self, principal: Principal) -> "Services":
        """The same as one reader knows it: what is not published to them does not exist."""
        return self._known.of(self, principal)

    def without(self, hidden: frozenset[str]) -> "Services":
        """The same where these datasets do not exist."""
        known = self.catalogue.without(hidden)
        there = known.contracts.all()
        metrics = {name: one for name, one in self.metrics.items() if one.dataset in there}
        mine = replace(self, catalogue=known, metrics=metrics, _search=_Search(), _known=_Known())
        return replace(mine, _whole=self._whole or self)

    def write_down(self, wait_s: float | None = ROUND_S) -> None:
        """What matters have promised to the log, and to whom a case contradicts: done now, for all
        who ask for it at the same moment, and again later where it fails or takes too long."""
        within_s = math.inf if wait_s is None else wait_s / 2
        try:
            self._rounds.run(partial(self._deliver, within_s), wait_s)
        except Exception as fault:  # what was done is saved: nobody is told that it failed
            log.warning("promises wait for the next round", extra=failure_facts(fault))

    def _deliver(self, within_s: float) -> None:
        corrections = corrections_receiver(self.matters, item_versions(), self.catalogue.policy)
        parts = parts_receiver(self.matters, self.log, item_versions())
        entries = log_receiver(self.matters, self.log)
        receivers = {CORRECTIONS: corrections, PARTS: parts, LOG: entries}
        deliver(self.matters, receivers, within_s)

    def get_metric(self, metric: str) -> MetricSpec:
        found = self.metrics.get(metric)
        if found is None:
            raise NotFound(
                f"没有名为“{metric[:64]}”的指标", f"there is no metric called “{metric[:64]}”"
            )
        return found

    def close(self) -> None:
        self._files.close()
        self.stored_index.close()
        self.probe.close()
        self.intake.close()
        self.gateway.close()


class _Known:
    """What readers know, made once for each set of datasets that are not published to them: their
    search index is built anew only when a contract changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: UnderVersion[int, dict[str, Reviewer | None]] | None = None
        self._made: LRUCache[tuple[int, frozenset[str]], tuple[Catalogue, Services]]
        self._made = LRUCache(KNOWN_LIMIT)

    def of(self, services: Services, principal: Principal) -> Services:
        catalogue = services.catalogue
        with self._lock:
            if self._waiting is None:
                self._waiting = UnderVersion(services.gateway.policy_version, KNOWN_LIMIT)
        store = catalogue.contracts
        waiting = self._waiting.get(id(store), lambda: unpublished(store.database))
        hidden = catalogue.hidden_from(principal, waiting)
        if not hidden:
            return services
        key = (store.number, hidden)
        with self._lock:
            found = self._made.get(key)
        if found is not None and found[0] is catalogue:
            return found[1]
        made = services.without(hidden)
        with self._lock:
            self._made[key] = (catalogue, made)
        return made


class _Files:
    """Opens what makes licences when the first one is asked for, and ends it with the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: CredentialFiles | None = None

    def of(self, node: Node, matters: Matters) -> CredentialFiles:
        with self._lock:
            if self._made is None:
                maker = Maker(open_identity(node.settings, node.keyring))
                base = node.settings.base_url
                self._made = CredentialFiles(
                    node.database, matters.texts, maker, base, sample=SAMPLE
                )
            return self._made

    def close(self) -> None:
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.maker.close()


class _Calendar:
    """Reads the official calendar again when a year of it was published."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[int, WorkingCalendar] | None = None

    def of(self, node: Node) -> WorkingCalendar:
        with transaction(node.database) as session:
            serial = calendar_serial(session)
        with self._lock:
            if self._known is None or self._known[0] != serial:
                self._known = (serial, read_calendar(node.database))
            return self._known[1]


class _Search:
    """Builds the index when the catalogue's contracts have changed since it was built."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = -1
        self._index: SearchIndex | None = None

    def over(self, services: Services) -> SearchIndex:
        number = services.catalogue.contracts.number
        with self._lock:
            if self._index is None or self._number != number:
                contracts = services.catalogue.contracts.all().values()
                metrics, pages = services.metrics.values(), services.pages
                self._index = SearchIndex(contracts, metrics, pages, services.stored_index)
                self._number = number
            return self._index


class _Lineage:
    """Builds the graph when a contract has changed since it was built."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = -1
        self._graph: LineageGraph | None = None

    def over(self, services: Services) -> LineageGraph:
        number = services.catalogue.contracts.number
        with self._lock:
            if self._graph is None or self._number != number:
                contracts = services.catalogue.contracts.all()
                metrics = services.metrics.values()
                kinds = kinds_piece(contracts.values(), matter_definitions().values())
                graph = lineage_graph(contracts, metrics, service_items()).joined(*kinds)
                self._graph = graph.joined(*pages_piece(page_choices()))
                self._number = number
            return self._graph
