"""A power cut, replayed from a trace of system calls: what was not synchronised is gone.

A file keeps its content if it was synchronised after it was last written; it keeps its name if the
folder was synchronised after the name was made. A name that was removed comes back unless the
folder was synchronised after that.
"""

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from xihu_platform.lake.relocate import relocate

CALLS = (
    "openat,write,pwrite64,pwritev,ftruncate,rename,renameat,renameat2,link,linkat,unlink,"
    "unlinkat,fsync,fdatasync"
)
_LINE = re.compile(r"^(\d+)\s+(.*)$")
_CALL = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+)")
_FD = re.compile(r"^\d+<([^>]*)>")
_NAMES = re.compile(r'"((?:[^"\\]|\\.)*)"')
_VOLATILE = ("-shm",)
"""A shared-memory index of SQLite is made anew; nothing depends on it."""


@dataclass
class Disk:
    """What a power cut would leave, by path."""

    root: Path
    dirty: dict[str, int] = field(default_factory=dict)
    """Files with content not yet synchronised, and how many writes of it."""
    fresh: set[str] = field(default_factory=set)
    """Names not yet synchronised with their folder."""
    removed: set[str] = field(default_factory=set)
    """Names whose removal is not yet synchronised."""
    synced: list[str] = field(default_factory=list)

    def concerns(self, path: str) -> bool:
        return path.startswith(f"{self.root}/") and not path.endswith(_VOLATILE)


def calls(trace: Path) -> list[tuple[str, str]]:
    """Finished calls that succeeded, in the order they ended: name and arguments."""
    unfinished: dict[str, str] = {}
    found = []
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        pid, text = match.groups()
        if text.endswith("<unfinished ...>"):
            unfinished[pid] = text.removesuffix("<unfinished ...>")
            continue
        if text.startswith("<... "):
            text = unfinished.pop(pid, "") + text.partition("resumed>")[2]
        if (call := _CALL.match(text)) and not call[3].startswith("-"):
            found.append((call[1], call[2]))
    return found


def replay(trace: Path, root: Path, present: set[str]) -> Disk:
    """The disk at the acknowledgement. `present` are the files that were there before."""
    disk, known = Disk(root), set(present)
    for name, arguments in calls(trace):
        if name == "write" and "ACKNOWLEDGED" in arguments:
            return disk
        _apply(disk, known, name, arguments)
    raise AssertionError("the process never acknowledged")


def _apply(disk: Disk, known: set[str], name: str, arguments: str) -> None:
    handle = _FD.match(arguments)
    path = handle[1].removesuffix(" (deleted)") if handle else ""
    paths = _NAMES.findall(arguments)
    if name == "openat" and "O_CREAT" in arguments and disk.concerns(paths[-1]):
        if paths[-1] not in known:
            disk.fresh.add(paths[-1])
            known.add(paths[-1])
    elif name in {"write", "pwrite64", "pwritev", "ftruncate"} and disk.concerns(path):
        disk.dirty[path] = disk.dirty.get(path, 0) + 1
    elif name in {"fsync", "fdatasync"}:
        disk.synced.append(path)
        disk.dirty.pop(path, None)
        for names in (disk.fresh, disk.removed):
            names -= {one for one in names if str(Path(one).parent) == path}
    elif name.startswith(("rename", "link")) and len(paths) >= 2 and disk.concerns(paths[-1]):
        _move(disk, known, paths[-2], paths[-1], keeps=name.startswith("link"))
    elif name.startswith("unlink") and paths and disk.concerns(paths[-1]):
        if paths[-1] not in disk.fresh:
            disk.removed.add(paths[-1])
        for names in (disk.fresh, known):
            names.discard(paths[-1])
        disk.dirty.pop(paths[-1], None)


def _move(disk: Disk, known: set[str], old: str, new: str, *, keeps: bool) -> None:
    if old in disk.dirty:
        disk.dirty[new] = disk.dirty[old]
    disk.fresh.add(new)
    known.add(new)
    if not keeps:
        for names in (disk.fresh, known):
            names.discard(old)
        disk.dirty.pop(old, None)


def cut(disk: Disk, image: Path) -> list[str]:
    """Copy the folder as the power cut leaves it; returns what was lost."""
    shutil.copytree(disk.root, image)
    lost = sorted({*disk.dirty, *disk.fresh})
    for path in lost:
        (image / Path(path).relative_to(disk.root)).unlink(missing_ok=True)
    relocate(image / "lake")
    return lost
