"""Whether a file that somebody attached may be taken: its type by content, its size, and nothing in
it that runs.

PDF, JPEG and PNG alone: what a telephone or a scanner makes, and what no reader runs. A PDF is
walked in a process of its own (`files/pdf.py`), with limits on its memory and its time.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Literal

from xihu_platform.errors import BadInput, TooLarge
from xihu_platform.files.pdf import BEHIND, UNNAMED
from xihu_platform.files.turns import Turns
from xihu_platform.words import Text

MediaType = Literal["application/pdf", "image/jpeg", "image/png"]
ENDINGS: dict[MediaType, str] = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
}
SIZE_LIMIT = 5 << 20  # bytes
PIXEL_LIMIT = 50_000_000
"""What a picture unpacks to: a telephone's has some 12 to 48 million."""
SECONDS_LIMIT = 20.0
_TURNS = Turns(at_once=4, wait_s=3.0)
"""So many files are walked at once: one that takes long keeps nobody else waiting for it."""
_NAME_LIMIT = 60
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""The JPEG segments that say how large a picture is (ITU-T T.81, table B.1)."""
_SCAN, _END = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""The next segment within a scan: not a byte that is escaped, nor a restart."""
_HIDDEN = {
    BEHIND: Text("文件末尾之后还有别的内容", "something behind its end"),
    UNNAMED: Text("索引中没有的对象", "an object that its tables do not name"),
}
TAKEN = Text("请使用 PDF、JPEG 或 PNG 文件", "Use a PDF, JPEG or PNG file")


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that was found to be what it says, and its name, cleaned."""

    name: str
    media_type: MediaType
    body: bytes


def check_file(name: str, body: bytes, sender: str) -> CheckedFile:
    """Raises BadInput for another type, a damaged or an active file, TooLarge above a limit,
    TransientError where the sender has one that is being checked, or too many others do."""
    if len(body) > SIZE_LIMIT:
        limit = SIZE_LIMIT >> 20
        raise TooLarge(
            f"文件超过 {limit} MB，请压缩或者分成几个文件",
            f"The file is larger than {limit} MB: make it smaller, or hand it in in parts",
        )
    if not body:
        raise BadInput("文件是空的，请重新选择", "The file is empty: choose it again")
    if body.startswith(_PNG):
        return CheckedFile(clean_name(name, "png"), "image/png", _picture(body, _png_size(body)))
    if body.startswith(_JPEG):
        size, end = _jpeg(body)
        return CheckedFile(clean_name(name, "jpg"), "image/jpeg", _picture(body[:end], size))
    if body.startswith(b"%PDF-"):
        _check_pdf(body, sender)
        return CheckedFile(clean_name(name, "pdf"), "application/pdf", body)
    raise BadInput(f"不接受这种文件。{TAKEN.zh}", f"This kind of file is not taken. {TAKEN.en}")


def clean_name(name: str, ending: str) -> str:
    r"""The last part of a path, without signs that a screen or a disk reads otherwise, and with the
    ending of what it is.

    >>> clean_name("C:\\my\\工资条 \u202egpj.exe", "pdf")
    '工资条 gpj.pdf'
    >>> clean_name("..", "png")
    '附件.png'
    """
    last = name.replace("\\", "/").rpartition("/")[2].rpartition(".")
    stem = last[0] or (last[2] if not last[1] else "")
    kept = "".join(c for c in stem if c.isprintable() and c not in '<>:"|?*;%').strip(". ")
    return f"{kept[:_NAME_LIMIT].strip() or '附件'}.{ending}"


def _picture(body: bytes, size: tuple[int, int] | None) -> bytes:
    if size is None or 0 in size:
        raise BadInput(
            "图片已损坏或者不完整，请重新拍摄或者导出",
            "The picture is damaged or incomplete: take or export it again",
        )
    if size[0] * size[1] > PIXEL_LIMIT:
        raise TooLarge(
            f"图片有 {size[0]} × {size[1]} 个像素，请缩小后再上传",
            f"The picture has {size[0]} × {size[1]} pixels: make it smaller",
        )
    return body


def _png_size(body: bytes) -> tuple[int, int] | None:
    """Of a file whose parts follow each other to its end, with nothing after it (ISO/IEC 15948)."""
    at, size = len(_PNG), None
    while at + 12 <= len(body):
        length, kind = int.from_bytes(body[at : at + 4]), body[at + 4 : at + 8]
        if size is None:
            if kind != b"IHDR" or length != 13:
                return None
            size = int.from_bytes(body[at + 8 : at + 12]), int.from_bytes(body[at + 12 : at + 16])
        at += 12 + length
        if kind == b"IEND":
            return size if at == len(body) else None
    return None


def _jpeg(body: bytes) -> tuple[tuple[int, int] | None, int]:
    """Size of a picture, and where it ends (ITU-T T.81, B.1): segments, at least one scan, an end.

    None for one without a size, a scan or an end. What telephones add after the end (a second
    picture, a film) is no part of it.
    """
    at, size, scans = 2, None, 0
    while at + 4 <= len(body) and body[at] == 0xFF:
        kind = body[at + 1]
        if kind == 0xFF:  # a filling byte
            at += 1
            continue
        if kind == _END:
            return (size if scans else None), at + 2
        if kind in _SIZES and size is None:
            height, width = body[at + 5 : at + 7], body[at + 7 : at + 9]
            size = int.from_bytes(width), int.from_bytes(height)
        at += 2 + int.from_bytes(body[at + 2 : at + 4])
        if kind == _SCAN:
            scans += 1
            after = _MARKER.search(body, at)
            at = after.start() if after else len(body)
    ended = body[at : at + 2] == bytes((0xFF, _END))
    return (size if scans and ended else None), at + 2


def _check_pdf(body: bytes, sender: str) -> None:
    with _TURNS.turn(sender):
        said = _said_of(body)
    if said == "encrypted":
        raise BadInput(
            "PDF 有密码或者加密，请去掉后再上传", "The PDF is encrypted: save it without a password"
        )
    if said != "passive":
        found = _HIDDEN.get(said, Text(said, said))
        raise BadInput(
            f"PDF 中有会运行的内容或者内嵌文件（{found.zh}），请打印成新的 PDF 再上传",
            f"The PDF has something in it that runs, or another file ({found.en}): print it to a "
            "new PDF and hand in that",
        )


def _said_of(body: bytes) -> str:
    command = [sys.executable, "-P", "-m", "xihu_platform.files.pdf"]
    try:
        done = subprocess.run(command, input=body, capture_output=True, timeout=SECONDS_LIMIT)
    except subprocess.TimeoutExpired:
        raise _damaged() from None
    said = done.stdout.decode("ascii", "replace").strip()
    if done.returncode != 0 or not said:
        raise _damaged()
    return said


def _damaged() -> BadInput:
    return BadInput(
        "PDF 已损坏或者读不完，请打印成新的 PDF 再上传",
        "The PDF is damaged, or could not be read to its end: print it to a new one",
    )
