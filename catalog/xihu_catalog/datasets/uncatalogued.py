"""What is not catalogued: systems without entries, tables of scanned databases that no contract
covers, and files of the intake folder that no contract names.

Each is compared with the contracts that the reader knows of: a draft that is hidden from somebody
changes nothing of what they see here.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from xihu_catalog.contracts.entries import unpublished
from xihu_catalog.datasets.intake_files import IntakeListing, named_files, unnamed_files
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.drafting.coverage import Coverage
from xihu_catalog.drafting.remembered import (
    CensusScan,
    CensusTable,
    census_scans,
    census_tables,
)
from xihu_catalog.registry.attestations import valid_attestations
from xihu_catalog.registry.people import OVERSEE, answered_for, organisations
from xihu_catalog.registry.systems import InformationSystem, information_systems
from xihu_platform.identity.principal import Position

TABLES = 10_000
"""Tables of scanned databases that are compared with the contracts at most."""

SystemState = Literal["nothing", "draft"]


@dataclass(frozen=True, slots=True)
class UncataloguedSystem:
    """A system in use without a published entry. `drafts`: its datasets that have a draft of an
    entry, as far as the reader knows of them."""

    system: InformationSystem
    drafts: tuple[str, ...]

    @property
    def state(self) -> SystemState:
        return "draft" if self.drafts else "nothing"


@dataclass(frozen=True, slots=True)
class Uncatalogued:
    """All of it, as far as a position answers for it."""

    systems: tuple[UncataloguedSystem, ...]
    in_use: int
    """Systems in use, catalogued or not."""
    tables: tuple[CensusTable, ...]
    scans: tuple[CensusScan, ...]
    """The databases that were scanned, and when."""
    is_whole: bool
    """False where more tables were found than are compared."""
    files: IntakeListing | None
    """None for a position that does not oversee every organisation."""


def uncatalogued(
    catalogue: Catalogue, intake: Path, position: Position, today: date
) -> Uncatalogued:
    """For a data authority and its chief data officer, of all organisations of their area; for a
    department its own. `catalogue` is the one that the reader knows."""
    contracts = catalogue.contracts
    seen = answered_for(position)
    in_use = [
        one for one in information_systems() if one.organisation in seen and one.is_in_use(today)
    ]
    attested = {one.entry for one in valid_attestations()}
    known, drafts = contracts.all(), unpublished(contracts.database).keys()
    found = census_tables(contracts.database, seen, TABLES + 1)
    coverage = Coverage(known.values())
    return Uncatalogued(
        systems=tuple(
            UncataloguedSystem(one, tuple(name for name in one.datasets if name in known))
            for one in in_use
            if not any(
                name in attested or (name in known and name not in drafts) for name in one.datasets
            )
        ),
        in_use=len(in_use),
        tables=tuple(
            one for one in found[:TABLES] if coverage.find(one.names, one.provider) is None
        ),
        scans=tuple(census_scans(contracts.database, seen)),
        is_whole=len(found) <= TABLES,
        files=unnamed_files(intake, named_files(known.values())) if _has_all(position) else None,
    )


def _has_all(position: Position) -> bool:
    """Whether a position oversees every organisation of the registry: a file that no contract names
    belongs to one of them, and it is not known to which."""
    return bool(position.duties & OVERSEE) and answered_for(position) >= organisations().keys()
