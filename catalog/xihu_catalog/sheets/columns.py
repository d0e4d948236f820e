"""The columns of the 编制指南 table: which part of a contract each is, and its allowed values.

政务信息资源目录编制指南（试行）2017, with what Order 809 art. 13 and DB33/T 2426 add.
"""

from dataclasses import dataclass
from typing import Literal

Place = Literal["key", "custom", "description", "list", "derived", "rest"]


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column. `name` is the key in ODCS, or the custom property's name."""

    title: str
    place: Place
    name: str
    width: int = 14
    needed: bool = False
    """The column must be in the table; its cells may still be empty."""
    choices: tuple[tuple[str, object], ...] = ()
    """What a cell may say, and what that means in a contract."""
    note: str = ""

    def value_of(self, said: str) -> object | None:
        """What a choice means; its own code is taken too."""
        return next((v for words, v in self.choices if said in {words, str(v)}), None)

    def words_of(self, value: object) -> str:
        return next((words for words, v in self.choices if v == value), str(value))


YES_NO: tuple[tuple[str, object], ...] = (("是", True), ("否", False))
SHARE: tuple[tuple[str, object], ...] = (
    ("无条件共享", "unconditional"),
    ("有条件共享", "conditional"),
    ("不予共享", "refused"),
)
OPEN: tuple[tuple[str, object], ...] = (
    ("无条件开放", "unconditional"),
    ("受限开放", "restricted"),
    ("禁止开放", "banned"),
)
CYCLES: tuple[tuple[str, object], ...] = (
    ("实时", "realtime"),
    ("每日", "daily"),
    ("每周", "weekly"),
    ("每月", "monthly"),
    ("每季度", "quarterly"),
    ("每年", "yearly"),
    ("按需", "on_demand"),
)
BASES: tuple[tuple[str, object], ...] = (
    ("人口", "population"),
    ("法人", "legal_person"),
    ("自然资源和空间地理", "geography"),
    ("宏观经济", "economy"),
    ("公共信用", "credit"),
    ("电子证照", "licence"),
)
CLASSES = {"1": "基础信息资源", "2": "主题信息资源", "3": "部门信息资源"}
FORMATS = {
    **dict.fromkeys(("csv", "tsv", "xlsx", "xls", "ods"), "电子表格"),
    **dict.fromkeys(("json", "jsonl", "geojson"), "自描述格式"),
    **dict.fromkeys(("parquet", "arrow"), "电子文件"),
}
"""Seven kinds of the 编制指南; databases and interfaces follow from the server's type."""
DATA_TYPES: tuple[tuple[str, object], ...] = (
    ("C", "VARCHAR"),
    ("N", "DECIMAL"),
    ("Y", "DECIMAL"),
    ("I", "INTEGER"),
    ("D", "DATE"),
    ("T", "TIMESTAMP"),
    ("L", "BOOLEAN"),
)
KINDS: tuple[tuple[str, object], ...] = (("人员", "person"), ("企业", "firm"), ("其他", "none"))

