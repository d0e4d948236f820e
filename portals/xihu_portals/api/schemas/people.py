"""What the routes about oneself and about the log answer."""

from datetime import date, datetime
from typing import Annotated, Literal

from xihu_platform.identity.principal import Duty
from xihu_portals.api.schemas.base import DatasetId, Shape, note

Uscc = Annotated[
    str, note("统一社会信用代码", "Unified social credit code of the organisation (GB 32100)")
]


class MyPosition(Shape):
    """The position that the caller acts in."""

    id: Annotated[str, note("岗位编号", "Id of the position, as X-Xihu-Position takes it")]
    title_zh: Annotated[str, note("岗位名称（中文）", "Title in Chinese")]
    title_en: Annotated[str, note("岗位名称（英文）", "Title in English")]
    organisation: Uscc
    organisation_zh: Annotated[str, note("单位名称（中文）", "The organisation's Chinese name")]
    organisation_en: Annotated[str, note("单位名称（英文）", "The organisation's English name")]
    region: Annotated[
        str, note("负责的行政区划代码", "Division code of the region it answers for (GB/T 2260)")
    ]
    duties: Annotated[list[Duty], note("职责", "What it may do")]
    valid_from: Annotated[date, note("任职起始日", "First day")]
    valid_to: Annotated[date, note("任职截止日（含）", "Last day")]


class MyMandate(Shape):
    """The person or firm that the caller acts for."""

    kind: Annotated[
        Literal["firm", "child", "elder"], note("委托种类：企业、子女、老人", "Kind of mandate")
    ]
    name: Annotated[str, note("被代办者的名称", "Name of the person or firm")]


class Me(Shape):
    """Who the platform takes the caller for."""

    kind: Annotated[
        Literal["citizen", "official", "system"],
        note("身份：群众、公职人员、部门系统", "An official is one while acting in a position"),
    ]
    id: Annotated[str, note("人员或系统编号", "Id of the person or the system")]
    name: Annotated[str, note("姓名或系统名称", "Name")]
    level: Annotated[int, note("实名等级，0 至 3", "Real-name level, 0 to 3", minimum=0, maximum=3)]
    position: Annotated[
        MyPosition | None, note("当前岗位", "Position acted in; null for a citizen")
    ]
    mandate: Annotated[MyMandate | None, note("代谁办理", "Whom the caller acts for")]


class MyUse(Shape):
    """One read that showed a record of the caller, or an attempt at one that was refused."""

    seq: Annotated[int, note("审计记录编号，可用来取证明", "Number of the entry: it has a proof")]
    at: Annotated[datetime, note("时间", "When")]
    dataset: DatasetId
    organisation: Annotated[
        str | None, note("查阅单位的统一社会信用代码", "The office that read, by its USCC")
    ]
    position: Annotated[
        str | None, note("查阅的岗位", "The position acted in; null for a read in no office")
    ]
    person: Annotated[
        Literal["self"] | None,
        note(
            "self 表示本人查阅；公职人员不具名", "`self` for one's own read; no official is named"
        ),
    ]
    purpose: Annotated[str, note("用途", "Purpose: open, own, duty, case or internal")]
    case_number: Annotated[str | None, note("业务事由编号", "Number of the ground")]
    basis: Annotated[str, note("依据（中文）", "Basis, in Chinese")]
    basis_en: Annotated[str, note("依据（英文）", "Basis, in English")]
    fields: Annotated[list[str], note("看到的字段", "Fields that were shown")]
    exit: Annotated[str, note("以什么方式读取", "How it was read: page, csv, reference …")]
    words: Annotated[
        str, note("查阅者对用途的说明", "The purpose in the reader's own words; may be empty")
    ]
    refused: Annotated[
        str | None,
        note(
            "被拒绝的原因代码；空表示准许", "Why an attempt was refused, by code; null for a read"
        ),
    ]
    claim: Annotated[
        str | None,
        note(
            "核验项；空表示不是核验。核验不提供记录",
            "The claim that was verified, where no record was shown; null for any other read",
        ),
    ]


class MyUsesAnswer(Shape):
    """Who used my data, newest first."""

    uses: Annotated[
        list[MyUse],
        note("查阅记录；再往前用 before=最后一条的 seq", "Older ones: `before` = the last `seq`"),
    ]


class ProofAnswer(Shape):
    """An inclusion proof (RFC 9162, 2.1.3) of one entry of the log, with a signed head."""

    entry: Annotated[int, note("审计记录编号", "Number of the entry, its leaf index")]
    body_base64: Annotated[
        str,
        note("被计入日志的原文", "What was hashed into the log", contentEncoding="base64"),
    ]
    leaf_hash: Annotated[str, note("叶子哈希的算法", "How the leaf is hashed")]
    tree_size: Annotated[int, note("树的大小", "Entries in the tree of this proof")]
    root: Annotated[str, note("根哈希，十六进制", "Root hash, hexadecimal")]
    path: Annotated[
        list[str], note("证明路径，自叶子起，十六进制", "Sibling hashes from the leaf up, in hex")
    ]
    head: Annotated[
        str,
        note(
            "签名头：一行 JSON",
            "The signed head, a line of JSON",
            contentMediaType="application/json",
        ),
    ]
    public_key_base64: Annotated[
        str, note("验签的 Ed25519 公钥", "Ed25519 key that checks it", contentEncoding="base64")
    ]


class HeadAnswer(Shape):
    """The newest signed head of the log."""

    head: Annotated[
        str | None,
        note("签名头：一行 JSON；尚无则为空", "A line of JSON; null where none is signed yet"),
    ]
    key_id: Annotated[str, note("签名密钥的编号", "Id of the key that signs")]
