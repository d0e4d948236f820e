"""Zip and gzip around a file, known by their first bytes, taken apart within fixed limits.

Nothing is ever written under a name that stands in an archive: the one member that is wanted goes
to a temporary file of our own, which is gone when the reader closes.
"""

import gzip
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from xihu_catalog.contracts.model import Source
from xihu_pipelines.sources.disguises import HEAD, refuse_packed
from xihu_pipelines.sources.limits import FLOOR, LIMITS, FileLimits, too_large
from xihu_pipelines.sources.secrecy import check_name
from xihu_pipelines.sources.text import decoded_name
from xihu_platform.errors import BadInput
from xihu_platform.visible import hidden_characters

MEMBER_LIMIT = 1_000
_DIRECTORY_LIMIT = 1 << 20  # bytes of a zip's directory: 1,000 long names with their extra fields
_BLOCK = 1 << 20
_GZIP, _ZIP, _EMPTY_ZIP = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"
_WORKBOOKS = {"xlsx": "[Content_Types].xml", "ods": "mimetype"}
_TORN = (
    *(zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, zlib.error),
)
_ASIDE = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$)")
# What leads out of a folder, or breaks a line.
_BAD_NAME = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|\\|[\n\t]")


@dataclass(frozen=True, slots=True)
class Payload:
    """The file to decode: `name` is what a steward calls it in a message."""

    path: Path
    name: str
    member: str | None = None
    allowed: int = FLOOR
    """Bytes of text that may come of it."""


@contextmanager
def unpack(
    path: Path, source: Source, called: str | None = None, limits: FileLimits = LIMITS
) -> Iterator[Payload]:
    """The file itself, or the member of the archive around it. Raises BadInput for a bomb.

    `called` is the name it was handed in under, where it is kept under another.
    """
    name = path.name if called is None else called
    if _is_bad(name):
        shown = _BAD_NAME.sub("·", "".join("·" if hidden_characters(c) else c for c in name))
        raise BadInput(
            f"文件名 {shown} 含有控制字符或路径符号，请改名",
            f"the name {shown} holds control characters or parts of a path: rename the file",
        )
    check_name(name)
    head = _head(path, name)
    allowed = limits.allowed(path.stat().st_size)
    if head in (_ZIP, _EMPTY_ZIP):
        check_directory(path, name)
    if head[:2] == _GZIP:
        with tempfile.NamedTemporaryFile(prefix="xihu-") as copy:
            _gunzip(path, copy, allowed)
            yield _inner(Path(copy.name), path, None, source, allowed)
    elif head in (_ZIP, _EMPTY_ZIP) and not _is_workbook(path, source):
        with tempfile.NamedTemporaryFile(prefix="xihu-") as copy:
            member = _unzip(path, copy, source, allowed)
            check_name(member)
            yield _inner(Path(copy.name), path, member, source, allowed)
    else:
        if source.member is not None:
            raise BadInput(
                f"契约要求压缩包中的 {source.member}，但 {path.name} 不是 zip 压缩包",
                f"the contract wants {source.member} of an archive; {path.name} is no zip archive",
            )
        yield Payload(path, name, None, allowed)


def _head(path: Path, name: str) -> bytes:
    """The first four bytes. Raises BadInput for a compression that is not taken apart."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    refuse_packed(name, head)
    return head[:4]


def _inner(copy: Path, path: Path, member: str | None, source: Source, allowed: int) -> Payload:
    head = _head(copy, member or path.name)
    packed = head[:2] == _GZIP or head in (_ZIP, _EMPTY_ZIP)
    if packed and not (head == _ZIP and _is_workbook(copy, source)):
        raise BadInput(
            f"文件 {path.name} 是压缩包中的压缩包，请只压缩一次",
            f"{path.name} is an archive inside an archive: pack it once",
        )
    return Payload(copy, path.name, member, allowed)


def _is_workbook(path: Path, source: Source) -> bool:
    """Whether a zip is a workbook of the contract's format. One of another format is refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return source.format in _WORKBOOKS
    if source.format in _WORKBOOKS and _WORKBOOKS[source.format] in names:
        return True
    if any(mark in names for mark in _WORKBOOKS.values()):
        raise BadInput(
            f"文件 {path.name} 是工作簿，而契约写的是 {source.format}；请另存，或改契约的 format",
            f"{path.name} is a workbook, the contract says {source.format}: save it as that, or "
            "change the contract's format",
        )
    return False


