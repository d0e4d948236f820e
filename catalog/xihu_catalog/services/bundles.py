"""Bundles 一件事: several items of several offices, applied for once with one form and one set of
papers.

A bundle is content of the registry: it names its items and what comes after what. Its form and its
papers are those of its items, each asked for once; a paper that one of its items issues is not
asked for by those that come after it, where whoever applies for these applies for that one too.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import Field, TypeAdapter

from xihu_catalog.contracts.document import line_of
from xihu_catalog.contracts.errors import Finding
from xihu_catalog.registry.faults import WrongContent
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import (
    BadRegistry,
    BothLanguages,
    ContentPart,
    read_content,
    shown_path,
)
from xihu_catalog.services.item import (
    Audience,
    FirstVersion,
    ItemField,
    ItemId,
    ItemLimit,
    ItemPart,
    ItemQuestion,
    Material,
    ServiceCounter,
    ServiceItem,
    When,
    as_written,
    situations,
)
from xihu_catalog.services.situation import is_needed
from xihu_platform.safe_yaml import LOADER
from xihu_platform.words import Text

_One = TypeVar("_One", ItemQuestion, ItemField, Material)
BUNDLES = "bundles"
PROMISE = BothLanguages(zh="一件事承诺办结", en="Promised end of the whole bundle")


class BundlePart(ContentPart):
    """_One item of a bundle."""

    item: ItemId
    version: Annotated[int, Field(ge=1, le=99)]
    after: list[ItemId] = []
    when: When | None = None
    """The situation in which it is applied for: questions of the bundle."""
    same: dict[str, str] = {}
    """Questions, fields and papers of the item that are the bundle's under other words, by id. What
    has the same id and the same words is the same without being named here."""
    answers: dict[str, Literal["yes", "no"]] = {}
    """Questions of the item whose answer follows from the bundle: they are not asked."""


class Bundle(ContentPart):
    """_One version of one bundle, as its file has it."""

    id: ItemId
    version: Annotated[int, Field(ge=1, le=99)]
    name: BothLanguages
    summary: BothLanguages
    law: BothLanguages
    basic_code: str
    implementation_code: str
    body: str
    """USCC of the office that leads it."""
    audience: Annotated[list[Audience], Field(min_length=1)]
    promise: Annotated[int, Field(ge=1, le=400)]
    """Working days from handing in to the last part: a promise, no legal period."""
    result: BothLanguages
    conditions: list[BothLanguages] = []
    questions: list[ItemQuestion] = []
    parts: Annotated[list[BundlePart], Field(min_length=2)]
    counter: ServiceCounter
    words: list[str] = []


BUNDLE_FILE = TypeAdapter(Bundle)


def bundle_files() -> list[tuple[Path, Bundle]]:
    """Raises BadRegistry."""
    paths = sorted((registry_folder() / BUNDLES).glob("*.yaml"))
    return [(path, read_content(path, BUNDLE_FILE)) for path in paths]


def merged(path: Path, bundle: Bundle, items: Mapping[tuple[str, int], ServiceItem]) -> ServiceItem:
    """The bundle as one item with parts. Raises BadRegistry for what cannot be applied for once,
    and for a part that names an item that there is not, with its line."""
    if unknown := list(_unknown_parts(bundle, items)):
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), LOADER)
        raise BadRegistry(
            [
                Finding(shown_path(path), line_of(node, place) if node else 1, words)
                for place, words in unknown
            ]
        )
    try:
        return _Merging(bundle, items).item()
    except ValueError as wrong:
        said = wrong.text if isinstance(wrong, WrongContent) else Text(str(wrong), str(wrong))
        zh, en = f"一件事 {bundle.id} 有误：{said.zh}", f"the bundle {bundle.id}: {said.en}"
        raise BadRegistry([Finding(shown_path(path), 1, Text(zh, en))]) from None


def _unknown_parts(
    bundle: Bundle, items: Mapping[tuple[str, int], ServiceItem]
) -> Iterator[tuple[tuple[int | str, ...], Text]]:
    known, own = {name for name, _ in items}, {one.item for one in bundle.parts}
    for number, part in enumerate(bundle.parts):
        at = ("parts", number)
        if part.item not in known:
            yield (*at, "item"), unknown_item(bundle.id, part.item, known)
        for place, name in enumerate(part.after):
            if name not in own:
                yield (*at, "after", place), unknown_item(bundle.id, name, own)


def unknown_item(where: str, name: str, known: Collection[str]) -> Text:
    """An id that no item has, with the one that is meant most likely.

    >>> unknown_item("shop", "food_premit", ["food_permit", "shop_sign"]).zh
    'shop：没有事项 food_premit，是不是 food_permit'
    """
    near = get_close_matches(name, sorted(known), n=1)
    zh, en = f"{where}：没有事项 {name}", f"{where}: there is no item {name}"
    if not near:
        return Text(zh, en)
    return Text(f"{zh}，是不是 {near[0]}", f"{en}: is {near[0]} meant")


@dataclass
class _Merging:
    """What of each item's form and papers is one with that of the items before it."""

    bundle: Bundle
    items: Mapping[tuple[str, int], ServiceItem]
    questions: dict[str, ItemQuestion] = field(default_factory=dict)
    form: dict[str, ItemField] = field(default_factory=dict)
    papers: dict[str, Material] = field(default_factory=dict)

    def item(self) -> ServiceItem:
        """Raises ValueError."""
        bundle = self.bundle
        self.questions = {one.id: one for one in bundle.questions}
        parts = [self._part(one) for one in bundle.parts]
        all_of = [self.items[one.item, one.version] for one in bundle.parts]
        first = FirstVersion(
            papers=sum(one.first_version.papers for one in all_of),
            fields=sum(one.first_version.fields for one in all_of),
        )
        return ServiceItem(
            **{name: getattr(bundle, name) for name in _AS_WRITTEN},
            type="20",
            way="plain",
            level="4",
            channels=["2", "3"],
            limit=ItemLimit(value=bundle.promise, article="", name=PROMISE),
            promise=bundle.promise,
            questions=list(self.questions.values()),
            materials=list(self.papers.values()),
            form=list(self.form.values()),
            first_version=first,
            parts=parts,
        )

    def _part(self, part: BundlePart) -> ItemPart:
        item = self.items.get((part.item, part.version))
        if item is None:
            raise WrongContent(
                f"事项 {part.item} 没有第 {part.version} 版",
                f"no item {part.item} of version {part.version}",
            )
        before = self._before(part)
        issued = {one.licence for one in before if one.licence is not None}
        if unknown := part.answers.keys() - {one.id for one in item.questions}:
            names = ", ".join(sorted(unknown))
            raise WrongContent(
                f"{part.item} 没有情形 {names}", f"{part.item} has no question {names}"
            )
        asked = [
            one
            for one in item.materials
            if one.licence not in issued and is_needed(one, part.answers)
        ]
        open_ones = [one for one in item.questions if one.id not in part.answers]
        questions = self._same(part, open_ones, self.questions, {})
        return ItemPart(
            item=part.item,
            version=part.version,
            after=part.after,
            when=part.when,
            questions=questions,
            fields=self._same(part, item.form, self.form, questions),
            papers=self._same(part, asked, self.papers, questions),
            answers=part.answers,
        )

    def _before(self, part: BundlePart) -> list[ServiceItem]:
        """The items that are granted before it wherever it is applied for, of parts that stand
        before it in the file."""
        places = [one.item for one in self.bundle.parts]
        earlier = places[: places.index(part.item)]
        if missing := set(part.after) - set(earlier):
            raise WrongContent(
                f"{part.item} 在 {'、'.join(sorted(missing))} 之后，文件中却写在前面",
                f"{part.item} comes after {sorted(missing)}, not before it in the file",
            )
        found, ahead = dict[str, ServiceItem](), list(part.after)
        while ahead:
            name = ahead.pop()
            one = next(o for o in self.bundle.parts if o.item == name)
            if one.when in (None, part.when):
                found[one.item] = self.items[one.item, one.version]
            ahead += one.after
        return list(found.values())

    def _same(
        self,
        part: BundlePart,
        theirs: Sequence[_One],
        ours: dict[str, _One],
        questions: Mapping[str, str],
    ) -> dict[str, str]:
        """By the item's ids, those of the bundle; what is new is added to the bundle's."""
        found = dict[str, str]()
        for one in theirs:
            when = None
            if not isinstance(one, ItemQuestion):
                when = _joined(part.when, one.when, questions)
            name = self._name_in(part, one, ours)
            found[one.id] = name
            if name in ours:
                ours[name] = _one_of(ours[name], one, when)
            else:
                new = {"id": name} if isinstance(one, ItemQuestion) else {"id": name, "when": when}
                ours[name] = one.model_copy(update=new)
        return found

    def _name_in(self, part: BundlePart, one: _One, ours: Mapping[str, _One]) -> str:
        if one.id in part.same:
            named = part.same[one.id]
            if named not in ours:
                raise WrongContent(
                    f"{part.item}：{one.id} 对应的 {named} 不存在",
                    f"{part.item}: {one.id} is the same as {named}, which is not there",
                )
            return named
        known = ours.get(one.id)
        if known is None or _words(known) == _words(one):
            return one.id
        return f"{part.item}_{one.id}"


