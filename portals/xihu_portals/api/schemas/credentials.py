"""What the route of a licence's state answers."""

from datetime import date
from typing import Annotated, Literal

from xihu_portals.api.schemas.base import Shape, note

StateNow = Literal[
    "valid",
    "suspended",
    "withdrawn",
    "annulled",
    "deregistered",
    "revoked",
    "superseded",
    "expired",
]


class CredentialState(Shape):
    """What anybody who has the address of a licence is told, and no more."""

    kind: Annotated[str, note("证照种类代码", "Kind of the licence, by its code")]
    state: Annotated[
        StateNow,
        note(
            "有效、暂扣、撤回、撤销、注销、吊销、已换发、已过有效期",
            "`valid` alone can be relied on",
        ),
    ]
    since: Annotated[date, note("自何日起", "The day on which that state took effect")]
    issuer: Annotated[
        str, note("发证机关的统一社会信用代码", "Unified social credit code of the issuer")
    ]
    holder: Annotated[
        str | None,
        note(
            "持证者姓名的第一个字；内容已依法删除的为空",
            "First character of the holder's name; null where what it says was erased",
        ),
    ]
