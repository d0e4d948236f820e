"""The search index of stored entries: on disk, kept up with the database by the number of changes.

Stored entries are public, so that one index serves every reader. Each layout of its documents has a
folder with one complete index; a new one is built in another process and then swapped in.
Of several serving processes, the one that has the writer's lock writes, and all read what it has
committed.
"""

import fcntl
import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import tantivy

from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.stored import StoredEntries
from xihu_catalog.search.asking import Hits, SearchQuery, areas_query, ask_index
from xihu_catalog.search.documents import schema, stored_document, tantivy_document
from xihu_catalog.search.package_index import StoredPackages
from xihu_catalog.search.packages import add_package_fields, add_package_values
from xihu_catalog.search.pinyin import pinyin
from xihu_catalog.search.question import Question
from xihu_platform.database import open_database
from xihu_platform.errors import TransientError
from xihu_platform.telemetry.logs import failure_facts

log = logging.getLogger("xihu.search")
LAYOUT = "5"
"""Raised with every change of the schema or of what a document is made of."""
BATCH = 1_000
FEW = 2_000
"""So many changes are written in this process; for more the index is built by another one."""
POLL_S = 0.2
HEAP = 15_000_000
"""Bytes of the writer's memory: the least that tantivy takes for one thread."""
NICENESS = 19
"""Of the process that builds a whole index: searches meanwhile come first."""
CURRENT, NUMBER, LOCK = "current", "number", "lock"
Build = Callable[[Path, threading.Event], None]
"""Builds a whole index in a folder that is not there yet; gives up where the event is set."""


class StoredIndex:
    """`refresh` brings it up to the database; `start` does so every `poll_s` seconds."""

    def __init__(
        self, folder: Path, stored: StoredEntries, build: Build, poll_s: float = 1.0
    ) -> None:
        self._folder = folder / f"{LAYOUT}-{version('tantivy')}"
        self._stored = stored
        self._build = build
        self._poll_s = poll_s
        self._index: tantivy.Index | None = None
        self._opened: tuple[str, int] = ("", 0)
        """Name of the index that is open, and the number of the newest change in it."""
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def number(self) -> int:
        """Of the newest change that is found."""
        return self._opened[1]

    def ask(self, query: SearchQuery, question: Question) -> Hits:
        """A place that is named narrows to entries about it, or about a place in it."""
        index = self._index
        if index is None:
            return Hits()
        place = areas_query(index.schema, question)
        return ask_index(index, query, question, place)

    def packages(self) -> StoredPackages | None:
        """The index as it is now, for CKAN's queries; None where there is none yet."""
        index = self._index
        return StoredPackages(index) if index is not None else None

    def refresh(self) -> None:
        """Finds what has changed in the database since, here or by what another process wrote."""
        with self._lock:
            self._reopen()
            newest = self._stored.number()
            if newest == self.number:
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            with _writing(self._folder / LOCK) as allowed:
                if not allowed:
                    return  # another process writes: the next refresh finds what it committed
                self._reopen()
                if self._index is None or newest - self.number > FEW:
                    self._rebuild()
                else:
                    self._catch_up()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._follow, name="stored-index", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _follow(self) -> None:
        while not self._ended.is_set():
            try:
                self.refresh()
            except Exception as fault:  # searched as it was; tried again at the next turn
                log.warning("the search index is behind", extra=failure_facts(fault))
            self._ended.wait(self._poll_s)

    def _reopen(self) -> None:
        """Opens the index that is current, and what was committed to it since."""
        name = _read(self._folder / CURRENT)
        if not (self._folder / name / NUMBER).exists():
            self._index, self._opened = None, ("", 0)
            return
        number = int(_read(self._folder / name / NUMBER) or 0)
        if (name, number) == self._opened:
            return
        try:
            if self._index is None or name != self._opened[0]:
                self._index = tantivy.Index.open(str(self._folder / name))
            self._index.reload()
        except ValueError as fault:  # its files are not whole: a new index takes its place
            log.warning("the search index cannot be read", extra=failure_facts(fault))
            self._index, self._opened = None, ("", 0)
            return
        self._opened = (name, number)

    def _rebuild(self) -> None:
        """Builds a new index beside the current one, swaps them and removes the old one, and those
        of other layouts: they are of a program before this one."""
        name = uuid4().hex
        self._build(self._folder / name, self._ended)
        _write(self._folder / CURRENT, name)
        self._reopen()
        others = (one for one in self._folder.parent.iterdir() if one != self._folder)
        for old in (*self._folder.iterdir(), *others):
            if old.is_dir() and old.name != name:
                shutil.rmtree(old, ignore_errors=True)

    def _catch_up(self) -> None:
        name, number = self._opened
        assert self._index is not None
        write_changes(self._index, self._folder / name, self._stored, number)
        self._reopen()


def build_index(folder: Path, stored: StoredEntries) -> None:
    """A whole index of the stored entries in force, in a new folder."""
    folder.mkdir(parents=True)
    index = tantivy.Index(schema(add_package_fields), path=str(folder))
    writer = index.writer(heap_size=HEAP, num_threads=1)
    number, entry = stored.number(), ""
    while page := stored.after(entry, BATCH):
        for facts in page:
            writer.add_document(_document(facts))
        entry = page[-1].id
    writer.commit()
    writer.wait_merging_threads()
    _write(folder / NUMBER, str(number))


def write_changes(index: tantivy.Index, folder: Path, stored: StoredEntries, after: int) -> None:
    """Writes the changes after a number, and then the number of the last one."""
    writer = index.writer(heap_size=HEAP, num_threads=1)
    number = after
    while changes := stored.changes(number, BATCH):
        number = max(one.number for one in changes)
        for change in changes:
            writer.delete_documents_by_term("id", change.id)
            if change.facts is not None:
                writer.add_document(_document(change.facts))
    writer.commit()
    writer.wait_merging_threads()
    _write(folder / NUMBER, str(number))


def build_in_child(database_url: str) -> Build:
    """The building of 500,000 entries takes minutes of a processor: not the serving process's.

    The address of the database has a password, and so it is no argument.
    """

    def build(folder: Path, ended: threading.Event) -> None:
        command = [sys.executable, "-P", "-m", __name__, str(folder)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stderr=pipe) as child:
            assert child.stdin is not None and child.stderr is not None
            child.stdin.write(database_url.encode())
            child.stdin.close()
            while child.poll() is None:
                if ended.wait(POLL_S):
                    child.kill()
            said = child.stderr.read().decode(errors="replace").strip().splitlines()
        if child.returncode:
            raise TransientError(
                "检索索引没有建成，稍后重试", f"no search index was built: {said[-1:]}"
            )

    return build


def _document(facts: EntryFacts) -> tantivy.Document:
    spoken = " ".join(pinyin(" ".join((facts.title.zh, *facts.keywords))))
    document = tantivy_document(stored_document(facts) | {"pinyin": spoken})
    add_package_values(document, facts)
    return document


@contextmanager
def _writing(file: Path) -> Iterator[bool]:
    """Whether this process is the one that writes; none waits for another."""
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _read(file: Path) -> str:
    return file.read_text(encoding="ascii") if file.exists() else ""


def _write(file: Path, text: str) -> None:
    """Whole or not at all, for those who read it meanwhile."""
    beside = file.with_name(f"{file.name}.new")
    beside.write_text(text, encoding="ascii")
    os.replace(beside, file)


if __name__ == "__main__":
    os.nice(NICENESS)
    build_index(Path(sys.argv[1]), StoredEntries(open_database(sys.stdin.read())))
