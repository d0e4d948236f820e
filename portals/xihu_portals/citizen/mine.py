"""Fills the views about oneself: what the state holds on me, and who looked at it."""

from itertools import groupby

from xihu_catalog.contracts.model import Contract, Field
from xihu_catalog.standards.registry import organisation_name
from xihu_platform.access.decision import Allow
from xihu_platform.access.door import Page
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.access.reasons import REAL_NAME
from xihu_platform.access.uses import list_uses
from xihu_platform.audit.uses import Use as LoggedUse
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import Refused
from xihu_platform.identity.models import PersonRow, PositionRow
from xihu_platform.words import Text
from xihu_portals.citizen import views
from xihu_portals.web import describe
from xihu_portals.web.parts import Action, Choice, Pager, Select, State
from xihu_portals.web.visitor import Visitor

OWN_ROWS = 20
USES = 50
_AREAS: dict[str, tuple[Text, str, tuple[str, ...]]] = {
    "identity": (Text("身份与户口", "Identity"), "id-badge-2", ("population",)),
    "work": (Text("就业与社保", "Work and insurance"), "briefcase", ("social_security",)),
    "health": (Text("看病与医保", "Health"), "health-recognition", ("health",)),
    "home": (Text("住房与房产", "Home"), "home-2", ("geography", "construction")),
    "school": (Text("上学", "School"), "school", ("education",)),
    "firm": (Text("企业", "Firm"), "briefcase", ("legal_person", "economy", "credit")),
}
_OTHER = ("other", (Text("办事与证照", "Services and licences"), "id-badge-2", ()))


def my_data(visitor: Visitor) -> views.MyData:
    """Every dataset that may hold records of this person, or of the firm they act for."""
    firm = visitor.principal.behalf is not None and visitor.principal.behalf.kind == "firm"
    held = [
        c
        for c in visitor.services.catalogue.contracts().values()
        if any((f.firm_key if firm else f.subject_key) for f in c.fields)
    ]
    if visitor.principal.level < 2:
        return views.MyData(visitor.frame, (), state=_step_up(visitor, 2))
    shown: list[tuple[str, views.MyDataset]] = []
    withheld: list[views.Withheld] = []
    for contract in held:
        try:
            shown.append((_area_of(contract), _my_dataset(visitor, contract)))
        except Refused as refused:
            withheld.append(views.Withheld(contract.title, refused.reason))
    shown.sort(key=lambda pair: [*_AREAS, _OTHER[0]].index(pair[0]))
    areas = tuple(
        _life_area(key, tuple(d for _, d in group))
        for key, group in groupby(shown, key=lambda pair: pair[0])
    )
    more = _step_up(visitor, 3) if visitor.principal.level < 3 else None
    return views.MyData(visitor.frame, areas, tuple(withheld), state=more)


def _step_up(visitor: Visitor, level: int) -> State:
    """What a higher level would show; the button signs in anew at that level, if it is proven."""
    title = (
        Text("查看本人信息需要二级实名", "Level 2 is needed to see your records")
        if level == 2
        else Text("敏感信息需要三级实名才显示", "Sensitive fields are shown at level 3")
    )
    action = None
    if proven_level(visitor) >= level:
        verb = Text(f"以 {level} 级实名登录", f"Sign in at level {level}")
        action = Action(verb, f"/signin?level={level}&next=/my/data")
    return State("refused", title, reason=REAL_NAME, action=action)


def proven_level(visitor: Visitor) -> int:
    """The level proven for this person, whatever this sign-in reached."""
    with transaction(visitor.services.ground.database) as session:
        row = session.get(PersonRow, visitor.principal.id)
        return row.level if row else 0


def _area_of(contract: Contract) -> str:
    return next((k for k, (_, _, t) in _AREAS.items() if contract.topic in t), _OTHER[0])


def _life_area(key: str, datasets: tuple[views.MyDataset, ...]) -> views.LifeArea:
    name, icon, _ = _AREAS.get(key, _OTHER[1])
    return views.LifeArea(key, name, icon, datasets)


def _my_dataset(visitor: Visitor, contract: Contract) -> views.MyDataset:
    page = visitor.services.door.read_page(
        visitor.principal,
        contract.dataset,
        Purpose("own"),
        RowQuery(),
        limit=OWN_ROWS,
        exit_name="my_data",
    )
    heart = visitor.services.catalogue.heartbeat(contract)
    return views.MyDataset(
        id=contract.dataset,
        title=contract.title,
        source=organisation_name(contract.provider),
        phone=None,
        as_of=heart.loaded_at,
        records=_records(contract, page),
        withheld=tuple(
            views.Withheld(f.title, v.reason)
            for f in contract.fields
            if (v := page.decision.verdict(f.name)) and v.reason
        ),
        freshness=describe.freshness(heart),
    )


