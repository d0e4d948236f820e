"""Harvests a source of the registry into the node's catalogue."""

from xihu_catalog.datasets.facts import NamedIri
from xihu_catalog.harvest.job import HarvestJob, HarvestRun, harvest
from xihu_catalog.harvest.sources import HarvestSource
from xihu_catalog.registry.codes import code_list
from xihu_pipelines.harvest.fetching import SourceFetch
from xihu_platform.lake.lease import lease
from xihu_platform.start import Node

_WAIT_S = 5.0
"""A second harvest of the same source has nothing to add: it gives up early."""


def harvest_source(
    node: Node, source: HarvestSource, *, confirm_removals: bool = False
) -> HarvestRun:
    """One run, by one process at a time. Raises Leased where another one is at work."""
    base = node.settings.base_url.rstrip("/")
    job = HarvestJob(
        node.database,
        SourceFetch(source, node.settings),
        node.clock,
        base,
        {
            code: NamedIri(f"{base}/id/topic/{code}", name)
            for code, name in code_list("topics").items()
        },
        confirm_removals,
    )
    leases = node.settings.data_dir / "leases"
    with lease(leases, node.database, f"harvest-{source.id}", _WAIT_S):
        return harvest(job, source)
