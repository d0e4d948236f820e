"""Checks a catalogue report as its receiver does, and puts reports together to one set of entries.

Digest, signature, numbers and the chain of markers are checked; nothing of a report is used before
its last line is right.
"""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, BinaryIO

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from xihu_catalog.reports.lines import canonical
from xihu_catalog.reports.report import NAME, SIGNED_KIND
from xihu_platform.audit.heads import is_genuine_document, key_id_of
from xihu_platform.errors import BadInput

LINE_LIMIT = 16 << 20
"""Bytes of one line; an entry of a thousand items has less than one."""
_Json = dict[str, Any]
"""Any: it is JSON of another node."""


@dataclass(frozen=True, slots=True)
class CheckedReport:
    """What a report says of itself, once it was checked."""

    node: str
    region: str
    at: str
    kind: str
    marker: str
    previous: str | None
    entries: int
    removed: int
    sha256: str
    key_id: str


def read_lines(file: BinaryIO) -> Iterator[bytes]:
    """Raises BadInput for a line that is too long."""
    while line := file.readline(LINE_LIMIT + 1):
        if len(line) > LINE_LIMIT:
            raise _bad(f"有一行超过 {LINE_LIMIT} 字节", f"a line has more than {LINE_LIMIT} bytes")
        yield line


def check_report(lines: Iterable[bytes], key: Ed25519PublicKey) -> CheckedReport:
    """Reads a report to its end. Raises BadInput with what is wrong."""
    walk = _Walk()
    for line in lines:
        walk.take(line)
    return walk.end(key)


def apply_report(entries: dict[str, str], lines: Iterable[bytes], report: CheckedReport) -> None:
    """Brings a receiver's entries, digests by id, up to a report that was checked before."""
    if report.kind == "full":
        entries.clear()
    for line in list(lines)[1:-1]:
        said = orjson.loads(line)
        if said.get("removed"):
            entries.pop(said["id"], None)
        else:
            entries[said["id"]] = said["digest"]


def check_chain(before: CheckedReport, after: CheckedReport) -> None:
    """Raises BadInput where a report does not go on where the one before it ended."""
    if after.node != before.node:
        raise _bad(
            f"两份报告来自不同节点：{before.node} 和 {after.node}",
            f"two reports are of different nodes: {before.node} and {after.node}",
        )
    if _moment(after.at) < _moment(before.at):
        raise _bad(
            f"报告比上一份早：{after.at}", f"a report is older than the one before it: {after.at}"
        )
    if after.kind == "incremental" and after.previous != before.marker:
        raise _bad(
            f"报告不衔接：上一份的 marker 是 {before.marker}，这一份从 {after.previous} 起",
            f"a report is missing: the one before ends at {before.marker}, "
            f"this one begins at {after.previous}",
        )


def _moment(said: str) -> datetime:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        raise _bad("报告的时间不是时间", "the moment of a report is none") from None
    if found.tzinfo is None:
        raise _bad("报告的时间没有时区", "the moment of a report names no zone")
    return found


class _Walk:
    """The line that was read last waits: whether it is the last one is known with the next."""

    def __init__(self) -> None:
        self._digest = sha256()
        self._waiting: bytes | None = None
        self._head: _Json | None = None
        self._ids: set[str] = set()
        self._counts = {"entries": 0, "removed": 0}

    def take(self, line: bytes) -> None:
        if self._waiting is not None:
            self._use(self._waiting)
        self._waiting = line

    def _use(self, line: bytes) -> None:
        self._digest.update(line)
        said = _parsed(line)
        if self._head is None:
            self._head = _checked_head(said)
            return
        name = _text(said, "id")
        if said.get("removed") is True:
            self._counts["removed"] += 1
            return
        if self._head["kind"] == "full" and name in self._ids:
            raise _bad(f"条目 {name[:128]} 出现两次", f"entry {name[:128]} is there twice")
        self._ids.add(name)
        content = canonical({"entry": said.get("entry"), "items": said.get("items")})
        if sha256(content).hexdigest() != said.get("digest"):
            raise _bad(
                f"条目 {name[:128]} 的内容与其摘要不符",
                f"entry {name[:128]} is not what its digest says",
            )
        self._counts["entries"] += 1

    def end(self, key: Ed25519PublicKey) -> CheckedReport:
        if self._head is None or self._waiting is None:
            raise _bad("文件不是目录报告，或者不完整", "the file is no whole catalogue report")
        last = _parsed(self._waiting)
        self._check_last(last, key)
        head = self._head
        return CheckedReport(
            node=_text(head, "node"),
            region=_text(head, "region"),
            at=_text(head, "at"),
            kind=head["kind"],
            marker=_text(head, "marker"),
            previous=head.get("previous"),
            entries=self._counts["entries"],
            removed=self._counts["removed"],
            sha256=self._digest.hexdigest(),
            key_id=_text(last, "key_id"),
        )

    def _check_last(self, last: _Json, key: Ed25519PublicKey) -> None:
        if canonical(last) + b"\n" != self._waiting:
            raise _bad(
                "末行不是规范的写法，或者报告不完整",
                "the last line is not in canonical form, or the report is cut off",
            )
        if "signature" not in last:
            raise _bad(
                "报告不完整：没有末行的签名", "the report is cut off: its last line is missing"
            )
        if last.get("sha256") != self._digest.hexdigest():
            raise _bad("报告的内容与其摘要不符", "the report is not what its digest says")
        if {name: last.get(name) for name in self._counts} != self._counts:
            raise _bad(
                "报告的条目数与其末行不符", "the numbers of entries are not those of the last line"
            )
        signed = canonical({name: one for name, one in last.items() if name != "signature"})
        if not is_genuine_document(SIGNED_KIND, signed, _signature(last), key):
            raise _bad("签名不是由这把密钥作出的", "the signature was not made with this key")
        if last.get("key_id") != key_id_of(key):
            raise _bad("密钥编号与密钥不符", "the key's id is not the key's")


def _checked_head(said: _Json) -> _Json:
    if said.get("report") != NAME or said.get("kind") not in ("full", "incremental"):
        raise _bad("文件不是目录报告", "the file is no catalogue report")
    if (said["kind"] == "incremental") != isinstance(said.get("previous"), str):
        raise _bad("报告的类型与其起点不符", "the report's kind is not that of its beginning")
    return said


def _signature(last: _Json) -> bytes:
    try:
        return base64.b64decode(_text(last, "signature"), validate=True)
    except ValueError:
        return b""


def _parsed(line: bytes) -> _Json:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        raise _bad("有一行不是 JSON 对象", "a line is no JSON object")
    return said


def _text(said: _Json, name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise _bad(f"缺少 {name}", f"{name} is missing")
    return value


def _bad(zh: str, en: str) -> BadInput:
    return BadInput(zh, en)
