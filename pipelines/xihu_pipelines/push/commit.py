"""Spooled pushes become loads: as many as are waiting are committed as one."""

from hashlib import sha256
from pathlib import Path

from xihu_catalog.contracts.model import Contract, Source
from xihu_pipelines.ingest.context import Batch, Stage
from xihu_pipelines.ingest.errors import LoadBlocked
from xihu_pipelines.ingest.load import Outcome, load_batch, recover
from xihu_pipelines.push import spool
from xihu_platform.lake.summary import PUSHES
from xihu_platform.start import Node

PUSHES_IN_A_LOAD = 1000
"""Their names stand in the snapshot's summary: 33 bytes each."""


def commit_waiting(
    node: Node, contract: Contract, stage: Stage = lambda _name: None
) -> list[Outcome]:
    """Commit what is spooled now. A second process that tries at once finds the spool empty."""
    outcomes = []
    with node.lake.lease(f"{contract.dataset}.push"):
        with node.lake.lease(contract.dataset):
            recover(node, contract)  # settles the pushes of a load that was killed
        files = spool.waiting(node, contract.dataset)
        for start in range(0, len(files), PUSHES_IN_A_LOAD):
            stage("push")
            outcomes += _commit(node, contract, files[start : start + PUSHES_IN_A_LOAD], stage)
    return outcomes


def _commit(node: Node, contract: Contract, files: list[Path], stage: Stage) -> list[Outcome]:
    batch = _batch(node, contract, files)
    try:
        return [load_batch(node, contract, batch, stage=stage)]
    except LoadBlocked as blocked:
        if len(files) > 1:  # one of them is to blame; the others are not held up by it
            return [o for file in files for o in _commit(node, contract, [file], stage)]
        spool.settle(node, contract.dataset, [files[0].stem], blocked.load_id, "refused")
        return []
    finally:
        batch.path.unlink(missing_ok=True)  # made again from the same pushes, if need be


def _batch(node: Node, contract: Contract, files: list[Path]) -> Batch:
    entries = ",".join(file.stem for file in files)
    return Batch(
        path=spool.join(node, contract.dataset, files),
        name=f"push ({len(files)})",
        digest=sha256(entries.encode()).hexdigest(),
        source=Source(path=".batch", format="arrow"),
        notes=((PUSHES, entries),),
    )
