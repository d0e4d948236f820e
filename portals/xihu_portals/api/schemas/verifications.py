"""What the routes of verifications take and answer."""

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from xihu_platform.access.verification_record import VerificationAnswer
from xihu_portals.api.schemas.base import DatasetId, Shape, Synthetic, SyntheticLabel, note
from xihu_portals.api.schemas.matters import StrictBody

WORD_LIMIT = 64
PRINTED = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""Most of what the route checks, in the expressions that every client of OpenAPI knows."""
_Word = Annotated[
    str, Field(min_length=1, max_length=WORD_LIMIT, json_schema_extra={"pattern": PRINTED})
]
Answered = Annotated[
    VerificationAnswer,
    note(
        "match 一致、no_match 不一致、no_record 查无记录（包括不能告知的）",
        "match, no_match or no_record: there is none, or none that may be told of",
    ),
]
SubjectNumber = Annotated[int, note("业务事由的第几个对象", "Number of the subject in the ground")]
Snapshot = Annotated[
    str, note("答复所依据的快照编号", "Id of the snapshot that the answer rests on")
]


def _whole(given: object) -> object:
    """JSON knows one kind of number: 1.0 is the whole number 1."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


class ListAsked(StrictBody):
    """A claim about all persons of a collective ground."""

    ground: Annotated[_Word, note("业务事由编号", "Number of the ground")]
    dataset: Annotated[_Word, note("数据集编号", "Id of the dataset")]
    claim: Annotated[_Word, note("核验项，见数据集的契约", "The claim, by its id in the contract")]
    argument: Annotated[
        str | None,
        note(
            "核验项要求的月份（2026-09）、年份或日期",
            "The month (2026-09), year or day that the claim takes",
        ),
        Field(max_length=WORD_LIMIT),
    ] = None


class VerificationAsked(ListAsked):
    """A claim about one person of a ground."""

    subject: Annotated[
        int,
        Field(ge=1, le=10_000),
        BeforeValidator(_whole),
        note("业务事由的第几个对象", "Number of the subject in the ground"),
    ]


class _AboutClaim(Shape):
    dataset: DatasetId
    claim: Annotated[str, note("核验项", "The claim")]
    title: Annotated[str, note("核验的内容", "What was verified, in words")]
    argument: Annotated[str | None, note("核验的月份、年份或日期", "The month, year or day")]
    ground: Annotated[str, note("业务事由编号", "Number of the ground")]
    audit_entry: Annotated[int, note("本次核验的审计记录编号", "Number of the audit entry")]
    synthetic: Synthetic
    synthetic_label: SyntheticLabel


class VerificationResult(_AboutClaim):
    """The answer about one person. `no_match` alone is no reason to refuse anybody anything: ask
    the person first."""

    subject: SubjectNumber
    answer: Answered
    data_as_of: Annotated[str | None, note("数据截至", "How far the data reaches")]
    snapshot: Snapshot
    answered_at: Annotated[datetime, note("首次答复的时间", "When it was answered first")]
    repeated: Annotated[
        bool,
        note("此前已答复，按原答复重复", "Answered before: this is that answer again"),
    ]
    cited: Annotated[str, note("引用方式", "How it is cited in a text")]


class ListedAnswer(Shape):
    """The answer about one person of a list."""

    subject: SubjectNumber
    answer: Answered
    data_as_of: Annotated[str | None, note("数据截至", "How far the data reaches")]
    snapshot: Snapshot


class ListResult(_AboutClaim):
    """The answers about all persons of a ground."""

    answers: Annotated[list[ListedAnswer], note("逐人答复", "The answer about each person")]
    match_share: Annotated[
        float | None,
        note("一致的比例；不足 100 人的名单不给出", "Share of match; null for fewer than 100"),
    ]
