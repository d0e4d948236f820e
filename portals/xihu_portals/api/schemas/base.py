"""What the models of all answers share: descriptions in two languages, codes, citations."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

CHINESE = "x-zh"
"""Where a schema keeps its Chinese description until the document is written in one language."""


def note(zh: str, en: str, **more: Any) -> Any:  # Any: what pydantic's Field takes and gives
    """A field's description in both languages; `more` goes into its JSON schema."""
    return Field(description=en, json_schema_extra={CHINESE: zh, **more})


class Shape(BaseModel):
    """One JSON object of an answer. Later versions may add members."""


Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""A moment with its time zone, ISO 8601, kept as the text that it is."""
DatasetId = Annotated[str, note("数据集编号", "Id of the dataset")]
Synthetic = Annotated[
    bool, note("是否为合成数据", "Whether these are made-up data about made-up people")
]
SyntheticLabel = Annotated[
    str | None,
    note("合成数据的标注，真实数据为空", "Words that mark synthetic data; null for real data"),
]


class RefusalReason(Shape):
    """Why something is refused, on what basis, and what can be done."""

    code: Annotated[str, note("原因代码，不随语言变化", "Stable code, the same in each language")]
    text: Annotated[str, note("原因", "The reason in words")]
    article: Annotated[str, note("依据的条款", "Article or standard that it rests on")]
    remedy: Annotated[str, note("可以怎么办", "What the caller can do")]


class Cited(Shape):
    """The snapshot an answer rests on: asked again with its id, the answer is the same."""

    dataset: DatasetId
    snapshot_id: Annotated[
        str,
        note(
            "快照编号；64 位整数，写作文字",
            "Id of the snapshot: a 64-bit integer as text, which JavaScript does not round",
        ),
    ]
    committed_at: Annotated[Moment, note("快照提交时间", "When the snapshot was committed")]
    rows: Annotated[
        int | None,
        note(
            "快照的记录数；须隐去小格子的指标，以及公众所见的不开放的个人、企业数据，不给出",
            "Records of the snapshot; null for a metric that hides small cells, and for the public "
            "in closed data about persons or firms",
        ),
    ]
    synthetic: Synthetic
    audit_entry: Annotated[
        int | None, note("本次读取的审计记录编号", "Number of the audit entry of this read")
    ]
    pseudonyms: Annotated[
        int | None,
        note(
            "脱敏编号的密钥版本；不同版本的脱敏编号不能比较",
            "Key version of the pseudonyms shown: those of two versions are not comparable",
        ),
    ]


class Fault(Shape):
    """An error: what was being done, with what, and what to do next."""

    error: Annotated[str, note("错误的种类", "Kind of the error")]
    detail: Annotated[
        str, note("哪里不对，怎么办", "What is wrong and what to do, in the caller's language")
    ]


class MatterNow(Shape):
    """How far a matter is at the moment."""

    version: Annotated[int, note("当前版本", "Its version now")]
    state: Annotated[str, note("当前状态", "Its state now, by name")]
    changed: Annotated[
        list[str],
        note("所见版本之后的事件名称", "Names of the events since the version that was seen"),
    ] = []


class StaleFault(Fault):
    """The state does not allow it; where somebody else acted first, how far the matter is now."""

    present: Annotated[
        MatterNow | None,
        note("事项的现状；仅在版本过时时给出", "The matter now; only where a version was stale"),
    ] = None


class RefusedFault(Fault):
    """The access gateway refused: the law's article and the way forward come with it."""

    error: Annotated[Literal["Refused"], note("错误的种类", "Kind of the error")]
    reason: RefusalReason
