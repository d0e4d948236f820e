"""What the route of a dataset's quality answers: six dimensions, their history, the metadata."""

from datetime import datetime
from typing import Annotated, Literal

from xihu_portals.api.schemas.base import DatasetId, Shape, note

DimensionName = Annotated[
    Literal["conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility"],
    note(
        "国家标准 GB/T 36344 的六个方面：规范性、完整性、准确性、一致性、时效性、可访问性",
        "One of the six dimensions of GB/T 36344",
    ),
]
Share = Annotated[
    float | None,
    note("符合的比例，向下取整；不能衡量时为空", "Share that was met, rounded down; or null"),
]
RatingName = Literal["excellent", "good", "sufficient", "bad"]


class QualityGap(Shape):
    """Why a dimension has no value."""

    code: Annotated[str, note("原因代码，不随语言变化", "Stable code, the same in each language")]
    text: Annotated[str, note("原因", "The reason in words")]


class QualityCheck(Shape):
    """A rule or another check of a dimension."""

    id: Annotated[str, note("规则或检查的编号", "Id of the rule or check")]
    title: Annotated[str, note("规则或检查", "The rule or check in words")]
    passed: Annotated[int, note("符合的次数", "How often it was met")]
    checked: Annotated[int, note("检查的次数", "How often it was applied")]


class DimensionAnswer(Shape):
    """One dimension: `passed` of `checked`, or why it is not measured."""

    dimension: DimensionName
    name: Annotated[str, note("名称", "Its name")]
    share: Share
    passed: Annotated[
        int | None, note("符合的次数；条数不公布时为空", "Null where numbers of records are rough")
    ]
    checked: Annotated[int | None, note("检查的次数", "How many checks were made")]
    not_measured: Annotated[QualityGap | None, note("不能衡量的原因", "Why it has no value")]
    checks: Annotated[list[QualityCheck], note("各项检查", "Its checks")]
    informative: Annotated[
        list[QualityCheck], note("仅供参考，不计入", "For information, not counted")
    ]


class LoadShare(Shape):
    """One dimension of one load."""

    dimension: DimensionName
    share: Share


class LoadQuality(Shape):
    """One load by its own record; later corrections do not change it."""

    load: Annotated[str, note("装载编号", "Id of the load")]
    arrived_at: Annotated[datetime, note("送达时间", "When its file arrived")]
    stopped: Annotated[bool, note("是否被拦截", "Whether a rule stopped it")]
    shares: Annotated[list[LoadShare], note("各方面的比例", "Its shares")]


class MetadataIndicatorAnswer(Shape):
    """One indicator of the method."""

    id: Annotated[str, note("指标编号", "Id of the indicator")]
    dimension: Annotated[str, note("方面", "Dimension of the method")]
    points: Annotated[int, note("满足时的得分", "Points if it is met")]
    met: Annotated[bool | None, note("是否满足；未检查为空", "Null where it is not checked")]
    title: Annotated[str, note("指标", "The indicator in words")]
    advice: Annotated[str, note("怎样满足", "What would meet it")]


class MetadataAnswer(Shape):
    """The score of the entry's metadata."""

    method: Annotated[str, note("评估方法", "The method", format="uri")]
    points: Annotated[int, note("得分", "Points")]
    most: Annotated[int, note("满分", "Points at most")]
    unchecked: Annotated[int, note("未检查的分数", "Points of what was not checked")]
    ratings: Annotated[
        list[RatingName],
        note("评级；有未检查的，为最低和最高", "Rating; lowest and highest if some is unchecked"),
    ]
    indicators: Annotated[list[MetadataIndicatorAnswer], note("各项指标", "All indicators")]


class QualityAnswer(Shape):
    """The quality of one entry. An entry of another catalogue has the score of metadata alone."""

    dataset: DatasetId
    standard: Annotated[str, note("所依据的标准", "Standard of the dimensions")]
    exact: Annotated[
        bool, note("比例是否精确到千分位、条数是否给出", "False: whole per cents and no counts")
    ]
    dimensions: Annotated[list[DimensionAnswer], note("六个方面", "The six dimensions")]
    history: Annotated[list[LoadQuality], note("历次装载，最新的在前", "Loads, the newest first")]
    metadata: MetadataAnswer
