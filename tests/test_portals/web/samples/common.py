"""Frames, sources and datasets that several sample pages share."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from xihu_catalog.quality.dimensions import DIMENSIONS as DIMENSION_NAMES
from xihu_catalog.quality.dimensions import NO_RULES
from xihu_catalog.quality.reported import NAMES
from xihu_platform.errors import Reason
from xihu_platform.words import Text
from xihu_portals.pages.dimensions import (
    MEANINGS,
    ShownDimension,
    ShownDimensionCheck,
    ShownDimensions,
    ShownFair,
    ShownMetadata,
)
from xihu_portals.web.datasets import (
    ApiExample,
    DatasetHead,
    DownloadLink,
    RuleCount,
    ShownQuality,
    Version,
)
from xihu_portals.web.frame import PageFrame, Person
from xihu_portals.web.parts import (
    Figure,
    Freshness,
    Link,
    Number,
    Period,
    ShownChange,
    ShownSource,
)

SHARE = Decimal("0.9")
NOW = datetime(2026, 11, 23, 1, 40, tzinfo=UTC)
OCTOBER = Period(date(2026, 10, 1))
CITIZEN = PageFrame("citizen", NOW)
WANG = PageFrame("citizen", NOW, Person(Text("王若溪", "Wang Ruoxi")), csrf="t0ken")
CHEN = PageFrame(
    "official",
    NOW,
    Person(
        Text("陈立群", "Chen Liqun"),
        Text("低收入家庭救助经办", "Case handler, support for low-income families"),
        Text("示例市西湖区民政局", "Demo City Xihu District Civil Affairs Bureau"),
        region="330106",
        positions=2,
    ),
    csrf="t0ken",
)
ZHOU = PageFrame(
    "official",
    NOW,
    Person(
        Text("周正宏", "Zhou Zhenghong"),
        Text("首席数据官", "Chief data officer"),
        Text("示例省数据局", "Example Province Data Bureau"),
        region="330000",
    ),
    csrf="t0ken",
)
LIVE = Freshness("live", NOW - timedelta(hours=2))
LATE = Freshness("late", NOW - timedelta(days=3), NOW - timedelta(days=1))
INDUSTRY = Text("规上工业产值月报", "Monthly output of industry above designated size")
AIR = Text("空气质量小时值", "Hourly air quality")
MARKET = Text("示例省市场监督管理局", "Example Province Administration for Market Regulation")
CIVIL = Text("示例省民政厅", "Example Province Department of Civil Affairs")
HEALTHCARE = Text("示例省医疗保障局", "Example Province Healthcare Security Administration")
ECOLOGY = Text("示例省生态环境厅", "Example Province Department of Ecology and Environment")

SQL = """SELECT county_code, date_trunc('month', period) AS period,
       sum(output_cny) * 0.00000001 AS value
