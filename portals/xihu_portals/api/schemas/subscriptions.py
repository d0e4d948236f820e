"""What the routes of subscriptions take and answer."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from xihu_catalog.subscriptions.model import Frequency, Kind, State
from xihu_catalog.subscriptions.service import CHANNELS_LIMIT, FILTERS_LIMIT
from xihu_portals.api.schemas.base import Shape, note
from xihu_portals.api.schemas.matters import StrictBody

NO_CONTROLS: dict[str, JsonValue] = {"pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"}
Line = Annotated[str, Field(max_length=400, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]


class SubscriptionAsked(StrictBody):
    """What is subscribed to. Own records and grounds are read on the page alone."""

    kind: Annotated[Kind, note("提醒什么", "What to be notified of")]
    dataset: Annotated[
        str, note("数据集编号；搜索不填", "Id of the dataset; empty for a search")
    ] = Field("", max_length=128, pattern=r"^[A-Za-z0-9_-]*$")
    filters: Annotated[
        list[Line],
        note(
            "筛选条件 字段:运算:值，只用于新增记录",
            "field:operator:value, for new rows alone",
        ),
    ] = Field(default=[], max_length=FILTERS_LIMIT)
    q: Annotated[str, note("搜索的词", "Words of the search")] = Field(
        "", max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"
    )
    facets: Annotated[list[Line], note("搜索条件 名称:值", "name:value of the search")] = Field(
        default=[], max_length=FILTERS_LIMIT
    )
    purpose: Annotated[
        Literal["open", "duty"] | None,
        note("用途；不填时按身份确定", "Purpose of the reads; what fits the caller if absent"),
    ] = None
    why: Annotated[str, note("用途说明", "The purpose in words")] = Field(
        "", max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"
    )
    frequency: Annotated[Frequency, note("提醒频率", "At each change, or once a day")] = "each"
    channels: Annotated[
        list[Annotated[str, Field(max_length=16, pattern=r"^[0-9a-f]*$")]],
        note("已确认的邮箱、回调地址的编号", "Ids of confirmed mailboxes and webhooks"),
    ] = Field(default=[], max_length=CHANNELS_LIMIT)


class SubscriptionState(StrictBody):
    """What a subscription is to be: to go on is checked like subscribing."""

    state: Annotated[State, note("状态", "Its state")]


class SubscriptionEntry(Shape):
    """One subscription of the caller."""

    id: Annotated[str, note("订阅编号", "Its id")]
    kind: Annotated[Kind, note("提醒什么", "What it notifies of")]
    dataset: Annotated[str, note("数据集编号", "Id of the dataset; empty for a search")]
    filters: Annotated[list[str], note("筛选条件", "Filters of the rows")]
    q: Annotated[str, note("搜索的词", "Words of the search")]
    facets: Annotated[list[str], note("搜索条件", "Facets of the search")]
    purpose: Annotated[str, note("用途", "Purpose of the reads")]
    frequency: Annotated[Frequency, note("提醒频率", "How often")]
    channels: Annotated[list[str], note("邮箱、回调地址的编号", "Mailboxes and webhooks")]
    state: Annotated[State, note("状态", "Its state")]
    reason: Annotated[str | None, note("结束的原因代码", "Code of why it ended")]
    created_at: Annotated[datetime, note("订阅时间", "When it was made")]


class SubscriptionList(Shape):
    """The subscriptions of the caller, the newest first."""

    subscriptions: Annotated[list[SubscriptionEntry], note("订阅", "Subscriptions")]


class SubscriptionSending(Shape):
    """One sending of a notice."""

    at: Annotated[datetime | None, note("最近一次发送时间", "When it was tried last")]
    way: Annotated[str, note("方式", "inbox, mail or webhook")]
    state: Annotated[
        str,
        note("结果", "waiting, claimed, delivered, failed or cancelled"),
    ]
    attempts: Annotated[int, note("次数", "How often it was tried")]
    why: Annotated[str, note("未送达的原因", "Why it was not delivered")]


class SubscriptionDetails(SubscriptionEntry):
    """One subscription with its log; what its notices say is read by their own ways."""

    log: Annotated[list[SubscriptionSending], note("发送记录", "The newest sendings")]
