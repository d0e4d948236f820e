"""Harvests a source of the registry into the node's catalogue."""

from datetime import timedelta

from xihu_catalog.datasets.facts import NamedIri
from xihu_catalog.harvest.job import HarvestJob, HarvestRun, harvest, last_run
from xihu_catalog.harvest.sources import HarvestSource, harvest_sources
from xihu_catalog.registry.codes import code_list
from xihu_pipelines.harvest.fetching import SourceFetch
from xihu_platform.database import transaction
from xihu_platform.lake.lease import lease
from xihu_platform.start import Node

_WAIT_S = 5.0
"""A second harvest of the same source has nothing to add: it gives up early."""
CYCLES = {"daily": timedelta(days=1), "weekly": timedelta(days=7), "monthly": timedelta(days=30)}
SLACK = timedelta(hours=1)
"""A schedule that begins a little earlier than the day before is in time."""
AGAIN = timedelta(hours=1)
"""After a run that was interrupted: it is resumed."""


def due_sources(node: Node) -> list[HarvestSource]:
    """Those whose schedule has come round; none that is harvested by hand alone."""
    now = node.clock()
    found = []
    for one in harvest_sources().values():
        cycle = CYCLES.get(one.schedule)
        with transaction(node.database) as session:
            last = last_run(session, one.id)
        if cycle is None:
            continue
        if last is not None and last[1].state in {"interrupted", "running"}:
            cycle = AGAIN
        if last is None or now - last[0] >= cycle - (SLACK if cycle > AGAIN else timedelta()):
            found.append(one)
    return found


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
