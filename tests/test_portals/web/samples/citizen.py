"""Sample views of the citizen portal."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.test_portals.web.samples import common
from tests.test_portals.web.samples.common import AIR, CITIZEN, ECOLOGY, LATE, LIVE, NOW, WANG
from tests.test_portals.web.samples.places import names
from xihu_platform.access.reasons import OPEN_BANNED
from xihu_platform.words import Text
from xihu_portals.citizen.dataset import Dataset
from xihu_portals.citizen.home import Home, HomeNotice
from xihu_portals.citizen.my_data import (
    HeldOnMe,
    Holding,
    LifeArea,
    MyData,
    MyDataset,
    Record,
    Withheld,
)
from xihu_portals.citizen.proving import Proving
from xihu_portals.citizen.search import ClosedGroup, Hit, Search, Suggestions
from xihu_portals.citizen.uses import MyUses, UseLine, UseMonth
from xihu_portals.citizen.verify import VerifiedLicence
from xihu_portals.web.datasets import ShownField
from xihu_portals.web.parts import (
    Action,
    Choice,
    Facet,
    FacetOption,
    Lacking,
    Link,
    Pager,
    SearchNotes,
    Select,
    State,
    Suppressed,
    Table,
    TableColumn,
)


def home() -> Home:
    percent = Text("%", "%")
    figures = (
        common.figure(
            "air",
            Text("空气优良天数比率", "Days with good air"),
            Decimal("93.4"),
            percent,
            decimals=1,
        ),
        common.figure(
            "power",
            Text("全社会用电量", "Electricity used"),
            Decimal("58321000"),
            Text("千瓦时", "kWh"),
        ),
        common.figure(
            "beds",
            Text("医院床位使用率", "Hospital beds in use"),
            Decimal("81.2"),
            percent,
            ("-0.014", "0"),
            decimals=1,
        ),
        common.figure(
            "cases",
            Text("网上办件量", "Service cases online"),
            128_400,
            Text("件", "cases"),
            (None, "0.031"),
        ),
    )
    notice = HomeNotice(
        "late",
        Text(
            "公共汽电车客流",
            "Bus passenger flow",
        ),
        NOW - timedelta(hours=9),
        "/datasets/jt_bus_flow",
    )
    popular = tuple(
        Link(Text(zh, en), f"/search?q={zh}")
        for zh, en in (("空气质量", "Air quality"), ("学校", "Schools"), ("停车", "Parking"))
    )
    return Home(CITIZEN, popular, figures, (notice,), datasets=18)


def _hit(name: str, title: Text, line: str, owner: Text, **more: object) -> Hit:
    values: dict[str, object] = {
        "freshness": LIVE,
        "rows": 2_102_400,
        "formats": ("CSV", "Excel", "API"),
    }
    values.update(more)
    return Hit(
        "dataset",
        name,
        f"/datasets/{name}",
        title,
        line,
        owner,
        cycle=Text("每小时", "Hourly"),
        **values,  # type: ignore[arg-type]  # a sample's free keywords
    )


def _facets() -> tuple[Facet, ...]:
    def option(zh: str, en: str, count: int, selected: bool = False) -> FacetOption:
        return FacetOption(Text(zh, en), count, f"/search?q=空气&topic={en.lower()}", selected)

    return (
        Facet(
            Text("主题", "Topic"),
            (
                option("生态环境", "Environment", 3, True),
                option("城市建设", "City", 1),
                option("医疗卫生", "Health", 1),
            ),
        ),
        Facet(Text("部门", "Department"), (FacetOption(ECOLOGY, 3, "/search?q=空气&owner=hb"),)),
        Facet(
            Text("更新周期", "Update cycle"),
            (
                option("每小时", "Hourly", 2),
                option("每日", "Daily", 1),
                option("每月", "Monthly", 2),
            ),
        ),
        Facet(
            Text("状态", "State"),
            (option("按时更新", "Up to date", 4), option("逾期未更新", "Late", 1)),
        ),
    )


def search() -> Search:
    figure = common.figure(
        "air",
        Text("空气优良天数比率", "Days with good air"),
        Decimal("93.4"),
        Text("%", "%"),
        decimals=1,
    )
    hits = (
        Hit(
            "figure",
            "air_good_days",
            "/search?q=空气",
            figure.name,
            Text(
                "空气质量指数不超过 100 的天数所占的比例。",
                "Share of days with an index of at most 100.",
            ),
            ECOLOGY,
            figure=figure,
        ),
        _hit(
            "hb_air_quality_hourly",
            AIR,
            "全省空气质量自动监测站每小时的六项污染物浓度和空气质量指数。",
            ECOLOGY,
        ),
        _hit(
            "hb_water_sections",
            Text("地表水断面监测", "Surface water sections"),
            "与空气站同址的水质断面每月监测结果。",
            ECOLOGY,
            freshness=LATE,
            rows=31_680,
        ),
    )
    chosen = (Link(Text("生态环境", "Environment"), "/search?q=空气"),)
    return Search(
        CITIZEN,
        "空气",
        ("空气", "air"),
        hits,
        _facets(),
        Pager(3, 5, next_href="/search?q=空气&after=abc"),
        kinds=(
            FacetOption(Text("数据", "Data"), 5, "/search?q=空气&kind=dataset"),
            FacetOption(Text("指标", "Figures"), 1, "/search?q=空气&kind=figure"),
        ),
        closed=(
            ClosedGroup(
                OPEN_BANNED,
                (Link(Text("常住人口基本信息", "Residents"), "/datasets/ga_residents"),),
            ),
        ),
        chosen=chosen,
    )


def nothing_found() -> Search:
    everything = Link(Text("看全部 14 个开放数据集", "See all 14 open datasets"), "/search")
    return Search(CITIZEN, "独角兽", ("独角兽",), (), (), Pager(0, 0), everything=everything)


def lacking() -> Search:
    near = (Link(Text("公共汽电车客流", "Bus passenger flow"), "/datasets/jt_bus_flow"),)
    notes = SearchNotes(None, (Lacking(Text("地铁客流", "the metro"), None, near),), service=True)
    return Search(CITIZEN, "地铁", ("地铁",), (), (), Pager(0, 0), notes=notes)


def _fields() -> tuple[ShownField, ...]:
    text, number = Text("文字", "text"), Text("小数", "decimal")
    return (
        ShownField(
            "station_code",
            Text("站点编号", "Station"),
            "监测站点的编号，前六位为所在县级区划",
            text,
            "L1",
        ),
        ShownField(
            "measured_at",
            Text("监测时间", "Measured at"),
            "监测时段开始的时刻，北京时间",
            Text("时间", "timestamp"),
            "L1",
        ),
        ShownField(
            "county_code",
            Text("区划", "Division"),
            "站点所在的县级行政区划",
            text,
            "L1",
            Link(Text("行政区划", "Divisions"), "/standards/codes/divisions"),
        ),
        ShownField(
            "pm25", Text("PM2.5 浓度", "PM2.5"), "每小时平均浓度，微克每立方米", number, "L1"
        ),
        ShownField(
            "aqi",
            Text("空气质量指数", "Air quality index"),
            "按 HJ 633 计算",
            Text("整数", "integer"),
            "L1",
        ),
    )


def _preview() -> Table:
    columns = (
        TableColumn(Text("站点编号", "Station"), code=True),
        TableColumn(Text("监测时间", "Measured at")),
        TableColumn(Text("区划", "Division"), code=True),
        TableColumn("PM2.5", Text("µg/m³", "µg/m³"), numeric=True, decimals=1),
        TableColumn(Text("空气质量指数", "Air quality index"), numeric=True, decimals=0),
        TableColumn(Text("备注", "Note")),
    )
    rows = tuple(
        (
            f"330106A0{i % 4 + 1}",
            datetime(2026, 11, 23, 8 - i // 4),
            "330106",
            None if i == 3 else Decimal("18.4") + i,
            41 + i * 3,
            "仪器校准" if i == 3 else None,
        )
        for i in range(8)
    )
    return Table(Text("空气质量小时值，前 8 行", "Hourly air quality, first 8 rows"), columns, rows)


def dataset() -> Dataset:
    head = common.head(
        "hb_air_quality_hourly",
        AIR,
        ECOLOGY,
        Text(
            "全省空气质量自动监测站每小时的六项污染物浓度和空气质量指数。",
            "Six pollutants and the air quality index of every automatic station, each hour.",
        ),
    )
    citation = Text(
        "示例省生态环境厅：空气质量小时值，快照 8412907716350021，2026年11月23日，合成数据。",
        "Example Province Department of Ecology and Environment: Hourly air quality, snapshot "
        "8412907716350021, 23 Nov 2026, synthetic data.",
    )
    return Dataset(
        CITIZEN,
        head,
        None,
        _preview(),
        _fields(),
        common.QUALITY,
        common.VERSIONS,
        common.DOWNLOADS,
        common.API,
        citation,
        dimensions=common.DIMENSIONS,
        metadata=common.METADATA,
    )


def my_data() -> MyData:
    holding = Holding
    identity = MyDataset(
        "ga_residents",
        Text("常住人口基本信息", "Residents"),
        Text("示例省公安厅", "Example Province Public Security Department"),
        NOW - timedelta(days=2),
        (
            Record(
                Text("登记信息", "Entry"),
                (
                    holding(Text("姓名", "Name"), "王若溪"),
                    holding(
                        Text("身份证号", "Identity number"),
                        "3399************89",
                        Text("只显示首尾", "only both ends are shown"),
                    ),
                    holding(Text("出生日期", "Date of birth"), date(1988, 4, 12)),
                    holding(Text("户籍所在地", "Registered in"), names()["330106"]),
                    holding(Text("婚姻状况", "Marital status"), None),
                ),
            ),
        ),
        (Withheld(Text("户籍变动核查备注", "Notes of a check on registration"), common.NOT_YOURS),),
    )
    months = tuple(
        Record(
            Text(f"{year} 年参保", f"Insured in {year}"),
            (
                holding(
                    Text("险种", "Kind"),
                    Text("城镇职工基本养老保险", "Pension insurance of employees"),
                ),
                holding(Text("缴费月数", "Months paid"), 12 if year == 2025 else 10),
                holding(Text("缴费基数", "Base"), Decimal("8460.00")),
                holding(Text("同组人数", "People in the group"), Suppressed(10)),
            ),
        )
        for year in (2026, 2025)
    )
    social = MyDataset(
        "rs_social_insurance",
        Text("社会保险参保信息", "Social insurance"),
        Text(
            "示例省人力资源和社会保障厅",
            "Example Province Department of Human Resources and Social Security",
        ),
        NOW - timedelta(days=20),
        months,
        freshness=LATE,
    )
    home_ = MyDataset(
        "zr_property_registrations",
        Text("不动产登记信息", "Property registrations"),
        Text("示例省自然资源厅", "Example Province Department of Natural Resources"),
        NOW - timedelta(days=1),
        (),
    )
    return MyData(
        WANG,
        (
            LifeArea(
                "identity", Text("身份与户口", "Identity and household"), "id-badge-2", (identity,)
            ),
            LifeArea("social", Text("社保与就业", "Insurance and work"), "briefcase", (social,)),
            LifeArea("home", Text("住房", "Home"), "home-2", (home_,)),
        ),
        HeldOnMe(2, 1204, NOW - timedelta(days=1)),
        (Withheld(Text("正在办理的案件线索", "Leads of open cases"), common.NOT_YOURS),),
    )


def low_level() -> MyData:
    state = State(
        "proof",
        Text("先要确认是您本人", "First, who you are must be confirmed"),
        Text("您还没有做过实名认证。", "Your identity is not yet proven."),
        action=Action(Text("怎样做实名认证", "How to prove who I am"), "/proving"),
    )
    return MyData(WANG, (), state=state)


def proving() -> Proving:
    return Proving(WANG)


def verified() -> VerifiedLicence:
    return VerifiedLicence(
        CITIZEN,
        Text("食品经营许可证", "Food business licence"),
        Text("有效", "valid"),
        date(2026, 11, 23),
        Text("示例市市场监督管理局", "Market Regulation Bureau of Sample City"),
        "王＊＊",
        "/verify/sample",
    )


def suggestions() -> Suggestions:
    return Suggestions(CITIZEN, (AIR, "空气站点"))


def _use(number: int, at: datetime) -> UseLine:
    fields = (Text("参保状态", "Insurance state"), Text("缴费月数", "Months paid"))
    return UseLine(
        f"A{number}",
        at,
        Text("示例市西湖区民政局", "Demo City Xihu District Civil Affairs Bureau"),
        Text("低收入家庭救助经办", "Case handler, support for low-income families"),
        Text(
            "核对临时救助申请人的收入情况",
            "Checking the income of an applicant for temporary support",
        ),
        f"XHMZ-2026-{number:05d}",
        Text("社会保险参保信息", "Social insurance"),
        fields,
        Text("《社会救助暂行办法》第五十八条", "Interim Measures on Social Assistance art. 58"),
    )


def my_uses() -> MyUses:
    october = datetime(2026, 10, 9, 6, 12, tzinfo=NOW.tzinfo)
    months = (
        UseMonth(
            date(2026, 11, 1),
            (_use(41, NOW - timedelta(hours=20)), _use(38, NOW - timedelta(days=6))),
        ),
        UseMonth(date(2026, 10, 1), (_use(22, october),)),
    )
    everyone = Choice("", Text("全部", "All"), True)
    filters = (
        Select(
            "organisation",
            Text("单位", "Organisation"),
            (everyone, Choice("xh", _use(1, NOW).organisation)),
        ),
    )
    how = Text(
        "下载证明后，运行 xihu audit verify --head 证明文件：树根与公布的签名一致，"
        "说明这条记录没有被改过。",
        "Download the proof and run xihu audit verify --head FILE: if the root equals the "
        "published signed head, the entry has not been changed.",
    )
    return MyUses(
        WANG,
        months,
        filters,
        Pager(3, 3),
        how_to_check=how,
    )
