"""Pages of words, the same in both portals: help, privacy, accessibility, about, contact."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version

from xihu_catalog.registry.pages import page_choices
from xihu_catalog.search.documents import SearchPage
from xihu_platform.errors import NotFound
from xihu_platform.identity.portal import ELDER_COOKIE, THEME_COOKIE
from xihu_platform.words import Text
from xihu_portals.pages.leading_on import ways_of
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame, Portal
from xihu_portals.web.navigation import CITIZEN, OFFICIAL, prefix
from xihu_portals.web.parts import Link
from xihu_portals.web.preferences import LANGUAGE_COOKIE
from xihu_portals.web.words import WORDS


@dataclass(frozen=True, slots=True)
class Passage:
    """A heading with paragraphs, and where to go on."""

    title: Text
    paragraphs: tuple[Text, ...]
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaflet:
    """One page of words."""

    name: str
    title: Text
    lead: Text
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class LeafletPage:
    """A page of words as a portal shows it."""

    frame: PageFrame
    leaflet: Leaflet


def _link(href: str, zh: str, en: str) -> Link:
    return Link(Text(zh, en), href)


_HELP = Leaflet(
    "help",
    Text("帮助", "Help"),
    Text("常用的几件事，每件都写明从哪里进。", "What people do most, and where each begins."),
    (
        Passage(
            Text("找数据、找指标", "Finding data and figures"),
            (
                Text(
                    "在首页的框里写您要找的东西，平常的话、拼音、英文、地名都可以，例如"
                    "“西湖区 空气”。结果可以按主题、部门、更新周期再筛。",
                    "Type what you look for into the box on the first page: plain words, pinyin, "
                    "English, a place, “air West Lake” for example. Narrow it by topic, department "
                    "or update cycle.",
                ),
                Text(
                    "没有的数据，页面会直说没有，并写明怎样提出需求。",
                    "Where we have no such data the page says so, and how to ask for it.",
                ),
            ),
            (_link("/search", "看全部开放数据", "All open datasets"),),
        ),
        Passage(
            Text("下载、用在 Excel 里", "Downloading, and Excel"),
            (
                Text(
                    "每个开放数据集的页面都有“获取数据”：Excel 和 CSV 给人用，Parquet 和 Arrow "
                    "给程序用。每个文件都带出处，同一个快照再下一次，内容不变。",
                    "Each open dataset's page has “Get the data”: Excel and CSV for people, "
                    "Parquet and Arrow for programs. Each file names its source, and the same "
                    "snapshot is the same file again.",
                ),
            ),
        ),
        Passage(
            Text("看政府部门有我的哪些信息", "What the state holds on me"),
            (
                Text(
                    "登录后点“我的数据”。第一次要做实名认证；看就诊、银行账户这类信息，还要再验证一次。",
                    "Sign in and open “My data”. It asks for a proven identity first, and once "
                    "more for hospital visits or bank accounts.",
                ),
            ),
            (
                _link("/my/data", "我的数据", "My data"),
                _link("/proving", "怎样做实名认证", "How to prove who I am"),
            ),
        ),
        Passage(
            Text("看谁查过我的信息", "Who looked me up"),
            (
                Text(
                    "每次查阅都有查阅记录：哪个单位、哪个岗位、为了什么事、看了哪几项；被拒绝的也在内。"
                    "点“核验这条记录”，浏览器会当场算一遍，说明这条记录有没有被改过。",
                    "Every look is recorded: which office, in which position, for what, and which "
                    "items; those that were refused, too. “Verify this entry” has your browser "
                    "work out on the spot whether the record was changed.",
                ),
            ),
            (_link("/my/uses", "谁查过我", "Who looked me up"),),
        ),
        Passage(
            Text("字太小、看不清", "Text too small"),
            (
                Text(
                    "页面右上角有“长辈版”，字号放大，一页只放几件事；页脚可以换浅色、深色。",
                    "“Large text” at the top makes text larger and pages shorter; light and dark "
                    "are chosen at the foot.",
                ),
            ),
        ),
        Passage(
            Text("还是不会", "Still stuck"),
            (
                Text(
                    "打 12345，有人接听，帮您查、帮您办。",
                    "Call 12345: somebody answers and helps.",
                ),
            ),
            (_link("/contact", "联系我们", "Contact"),),
        ),
    ),
)
_OFFICIAL_HELP = Leaflet(
    "help",
    Text("帮助", "Help"),
    Text("公务门户常用的几件事。", "What officials do most here."),
    (
        Passage(
            Text("岗位", "Positions"),
            (
                Text(
                    "权限跟着岗位走。有几个岗位的，进门先选一个；右上角可以切换。",
                    "Rights belong to the position. Whoever holds several chooses one at the door "
                    "and may switch at the top.",
                ),
            ),
            (_link("/official/positions", "选择岗位", "Choose a position"),),
        ),
        Passage(
            Text("我能不能用这个数据", "May I use this dataset"),
            (
                Text(
                    "数据集页面第一行就是答案：现在可用、要申请、要凭业务事由逐件查，还是不予共享，"
                    "并写明依据哪一条。字段表写明您的岗位看到的是原值、遮盖后的值，还是看不到。",
                    "A dataset's page answers first: usable now, to be requested, open under a "
                    "ground one case at a time, or not shared, with the article it rests on. The "
                    "table of fields says what your position sees: clear, masked or nothing.",
                ),
            ),
            (_link("/official/catalogue", "数据目录", "Catalogue"),),
        ),
        Passage(
            Text("申请使用、提出数据需求", "Requesting data, saying what is needed"),
            (
                Text(
                    "要用其他部门的数据，在数据集页面点“申请使用”。目录中没有的，提出数据需求，"
                    "由主管部门指明数据集或者确定编目的部门。办到哪一步，在待办里随时看得到。",
                    "Data of another department is requested on its page. What is not in the "
                    "catalogue is a need: the authority points to an entry or names the "
                    "department that catalogues it. The inbox says how far each is.",
                ),
            ),
            (
                _link("/official/matters/new/data_need", "提出数据需求", "Say what is needed"),
                _link("/official/matters", "待办", "Inbox"),
            ),
        ),
        Passage(
            Text("编制、更新目录条目", "Entries of the catalogue and their changes"),
            (
                Text(
                    "数据管理员评估，共享工作负责人签署，主管部门审核后发布。更新先用 xihu publish "
                    "提交契约，再在数据集页面点“启动更新”。",
                    "A steward assesses, the head of the sharing office signs, the authority "
                    "reviews. A change begins with the contract handed in by xihu publish, then "
                    "“Begin the change” on the dataset's page.",
                ),
            ),
            (_link("/official/matters/new/catalogue_entry", "编制目录条目", "Draw up an entry"),),
        ),
        Passage(
            Text("回流数据、记录有误", "Returned data, wrong records"),
            (
                Text(
                    "上级系统中本地区的数据按清单回流，不用申请。查到的记录有误，在记录末尾点“这里不对”；"
                    "校核申请由提供部门的数据管理员在待办中办理。",
                    "Data of your area in systems above returns by a list, without a request. At "
                    "the end of a record that is wrong, press “Wrong?”: the provider's steward "
                    "has the request in the inbox.",
                ),
            ),
            (_link("/official/backflow", "数据回流", "Returned data"),),
        ),
        Passage(
            Text("凭业务事由查一个人", "Looking one person up under a ground"),
            (
                Text(
                    "在数据集页面填业务事由编号。只显示该事由中的人，只显示事项规定的字段；"
                    "本人会在“谁查过我的信息”里看到这次查阅，被拒绝的也会看到。",
                    "Give the ground's number on the dataset's page. It shows the people of that "
                    "ground and the fields of its item alone; they see the look under “Who looked "
                    "me up”, refused ones too.",
                ),
            ),
        ),
        Passage(
            Text("我交的文件有问题", "My file has faults"),
            (
                Text(
                    "装载报告列出每条有问题的记录、违反了哪条规则。下载、改正、再交，都在那一页。",
                    "The load report lists each faulty record and the rule that it broke. "
                    "Download, correct and hand in again on the same page.",
                ),
            ),
        ),
        Passage(
            Text("这个数为什么不全", "Why a number is incomplete"),
            (
                Text(
                    "缺数的指标有黄色说明：缺哪几个县、是没报还是记录有问题，并连到那次装载。"
                    "不全的数不作比较。",
                    "An incomplete number says in amber which counties are missing, and whether "
                    "they are late or quarantined, with a link to the load. It is compared with "
                    "nothing.",
                ),
            ),
            (_link("/official/metrics", "指标目录", "Catalogue of metrics"),),
        ),
    ),
)
_PRIVACY = Leaflet(
    "privacy",
    Text("隐私说明", "Privacy"),
    Text(
        "这个网站自己会留下您的哪些信息，怎样处理各部门的数据。",
        "What this site itself keeps of you, and how it handles departments' data.",
    ),
    (
        Passage(
            Text("您浏览时", "When you browse"),
            (
                Text(
                    "没有统计脚本、没有广告，不从别的网站加载任何东西。"
                    "您的选择用 Cookie 记在自己的浏览器里："
                    f"语言（{LANGUAGE_COOKIE}）、深浅色（{THEME_COOKIE}）、长辈版（{ELDER_COOKIE}）。",
                    "No tracking, no advertising, nothing loaded from other sites. Your choices "
                    f"stay in your browser as cookies: language ({LANGUAGE_COOKIE}), "
                    f"theme ({THEME_COOKIE}), large text ({ELDER_COOKIE}).",
                ),
                Text(
                    "对页面提的意见只加一个数，不记是谁。",
                    "An answer to “was this page useful” raises a counter; nothing says whose.",
                ),
            ),
        ),
        Passage(
            Text("您登录后", "When you sign in"),
            (
                Text(
                    "登录由统一身份认证完成，我们不经手密码。会话八小时后结束，退出即刻结束。",
                    "The identity provider signs you in; we never see a password. A session ends "
                    "after eight hours, or when you sign out.",
                ),
            ),
        ),
        Passage(
            Text("各部门的数据", "Departments' data"),
            (
                Text(
                    "证件号码不以明文存放；给不同单位的编号互不相同，无法拼接。每次读取都写进一本"
                    "改不了的日志，写不进日志就不给数据。",
                    "Document numbers are not stored in the clear, and each office gets other "
                    "pseudonyms, so that two cannot join what they have. Every read goes into a "
                    "log that cannot be changed unseen; where it cannot be written, no data "
                    "leaves.",
                ),
                Text(
                    "依据：《个人信息保护法》《政务数据共享条例》。",
                    "Basis: the Personal Information Protection Law and the Regulation on "
                    "Government Data Sharing (Order 809).",
                ),
            ),
        ),
        Passage(
            Text("您的权利", "Your rights"),
            (
                Text(
                    "查阅、复制、更正本人信息，了解谁用过（《个人信息保护法》第四十四条至第四十八条）。"
                    "认为被侵害的，可以向有关部门投诉举报（第六十五条）。",
                    "To see, copy and correct what is held on you, and to learn who used it "
                    "(Personal Information Protection Law art. 44 to 48); to complain to the "
                    "authorities (art. 65).",
                ),
            ),
            (
                _link("/my/data", "我的数据", "My data"),
                _link("/my/uses", "谁查过我", "Who looked me up"),
                _link("/contact", "联系我们", "Contact"),
            ),
        ),
    ),
)
_ACCESSIBILITY = Leaflet(
    "accessibility",
    Text("无障碍声明", "Accessibility"),
    Text("目标：GB/T 37668-2019 和 WCAG 2.2 AA。", "Aim: WCAG 2.2 level AA and GB/T 37668-2019."),
    (
        Passage(
            Text("做到了什么", "What holds"),
            (
                Text(
                    "每个页面可以只用键盘操作，读屏软件能读；不开脚本也能查阅和提交；"
                    "放大到 400% 不丢内容；"
                    "每张图都有同样内容的表；颜色不单独表示意思。",
                    "Every page works by keyboard and with a screen reader, without scripts, and "
                    "at 400 % zoom; each chart has the same numbers as a table; no meaning hangs "
                    "on colour alone.",
                ),
                Text(
                    "每次改动都用 axe-core 在两种语言、手机和电脑宽度下检查全部页面。",
                    "Each change is checked with axe-core on every page, in both languages, at the "
                    "width of a phone and of a desk.",
                ),
            ),
        ),
        Passage(
            Text("还没做到的", "What does not hold yet"),
            (
                Text(
                    "没有请残障人士实际测试过；没有手语和语音播报。",
                    "No people with disabilities have tested it; there is no sign language and no "
                    "reading aloud.",
                ),
            ),
        ),
        Passage(
            Text("用不了时", "When something does not work"),
            (
                Text(
                    "打 12345，或者到政务服务大厅，同样的事都能办。",
                    "Call 12345 or come to a service hall: the same can be had there.",
                ),
            ),
            (_link("/contact", "联系我们", "Contact"),),
        ),
    ),
)


def _about() -> Leaflet:
    return Leaflet(
        "about",
        Text("关于西湖", "About Xihu"),
        Text(
            "一体化智能化公共数据平台的开源参考实现，不是政府网站。",
            "An open-source reference implementation of an integrated public-data platform; not a "
            "government website.",
        ),
        (
            Passage(
                Text("它答应什么", "What it promises"),
                (
                    Text(
                        "目录不说假话：每个条目连着真实的数据；每次读取都有人、有用途、有依据；"
                        "每个数都能追到来源和完整程度；每项职责都有期限。",
                        "A catalogue that cannot lie: every entry bound to live data, every read "
                        "to a person, a purpose and a legal ground, every number to its source and "
                        "its completeness, every duty to a clock.",
                    ),
                ),
            ),
            Passage(
                Text("合成数据", "Synthetic data"),
                (
                    Text(
                        "演示里的人物、企业和数字都是程序生成的；区划和日历是真实的。"
                        "不能当作任何地方的实际情况引用。",
                        "People, firms and figures of the demo are generated; divisions and "
                        "calendar are real. Nothing here may be quoted as the state of any place.",
                    ),
                ),
            ),
            Passage(
                Text("版本与许可", "Version and licence"),
                (
                    Text(
                        f"版本 {version('xihu')}，Apache License 2.0。",
                        f"Version {version('xihu')}, Apache License 2.0.",
                    ),
                ),
                (_link("/api/docs", "接口文档", "API documentation"),),
            ),
        ),
    )


def _contact() -> Leaflet:
    """The operator as the registry names it; without it the hotline alone."""
    known = page_choices().contact
    operator: tuple[Passage, ...] = ()
    if known is not None:
        lines = (
            known.name.text(),
            Text(f"电话：{known.telephone}", f"Telephone: {known.telephone}"),
            *((known.hours.text(),) if known.hours else ()),
            *((known.address.text(),) if known.address else ()),
        )
        operator = (Passage(Text("平台运营单位", "Who runs this platform"), lines),)
    return Leaflet(
        "contact",
        Text("联系我们", "Contact"),
        Text("什么事找谁。", "Whom to ask for what."),
        (
            Passage(
                Text("办事、咨询、投诉", "Services, questions, complaints"),
                (Text("打 12345，全天有人接听。", "Call 12345, at any hour."),),
            ),
            Passage(
                Text("数据内容有误", "Wrong data"),
                (
                    Text(
                        "找数据的提供部门：每个数据集页面写明是谁。"
                        "与您本人有关的，在“我的数据”里点“这里不对”。",
                        "Ask the department that provides it: each dataset's page names it. If it "
                        "is about you, press “This is wrong” under “My data”.",
                    ),
                ),
                (_link("/my/data", "我的数据", "My data"),),
            ),
            *operator,
        ),
    )


NAMES = ("help", "privacy", "accessibility", "about", "contact")


def leaflet(name: str, portal: Portal) -> Leaflet:
    """Raises NotFound for a name that is none of `NAMES`."""
    if name == "help":
        return _HELP if portal == "citizen" else _OFFICIAL_HELP
    fixed = {"privacy": _PRIVACY, "accessibility": _ACCESSIBILITY}
    if name in fixed:
        return fixed[name]
    if name not in NAMES:
        raise NotFound("没有这个页面", "there is no such page")
    return _about() if name == "about" else _contact()


_SAID = {"nav.my_mandates": "mandates.lead"}
"""Pages of the navigation that are found by what stands on them as well."""


def searchable() -> tuple[SearchPage, ...]:
    """Each passage of each page of words, and each page of the navigation, for the search."""
    portals: tuple[Portal, ...] = ("citizen", "official")
    return tuple(page for portal in portals for page in (*_words(portal), *_navigated(portal)))


def _words(portal: Portal) -> Iterator[SearchPage]:
    for name in NAMES:
        whole = leaflet(name, portal)
        for number, passage in enumerate(whole.passages):
            zh = "".join(one.zh for one in passage.paragraphs)
            en = " ".join(one.en for one in passage.paragraphs)
            address = f"{prefix(portal)}/{name}#{number + 1}"
            yield SearchPage(address, passage.title, Text(zh, en), portal, whole.title)


def _navigated(portal: Portal) -> Iterator[SearchPage]:
    """Pages that anybody of the portal may use and that have an address of their own."""
    for section in CITIZEN if portal == "citizen" else OFFICIAL:
        for page in section.pages:
            if page.duty is None and not page.href.endswith("region/"):
                said = WORDS[_SAID.get(page.word, section.word)]
                yield SearchPage(page.href, WORDS[page.word], said, portal)
    if portal == "citizen":
        yield SearchPage("/verify", WORDS["check.title"], WORDS["check.lead"], portal)
        said = WORDS["developers.lead"]
        yield SearchPage("/developers", WORDS["developers.heading"], said, portal)
        yield SearchPage("/proving", WORDS["proving.title"], WORDS["proving.lead"], portal)


def fill(visitor: Visitor, name: str) -> LeafletPage:
    whole = leaflet(name, visitor.frame.portal)
    shown = tuple(replace(one, links=ways_of(visitor, one.links)) for one in whole.passages)
    return LeafletPage(visitor.frame, replace(whole, passages=shown))