_AS_WRITTEN = (
    *("id", "version", "name", "summary", "law", "basic_code", "implementation_code", "body"),
    *("audience", "result", "conditions", "counter", "words"),
)


def _words(one: ItemQuestion | ItemField | Material) -> BothLanguages:
    if isinstance(one, ItemQuestion):
        return one.text
    return one.title if isinstance(one, ItemField) else one.name


def _joined(whole: str | None, own: str | None, questions: Mapping[str, str]) -> str | None:
    """The situation of a part and, in the bundle's questions, that of what it asks for: both."""
    theirs = [
        tuple((questions[q], no) for q, no in one if q in questions) for one in situations(own)
    ]
    both = [(*first, *then) for first in situations(whole) for then in theirs]
    return as_written([tuple(dict.fromkeys(one)) for one in both])


def _one_of(ours: _One, theirs: _One, when: str | None) -> _One:
    """What two items ask for once. Raises ValueError where it is not the same."""
    if isinstance(ours, ItemQuestion) or isinstance(theirs, ItemQuestion):
        return ours
    if _kind(ours) != _kind(theirs):
        raise WrongContent(
            f"{ours.id} 在两个事项中不一样，请另取名称",
            f"{ours.id} is not the same in two items: name it otherwise",
        )
    asked = as_written([*situations(ours.when), *situations(when)])
    required = ours.required or theirs.required
    return ours.model_copy(update={"required": required, "when": asked})


def _kind(one: ItemField | Material) -> tuple[Any, ...]:  # Any: parts of a model
    if isinstance(one, ItemField):
        return one.kind, one.code_list, one.from_, one.past
    source = one.source
    return (source.dataset, source.only, source.none) if source else (one.licence,)
