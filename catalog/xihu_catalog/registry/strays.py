"""Files of the registry that nothing reads: a name that is misspelt would otherwise be no file."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from xihu_catalog.contracts.errors import Finding
from xihu_catalog.contracts.folders import CONTRACTS
from xihu_catalog.contracts.store import PATTERN
from xihu_catalog.drafting.terms import TERMS
from xihu_catalog.harvest.sources import HARVEST
from xihu_catalog.registry.appointments import APPOINTMENTS
from xihu_catalog.registry.assessments import ASSESSMENTS
from xihu_catalog.registry.attestations import ATTESTATIONS
from xihu_catalog.registry.backflow import BACKFLOW
from xihu_catalog.registry.calendar import CALENDAR
from xihu_catalog.registry.code_lists import CODE_LISTS, ENDED
from xihu_catalog.registry.codes import CODES, SHOWN_PLACES
from xihu_catalog.registry.elements import ELEMENTS
from xihu_catalog.registry.entries import ENTRIES
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.forbidding import NOT_SHARED
from xihu_catalog.registry.grounds import GROUNDS
from xihu_catalog.registry.hotline import HOTLINE_FILE
from xihu_catalog.registry.matters import MATTERS
from xihu_catalog.registry.metrics import METRICS
from xihu_catalog.registry.pages import PAGES
from xihu_catalog.registry.people import GRANTS, ORGANISATIONS, PEOPLE
from xihu_catalog.registry.regions import CHANGES
from xihu_catalog.registry.statutes import STATUTES
from xihu_catalog.registry.systems import SYSTEMS
from xihu_catalog.search.vocabulary import SEARCH
from xihu_catalog.services.bundles import BUNDLES
from xihu_catalog.services.events import LIFE_EVENTS
from xihu_catalog.services.items import SERVICES
from xihu_catalog.services.papers import SERVICE_PAPERS
from xihu_platform.words import Text

FILES = (
    *(CALENDAR, GRANTS, GROUNDS, NOT_SHARED, ORGANISATIONS, PAGES, PEOPLE, SEARCH, SHOWN_PLACES),
    *(ASSESSMENTS, BACKFLOW, ENTRIES, HARVEST, HOTLINE_FILE, LIFE_EVENTS, SERVICE_PAPERS, TERMS),
    *(ATTESTATIONS, CODE_LISTS, ELEMENTS, SYSTEMS),
)
FOLDERS = {
    APPOINTMENTS: "*.yaml",
    BUNDLES: "*.yaml",
    CODES: "*.csv",
    ENDED: "*.csv",
    str(PurePosixPath(CHANGES).parent): PurePosixPath(CHANGES).name,
    CONTRACTS: PATTERN,
    MATTERS: "*.yaml",
    METRICS: "*.yaml",
    SERVICES: "*.yaml",
    STATUTES: "*.yaml",
}
"""Each folder, and what is read of the files in it."""


def strays() -> list[Finding]:
    """A finding for each file and folder that nothing reads, but notes (`.md`) and hidden ones."""
    folder = registry_folder()
    found = list(_of_folder(folder, "", FILES))
    for name, pattern in FOLDERS.items():
        if (folder / name).is_dir():
            found += _of_folder(folder / name, f"{name}/", (pattern,))
    return found


def _of_folder(folder: Path, prefix: str, patterns: tuple[str, ...]) -> Iterator[Finding]:
    for path in sorted(folder.iterdir()):
        name = f"{prefix}{path.name}"
        if path.name.startswith(".") or path.suffix == ".md":
            continue
        if path.is_dir():
            if name not in FOLDERS:
                yield Finding(f"{name}/", 1, _words(name, list(FOLDERS)))
        elif not any(path.match(pattern) for pattern in patterns):
            yield Finding(name, 1, _words(path.name, list(patterns)))


def _words(name: str, read: list[str]) -> Text:
    likely = get_close_matches(name, read, n=1) or read
    return Text(
        f"不会被读取，请改名为 {'、'.join(likely)}，或移出登记库",
        f"is read by nothing: rename it to {', '.join(likely)}, or move it out of the registry",
    )
