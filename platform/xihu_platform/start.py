"""Opens what every process needs: settings, lake, database, keys, clock."""

from dataclasses import dataclass

from sqlalchemy import Engine as Database

from xihu_platform.clock import Clock, system_clock
from xihu_platform.database import open_database
from xihu_platform.lake.tables import Lake
from xihu_platform.settings import Settings
from xihu_platform.vault.generation import read_generation
from xihu_platform.vault.keys import Keyring, open_keyring


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground floor of one process."""

    settings: Settings
    lake: Lake
    database: Database
    keyring: Keyring
    clock: Clock

    @property
    def generation(self) -> int:
        """The generation of pseudonyms that this installation wants now."""
        return read_generation(self.settings.data_dir / "keys")


def open_ground(settings: Settings, clock: Clock = system_clock) -> Ground:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return Ground(
        settings=settings,
        lake=Lake(settings.data_dir / "lake"),
        database=open_database(settings.database_url),
        keyring=open_keyring(settings),
        clock=clock,
    )