def _gunzip(path: Path, copy: IO[bytes], allowed: int) -> None:
    try:
        with gzip.open(path) as packed:
            _pour(packed, copy, path, allowed)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise _broken(path) from None


def _unzip(path: Path, copy: IO[bytes], source: Source, allowed: int) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            member = _member(path, archive, source)
            with archive.open(member) as packed:
                _pour(packed, copy, path, allowed)
            return member_name(member)
    except _TORN:  # a method nobody knows and a password are NotImplementedError, RuntimeError
        raise _broken(path) from None


def _broken(path: Path) -> BadInput:
    return BadInput(
        f"压缩包 {path.name} 已损坏、加了密码或用了不支持的方法，请重新压缩",
        f"the archive {path.name} is torn, has a password or a method nobody knows: pack it again",
    )


def _is_bad(name: str) -> bool:
    """A name that leads elsewhere, or that is not what a person reads."""
    return bool(_BAD_NAME.search(name) or hidden_characters(name))


def _member(path: Path, archive: zipfile.ZipFile, source: Source) -> zipfile.ZipInfo:
    """The one file inside, or the one the contract names."""
    found = archive.infolist()
    if len(found) > MEMBER_LIMIT:
        raise BadInput(
            f"压缩包 {path.name} 有 {len(found):,} 个文件，多于 {MEMBER_LIMIT:,} 个",
            f"the archive {path.name} holds {len(found):,} files, more than {MEMBER_LIMIT:,}",
        )
    if any(_is_bad(member_name(info)) for info in found):
        raise BadInput(
            f"压缩包 {path.name} 中有的文件名指向包外或含有控制字符，未解压；请重新压缩",
            f"a name in the archive {path.name} leads out of it or holds a control character: "
            "nothing was unpacked; pack it again",
        )
    every = [i for i in found if not i.is_dir() and not _ASIDE.search(member_name(i))]
    files = every
    if source.member is not None:
        files = [i for i in every if source.member in {member_name(i), i.filename}]
    if len(files) != 1:
        wanted = source.member or "…"
        listed = "、".join(member_name(i)[:80] for i in every[:20])
        raise BadInput(
            f"压缩包 {path.name} 中应恰有一个文件，或契约以 member（起草时以 --member）指明的 "
            f"{wanted}；现有 {len(files)} 个。压缩包中有：{listed}",
            f"the archive {path.name} must hold one file, or the contract's member {wanted} "
            f"(--member for a draft); there are {len(files)}. It holds: {listed}",
        )
    return files[0]


def member_name(info: zipfile.ZipInfo) -> str:
    """A member's name; one without the flag of UTF-8 is in whatever its maker's system wrote.

    The second byte of a Big5 or GBK character may be 0x5C, which is a backslash in ASCII.
    """
    name = info.orig_filename
    if info.flag_bits & 0x800 or name.isascii():
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    return decoded_name(raw) or name


def _pour(packed: IO[bytes] | gzip.GzipFile, copy: IO[bytes], path: Path, allowed: int) -> None:
    """Copy within the limit; sizes an archive claims are not believed."""
    written = 0
    while block := packed.read(_BLOCK):
        written += len(block)
        if written > allowed:
            raise too_large(path.name, allowed)
        copy.write(block)
    copy.flush()


def check_directory(path: Path, name: str) -> None:
    """Raises BadInput for a zip whose directory is read into more memory than an archive costs."""
    size, tail = path.stat().st_size, 65_557
    with path.open("rb") as file:
        file.seek(max(0, size - tail))
        end = file.read(tail)
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) < at + 22:
        return  # torn: whoever opens it says so
    directory = int.from_bytes(end[at + 12 : at + 16], "little")
    if directory == 0xFFFFFFFF:  # written in the record before it (ZIP64), which lies next to it
        directory = int.from_bytes(end[max(0, at - 20 - 56) :][40:48], "little")
    if directory > _DIRECTORY_LIMIT:
        raise BadInput(
            f"压缩包 {name} 的文件目录过大（多于 {MEMBER_LIMIT:,} 个文件），请只压缩一个文件",
            f"the directory of the archive {name} is too large (more than {MEMBER_LIMIT:,} files): "
            "pack one file only",
        )
