"""Files that are not what their name or contract says, known by their first bytes.

A compressed file, a web page or an XML of 2003 under the name of a workbook, a workbook under the
name of a text: each is refused with what it is and how it can be handed in.
"""

import codecs
import re

from xihu_platform.errors import BadInput
from xihu_platform.words import Text

HEAD = 4_096  # bytes that are looked at
_PACKED = (
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\x04\x22\x4d\x18", "LZ4"),
    (b"\x1f\x9d", "compress"),
    (b"\x1f\xa0", "compress"),
    (b"LZIP", "lzip"),
    (b"]\x00\x00", "LZMA"),
    (b"MSCF", "CAB"),
)
_BZIP2 = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BINARY = (
    (b"%PDF-", Text("PDF 文件", "a PDF")),
    (b"SQLite format 3\x00", Text("SQLite 数据库", "an SQLite database")),
    (b"\x89PNG", Text("图片", "a picture")),
    (b"\xff\xd8\xff", Text("图片", "a picture")),
)
_HTML = re.compile(
    r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype html|html|head|body|table|meta|style|div)",
    re.DOTALL,
)
_TEXT_FORMATS = {"csv", "tsv", "json", "jsonl", "geojson"}
_WORKBOOKS = {"xlsx", "xls", "ods"}


def refuse_packed(name: str, head: bytes) -> None:
    """Raises BadInput for a compression that is not taken apart."""
    kind = next((kind for magic, kind in _PACKED if head.startswith(magic)), None)
    if kind == "bzip2" and not _BZIP2.match(head):
        kind = None  # a text may begin so
    if kind is None and head[257:262] == b"ustar":
        kind = "tar"
    if kind is not None:
        raise BadInput(
            f"文件 {name} 是 {kind} 压缩包，平台只解 zip 和 gzip；请解压后直接提交，"
            "或改用 zip、gz 压缩",
            f"{name} is compressed with {kind}; only zip and gzip are taken apart: hand it in "
            "unpacked, or packed as zip or gz",
        )


def refuse_disguise(name: str, head: bytes, form: str) -> None:
    """Raises BadInput where the first bytes are of another kind of file than the format."""
    for magic, what in _BINARY:
        if head.startswith(magic):
            raise BadInput(
                f"文件 {name} 是{what.zh}，不是 {form}；请导出为 {form} 再提交",
                f"{name} is {what.en}, not {form}: write the table out as {form} and hand that in",
            )
    if form in _TEXT_FORMATS and head.startswith(_OLE):
        raise BadInput(
            f"文件 {name} 是 Excel 97—2003 工作簿，不是 {form}；请把扩展名改为 .xls，"
            f"或另存为 {form}",
            f"{name} is a workbook of Excel 97-2003, not {form}: call it .xls, or save it as "
            f"{form}",
        )
    if form in _WORKBOOKS:
        _refuse_text(name, head, form)


def _refuse_text(name: str, head: bytes, form: str) -> None:
    text = _as_text(head)
    if text is None:
        return
    start = text.lstrip().lower()
    what = Text("文本文件，可能是 CSV", "a text, perhaps CSV")
    if "urn:schemas-microsoft-com:office:spreadsheet" in start or "excel.sheet" in start:
        what = Text("“XML 表格 2003”文件", "an “XML Spreadsheet 2003”")
    elif re.match(
        r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<(!doctype html|html|head|body|table|meta)", start
    ):
        what = Text("网页（HTML）文件", "a web page (HTML)")
    elif start.startswith("mime-version:"):
        what = Text("网页存档（MHTML）文件", "a web archive (MHTML)")
    elif start.startswith("<"):
        what = Text("XML 文件", "an XML file")
    raise BadInput(
        f"文件 {name} 是{what.zh}，只是用了 .{form} 的名字，不是工作簿；"
        "请在 Excel 中打开，另存为 .xlsx 再提交",
        f"{name} is {what.en} under the name .{form}, no workbook: open it in Excel, save it as "
        ".xlsx and hand that in",
    )


def _as_text(head: bytes) -> str | None:
    """The first bytes as text; None where they are none."""
    if not head.strip():
        return None
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "ignore")
    if any(byte < 9 or 13 < byte < 27 for byte in head):
        return None
    text = head.removeprefix(codecs.BOM_UTF8)
    return text.decode("utf-8", "replace")