def _records(contract: Contract, page: Page) -> tuple[views.Record, ...]:
    fields = [f for f in contract.fields if f.name in page.table.column_names]
    rows = page.table.to_pylist()
    return tuple(
        views.Record(
            Text(f"第 {number} 条，共 {page.total} 条", f"Record {number} of {page.total}"),
            tuple(_holding(page.decision, f, row) for f in fields),
        )
        for number, row in enumerate(rows, 1)
    )


def _holding(allow: Allow, field: Field, row: dict[str, object]) -> views.Holding:
    verdict = allow.verdict(field.name)
    note = None
    if verdict is not None and verdict.treatment == "rekey":
        return views.Holding(
            field.title,
            Text("本人证件号码", "your own document number"),
            Text("平台只存假名", "only a pseudonym is kept"),
        )
    if verdict is not None and verdict.treatment == "mask":
        note = Text("已掩码", "masked")
    return views.Holding(field.title, describe.value(field, row.get(field.name)), note)


def my_uses(
    visitor: Visitor, before: int | None, dataset: str | None, organisation: str | None
) -> views.MyUses:
    subject = visitor.principal.subject
    if subject is None:
        return views.MyUses(visitor.frame, (), (), Pager(0, 0), state=_nobody())
    uses = list_uses(visitor.services.door, subject, before=before, limit=USES + 1)
    page = uses[:USES]
    shown = [
        u
        for u in page
        if (not dataset or u.dataset == dataset)
        and (not organisation or u.organisation == organisation)
    ]
    following = f"/my/uses?before={page[-1].seq}" if len(uses) > USES else None
    months = groupby(shown, key=lambda u: civil_date(u.at).replace(day=1))
    return views.MyUses(
        frame=visitor.frame,
        months=tuple(
            views.UseMonth(month, tuple(_use(visitor, u) for u in group)) for month, group in months
        ),
        filters=_use_filters(visitor, page, dataset, organisation),
        pager=Pager(len(shown), None, next_href=following),
        state=None if shown else _nobody(),
        how_to_check=Text(
            "下载的证明按 RFC 9162 核对：由记录内容算出叶子哈希，沿 path 逐级合并，"
            "结果应等于签名头中的根。",
            "Check a proof by RFC 9162: hash the entry to its leaf, join it along the path; the "
            "result must be the root in the signed head.",
        ),
    )


def _nobody() -> State:
    return State(
        "empty",
        Text("还没有人使用过您的数据", "Nobody has used your data yet"),
        Text("每一次查阅都会记在这里。", "Every look is recorded here."),
    )


def _use_filters(
    visitor: Visitor, uses: list[LoggedUse], dataset: str | None, organisation: str | None
) -> tuple[Select, ...]:
    every = Text("全部", "All")
    names = dict.fromkeys(u.dataset for u in uses)
    owners = dict.fromkeys(u.organisation for u in uses if u.organisation)
    catalogue = visitor.services.catalogue
    return (
        Select(
            "dataset",
            Text("数据集", "Dataset"),
            (
                Choice("", every, not dataset),
                *(Choice(n, catalogue.get_contract(n).title, n == dataset) for n in names),
            ),
        ),
        Select(
            "organisation",
            Text("单位", "Organisation"),
            (
                Choice("", every, not organisation),
                *(Choice(o, organisation_name(o), o == organisation) for o in owners),
            ),
        ),
    )


_PURPOSES = {
    "open": Text("使用开放数据", "use of open data"),
    "own": Text("查阅本人数据", "looking at one's own records"),
    "duty": Text("履行法定职责", "a statutory duty"),
    "case": Text("办理具体事项", "handling one case"),
}


def _use(visitor: Visitor, use: LoggedUse) -> views.Use:
    contract = visitor.services.catalogue.get_contract(use.dataset)
    names = (contract.field(name) for name in use.fields)
    return views.Use(
        id=str(use.seq),
        at=use.at,
        organisation=organisation_name(use.organisation) if use.organisation else _SELF,
        position=_position(visitor, use),
        purpose=_PURPOSES.get(use.purpose, Text(use.purpose, use.purpose)),
        case_number=use.case_number,
        dataset=contract.title,
        fields=tuple(f.title for f in names if f),
        allowed=True,
        reason=Text(use.basis, use.basis_en),
    )


_SELF = Text("您本人", "You yourself")


def _position(visitor: Visitor, use: LoggedUse) -> Text:
    if use.position is None:
        return Text("市民门户", "Citizen portal")
    with transaction(visitor.services.ground.database) as session:
        row = session.get(PositionRow, use.position)
        return Text(row.title_zh, row.title_en) if row else Text(use.position, use.position)