CATALOGUE = (
    SheetColumn(
        "数据集标识", "key", "id", 24, needed=True, note="小写字母、数字和下划线，全平台唯一"
    ),
    SheetColumn(
        "信息资源分类", "derived", "class", note="基础、主题或部门信息资源，须与代码首位相符"
    ),
    SheetColumn("信息资源名称", "key", "name", 24, needed=True),
    SheetColumn("英文名称", "custom", "nameEn", 24),
    SheetColumn("信息资源代码", "custom", "resourceCode", 18, needed=True, note="分类码/顺序码"),
    SheetColumn("信息资源提供方", "derived", "providerName", 24),
    SheetColumn("提供方代码", "custom", "provider", 22, needed=True, note="统一社会信用代码"),
    SheetColumn("信息资源摘要", "description", "purpose", 40, needed=True),
    SheetColumn("英文摘要", "custom", "summaryEn", 40),
    SheetColumn("信息资源格式", "derived", "format", note="电子文件、电子表格、数据库、服务接口等"),
    SheetColumn("共享类型", "custom", "shareClass", needed=True, choices=SHARE),
    SheetColumn(
        "共享条件", "custom", "shareConditions", 30, note="有条件共享时必填（条例第十四条）"
    ),
    SheetColumn("共享条件（英文）", "custom", "shareConditionsEn", 30),
    SheetColumn(
        "共享方式", "custom", "shareMode", note="服务接口、批量交换、文件下载（条例第二十二条）"
    ),
    SheetColumn("不予共享依据", "custom", "shareBasis", 30, note="不予共享时必填（条例第十五条）"),
    SheetColumn("不予共享依据（英文）", "custom", "shareBasisEn", 30),
    SheetColumn("开放类型", "custom", "openClass", needed=True, choices=OPEN),
    SheetColumn("开放条件", "custom", "openConditions", 30),
    SheetColumn("使用条件", "description", "limitations", 40, note="条例第十三条"),
    SheetColumn("使用条件（英文）", "custom", "conditionsEn", 40),
    SheetColumn("更新周期", "custom", "updateCycle", needed=True, choices=CYCLES),
    SheetColumn("发布日期", "custom", "publishedOn", note="YYYY-MM-DD"),
    SheetColumn("关联资源代码", "custom", "relatedResources", 20),
    SheetColumn(
        "分级", "derived", "grade", note="信息项中最高的敏感级别（分类分级，条例第十三条）"
    ),
    SheetColumn(
        "涉密属性",
        "custom",
        "secrecy",
        choices=(("非涉密", "none"),),
        note="只能是“非涉密”：涉密信息不得进入平台（条例第三条）",
    ),
    SheetColumn("领域", "key", "domain", 16, note="代码表 topics 中的代码"),
    SheetColumn("关键词", "list", "tags", 24, note="用顿号隔开"),
    SheetColumn("基础库", "custom", "baseDatabase", choices=BASES),
    SheetColumn("数据主体", "custom", "sharedKinds", choices=KINDS),
    SheetColumn("合成数据", "custom", "synthetic", choices=YES_NO),
    SheetColumn("许可协议", "custom", "licence"),
    SheetColumn("其他属性", "rest", "", 30, note="平台自用，请勿改动"),
)
ITEMS = (
    SheetColumn("数据集标识", "derived", "dataset", 24, needed=True),
    SheetColumn("信息项名称", "key", "businessName", 20, needed=True),
    SheetColumn("字段名", "key", "name", 20, note="小写字母、数字和下划线；空着则由名称译出"),
    SheetColumn("英文名称", "custom", "nameEn", 20),
    SheetColumn("定义", "key", "description", 30),
    SheetColumn("英文定义", "custom", "descriptionEn", 30),
    SheetColumn(
        "数据类型",
        "derived",
        "type",
        needed=True,
        choices=DATA_TYPES,
        note="C 字符 N 数值 Y 货币 I 整型 D 日期 T 日期时间 L 逻辑",
    ),
    SheetColumn(
        "长度", "derived", "length", 8, note="C：最大长度；N、Y：总位数,小数位数；I：4 或 8"
    ),
    SheetColumn("主键", "key", "primaryKeyPosition", 8, note="在主键中的位置：1、2……"),
    SheetColumn("必填", "key", "required", 8, choices=YES_NO),
    SheetColumn("唯一", "key", "unique", 8, choices=YES_NO),
    SheetColumn(
        "敏感级别",
        "key",
        "classification",
        8,
        needed=True,
        choices=tuple((g, g) for g in ("L1", "L2", "L3", "L4")),
    ),
    SheetColumn("计量单位", "custom", "unit", 10),
    SheetColumn("计量单位（英文）", "custom", "unitEn", 10),
    SheetColumn("代码表", "custom", "codeList"),
    SheetColumn("数据元标识符", "custom", "dataElement"),
    SheetColumn("源列名", "custom", "sourceColumn", 20),
    SheetColumn("源格式", "custom", "sourceFormat"),
    SheetColumn("标识类别", "custom", "identifier"),
    SheetColumn("保护方式", "custom", "protect", choices=(("假名", "pseudonym"), ("掩码", "mask"))),
    SheetColumn("原值入保管库", "custom", "vault", choices=YES_NO),
    SheetColumn("主体标识", "custom", "subjectKey", choices=YES_NO),
    SheetColumn("企业标识", "custom", "firmKey", choices=YES_NO),
    SheetColumn("区划字段", "custom", "region", choices=YES_NO),
    SheetColumn("时间字段", "custom", "time", choices=YES_NO),
    SheetColumn("其他属性", "rest", "", 30, note="平台自用，请勿改动"),
)
CATALOGUE_SHEET, ITEMS_SHEET, NOTES_SHEET = "目录", "信息项", "填写说明"
