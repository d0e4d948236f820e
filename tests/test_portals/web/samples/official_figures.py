"""Sample views of the official portal's figures: positions, cockpit, region, metric."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from tests.test_portals.web.samples import common
from tests.test_portals.web.samples.common import (
    CHEN,
    INDUSTRY,
    LATE,
    NOW,
    OCTOBER,
    ZHOU,
)
from tests.test_portals.web.samples.places import cities, counties, made_up, names
from xihu_platform.words import Text
from xihu_portals.citizen.metric import PublicMetric
from xihu_portals.official.cockpit import Cockpit
from xihu_portals.official.lineage import Lineage
from xihu_portals.official.metric import MetricPage
from xihu_portals.official.needs import Need, NeedSection
from xihu_portals.official.positions import ChoosePosition, PositionChoice
from xihu_portals.official.region import RegionPage
from xihu_portals.pages.metric_choice import ChoiceForm
from xihu_portals.pages.metric_page import MetricBody
from xihu_portals.pages.metric_parts import MetricParts
from xihu_portals.web.parts import (
    Bar,
    Chart,
    Choice,
    Figure,
    Freshness,
    Gap,
    Link,
    Partial,
    Period,
    Select,
    Series,
    State,
    Suppressed,
    Table,
    TableColumn,
    TileMap,
    Value,
)

BILLION = Text("亿元", "CNY 100 million")
OUTPUT = Text("规上工业产值", "Industrial output")
PROVINCE = Text("示例省", "Example Province")
GAP = Gap(
    Text(
        "缺 4 格，涉及 2 个县（临安区、景宁畲族自治县，尚未报送）", "4 cells of 2 counties missing"
    ),
    "/official/datasets/tj_industrial_output",
)


def positions() -> ChoosePosition:
    handler = Text("经办", "Case handler")
    return ChoosePosition(
        CHEN,
        (
            PositionChoice(
                "chen-xihu",
                Text("低收入家庭救助经办", "Case handler, support for low-income families"),
                Text("示例市西湖区民政局", "Demo City Xihu District Civil Affairs Bureau"),
                names()["330106"],
                (handler,),
            ),
            PositionChoice(
                "chen-yb",
                Text("医保待遇经办", "Case handler, healthcare benefits"),
                common.HEALTHCARE,
                PROVINCE,
                (handler, Text("数据管理员", "Data steward")),
            ),
        ),
    )


def _sections() -> tuple[NeedSection, ...]:
    nothing = State("live", Text("没有待办", "Nothing waits for you"), None)
    return (
        NeedSection("matters", Text("等您处理", "Needs you"), (), 0, empty=nothing),
        NeedSection("warnings", Text("预警", "Warnings"), _warnings(), 3),
    )


def _warnings() -> tuple[Need, ...]:
    return (
        Need(
            "alert",
            Text("空气质量小时值", "Hourly air quality"),
            Text(
                "最近一次装载有 284 条有问题，暂未入库（1.6%）",
                "The last load left 284 records quarantined (1.6%)",
            ),
            "/official/loads/L-20261123-0007",
            Text("查看报告", "Open the report"),
            NOW - timedelta(hours=3),
        ),
        Need(
            "late",
            Text("公共汽电车客流", "Bus passenger flow"),
            Text("每日更新，已迟到 9 小时", "Daily; 9 hours late"),
            "/official/datasets/jt_bus_flow",
            Text("查看数据集", "Open the dataset"),
            NOW - timedelta(hours=9),
        ),
        Need(
            "broken",
            Text("社会救助对象信息", "Recipients of social assistance"),
            Text("没有可读的数据", "There is no data that can be read"),
            "/official/datasets/mz_aid_recipients",
            Text("查看数据集", "Open the dataset"),
            NOW - timedelta(days=2),
        ),
    )


def _figures() -> tuple[Figure, ...]:
    percent = Text("%", "%")
    return (
        common.figure(
            "industrial_output",
            OUTPUT,
            Decimal("8412.37"),
            BILLION,
            ("0.052", "-0.018"),
            decimals=2,
            href="/official/metrics/industrial_output",
        ),
        common.figure(
            "power",
            Text("全社会用电量", "Electricity used"),
            Decimal("58321000"),
            Text("千瓦时", "kWh"),
            href="/official/metrics/power",
        ),
        common.figure(
            "air",
            Text("空气优良天数比率", "Days with good air"),
            Decimal("93.4"),
            percent,
            ("0.011", "0"),
            decimals=1,
        ),
        common.figure(
            "beds",
            Text("医院床位使用率", "Hospital beds in use"),
            Decimal("81.2"),
            percent,
            ("-0.014", "0.004"),
            decimals=1,
        ),
        common.figure(
            "cases",
            Text("网上办件量", "Service cases online"),
            128_400,
            Text("件", "cases"),
            (None, "0.031"),
        ),
        common.figure(
            "rating",
            Text("好评率", "Good ratings"),
            Decimal("97.8"),
            percent,
            ("0.006", "0.001"),
            decimals=1,
        ),
        common.figure(
            "bus",
            Text("公交客流", "Bus passengers"),
            1_842_300,
            Text("人次", "trips"),
            ("-0.037", "-0.021"),
            state=LATE,
        ),
        common.figure(
            "firms", Text("新设企业", "New firms"), None, Text("户", "firms"), (None, None)
        ),
    )


def _selects() -> tuple[Select, ...]:
    metric = Select(
        "metric",
        Text("指标", "Indicator"),
        (
            Choice("industrial_output", OUTPUT, True),
            Choice("power", Text("全社会用电量", "Electricity used")),
        ),
    )
    months = tuple(
        Choice(f"2026-{m:02d}", Text(f"2026年{m}月", f"{m:02d}/2026"), m == 10) for m in (10, 9, 8)
    )
    return (metric, Select("period", Text("时间", "Period"), months))


def _map() -> TileMap:
    by_city = Text("各市规上工业产值", "Industrial output by city")
    by_county = Text("各县（市、区）规上工业产值", "Industrial output by county")
    tiles = (cities(), counties())
    return TileMap("map", by_city, by_county, BILLION, OCTOBER, *tiles, common.source(), gap=GAP)


def cockpit() -> Cockpit:
    path = (Link(PROVINCE, "/official/", True),)
    rest = Link(Text("全部未达标的数据", "All that falls short"), "/official/oversight")
    return Cockpit(ZHOU, path, PROVINCE, _sections(), (rest,), _figures(), _map(), _selects())


def _trend() -> Chart:
    months = tuple(Period(date(2025 + (9 + i) // 12, (9 + i) % 12 + 1, 1)) for i in range(13))
    own = (520, 541, 528, 559, 547, 533, 556, 549, 566, 571, 548, 530, 512)
    parent = tuple(500 + (i * 17) % 30 + i * 3 for i in range(13))
    return Chart(
        "trend",
        Text("西湖区产值连降三月", "Output of Xihu District down three months running"),
        "line",
        Text("月份", "Month"),
        months,
        (
            Series(names()["330106"], own, frozenset({3, 12})),
            Series(Text("全市平均", "City average"), (*parent[:6], None, *parent[7:])),
        ),
        BILLION,
        common.source(),
        decimals=1,
    )


def _siblings() -> Chart:
    codes = [tile.code for tile in counties() if tile.city == "330100"]
    values = tuple(Suppressed(10) if code == "330127" else made_up(code) for code in codes)
    return Chart(
        "siblings",
        Text(
            "同市各区县的产值（按代码排列）", "Output across the city's counties, in order of code"
        ),
        "rows",
        Text("区县", "County"),
        tuple(names()[code] for code in codes),
        (Series(OUTPUT, values, frozenset({2})),),
        BILLION,
        common.source(),
        emphasis=codes.index("330106"),
        gap=GAP,
    )


def _breakdown() -> Table:
    columns = (
        TableColumn(Text("行业", "Industry")),
        TableColumn(Text("本区占比", "Here"), Text("%", "%"), numeric=True, decimals=1),
        TableColumn(Text("全市占比", "City"), Text("%", "%"), numeric=True, decimals=1),
        TableColumn(Text("相差", "Difference"), Text("百分点", "points"), numeric=True, decimals=1),
    )
    rows = (
        (
            Text("计算机、通信和电子设备", "Computers and electronics"),
            Decimal("31.2"),
            Partial(Decimal("24.0")),
            Decimal("7.2"),
        ),
        (
            Text("电气机械", "Electrical machinery"),
            Decimal("12.4"),
            Decimal("15.1"),
            Decimal("-2.7"),
        ),
        (Text("化学纤维", "Chemical fibres"), Decimal("3.0"), Decimal("9.8"), Decimal("-6.8")),
        (Text("汽车", "Motor vehicles"), None, Decimal("6.3"), None),
        (Text("其他", "Other"), Suppressed(3), Decimal("44.8"), None),
    )
    return Table(Text("产值的行业构成", "Make-up of output by industry"), columns, rows)


def region() -> RegionPage:
    path = (
        Link(PROVINCE, "/official/region/330000"),
        Link(names()["330100"], "/official/region/330100"),
        Link(names()["330106"], "/official/region/330106", True),
    )
    finding = Text(
        "比全市平均低 11.3%，差距的六成来自化学纤维：本区占比比全市低 6.8 个百分点。",
        "11.3 % below the city's average; six tenths of the gap come from chemical fibres, whose "
        "share here is 6.8 points lower.",
    )
    note = Text(
        "各区县之和比全市少 2.1 亿元：有 1 家企业跨区经营，只计入全市。",
        "The counties add up to 210 million less than the city: one firm works across counties and "
        "counts for the city only.",
    )
    hangzhou = TileMap(
        "map",
        Text("", ""),
        Text("杭州市各区县", "Counties of Hangzhou"),
        BILLION,
        OCTOBER,
        (),
        tuple(tile for tile in counties() if tile.city == "330100"),
        common.source(),
    )
    return RegionPage(
        CHEN,
        path,
        "330106",
        names()["330106"],
        names()["330100"],
        common.figure(
            "industrial_output",
            OUTPUT,
            Decimal("512.46"),
            BILLION,
            ("-0.021", "-0.034"),
            decimals=2,
        ),
        finding,
        _selects(),
        Decimal("0.083"),
        _trend(),
        _siblings(),
        _breakdown(),
        hangzhou,
        Text("行业构成：与全省比", "By industry: beside the province"),
        note,
    )


def metric() -> MetricPage:
    columns = (
        TableColumn(Text("行业", "Industry")),
        TableColumn(OUTPUT, BILLION, numeric=True, decimals=2),
        TableColumn(Text("占比", "Share"), Text("%", "%"), numeric=True, decimals=1),
        TableColumn(Text("对增长的贡献", "Adds to growth"), numeric=True, decimals=2),
    )
    rows: tuple[tuple[Value, ...], ...] = (
        (Text("电子", "Electronics"), 2612, Decimal("31.0"), Bar(Decimal("4.10"), Decimal("4.10"))),
        (Text("化纤", "Fibres"), 824, Decimal("9.8"), Bar(Decimal("-1.20"), Decimal("4.10"))),
        (Text("汽车", "Vehicles"), Suppressed(3), None, None),
        (Text("合计", "Total"), Decimal("8412.37"), 100, Decimal("5.20")),
    )
    parts = Table(Text("按行业", "By industry"), columns, rows, total=True)
    nothing = State("empty", Text("本期没有数据", "No data for this period"))
    source = common.source()
    figure = common.figure(
        "industrial_output",
        OUTPUT,
        Decimal("8412.37"),
        BILLION,
        ("0.052", "-0.018"),
        decimals=2,
    )
    body = MetricBody(
        "industrial_output",
        OUTPUT,
        source.definition,
        Text("流量：各月相加", "Flow: months add up"),
        Text("当月工业总产值之和", "Sum of the month's industrial output"),
        Text(
            "示例省经济和信息化厅",
            "Example Province Department of Economy and Information Technology",
        ),
        BILLION,
        Text("月", "Month"),
        Text("公众", "Public"),
        ChoiceForm(PROVINCE, tuple(names().values()), _selects()[1], "2025-01", "", True),
        PROVINCE,
        figure,
        replace(figure, changes=()),
        _trend(),
        _breakdown(),
        (
            MetricParts("by-industry", Text("按行业", "By industry"), parts),
            MetricParts("by-place", Text("各市", "By city"), nothing),
        ),
        _breakdown(),
        Freshness("live", common.NOW, common.NOW),
        Text("每月", "monthly"),
        nothing,
        common.SQL,
        source,
        Text(
            "示例省经济和信息化厅：规上工业产值，2026年10月，快照 8412907716350021，合成数据。",
            "Example Province Department of Economy and Information Technology: industrial "
            "output, Oct 2026, snapshot 8412907716350021, synthetic data.",
        ),
        common.DOWNLOADS[:2],
        '<iframe src="http://127.0.0.1:8000/embed/metrics/industrial_output"></iframe>',
    )
    lineage = Lineage(
        (Link(INDUSTRY, "/official/datasets/jx_industrial_output"),),
        OUTPUT,
        (
            Link(
                Text("产业大脑：景气指数", "Industry brain: business climate"),
                "/official/metrics/climate",
            ),
        ),
    )
    return MetricPage(ZHOU, body, lineage)


def public_metric() -> PublicMetric:
    return PublicMetric(common.CITIZEN, metric().body)
