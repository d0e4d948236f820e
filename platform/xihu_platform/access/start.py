"""Opens the access gateway for a process: to serve, or to load what is derived from datasets."""

from collections.abc import Callable
from functools import cache
from itertools import islice

from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.limits import Limits
from xihu_platform.access.policy import Policy
from xihu_platform.audit.heads import HeadFile, Signer
from xihu_platform.audit.log import AuditLog
from xihu_platform.engines.duckdb.engine import DuckDBEngine
from xihu_platform.lake.summary import PSEUDONYMS
from xihu_platform.start import Node


def open_gateway(node: Node, policy: Callable[[str], Policy]) -> AccessGateway:
    """`gateway.close()` lets the log finish."""
    settings = node.settings
    signer = Signer(node.keyring)
    engine = DuckDBEngine(
        node.lake.folder,
        memory_limit=settings.lake.memory_limit,
        threads=settings.lake.threads,
        connections=settings.lake.connections,
        temp=settings.data_dir / "tmp",
        sorts=settings.lake.sorts,
    )
    return AccessGateway(
        engine=engine,
        lake=node.lake,
        database=node.database,
        log=AuditLog(node.database, HeadFile(settings.heads_folder), signer, node.clock),
        keyring=node.keyring,
        clock=node.clock,
        policy=policy,
        key_version=_key_version(node),
        limits=Limits(settings.limits),
    )


def _key_version(node: Node) -> Callable[[], int]:
    """The newest key version that the log may hold: as wanted now, or as a table had it when first
    asked, should the keys be restored from a backup that is older than the tables.
    """

    @cache
    def held() -> int:
        kept = (node.lake.summaries(name).values() for name in node.lake.names("data"))
        return max((int(s.get(PSEUDONYMS, 1)) for one in kept for s in islice(one, 1)), default=1)

    return lambda: max(node.key_version, held())
