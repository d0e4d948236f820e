"""The secrecy gate: a file marked 秘密, 机密 or 绝密 is refused before anything of it is stored.

A level with ★ behind it is a mark wherever it stands (GB/T 9704: 机密★10年). The bare word is a
mark as the whole of a title, header cell or sheet name, or as a word of its own in a file's name;
inside a sentence it is not (保守秘密, 商业秘密).
"""

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from xihu_pipelines.sources.errors import SecrecyMark
from xihu_pipelines.sources.pairs import holds_pair

STAR = "密★"
_LEVEL = "(?:绝密|机密|秘密)"
_STARRED = re.compile(rf"{_LEVEL}\s*★")
_STARRED_BYTES = re.compile("|".join(f"{c}密(?:\u3000| )*★" for c in "绝机秘").encode())
_ESCAPED = re.compile(rb"(?i)\\u5bc6\\u2605")  # 密★ as JSON may write it
_WHOLE = re.compile(
    rf"[\W_]*{_LEVEL}(?:[★\s]*(?:\d+\s*(?:年|个?月|天)|长期|永久))?[\W_]*(?:级|文件|资料)?[\W_]*"
)
_IN_NAME = re.compile(rf"(?:^|[\W_\d]){_LEVEL}(?:$|[\W_\d]|级|文件)")
_STAR_END = "★".encode()[1:]


def check_name(name: str) -> None:
    """Raises SecrecyMark when a file's or an archive member's name carries a mark."""
    if _IN_NAME.search(name) or _STARRED.search(name):
        raise SecrecyMark(name, "文件名", "in its name")


def check_titles(file: str, texts: Iterable[object]) -> None:
    """Raises SecrecyMark when a title, header cell or sheet name is a mark."""
    for text in texts:
        if isinstance(text, str) and (_WHOLE.fullmatch(text) or _STARRED.search(text)):
            raise SecrecyMark(file, "标题、表头或工作表名", "in a title, header or sheet name")


def check_block(file: str, block: bytes, *, json: bool) -> None:
    """Raises SecrecyMark when UTF-8 text holds a level with its star."""
    if holds_pair(block, _STAR_END) and _STARRED_BYTES.search(block):
        raise SecrecyMark(file, "正文", "in its text")
    if json and b"\\u2605" in block and _ESCAPED.search(block):
        raise SecrecyMark(file, "正文", "in its text")


def check_columns(file: str, batch: pa.RecordBatch) -> None:
    """Raises SecrecyMark when a text column holds a level with its star."""
    for column in batch.columns:
        kind = column.type
        values = column.dictionary if pa.types.is_dictionary(kind) else column
        text = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
        if text and pc.any(pc.match_substring(values, STAR)).as_py():
            raise SecrecyMark(file, "正文", "in its text")
