"""Sample views of the official portal's data pages: catalogue, dataset, load report."""

from datetime import date, timedelta
from typing import Literal

from tests.test_portals.web.samples import common
from tests.test_portals.web.samples.common import (
    CHEN,
    LATE,
    LIVE,
    MARKET,
    NOW,
    ZHOU,
)
from xihu_platform.errors import Reason
from xihu_platform.words import Text
from xihu_portals.official.catalogue import CatalogueHit, CataloguePage
from xihu_portals.official.dataset import OfficialDataset, ShareClass, User
from xihu_portals.official.lineage import Lineage
from xihu_portals.official.load_report import LoadDay, LoadReport
from xihu_portals.official.loads import LoadLine
from xihu_portals.official.quarantined import Rejects, RejectsFile
from xihu_portals.official.receipts import CorrectionFile, Corrections
from xihu_portals.web.datasets import RuleCount, ShownField
from xihu_portals.web.parts import (
    Choice,
    Facet,
    FacetOption,
    Link,
    Pager,
    State,
    Table,
    TableColumn,
)


def catalogue() -> CataloguePage:
    def hit(
        key: str, zh: str, en: str, access: str, share: Text, grades: tuple[str, ...]
    ) -> CatalogueHit:
        return CatalogueHit(
            key,
            f"/official/datasets/{key}",
            Text(zh, en),
            "每人每月一条，含险种、状态与缴费月数。",
            MARKET,
            LATE if access == "request" else LIVE,
            1_284_000,
            Text("每月", "Monthly"),
            share,
            grades,
            access,  # type: ignore[arg-type]  # a sample's literal
        )

    free, bound, never = (
        Text("无条件共享", "Shared without conditions"),
        Text("有条件共享", "Shared on conditions"),
        Text("不予共享", "Not shared"),
    )
    facets = (
        Facet(
            Text("共享属性", "Share class"),
            (
                FacetOption(free, 14, "?share=open"),
                FacetOption(bound, 12, "?share=bound", True),
                FacetOption(never, 4, "?share=never"),
            ),
        ),
        Facet(
            Text("最高级别", "Highest grade"),
            tuple(FacetOption(f"L{n}", 9 - n, f"?grade=L{n}") for n in range(1, 5)),
        ),
        Facet(
            Text("部门", "Department"),
            (FacetOption(MARKET, 5, "?owner=sg"), FacetOption(common.CIVIL, 2, "?owner=mz")),
        ),
    )
    return CataloguePage(
        CHEN,
        "社保",
        ("社保", "社会保险", "insurance"),
        (
            hit(
                "rs_social_insurance",
                "社会保险参保信息",
                "Social insurance",
                "request",
                bound,
                ("L2", "L3"),
            ),
            hit("sg_firms", "企业登记信息", "Registered firms", "open", free, ("L1", "L2")),
            hit(
                "yb_hospital_visits",
                "就诊结算信息",
                "Hospital visits",
                "closed",
                never,
                ("L3", "L4"),
            ),
        ),
        facets,
        Pager(3, 30, next_href="?q=社保&after=x"),
        chosen=(Link(bound, "?q=社保"),),
        kept=(Choice("share", "bound"),),
    )


def dataset() -> OfficialDataset:
    text = Text("文字", "text")
    head = common.head(
        "rs_social_insurance",
        Text("社会保险参保信息", "Social insurance"),
        Text(
            "示例省人力资源和社会保障厅",
            "Example Province Department of Human Resources and Social Security",
        ),
        Text(
            "每人每险种一条的参保状态和缴费月数。",
            "State and months paid, for each person and kind of insurance.",
        ),
    )
    masked = Text("职责不需要完整内容", "your duty does not need it in full")
    fields = (
        ShownField(
            "person_key",
            Text("人员标识", "Person"),
            "由证件号码换算的脱敏编号，各单位互不相通",
            text,
            "L3",
            treatment=Text("换成本单位专用的脱敏编号", "pseudonym of your organisation's own"),
        ),
        ShownField(
            "name",
            Text("姓名", "Name"),
            "登记的姓名",
            text,
            "L3",
            treatment=Text("掩码：陈＊＊", "masked: C**"),
            reason=masked,
        ),
        ShownField(
            "state",
            Text("参保状态", "State"),
            "在保、停保、终止",
            text,
            "L2",
            Link(Text("参保状态", "Insurance state"), "/standards/codes/insurance_state"),
        ),
        ShownField(
            "base_cny",
            Text("缴费基数", "Base"),
            "当月缴费基数，元",
            Text("小数", "decimal"),
            "L3",
            treatment=Text("按区间显示", "shown as a range"),
            reason=masked,
        ),
        ShownField(
            "diagnosis",
            Text("伤残鉴定结论", "Disability finding"),
            "工伤鉴定结论",
            text,
            "L4",
            treatment=Text("不可见", "not visible"),
            visible=False,
            reason=Text("第四级敏感数据，须本人同意", "grade L4: needs the person's consent"),
        ),
    )
    why = Reason(
        "needs_grant",
        Text(
            "这份数据有条件共享，您的岗位还没有使用授权。",
            "This dataset is shared on conditions, and your position holds no grant.",
        ),
        Text("《政务数据共享条例》第二十一条", "Order 809 art. 21"),
        Text(
            "写明用途和事项提出申请，部门应在 10 个工作日内答复。",
            "Ask with purpose and matter; the department answers within 10 working days.",
        ),
    )
    return OfficialDataset(
        CHEN,
        head,
        "request",
        Text("您的岗位可以申请使用", "Your position may ask for it"),
        why,
        "/official/datasets/rs_social_insurance/request",
        (),
        (),
        None,
        ShareClass(
            Text("有条件共享", "Shared on conditions"),
            "《政务数据共享条例》第十四条",
            Text(
                "仅限社会救助、医疗保障等法定职责",
                "for statutory duties such as social assistance and healthcare",
            ),
        ),
        State("refused", Text("授权后才能预览", "A preview needs a grant"), reason=why),
        fields,
        common.QUALITY,
        common.VERSIONS,
        (
            User(
                common.CIVIL,
                Text(
                    "社会救助家庭经济状况核对", "Checking the means of families asking for support"
                ),
                18_220,
                NOW - timedelta(hours=1),
            ),
        ),
        Lineage((), head.title, (Link(Text("社会救助核对结果", "Means checks"), "#"),)),
        (),
        common.API,
        Text(
            "示例省人力资源和社会保障厅：社会保险参保信息，合成数据。",
            "Example Province Department of Human Resources and Social Security: social "
            "insurance, synthetic data.",
        ),
        dimensions=common.DIMENSIONS,
        metadata=common.METADATA,
    )


