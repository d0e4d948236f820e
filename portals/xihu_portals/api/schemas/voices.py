"""What the route of comments and reuses answers."""

from datetime import date
from typing import Annotated, Literal

from xihu_portals.api.schemas.base import DatasetId, Shape, note


class VoiceAnswer(Shape):
    """One comment on a dataset, or one reuse of it: plain text, never to be read as HTML."""

    id: Annotated[int, note("编号", "Its number")]
    kind: Annotated[
        Literal["comment", "reuse"], note("评论或者再利用案例", "A comment, or a reuse")
    ]
    written_on: Annotated[date, note("提交日期", "The day on which it was sent")]
    name: Annotated[
        str | None,
        note("作者选择的署名，没有填写的为空", "The name that its author chose; null for none"),
    ]
    by_firm: Annotated[bool, note("是否由企业提交", "Whether a firm sent it, else a person")]
    title: Annotated[str | None, note("案例名称，评论没有", "Of a reuse; null for a comment")]
    text: Annotated[str, note("评论内容或者案例说明", "The comment, or what the reuse does")]
    address: Annotated[
        str | None,
        note(
            "案例网址，未经平台核实，没有填写的为空",
            "Web address of a reuse; its content is not checked; null for none",
            format="uri",
        ),
    ]


class VoicesAnswer(Shape):
    """A page of what is said of a dataset, the newest first."""

    dataset: DatasetId
    comments: Annotated[int, note("共有多少条评论", "Comments in all")]
    reuses: Annotated[int, note("共有多少个再利用案例", "Reuses in all")]
    page: Annotated[int, note("第几页，从 1 起", "Number of this page, from 1")]
    voices: Annotated[list[VoiceAnswer], note("本页的内容", "Those of this page")]
