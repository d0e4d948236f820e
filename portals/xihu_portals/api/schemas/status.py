"""What the route of the service's health answers."""

from typing import Annotated, Literal

from xihu_portals.api.schemas.base import Moment, Shape, note


class Health(Shape):
    """Whether a real read, made every ten seconds, came back."""

    status: Annotated[
        Literal["ok", "starting", "failing"],
        note("正常、启动中、故障", "`failing` comes with status 503"),
    ]
    last_read_at: Annotated[
        Moment | None, note("最近一次读取成功的时间", "When such a read last came back")
    ]
