"""How this portal asks for figures: where their links lead, what is said without a series."""

from xihu_platform.words import Text
from xihu_portals.pages import figures
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import State

NO_SERIES = State(
    "empty",
    Text("这个指标没有时间序列", "This indicator has no series"),
    Text(
        "数据只保留最近一次的全量，没有各期的数值。",
        "Its data holds the newest state only, no periods.",
    ),
)


def asker(visitor: Visitor) -> figures.Asker:
    return figures.Asker(
        visitor.services,
        visitor.principal,
        "/official/datasets",
        figures.METRIC_PATH,
        "/official/metrics/{metric}/values.json",
        "/official/loads",
    )
