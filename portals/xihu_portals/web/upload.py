"""A form with one file in it, read within a limit and never written to a disk."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from xihu_platform.errors import BadInput, TooLarge
from xihu_platform.words import Text

_AROUND = 64 << 10
"""Bytes for the form's other fields and the parts' headers."""
DRAINED = 4
"""Times the limit that is still read, and dropped: a browser shows an answer only when it has sent
everything; a sender of more than that is cut off."""
_NAME_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """What a form brought: the file, and the token of the session it was filled in at."""

    name: str
    body: bytes
    csrf: str
    position: str
    """As whom the form was opened, where it says so."""
    replaces: bool = False
    """Whether it takes the place of what was added before."""


IN_PARTS = Text(
    "请分成几个文件提交，或请管理员以 xihu publish --corrections 提交。",
    "hand it in in parts, or have the operator do it with xihu publish --corrections.",
)


async def read_upload(request: Request, limit_mb: int, instead: Text = IN_PARTS) -> Upload:
    """Read the field `file` of a multipart form; `instead`: what to do with a larger one.

    Raises BadInput, TooLarge.

    Not by FastAPI's own parameters: those read a body of any size before anybody is asked who
    is calling.
    """
    limit = limit_mb << 20
    form = await _parsed(request, limit, instead)
    file, csrf, position = form.get("file"), form.get("csrf"), form.get("position")
    if not isinstance(file, UploadFile) or not file.filename:
        raise BadInput("请先选择文件，再提交。", "Choose a file first, then hand it in.")
    body = await file.read()
    await form.close()
    if len(body) > limit:
        raise _too_large(limit, instead)
    name = file.filename.replace("\\", "/").rpartition("/")[2]
    return Upload(name[-_NAME_LIMIT:], body, _text(csrf), _text(position), "replaces" in form)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


async def _parsed(request: Request, limit: int, instead: Text) -> FormData:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise BadInput("表单里没有文件。", "The form holds no file.")
    parser = MultiPartParser(
        request.headers, _within(request, limit + _AROUND, instead), max_files=1, max_fields=4
    )
    parser.spool_max_size = limit + _AROUND  # in memory: what is handed in may be secret
    try:
        return await parser.parse()
    except (MultiPartException, UnicodeDecodeError):
        raise BadInput(
            "上传的表单不完整，请重新选择文件后提交。",
            "The form did not arrive whole: choose the file again and hand it in.",
        ) from None


async def _within(request: Request, limit: int, instead: Text) -> AsyncGenerator[bytes, None]:
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit * DRAINED:
            break
        if size <= limit:
            yield part
    if size > limit:
        raise _too_large(limit, instead)


def _too_large(limit: int, instead: Text) -> TooLarge:
    size = limit >> 20
    return TooLarge(
        f"文件超过 {size} MB。{instead.zh}", f"The file is larger than {size} MB: {instead.en}"
    )