def load_report() -> LoadReport:
    columns = (
        TableColumn(Text("记录号", "Record"), code=True),
        TableColumn(Text("字段", "Field"), code=True),
        TableColumn(Text("报来的值", "Value handed in"), code=True),
    )
    beyond = Table(
        Text("超出量程的记录", "Records beyond range"),
        columns,
        (("1204", "pm25", "-4.2"), ("1377", "pm25", "9999"), ("2051", "pm25", "仪器故障")),
    )
    unknown = Table(
        Text("站点不明的记录", "Records with an unknown station"),
        columns,
        (("88", "station_code", "33O106A01"), ("89", "station_code", None)),
    )
    outcomes: tuple[Literal["clean", "quarantined", "failed", "none"], ...] = (
        "clean",
        "clean",
        "quarantined",
        "clean",
        "none",
        "none",
        "clean",
        "failed",
        "quarantined",
        "clean",
    )
    history = tuple(
        LoadDay(
            date(2026, 10, 25) + timedelta(days=i),
            outcomes[i * 7 % 10],
            18_000,
            200 if outcomes[i * 7 % 10] == "quarantined" else 0,
            None if outcomes[i * 7 % 10] == "none" else f"/official/loads/L-{i}",
        )
        for i in range(30)
    )
    rules = (
        RuleCount(common.QUALITY.reasons[0].rule, "pm25", 171, "r-range"),
        RuleCount(common.QUALITY.reasons[1].rule, "station_code", 88, "r-station"),
        RuleCount(common.QUALITY.reasons[2].rule, None, 25),
    )
    return LoadReport(
        ZHOU,
        common.AIR,
        "/official/datasets/hb_air_quality_hourly",
        common.QUALITY,
        "hb_空气质量小时值_20261123.csv",
        "8412907716350021",
        rules,
        (
            Rejects(
                "r-range",
                rules[0].rule,
                beyond,
                171,
            ),
            Rejects(
                "r-station",
                rules[1].rule,
                unknown,
                88,
            ),
        ),
        (
            RejectsFile("excel", "/official/loads/L-20261123-0007/quarantined.xlsx"),
            RejectsFile("csv", "/official/loads/L-20261123-0007/quarantined.csv"),
        ),
        history,
        corrections=_corrections(),
        loads=(_loads(),),
    )


def _loads() -> LoadLine:
    here = "/official/loads/L-20261123-00"
    return LoadLine(
        NOW - timedelta(hours=2),
        "hb_空气质量小时值_20261123.csv",
        18_240,
        17_956,
        284,
        f"{here}07",
        corrections=(
            LoadLine(NOW, "更正.xlsx", 2, 0, 2, f"{here}09", stopped=True),
            LoadLine(NOW - timedelta(hours=1), "更正.csv", 1_207, 1_204, 3, f"{here}08"),
        ),
    )


def _corrections() -> Corrections:
    """One file of each state, and one that was just refused."""
    here = "/official/loads/L-20261123-0007"
    return Corrections(
        f"{here}/corrections",
        here,
        16,
        None,
        Text(
            "文件 更正.csv 缺少列：站点编号。请核对表头。",
            "更正.csv lacks the column 站点编号: check the header row.",
        ),
        (
            CorrectionFile("改好的站点.csv", NOW, "waiting"),
            CorrectionFile(
                "空气质量_更正_第二次_20261123_已核对.xlsx",
                NOW - timedelta(minutes=4),
                "refused",
                refusal=Text("没有一条记录可以保留。", "Not one record can be kept."),
                load_href="/official/loads/L-20261123-0009",
            ),
            CorrectionFile(
                "更正.csv",
                NOW - timedelta(hours=2),
                "committed",
                accepted=1_204,
                quarantined=3,
                load_href="/official/loads/L-20261123-0008",
            ),
            CorrectionFile(
                "更正.csv", NOW - timedelta(hours=3), "committed", accepted=9, known=True
            ),
        ),
    )


def load_report_of_others() -> LoadReport:
    own = load_report()
    why = Reason(
        "steward_only",
        Text(
            "被隔离的记录含有原始值，只有本数据集的管理员岗位可以看。",
            "Records quarantined hold raw values; only the steward's own position sees them.",
        ),
        Text("《数据安全法》第二十七条", "Data Security Law art. 27"),
        Text("请联系该部门的数据管理员。", "Please ask that department's data steward."),
    )
    return LoadReport(
        CHEN,
        own.dataset,
        own.dataset_href,
        own.quality,
        own.file,
        own.snapshot,
        own.rules,
        State("refused", Text("这里不显示具体记录", "The records are not shown here"), reason=why),
        (),
        own.history,
    )
