"""Opens what every process needs: settings, lake, database, keys, clock."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine as Database

from xihu_platform.clock import Clock, system_clock
from xihu_platform.database import open_database
from xihu_platform.lake.tables import Lake
from xihu_platform.settings import Settings
from xihu_platform.telemetry.logs import failure_facts
from xihu_platform.vault.key_version import read_key_version
from xihu_platform.vault.keys import Keyring, open_keyring

log = logging.getLogger("xihu.start")
_OTHERS = 0o077
"""What people other than the owner may do with a file or folder."""


@dataclass(frozen=True, slots=True)
class Node:
    """What one process of a node has open."""

    settings: Settings
    lake: Lake
    database: Database
    keyring: Keyring
    clock: Clock

    @property
    def key_version(self) -> int:
        """The key version of pseudonyms that this installation wants now."""
        return read_key_version(self.settings.data_dir / "keys")


def open_node(settings: Settings, clock: Clock = system_clock) -> Node:
    open_private(settings.data_dir)
    return Node(
        settings=settings,
        lake=Lake(settings.data_dir / "lake"),
        database=open_database(settings.database_url),
        keyring=open_keyring(settings),
        clock=clock,
    )


def open_private(folder: Path) -> None:
    """Make the data folder, for its owner alone, and everything that this process writes later.

    A folder that others may look into is of an older version: all in it is tightened, the folder
    itself last, so that a run that is broken off is done again.
    """
    os.umask(_OTHERS)
    folder.mkdir(parents=True, exist_ok=True)
    if not folder.stat().st_mode & _OTHERS:
        return
    try:
        for path in [*folder.rglob("*"), folder]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & 0o777 & ~_OTHERS)
    except OSError as fault:  # another owner, or mounted read-only
        log.warning(
            "the data folder is open to other users and stays so", extra=failure_facts(fault)
        )
