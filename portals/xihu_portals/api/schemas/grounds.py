"""What the routes of grounds take and answer."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from xihu_catalog.sharing.grounds import MANY_SUBJECTS
from xihu_platform.access.grounds import GroundKind
from xihu_platform.matters.command import TEXT_LIMIT
from xihu_portals.api.schemas.base import Shape, note
from xihu_portals.api.schemas.matters import Key, Name, StrictBody

GroundNumber = Annotated[str, note("业务事由编号", "Number of the ground")]


class GroundAsked(StrictBody):
    """A ground to open: it opens nothing before somebody else has confirmed it."""

    key: Key
    kind: Annotated[GroundKind, note("事由类别", "Kind of the ground")]
    item: Annotated[Name, note("事项", "The registered item: it says which fields open")]
    subjects: Annotated[
        list[Annotated[str, Field(max_length=40)]],
        note(
            "对象的证件号码或统一社会信用代码；不写入办理过程",
            "Numbers of the persons or firms; they are not written into the matter",
        ),
        Field(min_length=1, max_length=MANY_SUBJECTS),
    ]
    standing: Annotated[Name, note("与事由的关系", "What they have to do with it")]
    reader: Annotated[
        Name,
        note(
            "由哪个岗位查阅；系统写 system:客户端编号",
            "The position that reads under it; a system is system:CLIENT",
        ),
    ]
    reason: Annotated[str, note("理由", "Why"), Field(min_length=1, max_length=TEXT_LIMIT)]
    evidence: Annotated[Name, note("所依据材料的编号", "Number of the paper that it rests on")]


class GroundSubject(Shape):
    """Whom a ground is about, without saying who it is."""

    number: Annotated[int, note("序号", "Its number within the ground")]
    kind: Annotated[Literal["person", "firm"], note("个人或单位", "A person or a firm")]
    standing: Annotated[str, note("与事由的关系", "What they have to do with it")]
    added: Annotated[
        datetime | None, note("后来增加的时间", "When it was added, of one that was added later")
    ]


class GroundEntry(Shape):
    """One ground that the caller's position has."""

    number: GroundNumber
    kind: Annotated[str, note("事由类别", "Kind of the ground")]
    item: Annotated[str, note("事项", "The registered item")]
    opened: Annotated[datetime, note("开立时间", "When it was opened")]
    closed: Annotated[datetime | None, note("办结时间", "When it was closed")]
    open: Annotated[bool, note("是否在办", "Whether it is open")]
    confirmed: Annotated[
        bool, note("是否已复核；未复核的不能据以查阅", "Whether it opens anything yet")
    ]
    matter: Annotated[
        int | None, note("办理过程的事项序号", "The matter in which it was opened, if it was")
    ]
    subjects: Annotated[
        list[GroundSubject], note("对象，最多列出 100 个", "Its subjects, 100 at most")
    ]


class GroundList(Shape):
    """Grounds of the caller's position, the oldest first."""

    grounds: Annotated[list[GroundEntry], note("业务事由", "Grounds")]
    more: Annotated[bool, note("后面还有", "Whether others follow")]
