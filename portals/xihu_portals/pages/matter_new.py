"""The form that opens a matter of a kind that needs no page of its own, in either portal."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from fastapi.responses import Response
from starlette.datastructures import FormData

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.exchange.acts import BATCH_EXCHANGE
from xihu_catalog.services.hotline import HOTLINE, answers_hotline
from xihu_catalog.services.licences import LICENCE_CHANGE
from xihu_catalog.services.start import all_duties
from xihu_catalog.sharing.entries import CATALOGUE_ENTRY
from xihu_catalog.sharing.needs import DATA_NEED
from xihu_catalog.sharing.openings import (
    COMPLAINT,
    INCIDENT,
    NAMED_IN_FORM,
    OF_A_PAGE,
    OPENING_REQUEST,
    VULNERABILITY,
    from_its_page,
    opening_of,
)
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Refused
from xihu_platform.matters.definition import Definition
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.who import find_doer, party_as
from xihu_platform.statute.due import due
from xihu_platform.statute.published import read_calendar
from xihu_platform.statute.words import article_named
from xihu_platform.words import Text
from xihu_portals.pages import matter_view
from xihu_portals.pages.data_needs import SimilarNeed, searched, similar_shown
from xihu_portals.pages.matter_acts import check_form, matters_path, open_matter, record_refused
from xihu_portals.pages.matter_form import ActForm, FormOption, Given, act_form, acting_as, typed
from xihu_portals.pages.matter_options import (
    closed_fields,
    entries_to_begin,
    exchangeable,
    known_options,
    own_licence_options,
)
from xihu_portals.pages.visitor import Visitor
from xihu_portals.pages.voice_steps import VOICE_STEPS
from xihu_portals.web import formats
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, State

_IN_HAND = Text(
    "办到哪一步、由谁办、最迟哪天办，随时可以在事项页面查看",
    "Its page always says how far it is, who has it, and by when",
)
STEPS: dict[str, tuple[Text, ...]] = {
    **VOICE_STEPS,
    OPENING_REQUEST: (
        Text(
            "提供部门答复：已开放、部分开放，或者不予开放；不予开放的，写明理由和法律依据",
            "The department answers: opened, opened in part, or not opened, with reason and "
            "article",
        ),
        Text(
            "涉及个人或者商业秘密的，一般只能汇总之后另作一个数据集开放",
            "What is about persons or business secrets is opened, as a rule, only as totals in a "
            "dataset of its own",
        ),
        Text(
            "您的姓名和证件号码不显示给任何单位；答复之前可以撤回",
            "Your name and number are shown to no office; until the answer you can withdraw it",
        ),
    ),
    COMPLAINT: (
        Text(
            "由被投诉举报单位同级的政务数据共享主管部门处理；投诉举报的就是主管部门的，由上一级处理",
            "The data authority of that department's level decides; where the complaint is about "
            "the authority itself, that of the level above",
        ),
        Text(
            "被投诉举报的单位看不到您写的内容，也看不到是谁提出的",
            "The department that it is about sees neither what you write nor who you are",
        ),
        Text(
            "个人的姓名和证件号码不显示给任何单位，除非您自己写上；单位和企业提出的，主管部门看得到是哪一家",
            "The name and number of a person are shown to no office, unless you write them "
            "yourself; of a department or a firm the authority sees which one it is",
        ),
    ),
    HOTLINE: (
        Text(
            "热线派给承办单位；咨询能直接答复的，热线当场答复",
            "The hotline assigns it to the organisation that handles it; a question that it can "
            "answer it answers at once",
        ),
        Text(
            "承办单位认为不该由它办的，可以说明理由退单一次；热线负责人指定之后不得再退，"
            "指定之前仍由先接到的单位负责",
            "An organisation that finds it is not its own gives it back once, with its reason; "
            "after the hotline's leader has designated one it cannot be given back, and until then "
            "the first stays responsible",
        ),
        Text(
            "承办单位答复之后，热线回访您：联系过没有、解决没有、满意不满意；没有解决的，退回重办一次",
            "After the answer the hotline calls back: did they turn to you, is it resolved, are "
            "you satisfied; what is not resolved is handled once more",
        ),
        Text(
            "您的姓名和证件号码不显示给任何单位，除非您自己写上；着急的事请直接拨打 12345",
            "Your name and number are shown to no office, unless you write them yourself; ring "
            "12345 for anything urgent",
        ),
    ),
    DATA_NEED: (
        Text(
            "主管部门核对目录：已有的，指明是哪个数据集；没有的，确定由哪个部门编目",
            "The data authority checks the catalogue: it points to an entry that there is, or "
            "names the department that has to catalogue the data",
        ),
        Text(
            "该部门编目，或者写明理由提出异议；有异议的，退回主管部门再定",
            "That department catalogues it, or objects with its reason; then the authority "
            "decides again",
        ),
        Text(
            "编目后，从需求页面直接申请使用，所写的用途会带到申请中",
            "Once it is in the catalogue, request it from the page of the need: what you wrote "
            "goes with it",
        ),
    ),
    INCIDENT: (
        Text(
            "提交的同时告知政务数据共享主管部门",
            "The data authority is told in the moment that it is submitted",
        ),
        Text(
            "本单位控制、复盘，主管部门确认后办结；情况有变化随时续报",
            "Your department contains and reviews it, and the authority closes it; report further "
            "whenever something changes",
        ),
        Text(
            "向网信、公安等部门的报告按各自规定另行报送；涉及国家秘密的不在这里填写",
            "Reports to other departments are made as those prescribe; state secrets do not belong "
            "here",
        ),
    ),
    CATALOGUE_ENTRY: (
        Text(
            "数据管理员评估安全保密和个人信息，数据共享工作负责人签署，主管部门审核后发布",
            "A data steward assesses secrecy and personal information, the head of the sharing "
            "office signs, the data authority reviews and publishes",
        ),
        Text(
            "签署报送之前只有本部门看得到；签署的是什么，发布的就是什么",
            "Until it is signed and sent your department alone sees it; what was signed is what is "
            "published",
        ),
        Text(
            "启用目录审核之前已发布的，从“已发布”开始办理，可以更新或撤销",
            "What was published before entries were reviewed begins as published: it can be "
            "changed or withdrawn",
        ),
    ),
    BATCH_EXCHANGE: (
        Text(
            "提供部门同意的是这一个数据库里的这一张表；同意之后，由您在批量交换页面提交口令，口令加密保存",
            "The provider consents to this one table of this one database; afterwards you give the "
            "password on the page of batch exchange, where it is kept sealed",
        ),
        Text(
            "每一批在提交的那一刻重新判定：授权暂停或终止的，那一批不会写入，此后也不再发送",
            "Each batch is decided in the moment of its commit: once the grant is suspended or has "
            "ended, that batch does not arrive and none follows",
        ),
        Text(
            "更正、删除和授权范围缩小都会同步到这张表；结束之后须删除收到的数据并提交处置证明",
            "Corrections, deletions and a narrower grant reach the table; when it has ended, "
            "delete what you received and certify that",
        ),
    ),
    LICENCE_CHANGE: (
        Text(
            "提交的同时告知持证者；持证者可以在 5 个工作日内陈述、申辩",
            "The holder is told in the moment that it is submitted, and may state their view "
            "within 5 working days",
        ),
        Text(
            "恢复（结束暂扣）不必等持证者陈述；持证者自己要注销的，由持证者在“我的证照”申请",
            "The end of a suspension does not wait for that. A holder who wishes a licence "
            "deregistered asks for it under their own licences",
        ),
        Text(
            "由本机关负责人决定，提出的人不能决定；决定的同时证照状态改变，核验页面和状态列表随即更新",
            "A leader of the office decides, never whoever proposed it; with the decision the "
            "state changes, and so do the public page and the status list",
        ),
    ),
    VULNERABILITY: (
        Text(
            "自发现起 24 小时内报有关主管部门；报送后在这里登记报告编号",
            "Within 24 hours of the finding it is reported to the competent department; then enter "
            "the number of that report here",
        ),
        Text(
            "提交的同时告知政务数据共享主管部门",
            "The data authority is told in the moment that it is submitted",
        ),
        Text(
            "本单位控制、复盘，主管部门确认后办结；涉及国家秘密的不在这里填写",
            "Your department contains and reviews it, and the authority closes it; state secrets "
            "do not belong here",
        ),
    ),
}
"""What happens to a matter of a kind, in its order."""


@dataclass(frozen=True, slots=True)
class NewMatterPage:
    """What do I have to say, and what happens then?"""

    frame: PageFrame
    position: str
    """As whom the form was opened."""
    title: Text
    law: Text
    href: str
    """Where the form is sent."""
    back: str
    about: Link | None
    steps: tuple[Text, ...]
    form: ActForm | None
    state: State | None = None
    """In place of the form: real-name level too low."""
    similar: tuple[SimilarNeed, ...] = ()
    """Of a need for data: what the same department has said already."""


def fill_new(
    visitor: Visitor,
    kind: str,
    dataset: str | None = None,
    given: Given | None = None,
    key: str | None = None,
    wrong: Text | None = None,
    words: str = "",
    chosen: str | None = None,
) -> NewMatterPage:
    """`chosen`: the dataset of an entry, or the number of a licence, where its page was the way
    here.

    Raises NotFound for a kind or a dataset that there is not, BadInput for a licence that the
    office has not issued, Conflict where there is nothing
    to ask for."""
    contract = _contract(visitor, kind, dataset)
    definition = definition_of(visitor, kind)
    options = known_options(visitor, definition.opening)
    if contract is not None and kind == OPENING_REQUEST:
        options["fields"] = closed_fields(visitor, contract.dataset)
        if not options["fields"]:
            raise _all_open(contract)
    known: Given = {"dataset": chosen, **searched(kind, words)} if given is None else given
    if kind == LICENCE_CHANGE:
        known = {"licence": chosen, **known}
        options["licence"] = own_licence_options(visitor, known.get("licence"))
    path = matters_path(visitor)
    return NewMatterPage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        title=definition.title,
        law=definition.law,
        href=f"{path}/new/{kind}" + (f"?dataset={contract.dataset}" if contract else ""),
        back=path,
        about=matter_view.about(visitor, contract.dataset if contract else None),
        steps=(*STEPS[kind], *_by_when(visitor, definition), _IN_HAND),
        form=act_form(definition.opening, definition, 0, known, options, key=key, wrong=wrong),
        similar=similar_shown(visitor, kind, words or str(known.get("what") or "")),
    )


def unproven_page(
    visitor: Visitor, kind: str, kinds: Collection[str], state: State
) -> NewMatterPage:
    """For somebody whom no office has proven yet: what it would be, and the way to get there."""
    definition = _definition_among(visitor, kind, kinds)
    path = matters_path(visitor)
    return NewMatterPage(
        frame=visitor.frame,
        position="",
        title=definition.title,
        law=definition.law,
        href=f"{path}/new/{kind}",
        back=path,
        about=None,
        steps=(),
        form=None,
        state=state,
    )


def check_kind(visitor: Visitor, kind: str, kinds: Collection[str]) -> None:
    """Raises NotFound for a kind that is not among those of a portal or not in force, Refused for
    somebody who may not open such a matter."""
    definition = _definition_among(visitor, kind, kinds)
    if kind == HOTLINE and not _may_turn_to_hotline(visitor):
        raise _no_kind(kind)
    matters, who = visitor.services.matters, definition.opening.actor
    with transaction(visitor.services.node.database) as session:
        as_whom = matters.doers(session, visitor.principal)
    find_doer(
        who,
        visitor.principal,
        as_whom,
        (party_as(visitor.principal, who.party),),
        (),
        law=definition.law,
        titles=definition.parties,
    )


def _may_turn_to_hotline(visitor: Visitor) -> bool:
    """Anybody as a citizen or for a firm; in office, who takes the calls."""
    return visitor.principal.kind == "citizen" or answers_hotline(visitor.principal)


def may_open(visitor: Visitor, kind: str, kinds: Collection[str]) -> bool:
    """Whether the form of a kind opens for the visitor."""
    with suppress(NotFound, Refused):
        check_kind(visitor, kind, kinds)
        return True
    return False


def ways_to_open(visitor: Visitor, kinds: Collection[str]) -> tuple[Link, ...]:
    """The forms of those kinds that the visitor may open."""
    found = []
    for kind in kinds:
        if not may_open(visitor, kind, kinds):
            continue
        if kind in NAMED_IN_FORM and not _datasets_for(visitor, kind):
            continue
        label = definition_of(visitor, kind).opening.title
        found.append(Link(label, f"{matters_path(visitor)}/new/{kind}"))
    return tuple(found)


def _datasets_for(visitor: Visitor, kind: str) -> Sequence[FormOption]:
    """The datasets that such a matter can be about."""
    by_kind = {CATALOGUE_ENTRY: entries_to_begin, BATCH_EXCHANGE: exchangeable}
    return by_kind[kind](visitor)


def _definition_among(visitor: Visitor, kind: str, kinds: Collection[str]) -> Definition:
    if kind not in kinds:
        raise _no_kind(kind)
    return definition_of(visitor, kind)


def definition_of(visitor: Visitor, kind: str) -> Definition:
    """Raises NotFound for a kind that is not opened by such a form, or that is not in force."""
    if kind not in STEPS or not is_in_force(visitor, kind):
        raise _no_kind(kind)
    with transaction(visitor.services.node.database) as session:
        return visitor.services.matters.book.newest(session, kind)


def _no_kind(kind: str) -> NotFound:
    return NotFound(
        f"没有“{kind[:40]}”这类可以在这里发起的事项",
        f"no matter of the kind “{kind[:40]}” is opened here",
    )


def is_in_force(visitor: Visitor, kind: str) -> bool:
    with transaction(visitor.services.node.database) as session:
        return kind in {one.kind for one in visitor.services.matters.book.every(session)}


def _contract(visitor: Visitor, kind: str, dataset: str | None) -> Contract | None:
    if kind not in OF_A_PAGE:
        return None
    if not dataset:
        raise from_its_page(kind)
    return visitor.services.catalogue.contracts.get(dataset)


def _all_open(contract: Contract) -> Conflict:
    return Conflict(
        f"数据集 {contract.dataset} 的数据项都已开放，可以直接取用",
        f"every field of {contract.dataset} is open: take it from its page",
    )


def _by_when(visitor: Visitor, definition: Definition) -> tuple[Text, ...]:
    """The last day of the clocks that begin with it, if it is submitted today."""
    today = civil_date(visitor.frame.now)
    calendar = read_calendar(visitor.services.node.database, since=today.year)
    found = []
    for act in definition.opening.clocks:
        duty = all_duties().get(act.duty)
        if duty is None:
            continue
        last, article = due(duty, today, calendar), article_named(duty)
        zh, en = formats.day(last.day, "zh"), formats.day(last.day, "en")
        found.append(
            Text(
                f"今天提交的，{duty.name.zh}最迟 {zh}（{article.zh}）",
                f"{duty.name.en}: by {en} if it is submitted today ({article.en})",
            )
        )
    return tuple(found)


Show = Callable[[NewMatterPage, int], Response]
"""Renders the page with a status."""


def hand_in(
    visitor: Visitor,
    kind: str,
    dataset: str | None,
    form: FormData,
    show: Show,
) -> Response:
    """Open it, and on to its page; what cannot be opened so comes back with all that was typed."""
    check_form(visitor, form)
    contract, rule = _contract(visitor, kind, dataset), definition_of(visitor, kind).opening

    def again(given: Given, key: str, wrong: Text, status: int) -> Response:
        return show(fill_new(visitor, kind, dataset, given, key, wrong), status)

    try:
        opening = _opening(visitor, kind, contract, typed(form, rule))
    except (BadInput, Conflict, NotFound, Refused) as wrong:
        record_refused(visitor, wrong)
        return again(typed(form, rule), str(form.get("key") or ""), wrong.text, wrong.status)
    return open_matter(visitor, form, opening, rule, again)


def _opening(visitor: Visitor, kind: str, contract: Contract | None, said: Given) -> Opening:
    services = visitor.services
    today = civil_date(services.node.clock())
    if kind in NAMED_IN_FORM and said.get("dataset"):
        contract = services.catalogue.contracts.get(str(said["dataset"]))
    policy = policy_of(contract) if contract is not None else None
    with transaction(services.node.database) as session:
        return opening_of(session, kind, visitor.principal, said, policy, today)