FROM jx_industrial_output
WHERE county_code IS NOT NULL
GROUP BY ALL ORDER BY ALL"""


def source(dataset: Text = INDUSTRY, name: str = "jx_industrial_output") -> ShownSource:
    return ShownSource(
        dataset,
        f"/official/datasets/{name}",
        "8412907716350021",
        NOW - timedelta(hours=2),
        Text(
            "年主营业务收入 2000 万元以上的工业企业，当月完成的工业产品总值，按现价计。",
            "Value of industrial products finished in the month by firms with a yearly revenue of "
            "CNY 20 million or more, at current prices.",
        ),
        definition_href="/official/metrics/industrial_output",
        sql=SQL,
        lineage=(Link(Text("企业月报", "Firms' monthly returns"), "#"), Link(dataset, "#")),
        download_href="/api/v1/brain/metrics/industrial_output.csv",
        citation="示例省经济和信息化厅：规上工业产值月报，快照 8412907716350021（合成数据）",
    )


def figure(
    key: str,
    name: Text,
    value: Number | None,
    unit: Text,
    changes: tuple[str | None, str | None] = ("0.087", "-0.012"),
    *,
    decimals: int = 0,
    state: Freshness | None = None,
    href: str | None = None,
) -> Figure:
    course = tuple(100 + (i * i * 7 + len(key) * i * 13) % 41 + i * 3 for i in range(13))
    year, month = (None if ratio is None else Decimal(ratio) for ratio in changes)
    return Figure(
        key,
        name,
        value,
        unit,
        OCTOBER,
        source(),
        decimals=decimals,
        changes=(ShownChange("year", year), ShownChange("period", month)),
        spark=(*course[:5], None, *course[6:]),
        href=href,
        state=state,
    )


def head(name: str, title: Text, owner: Text, summary: Text) -> DatasetHead:
    return DatasetHead(
        name,
        title,
        summary,
        owner,
        LIVE,
        Text("每小时", "Hourly"),
        2_102_400,
        Text("公共数据开放许可（示例）", "Public data open licence (demo)"),
        Text("无条件开放", "Open without conditions"),
        Text("生态环境", "Environment"),
        Text("示例省", "Example Province"),
    )


QUALITY = ShownQuality(
    "L-20261123-0007",
    NOW - timedelta(hours=2),
    18_240,
    17_956,
    284,
    (
        RuleCount(Text("监测值超出仪器量程", "Value beyond the instrument's range"), "pm25", 171),
        RuleCount(Text("站点编号不在站点名录", "Station not in the register"), "station_code", 88),
        RuleCount(Text("同站同时重复", "Same station and hour twice"), None, 25),
    ),
    load_href="/official/loads/L-20261123-0007",
)
VERSIONS = tuple(
    Version(
        f"84129077163500{21 - i}",
        NOW - timedelta(hours=2 + i),
        2_102_400 - i * 840,
        Text("新增 840 行", "840 rows added"),
        f"?snapshot=84129077163500{21 - i}",
        current=i == 0,
    )
    for i in range(4)
)
API = ApiExample(
    'curl -H "Accept: application/json" \\\n'
    '  "http://127.0.0.1:8000/api/v1/datasets/hb_air_quality_hourly/rows?county_code=330106&limit=100"',
    "import httpx\n\n"
    'rows = httpx.get("http://127.0.0.1:8000/api/v1/datasets/hb_air_quality_hourly/rows",\n'
    '                 params={"county_code": "330106", "limit": 100}).json()',
    'rows <- read.csv("http://127.0.0.1:8000/api/v1/datasets/hb_air_quality_hourly/download.csv")',
)
DOWNLOADS = (
    DownloadLink("CSV", "/datasets/hb_air_quality_hourly/download.csv"),
    DownloadLink("Excel", "/datasets/hb_air_quality_hourly/download.xlsx"),
    DownloadLink("Parquet", "/datasets/hb_air_quality_hourly/download.parquet"),
    DownloadLink("Arrow", "/datasets/hb_air_quality_hourly/download.arrow"),
)
NOT_YOURS = Reason(
    "no_ground",
    Text("办案线索在公开前依法保密。", "Leads of open cases are kept confidential by law."),
    Text("《政务数据共享条例》第十四条", "Order 809 art. 14"),
    Text(
        "案件办结后可以向原部门申请查看。",
        "Once the case is closed, you may ask the department to see it.",
    ),
)
DIMENSIONS = ShownDimensions(
    tuple(
        ShownDimension(
            name,
            NAMES[name],
            MEANINGS[name],
            None if name == "consistency" else Decimal("0.984"),
            NO_RULES.text if name == "consistency" else None,
            None if name == "consistency" else 17_956,
            None if name == "consistency" else 18_240,
            (
                ShownDimensionCheck(Text("监测值超出仪器量程", "Value beyond range"), 9, 10, SHARE),
                ShownDimensionCheck(Text("备注已填写", "Note is given"), 9, 10, SHARE, True),
            ),
            3,
            (Decimal("0.97"), Decimal("0.99"), Decimal("0.984")),
        )
        for name in DIMENSION_NAMES
    )
)
METADATA = ShownMetadata(
    295,
    405,
    80,
    (Text("良好", "good"), Text("优秀", "excellent")),
    (ShownFair(Text("可发现", "Findability"), 80, 100, 0, (Text("补充关键词", "Add keywords"),)),),
)
