"""Files of the intake folder that no contract names: they were handed in, and nothing loads them.

Names, sizes and times alone; no file is opened and no symbolic link is followed.
"""

import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path, PurePosixPath

from xihu_catalog.contracts.model import Contract
from xihu_platform.clock import SHANGHAI
from xihu_platform.visible import hidden_characters

LISTED = 1_000
"""Files that are listed at most."""
LOOKED_AT = 50_000
"""Names of files and folders that one listing looks at: it is made for each page that asks."""
TEMPORARY = (".part", ".partial", ".filepart", ".crdownload", ".tmp", ".temp", ".swp", "~")
"""How names end while a file is still being copied or edited."""
OF_SYSTEMS = frozenset({"thumbs.db", "desktop.ini", "__macosx", "lost+found"})
"""What operating systems leave in folders."""
REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class IntakeFile:
    """A file that no contract names. `name`: its path in the intake folder, as it is shown."""

    name: str
    size_bytes: int
    since: datetime | None
    """When it was last written; None where its time is none that a calendar has."""


@dataclass(frozen=True, slots=True)
class IntakeListing:
    """In the order of the names. `is_whole`: False where there are more than are listed."""

    files: tuple[IntakeFile, ...] = ()
    is_whole: bool = True


def named_files(contracts: Iterable[Contract]) -> frozenset[str]:
    """The paths in the intake folder that contracts name."""
    return frozenset(
        str(PurePosixPath(one.source.path)) for one in contracts if one.source.query is None
    )


def unnamed_files(folder: Path, named: frozenset[str]) -> IntakeListing:
    """What is in the folder and its subfolders and is not `named`."""
    looked = list(islice(_walk(folder), LOOKED_AT + 1))
    there = [one for one in looked[:LOOKED_AT] if one is not None]
    otherwise = {_composed(name) for name in named - {path for path, _ in there}}
    found = sorted(
        one for one in there if one[0] not in named and _composed(one[0]) not in otherwise
    )
    files = tuple(one for path, place in found[:LISTED] if (one := _file(path, place)) is not None)
    return IntakeListing(files, len(found) <= LISTED and len(looked) <= LOOKED_AT)


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def plain_path(folder: Path, named: str) -> Path | None:
    """The whole path of a contract's file, whether it is there or not; None where it leads out of
    the folder or over a symbolic link, which may be another department's file."""
    place = folder.resolve()
    path = place / as_written(place, named)
    try:
        return path if path.resolve() == path else None
    except (OSError, RuntimeError):  # links that lead to each other
        return None


def as_written(folder: Path, named: str) -> str:
    """The path of a contract as the folder has it: some systems write an accented letter, or a
    syllable of Korean, as two characters (NFD) and others as one (NFC). A name that is there just
    as the contract writes it is preferred."""
    place, parts = folder, list[str]()
    for part in PurePosixPath(named).parts:
        name = part if os.path.lexists(place / part) else _same_name(place, part)
        parts.append(name)
        place /= name
    return "/".join(parts)


def _same_name(place: Path, name: str) -> str:
    wanted = _composed(name)
    try:
        with os.scandir(place) as entries:
            names = (entry.name for entry in islice(entries, LOOKED_AT))
            same = [one for one in names if _composed(one) == wanted]
    except OSError:
        return name
    return min(same, default=name)


def _walk(folder: Path) -> Iterator[tuple[str, str] | None]:
    """Ordinary files, each by its path below the folder and its whole path; None for each of the
    other names, so that these count as well."""
    waiting = [(str(folder), "")]
    while waiting:
        place, prefix = waiting.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    shown = not is_passing(entry.name)
                    if shown and entry.is_dir(follow_symlinks=False):
                        waiting.append((entry.path, f"{prefix}{entry.name}/"))
                    is_file = shown and entry.is_file(follow_symlinks=False)
                    yield (f"{prefix}{entry.name}", entry.path) if is_file else None
        except OSError:  # not there yet, not a folder any more, or closed to this process
            continue


def is_passing(name: str) -> bool:
    """Whether a name is that of a hidden or temporary file or folder.

    >>> [is_passing(one) for one in (".x", "~$a.xlsx", "a.csv.part", "Thumbs.db", "a.csv")]
    [True, True, True, True, False]
    """
    plain = name.casefold()
    return plain.startswith((".", "~$")) or plain.endswith(TEMPORARY) or plain in OF_SYSTEMS


def _file(path: str, place: str) -> IntakeFile | None:
    """None of a file that was taken away meanwhile."""
    try:
        found = os.stat(place, follow_symlinks=False)
    except OSError:
        return None
    try:
        since = datetime.fromtimestamp(found.st_mtime, UTC)
        since.astimezone(SHANGHAI)  # the last hours of year 9999 have no day there
    except (OverflowError, ValueError, OSError):
        since = None
    return IntakeFile(shown_name(path), found.st_size, since)


def shown_name(path: str) -> str:
    """A path as people read it: names that are no UTF-8 are mostly GB18030, and characters
    that are not visible are marked.

    >>> shown_name("西湖\\u202e.csv"), shown_name("\\udcce\\udcf7\\udcba\\udcfe.csv")
    ('西湖\ufffd.csv', '西湖.csv')
    """
    raw = path.encode("utf-8", "surrogateescape")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    for one in (*hidden_characters(text), "\n", "\t"):
        text = text.replace(one, REPLACEMENT)
    return text
