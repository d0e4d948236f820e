"""Guards and effects of comments and reuses: what their kinds in the registry may name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select

from xihu_catalog.contracts.entries import CatalogueEntryRow, is_hidden
from xihu_catalog.registry.people import organisations
from xihu_catalog.voices.plain import address_fault, named_in, text_faults
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.models import MatterPartyRow, MatterRow
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.words import Text

DATA_COMMENT, DATA_REUSE = "data_comment", "data_reuse"
VOICES = (DATA_COMMENT, DATA_REUSE)
"""The kinds of what people say of a dataset."""
AUTHOR = "author"
"""Their party that says it."""
MODERATING = "moderating"
"""The state in which somebody has to decide whether all may read it."""
GUARDS = ("subject_is_published", "voice_is_plain", "voice_names_nobody", "few_voices_wait")
EFFECTS = ("erase_voice",)
"""What a kind may name."""
WAITING_OF_ONE = 3
"""Of one author about one dataset, comments and reuses together: these are decided first."""
WAITING = 20
"""Of one author about all datasets."""
A_DAY = 20
"""That one author writes within a day, withdrawn ones too: each is a notice to a department."""
MANY_LINES = frozenset({"comment", "description"})
ADDRESS, NAME = "address", "name"
_PLACE = re.compile(r"^.{1,6}?[省市区县]")
"""What the name of an organisation begins with."""


@dataclass(frozen=True, slots=True)
class VoiceActs:
    texts: MatterTexts

    def functions(self) -> ActFunctions:
        return ActFunctions(
            guards={
                "subject_is_published": subject_is_published,
                "voice_is_plain": voice_is_plain,
                "voice_names_nobody": voice_names_nobody,
                "few_voices_wait": few_voices_wait,
            },
            effects={"erase_voice": self.erase_voice},
        )

    def erase_voice(self, context: ActContext) -> None:
        """What was written is noise from now on, the author's words and the department's reasons;
        the events stay, which have none of them."""
        self.texts.erase(context.session, context.matter.id)


def voice_names_nobody(context: ActContext) -> None:
    """Raises BadInput for a name that is an organisation's."""
    name = str(context.command.values.get(NAME) or "")
    if name and named_in(name, _organisation_names()):
        raise BadInput(
            "署名不能是单位的名称，也不能让人以为是官方或工作人员，请换一个，或者不填",
            "the name to be shown cannot be that of an organisation, nor pass for an official's: "
            "choose another, or none",
        )


def _organisation_names() -> Iterator[Text]:
    """Also without the place that they begin with."""
    for one in organisations().values():
        yield Text(one.name_zh, one.name_en)
        short = _PLACE.sub("", one.name_zh)
        if len(short) > 2:
            yield Text(short, one.name_en)


def subject_is_published(context: ActContext) -> None:
    """What is shown is shown on the page of an entry that the public knows. Raises Conflict."""
    dataset = context.matter.about or ""
    if is_hidden(context.session, dataset):
        raise Conflict(
            f"数据集 {dataset} 的目录条目没有发布，不能展示",
            f"the entry of {dataset} is not published: nothing is shown with it",
        )


def voice_is_plain(context: ActContext) -> None:
    """Raises BadInput with everything that is wrong, and where."""
    if faults := list(_faults(context)):
        raise BadInput("；".join(one.zh for one in faults), "; ".join(one.en for one in faults))


def _faults(context: ActContext) -> Iterator[Text]:
    definition, values = context.matter.definition, context.command.values
    for name, taken in definition.opening.takes.items():
        text = values.get(name)
        if taken != "text" or not isinstance(text, str) or not text:
            continue
        title = definition.title_of(name)
        yield from text_faults(title, text, one_line=name not in MANY_LINES)
        if name == ADDRESS and (fault := address_fault(text)) is not None:
            yield fault


def few_voices_wait(context: ActContext) -> None:
    """One author alone does not fill a department's inbox. Raises Conflict."""
    about, entry = context.matter.about or "", CatalogueEntryRow.dataset
    # Several at the same moment are counted one after another. The row is only locked: an update
    # of it would be a new version of what decides who may read.
    locked = select(entry).where(entry == about).with_for_update(key_share=True)
    context.session.execute(locked)
    if _waiting(context, MatterRow.about == about) >= WAITING_OF_ONE:
        raise Conflict(
            f"您对这个数据集已有 {WAITING_OF_ONE} 条在等待审核，请等审核之后再提交，或者先撤回",
            f"{WAITING_OF_ONE} that you wrote on this dataset await moderation: send another when "
            "they are decided, or withdraw one",
        )
    if _waiting(context) >= WAITING:
        raise Conflict(
            f"您已有 {WAITING} 条在等待审核，请等审核之后再提交",
            f"{WAITING} that you wrote await moderation: send another when they are decided",
        )

    if _count(context, MatterRow.opened_at > context.now - timedelta(days=1)) >= A_DAY:
        raise Conflict(
            f"一天最多写 {A_DAY} 条，请明天再写",
            f"{A_DAY} a day at most: write the next one tomorrow",
        )


def _waiting(context: ActContext, *of: ColumnElement[bool]) -> int:
    return _count(context, MatterRow.state == MODERATING, *of)


def _count(context: ActContext, *of: ColumnElement[bool]) -> int:
    """Comments and reuses of the same author, without this one."""
    row, party, matter = MatterRow, MatterPartyRow, context.matter
    (author,) = matter.keys(AUTHOR)
    query = (
        select(func.count())
        .select_from(row)
        .join(party, party.matter == row.id)
        .where(
            row.kind.in_(VOICES),
            row.id != matter.id,
            party.role == AUTHOR,
            party.key == author,
            *of,
        )
    )
    return context.session.scalar(query) or 0
