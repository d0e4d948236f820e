"""A lake whose folder was moved, or copied, or restored elsewhere, made to name its own files.

Iceberg's metadata holds absolute addresses, so that a copy would name the files of the original.
The lake keeps the address that its metadata is of; found elsewhere it is not opened until every
manifest, manifest list and metadata file, and then the catalogue, is rewritten. Each file is
replaced in one step and rewriting twice changes nothing: killed anywhere, it is run again. The
address is written last. Nothing outside the folder is touched.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xihu_platform.errors import NotFound, TerminalError
from xihu_platform.lake.avro import AvroFile, read_avro, write_avro
from xihu_platform.lake.durable import sync_file

ROOT_FILE = "made-at"
_UNDER_WAY = "relocating"
"""Addresses that a run that was broken off has written already, one a line."""
Stage = Callable[[str], None]


def check_place(folder: Path) -> str:
    """The lake's address; written into a new one. Raises TerminalError where it is another's."""
    mark, here = folder / ROOT_FILE, address_of(folder)
    if not mark.exists():
        _replace(mark, f"{here}\n".encode())
    made_at = mark.read_text(encoding="utf-8").strip()
    if made_at != here:
        raise TerminalError(
            f"数据目录已移动或由别处复制、恢复：元数据仍指向 {made_at}，而现在位于 {here}。"
            "为避免写入原目录，未打开任何内容；请先运行 xihu relocate",
            f"the data folder was moved, copied or restored: its metadata names {made_at}, and it "
            f"is now at {here}. Nothing was opened, so that nothing is written into the original: "
            "run xihu relocate first",
        )
    return here


def address_of(folder: Path) -> str:
    return f"file://{folder}"


@dataclass(frozen=True, slots=True)
class _Move:
    """From former addresses to the new one."""

    old: tuple[str, ...]
    new: str

    def of(self, value: Any) -> Any:
        """The value with each address in it rewritten. Any: JSON, or a value of Avro."""
        if isinstance(value, str):
            return self._address(value)
        if isinstance(value, dict):
            return {key: self.of(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.of(inner) for inner in value)
        return value

    def _address(self, text: str) -> str:
        # The longest root that fits decides: one may lie below another.
        for root in sorted((*self.old, self.new), key=len, reverse=True):
            if text == root or text.startswith(f"{root}/"):
                return self.new + text[len(root) :]
        return text


def relocate(folder: Path, stage: Stage = lambda _name: None) -> int:
    """Make a lake name its files where it is now; gives the number of files rewritten.

    Raises NotFound where there is no lake.
    """
    folder = folder.resolve()
    mark, new = folder / ROOT_FILE, address_of(folder)
    if not mark.exists():
        raise NotFound(f"{folder} 中没有数据湖", f"there is no lake in {folder}")
    made_at = mark.read_text(encoding="utf-8").strip()
    under_way = folder / _UNDER_WAY
    if made_at == new:
        under_way.unlink(missing_ok=True)
        return 0
    begun = under_way.read_text(encoding="utf-8").split("\n") if under_way.exists() else []
    known = dict.fromkeys([made_at, *filter(None, begun), new])
    _replace(under_way, "\n".join(known).encode())
    move = _Move(tuple(root for root in known if root != new), new)
    count = 0
    for path, content in _rewritten(folder, move):
        stage("file")
        _replace(path, content)
        count += 1
    stage("catalogue")
    _rewrite_catalogue(folder / "catalogue.db", move)
    stage("mark")
    _replace(mark, f"{new}\n".encode())
    under_way.unlink()
    return count


def _rewritten(folder: Path, move: _Move) -> Iterator[tuple[Path, bytes]]:
    """Each file that changes: manifests, then the lists that hold their lengths, then metadata."""
    files = sorted(folder.glob("*/*/metadata/*.avro"))
    lists = [path for path in files if path.name.startswith("snap-")]
    for path in [*(p for p in files if p not in set(lists)), *lists]:
        before = read_avro(path.read_bytes())
        after = AvroFile(before.meta, move.of(before.records))
        for record in after.records:
            if "manifest_path" in record and (one := _path(record["manifest_path"])).exists():
                record["manifest_length"] = one.stat().st_size  # of an expired one nothing is left
        if after != before:
            yield path, write_avro(after)
    for path in sorted(folder.glob("*/*/metadata/*.metadata.json")):
        document = json.loads(path.read_bytes())
        if (moved := move.of(document)) != document:
            yield path, json.dumps(moved, ensure_ascii=False).encode()


def _path(address: str) -> Path:
    return Path(address.removeprefix("file://"))


def _rewrite_catalogue(path: Path, move: _Move) -> None:
    columns = ("metadata_location", "previous_metadata_location")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=EXTRA")
        with connection:
            rows = connection.execute(
                f"SELECT rowid, {', '.join(columns)} FROM iceberg_tables"
            ).fetchall()
            connection.executemany(
                "UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ? "
                "WHERE rowid = ?",
                [(*move.of(list(addresses)), row) for row, *addresses in rows],
            )


def _replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another in one step, durably."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    sync_file(fresh)
    fresh.rename(path)
    sync_file(path)
