"""What the routes of files attached to matters answer."""

from datetime import datetime
from typing import Annotated

from xihu_portals.api.schemas.base import Shape, note
from xihu_portals.api.schemas.matters import InBoth


class AttachmentEntry(Shape):
    """One file of a matter."""

    id: Annotated[int, note("文件编号", "Its number")]
    name: Annotated[str, note("文件名", "Name of the file")]
    media_type: Annotated[str, note("类型，按内容判断", "Its type, told by its content")]
    size: Annotated[int, note("字节数", "Bytes")]
    side: Annotated[InBoth, note("由哪一方附上", "The side that attached it")]
    added_at: Annotated[datetime, note("附上的时间", "When it was attached")]


class AttachmentList(Shape):
    """The files of a matter, the oldest first; none for whoever does not handle it."""

    attachments: list[AttachmentEntry]


class AttachmentAnswer(Shape):
    """What attaching a file came to."""

    id: Annotated[int, note("文件编号", "Its number")]
    replayed: Annotated[bool, note("这个文件之前已附上", "Whether it was attached before")]
