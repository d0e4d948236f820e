"""What the portals and the API stand on: opened once for a serving process, passed down."""

import threading
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import entry_points

from xihu_catalog.datasets.intake import Intake, NoIntake
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.quality.gaps import quarantined_cells
from xihu_catalog.schema import upgrade
from xihu_catalog.search.index import SearchIndex
from xihu_catalog.standards.codes import REGISTRY
from xihu_catalog.standards.registry import load_metrics
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.probe import ReadProbe, read_once
from xihu_platform.access.start import open_gateway
from xihu_platform.audit.heads import Signer
from xihu_platform.audit.log import AuditLog
from xihu_platform.audit.replays import cover_replays
from xihu_platform.brain.facts import Registered
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.errors import NotFound
from xihu_platform.identity.portal import both_portals
from xihu_platform.identity.start import Identity, start_identity
from xihu_platform.start import Node
from xihu_portals.edge.streams import Streams


@dataclass(frozen=True)
class Services:
    """One serving process. `close` lets the log finish."""

    node: Node
    catalogue: Catalogue
    gateway: AccessGateway
    log: AuditLog
    signer: Signer
    identity: Identity
    metrics: dict[str, MetricSpec]
    intake: Intake
    registered: Registered
    """The metrics again, with what says which of their cells were quarantined."""
    streams: Streams
    probe: ReadProbe
    _search: "_Search" = field(default_factory=lambda: _Search())

    @property
    def search(self) -> SearchIndex:
        """The index over the contracts and metrics as they are now."""
        return self._search.over(self.catalogue, self.metrics)

    def get_metric(self, metric: str) -> MetricSpec:
        found = self.metrics.get(metric)
        if found is None:
            raise NotFound(
                f"没有名为“{metric[:64]}”的指标", f"there is no metric called “{metric[:64]}”"
            )
        return found

    def close(self) -> None:
        self.probe.close()
        self.intake.close()
        self.gateway.close()


class _Search:
    """Builds the index when the catalogue's contracts have changed since it was built."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = -1
        self._index: SearchIndex | None = None

    def over(self, catalogue: Catalogue, metrics: dict[str, MetricSpec]) -> SearchIndex:
        contracts = catalogue.contracts()
        with self._lock:
            if self._index is None or self._version != catalogue.version:
                self._index = SearchIndex(contracts.values(), metrics.values())
                self._version = catalogue.version
            return self._index


def open_services(node: Node) -> Services:
    settings = node.settings
    upgrade(node.database)
    catalogue = Catalogue(
        (REGISTRY / "contracts", settings.data_dir / "contracts"), node.lake, node.clock
    )
    signer = Signer(node.keyring)
    gateway = open_gateway(node, catalogue.policy)
    cover_replays(node.database, gateway.log)
    identity = start_identity(
        settings,
        engine=node.database,
        clock=node.clock,
        portals=both_portals(settings, citizen=""),
    )
    read = partial(read_once, gateway.engine, node.lake, node.database)
    metrics = load_metrics(REGISTRY / "metrics", settings.data_dir / "metrics")
    return Services(
        node=node,
        catalogue=catalogue,
        gateway=gateway,
        log=gateway.log,
        signer=signer,
        identity=identity,
        metrics=metrics,
        intake=_intake(node),
        registered=Registered(metrics, quarantined_cells(catalogue, node.lake, node.keyring)),
        streams=Streams(
            total=settings.serve.streams,
            each=settings.serve.streams_each,
            write_limit_s=settings.serve.write_limit_s,
        ),
        probe=ReadProbe(read, node.clock),
    )


def _intake(node: Node) -> Intake:
    """Ingestion, where it is installed: the portals do not import it."""
    for point in entry_points(group="xihu.intake"):
        found: Intake = point.load()(node)
        return found
    return NoIntake()
