"""Puts a serving process together: catalogue, access gateway, log, identity, metrics, intake."""

from functools import partial

from xihu_catalog.datasets.stored import StoredEntries
from xihu_catalog.quality.gaps import quarantined_cells
from xihu_catalog.registry.acts import RunningActs
from xihu_catalog.registry.check import read_registry
from xihu_catalog.registry.metrics import load_metrics
from xihu_catalog.search.stored import StoredIndex, build_in_child
from xihu_catalog.sharing.start import open_matters
from xihu_catalog.start import open_catalogue
from xihu_node.issuer.routes import issuer_router
from xihu_pipelines.push.intake import SpoolIntake
from xihu_platform.access.probe import ReadProbe, read_once
from xihu_platform.access.start import open_gateway
from xihu_platform.audit.heads import Signer
from xihu_platform.audit.replays import cover_replays
from xihu_platform.brain.facts import Registered
from xihu_platform.brain.kept import KeptAnswers
from xihu_platform.identity.portal import both_portals
from xihu_platform.identity.principals import Principals
from xihu_platform.identity.start import start_identity
from xihu_platform.memory import share_places
from xihu_platform.start import Node
from xihu_portals.edge.streams import Streams
from xihu_portals.pages.leaflets import searchable
from xihu_portals.services import Services


def open_services(node: Node) -> Services:
    """Raises BadRegistry where a file of the registry cannot be read."""
    share_places()
    read_registry()
    settings = node.settings
    metrics = load_metrics(settings.data_dir / "metrics")  # before anything is open
    catalogue = open_catalogue(node)
    signer = Signer(node.keyring)
    gateway = open_gateway(node, catalogue.policy)
    cover_replays(node.database, gateway.log)
    identity = start_identity(
        settings,
        engine=node.database,
        clock=node.clock,
        portals=both_portals(settings, citizen=""),
        issuer=issuer_router,
    )
    read = partial(read_once, gateway.engine, node.lake, node.database)
    return Services(
        node=node,
        catalogue=catalogue,
        gateway=gateway,
        log=gateway.log,
        signer=signer,
        identity=identity,
        principals=Principals(node.database, node.clock, gateway.policy_version),
        metrics=metrics,
        intake=SpoolIntake(node),
        registered=Registered(metrics, quarantined_cells(catalogue, node.lake, node.keyring)),
        answers=KeptAnswers(gateway),
        streams=Streams(
            total=settings.serve.streams,
            each=settings.serve.streams_each,
            write_limit_s=settings.serve.write_limit_s,
        ),
        probe=ReadProbe(read, node.clock),
        pages=searchable(),
        stored_index=StoredIndex(
            settings.data_dir / "search",
            StoredEntries(node.database),
            build_in_child(settings.database_url),
        ),
        matters=open_matters(node, catalogue.contracts, gateway),
        acts=RunningActs(node.database),
    )
