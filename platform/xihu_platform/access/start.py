"""Opens the door out for a process: serving, or loading what is derived from other datasets."""

from collections.abc import Callable
from functools import cache
from itertools import islice

from xihu_platform.access.door import DoorOut
from xihu_platform.access.limits import Limits
from xihu_platform.access.policy import Policy
from xihu_platform.audit.heads import HeadFile, Signer
from xihu_platform.audit.log import AuditLog
from xihu_platform.lake.engine import DuckDBEngine
from xihu_platform.lake.tables import PSEUDONYMS
from xihu_platform.start import Ground


def open_door(ground: Ground, policy: Callable[[str], Policy]) -> DoorOut:
    """`door.close()` lets the log finish."""
    settings = ground.settings
    signer = Signer(ground.keyring)
    engine = DuckDBEngine(
        ground.lake.folder,
        memory_limit=settings.lake.memory_limit,
        threads=settings.lake.threads,
        connections=settings.lake.connections,
        temp=settings.data_dir / "tmp",
        sorts=settings.lake.sorts,
    )
    return DoorOut(
        engine=engine,
        lake=ground.lake,
        database=ground.database,
        log=AuditLog(ground.database, HeadFile(settings.heads_folder), signer, ground.clock),
        keyring=ground.keyring,
        clock=ground.clock,
        policy=policy,
        generation=_generation(ground),
        limits=Limits(settings.limits),
    )


def _generation(ground: Ground) -> Callable[[], int]:
    """The newest generation that the log may hold: as wanted now, or as a table had it when first
    asked, should the keys be restored from a backup that is older than the tables.
    """

    @cache
    def held() -> int:
        kept = (ground.lake.summaries(name).values() for name in ground.lake.names("data"))
        return max((int(s.get(PSEUDONYMS, 1)) for one in kept for s in islice(one, 1)), default=1)

    return lambda: max(ground.generation, held())
