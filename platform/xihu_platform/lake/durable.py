"""Files that are on the disk before anything about them is acknowledged.

Neither DuckDB, PyArrow nor PyIceberg calls fsync: after a power cut a catalogue could point at
metadata that was never written. Everything the lake writes on a local disk goes through here.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Any

from pyiceberg.io import OutputStream
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO
from pyiceberg.typedef import EMPTY_DICT, Properties


def sync_file(path: Path) -> None:
    """fsync a file and the folder it stands in."""
    _sync(path)
    _sync(path.parent)


def sync_folder(path: Path) -> None:
    """fsync a folder: what was made, renamed or removed in it is so after a power cut too."""
    _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _DurableStream:
    """A PyArrow stream that is synchronised when it is closed."""

    def __init__(self, inner: Any, path: Path) -> None:
        # Any: pyarrow ships no types; it is a NativeFile.
        self._inner = inner
        self._path = path

    def write(self, b: bytes) -> int:
        return int(self._inner.write(b))

    def tell(self) -> int:
        return int(self._inner.tell())

    def flush(self) -> None:
        self._inner.flush()

    @property
    def closed(self) -> bool:
        return bool(self._inner.closed)

    def close(self) -> None:
        if not self._inner.closed:
            self._inner.close()
            sync_file(self._path)

    def __enter__(self) -> "_DurableStream":
        return self

    def __exit__(
        self,
        exctype: type[BaseException] | None,
        excinst: BaseException | None,
        exctb: TracebackType | None,
    ) -> None:
        self.close()


class _DurableFile(PyArrowFile):
    def create(self, overwrite: bool = False) -> OutputStream:
        return _DurableStream(super().create(overwrite), Path(self._path))


ROOT = "xihu.root"
"""Property: the address the lake was made at, which stands in all of its metadata."""
FOLDER = "xihu.folder"
"""Property: the address the lake's folder has now: it may have been moved or restored elsewhere."""


class DurableFileIO(PyArrowFileIO):
    """PyIceberg's file layer for the local disk; other stores are durable by themselves.

    Iceberg writes absolute addresses into its metadata. Those below `xihu.root` are looked up
    below `xihu.folder`, so that a lake works wherever its folder stands.
    """

    @staticmethod
    def parse_location(location: str, properties: Properties = EMPTY_DICT) -> tuple[str, str, str]:
        root, folder = properties.get(ROOT), properties.get(FOLDER)
        if root and folder and location.startswith(f"{root}/"):
            location = folder + location[len(root) :]
        return PyArrowFileIO.parse_location(location, properties)

    def new_output(self, location: str) -> PyArrowFile:
        scheme, netloc, path = self.parse_location(location, self.properties)
        kind = _DurableFile if scheme == "file" else PyArrowFile
        return kind(
            fs=self.fs_by_scheme(scheme, netloc),
            location=location,
            path=path,
            buffer_size=int(self.properties.get("buffer-size", 1024 * 1024)),
        )
