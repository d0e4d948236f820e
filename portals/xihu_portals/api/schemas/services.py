"""What the routes of services answer: the guides, as their pages have them."""

from datetime import datetime
from typing import Annotated, Literal

from xihu_catalog.services.item import Audience, Channel, ItemType, Way
from xihu_portals.api.schemas.base import Shape, note
from xihu_portals.api.schemas.matters import InBoth

ServiceId = Annotated[str, note("事项标识", "Id of the service")]
ServiceVersion = Annotated[int, note("事项版本", "Version of the item that new cases run under")]
ItemName = Annotated[InBoth, note("事项名称", "What it is called")]


class ServiceBody(Shape):
    """The organisation that implements a service."""

    uscc: Annotated[str, note("统一社会信用代码", "Unified social credit code")]
    name: Annotated[InBoth, note("名称", "Its name")]


class ServicePeriod(Shape):
    """How long something takes at most."""

    value: Annotated[int, note("天数", "Number of days")]
    unit: Annotated[
        Literal["working_day", "day"],
        note("单位：working_day 工作日，day 自然日", "working_day or day"),
    ]
    words: Annotated[InBoth, note("期限", "The same in words")]


class NamedService(Shape):
    """One service in a list."""

    id: ServiceId
    version: ServiceVersion
    basic_code: Annotated[str, note("基本编码", "Basic code, GB/T 39046")]
    name: ItemName
    summary: Annotated[InBoth, note("是什么", "What it is, in one sentence")]
    body: Annotated[ServiceBody, note("实施机关", "Who implements it")]
    audience: Annotated[
        list[Audience],
        note("服务对象：1 自然人，2 企业……", "Who may apply: 1 persons, 2 firms, 3 to 6 others"),
    ]
    accepts_online: Annotated[bool, note("能否网上申请", "Whether one applies on line")]


class ServiceListAnswer(Shape):
    """One page of the services."""

    total: Annotated[int, note("共多少个", "How many there are")]
    offset: Annotated[int, note("从第几个开始", "Where this page begins")]
    corrected: Annotated[
        str | None, note("改按什么词查找", "What was looked for instead; null where nothing was")
    ]
    services: Annotated[list[NamedService], note("事项", "The services of this page")]


class ServicePaper(Shape):
    """A paper to bring."""

    id: Annotated[str, note("材料标识", "Id of the paper within the item")]
    name: Annotated[InBoth, note("名称", "Its name")]
    issuer: Annotated[InBoth, note("出具单位", "Who issues it")]
    only_if: Annotated[InBoth | None, note("什么情形才要", "When it is needed; null: always")]
    original: Annotated[bool, note("是否要原件", "Whether the original is asked for")]
    required: Annotated[bool, note("是否必须", "Whether it must be there")]
    follow_days: Annotated[
        int, note("可容缺的工作日，0 为不可", "Working days within which it may follow; 0: not")
    ]
    why: Annotated[
        InBoth | None,
        note("部门有而仍要的理由", "Why it is asked for although a department has it"),
    ]
    or_licence: Annotated[
        InBoth | None,
        note(
            "本平台的哪种电子证照可以代替；没有为空",
            "The electronic licence of this platform that serves in its place; null: none",
        ),
    ]


class ServiceNotAsked(Shape):
    """A paper that is not to be brought: a department has what it proves."""

    id: Annotated[str, note("材料标识", "Id of the paper within the item")]
    name: Annotated[InBoth, note("名称", "Its name")]
    office: Annotated[InBoth, note("从哪个部门取得", "The department that has it")]
    only_if: Annotated[InBoth | None, note("什么情形才用到", "When it is needed; null: always")]


class ServiceFee(Shape):
    """What it costs."""

    amount_cny: Annotated[str, note("金额，元", "Amount in yuan, as text")]
    basis: Annotated[InBoth, note("收费依据", "On what it rests")]


class ServicePlace(Shape):
    """Where one is served in person, and whom one may ring."""

    name: Annotated[InBoth, note("名称", "Its name")]
    address: Annotated[InBoth, note("地址", "Its address")]
    hours: Annotated[InBoth, note("时间", "Its hours")]
    phone: Annotated[str, note("电话", "Telephone")]


class ServicePart(Shape):
    """One service of a bundle; how long it takes is in its own guide."""

    service: ServiceId
    version: ServiceVersion
    name: ItemName
    after: Annotated[
        list[str], note("先办成哪些事项才开始", "Services that are granted before it begins")
    ]
    depends: Annotated[bool, note("是否视情形", "Whether the situation may leave it out")]
    fee: Annotated[ServiceFee | None, note("收费；不收费为空", "What it costs; null: nothing")]


class ServiceAnswer(NamedService):
    """The guide of one service."""

    implementation_code: Annotated[str, note("实施编码", "Implementation code, GB/T 39046")]
    type: Annotated[ItemType, note("事项类型代码", "Type of the item, GB/T 39046: 01 licensing …")]
    way: Annotated[
        Way,
        note("材料不齐时依哪一部法", "Which law says what happens with papers that are incomplete"),
    ]
    law: Annotated[InBoth, note("设定依据", "The law that it rests on")]
    channels: Annotated[
        list[Channel],
        note(
            "办理形式：1 窗口 2 电脑 3 手机 4 快递 9 其他", "1 counter, 2 computer, 3 phone, 4 post"
        ),
    ]
    conditions: Annotated[list[InBoth], note("申请条件", "Who may apply, in words")]
    legal: Annotated[
        ServicePeriod | None,
        note(
            "法定期限；一件事没有，各事项各有",
            "The period that the law gives; null of a bundle, whose services have their own",
        ),
    ]
    parts: Annotated[
        list[ServicePart],
        note("一件事包含的事项；单个事项为空", "Of a bundle, its services; of a service none"),
    ]
    promised: Annotated[
        ServicePeriod | None, note("承诺期限", "The shorter one that the office promises, if any")
    ]
    papers: Annotated[list[ServicePaper], note("需要带的材料", "What is to be brought")]
    not_asked: Annotated[
        list[ServiceNotAsked], note("免交的材料", "What is not to be brought, and who has it")
    ]
    fee: Annotated[
        ServiceFee | None,
        note("收费；不收费和一件事为空", "The fee; null where it is free, and of a bundle"),
    ]
    result: Annotated[InBoth, note("办理结果", "What one gets")]
    counter: Annotated[ServicePlace, note("窗口", "The counter")]


class SlotTime(Shape):
    """One time at a counter."""

    starts: Annotated[datetime, note("开始", "When it begins")]
    ends: Annotated[datetime, note("结束", "When it ends")]
    left: Annotated[int, note("还余几个", "Places that are left")]


class SlotCounter(Shape):
    """A counter where one can come by appointment."""

    id: Annotated[str, note("窗口标识", "Id of the counter")]
    name: Annotated[InBoth, note("办什么", "What one comes for")]
    place: Annotated[InBoth, note("地点", "Where it is")]
    phone: Annotated[str, note("电话", "Telephone")]
    slots: Annotated[list[SlotTime], note("时段，按时间先后", "Its times, in their order")]


class SlotsAnswer(Shape):
    """When one can come for a service."""

    counters: Annotated[
        list[SlotCounter],
        note("可预约的窗口；没有为空", "Counters with appointments; empty: there are none"),
    ]
