"""What the routes of pushes answer."""

from typing import Annotated

from xihu_catalog.datasets.intake import PushState
from xihu_portals.api.schemas.base import DatasetId, Shape, note


class PushReceipt(Shape):
    """What became of a push."""

    dataset: DatasetId
    push: Annotated[str, note("这次推送的编号", "Id of the push")]
    digest: Annotated[str, note("内容的 SHA-256，十六进制", "SHA-256 of its content, hexadecimal")]
    state: Annotated[
        PushState,
        note(
            "spooled：已收妥待装载；committed：已装载；refused：整批退回",
            "`spooled`: durable, not loaded yet; `committed`: loaded; `refused`: nothing of it is",
        ),
    ]
    load: Annotated[
        str | None, note("装载编号；尚未装载则为空", "Id of the load; null until it is loaded")
    ]
