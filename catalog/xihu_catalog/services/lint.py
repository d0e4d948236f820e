"""Everything wrong with service items: what they name is missing, or what is shared is asked for.

Beyond the shape of one item, which `items` checks, this compares it with contracts, organisations,
people and the other items.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from xihu_catalog.contracts.document import line_of
from xihu_catalog.contracts.errors import Finding
from xihu_catalog.contracts.model import Contract
from xihu_catalog.registry.codes import is_code_list
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.people import content, organisations
from xihu_catalog.registry.reading import BadRegistry, read_content, shown_path
from xihu_catalog.services.bundles import BUNDLE_FILE, bundle_files, merged, unknown_item
from xihu_catalog.services.events import LIFE_EVENTS, life_events
from xihu_catalog.services.item import ItemField, Material, RegisterSource, ServiceItem
from xihu_catalog.services.items import SERVICES
from xihu_catalog.services.papers import SERVICE_PAPERS, find_paper, papers
from xihu_platform.safe_yaml import LOADER
from xihu_platform.words import Text

PERSON = "1"
DEFERS = ("licensing", "once")
"""The ways whose law knows papers that follow later (浙江最多跑一次 11)."""
NO_REPEAT = Text("《政务数据共享条例》第十九条", "State Council Order 809 art. 19")
_Place = tuple[int | str, ...]
_Fault = tuple[_Place, Text]
_ITEM = TypeAdapter(ServiceItem)


@dataclass(frozen=True, slots=True)
class ItemFile:
    """One file of the registry and the item that it is."""

    path: Path
    item: ServiceItem

    def finding(self, place: _Place, text: Text) -> Finding:
        node = yaml.compose(self.path.read_text(encoding="utf-8-sig"), LOADER)
        line = line_of(node, place) if node is not None else 1
        return Finding(shown_path(self.path), line, text)


def lint_files(
    paths: Iterable[Path], contracts: Mapping[str, Contract], today: date | None
) -> list[Finding]:
    """What is wrong with the items of these files, alone and among those of the registry.

    Without `today` no reason is too old, and whoever has a position has it.
    """
    chosen = [path.resolve() for path in paths]
    others = [path for path in item_paths() if path.resolve() not in chosen]
    found: list[Finding] = []
    files: list[ItemFile] = []
    for path in chosen:
        try:
            files.append(ItemFile(path, read_content(path, _ITEM)))
        except BadRegistry as wrong:
            found += wrong.findings
    for one in files:
        faults = item_faults(one.item, contracts, today)
        found += [one.finding(place, text) for place, text in faults]
    beside = [ItemFile(path, read_content(path, _ITEM)) for path in others] if files else []
    return found + list(_repeats(files, beside))


def check_items(
    items: Mapping[str, ServiceItem], today: date, contracts: Mapping[str, Contract]
) -> None:
    """Raises BadRegistry with all that is wrong with the items: none is then in force."""
    files = [ItemFile(path, read_content(path, _ITEM)) for path in item_paths()]
    known = [one for one in files if items.get(one.item.id) == one.item]
    found = [
        one.finding(place, text)
        for one in known
        for place, text in item_faults(one.item, contracts, today)
    ]
    found += _repeats(files, [])
    if found:
        raise BadRegistry(found)


def item_paths() -> list[Path]:
    return sorted((registry_folder() / SERVICES).glob("*.yaml"))


def item_faults(
    item: ServiceItem, contracts: Mapping[str, Contract], today: date | None
) -> Iterator[_Fault]:
    """Each with its place in the item's file."""
    yield from _office_faults(item, today)
    yield from _system_faults(item)
    own = {name: one for name, one in contracts.items() if _has_own_rows(item, one)}
    for number, material in enumerate(item.materials):
        place: _Place = ("materials", number)
        if material.source is not None:
            at = (*place, "source")
            yield from _source_faults(at, material.source, contracts, own)
        yield from _material_faults(place, item, material, own, today)
    for number, field in enumerate(item.form):
        place = ("form", number)
        if field.from_ is not None:
            yield from _source_faults((*place, "from"), field.from_, contracts, own)
        yield from _field_faults(place, field, own)
    yield from _whole_faults(item)


def _has_own_rows(item: ServiceItem, contract: Contract) -> bool:
    """Whether rows of the dataset are found by the key of somebody who may apply."""
    persons, firms = PERSON in item.audience, any(one != PERSON for one in item.audience)
    return any((f.subject_key and persons) or (f.firm_key and firms) for f in contract.fields)


def _office_faults(item: ServiceItem, today: date | None) -> Iterator[_Fault]:
    offices: list[tuple[_Place, str]] = [(("body",), item.body)]
    if item.intake is not None:
        offices.append((("intake", "body"), item.intake.body))
    people = content().people
    for place, uscc in offices:
        if uscc not in organisations():
            yield (
                place,
                Text(
                    f"机构 {uscc} 不在 organisations.yaml 中，请补上或改正",
                    f"the organisation {uscc} is not in organisations.yaml: add or correct it",
                ),
            )
        elif people and not _has_handler(uscc, today):
            yield (
                place,
                Text(
                    f"机构 {uscc} 没有经办岗位（handler），无人办理；请在 people.yaml 中设岗",
                    f"the organisation {uscc} has no position with the duty handler, so "
                    "that nobody works on its cases: add one in people.yaml",
                ),
            )


def _system_faults(item: ServiceItem) -> Iterator[_Fault]:
    """Where the registry names people and systems: else an installation enters its own."""
    known = content()
    if item.system is None or not (known.people or known.systems):
        return
    owner = next((s.organisation for s in known.systems if s.client_id == item.system), None)
    if owner is None:
        yield (
            ("system",),
            Text(
                f"系统 {item.system} 没有登记，请在 people.yaml 的 systems 中登记或者改正",
                f"the system {item.system} is not registered: add it to `systems` of people.yaml, "
                "or correct it",
            ),
        )
    elif owner != item.body:
        yield (
            ("system",),
            Text(
                f"系统 {item.system} 属于机构 {owner}，不是实施机关 {item.body} 的系统，请改正",
                f"the system {item.system} belongs to the organisation {owner}, not to the "
                f"implementing body {item.body}: correct it",
            ),
        )


def _has_handler(uscc: str, today: date | None) -> bool:
    return any(
        position.organisation == uscc
        and "handler" in position.duties
        and (today is None or position.valid_from <= today <= position.valid_to)
        for person in content().people
        for position in person.positions
    )


def _source_faults(
    place: _Place,
    source: RegisterSource,
    contracts: Mapping[str, Contract],
    own: Mapping[str, Contract],
) -> Iterator[_Fault]:
    name = source.dataset
    contract = contracts.get(name)
    if contract is None:
        text = Text(f"没有数据集 {name}，请改正", f"there is no dataset {name}: correct it")
        yield (*place, "dataset"), text
        return
    if name not in own:
        yield (
            (*place, "dataset"),
            Text(
                f"数据集 {name} 里没有申请人自己的记录（缺自然人或企业主键），请换一个数据集",
                f"the dataset {name} has no rows of the applicant's own, whose key it lacks: name "
                "another one",
            ),
        )
    for number, field in enumerate(source.fields):
        if contract.field(field) is None:
            text = Text(f"数据集 {name} 没有字段 {field}", f"the dataset {name} has no {field}")
            yield (*place, "fields", number), text


def _material_faults(
    place: _Place,
    item: ServiceItem,
    material: Material,
    own: Mapping[str, Contract],
    today: date | None,
) -> Iterator[_Fault]:
    paper = find_paper(material.name.zh)
    spared = material.source is not None or material.licence is not None
    if paper is not None and not spared and paper.dataset in own:
        yield (*place, "name"), _is_shared(material.name.zh, own[paper.dataset])
    source = material.source
    if (
        paper is not None
        and source is not None
        and source.dataset == paper.dataset
        and (source.only, source.none) != (paper.only, paper.none)
    ):
        yield (*place, "source"), _proves_another(material.name.zh)
    if material.asked is not None:
        yield from _reason_faults((*place, "asked", "until"), material.asked.until, today)
    if material.deferrable_days and item.way not in DEFERS:
        yield (
            (*place, "deferrable_days"),
            Text(
                f"办理方式 {item.way} 没有容缺受理的规定，请把 deferrable_days 删去",
                f"the way {item.way} has no rule for papers that follow later: take out "
                "deferrable_days",
            ),
        )


def _proves_another(name: str) -> Text:
    return Text(
        f"“{name}”不是有记录就能证明的：请按 service_papers.yaml 写上同样的 only 和 none",
        f"not every record proves “{name}”: give the same `only` and `none` as service_papers.yaml",
    )


def _reason_faults(place: _Place, until: str, today: date | None) -> Iterator[_Fault]:
    try:
        last = date.fromisoformat(until)
    except ValueError:
        text = Text(f"“{until}”不是日期，写作 2027-12-31", f"{until} is no date: write 2027-12-31")
        yield place, text
        return
    if today is not None and last < today:
        yield (
            place,
            Text(
                f"仍要提交的理由到 {until} 为止，已经过期；{NO_REPEAT.zh}：能够共享的不得重复收集，"
                "请删去 asked，或写明新的理由和期限",
                f"the reason to ask for it ended on {until}. {NO_REPEAT.en}: what can be shared is "
                "not collected again. Take out `asked`, or give a new reason and period",
            ),
        )


def _field_faults(place: _Place, field: ItemField, own: Mapping[str, Contract]) -> Iterator[_Fault]:
    if field.code_list is not None and not is_code_list(field.code_list):
        text = Text(f"没有代码表 {field.code_list}", f"there is no code list {field.code_list}")
        yield (*place, "code_list"), text
    if field.from_ is not None:
        return
    for contract in own.values():
        if any(one.title.zh == field.title.zh for one in contract.fields):
            yield (*place, "title"), _is_shared(field.title.zh, contract)
            return


def _is_shared(name: str, contract: Contract) -> Text:
    title = contract.title
    return Text(
        f"“{name}”可以从数据集 {contract.dataset}（{title.zh}）取得；{NO_REPEAT.zh}：能够共享的"
        "不得重复收集，请写上来源",
        f"{name} can be had from the dataset {contract.dataset} ({title.en}). {NO_REPEAT.en}: what "
        "can be shared is not collected again. Name it as the source",
    )


def _whole_faults(item: ServiceItem) -> Iterator[_Fault]:
    if not item.implementation_code.startswith(item.basic_code):
        yield (
            ("implementation_code",),
            Text(
                f"实施编码须以基本编码 {item.basic_code} 开头",
                f"it begins with the basic code {item.basic_code}",
            ),
        )
    for name, now in (("papers", len(item.materials)), ("fields", len(item.form))):
        first = int(getattr(item.first_version, name))
        if first < now:
            yield (
                ("first_version", name),
                Text(
                    f"首版为 {first}，现在有 {now}：事项要求的不得越来越多，请核对",
                    f"the first version asked for {first} and this one asks for {now}: an item "
                    "does not grow; check both",
                ),
            )


def is_bundle(path: Path) -> bool:
    """Whether a file is that of a bundle: it has parts."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), LOADER)
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return any(key.value == "parts" for key, _ in pairs)


def bundle_paths() -> list[Path]:
    return [path for path, _ in bundle_files()]


def lint_bundles(
    paths: Iterable[Path], items: Mapping[str, ServiceItem], today: date | None
) -> Iterator[Finding]:
    """What is wrong with bundles whose items are right: their cases would not be handled, or their
    form not be the one that the items ask for. `items`: the newest version of each."""
    known = {(one.id, one.version): one for one in items.values() if not one.parts}
    for path in paths:
        try:
            bundle = read_content(path, BUNDLE_FILE)
            newest = items.get(bundle.id)
            if newest is not None and newest.parts and newest.version > bundle.version:
                continue  # an earlier version: drafts of it are finished
            item = merged(path, bundle, known)
        except BadRegistry as wrong:
            yield from wrong.findings
            continue
        found = [*_office_faults(item, today), *_part_faults(item, items)]
        if newest is not None and not newest.parts:
            text = Text(f"已有事项 {item.id}，请换一个", f"there is an item {item.id}: change it")
            found.append((("id",), text))
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), LOADER)
        for place, text in found:
            yield Finding(shown_path(path), line_of(node, place) if node else 1, text)


def _part_faults(item: ServiceItem, items: Mapping[str, ServiceItem]) -> Iterator[_Fault]:
    for number, part in enumerate(item.parts):
        if not set(item.audience) <= set(items[part.item].audience):
            yield (
                ("parts", number, "item"),
                Text(
                    f"{part.item} 不面向一件事的全部申请人，请核对 audience",
                    f"{part.item} is not for everybody whom the bundle is for: check `audience`",
                ),
            )


def list_faults(
    items: Mapping[str, ServiceItem], contracts: Mapping[str, Contract]
) -> Iterator[Finding]:
    """What the lists of papers and of life events name and nothing has."""
    for paper in papers():
        contract = contracts.get(paper.dataset)
        known = {one.name for one in contract.fields} if contract else set()
        for name in paper.fields:
            if name not in known:
                field = f"{paper.dataset}.{name}"
                zh, en = f"{paper.name.zh}：没有 {field}", f"{paper.name.en}: there is no {field}"
                yield _in_list(SERVICE_PAPERS, paper.name.zh, Text(zh, en))
    yield from event_faults(items)


def event_faults(items: Mapping[str, ServiceItem]) -> Iterator[Finding]:
    """Ids in the list of life events that no item has."""
    path = registry_folder() / LIFE_EVENTS
    for number, event in enumerate(life_events()):
        for place, name in enumerate(event.items):
            if name not in items:
                node = yaml.compose(path.read_text(encoding="utf-8-sig"), LOADER)
                line = line_of(node, ("events", number, "items", place)) if node else 1
                yield Finding(LIFE_EVENTS, line, unknown_item(event.id, name, items))


def _in_list(file: str, what: str, text: Text) -> Finding:
    lines = (registry_folder() / file).read_text(encoding="utf-8-sig").splitlines()
    line = next((number for number, one in enumerate(lines, 1) if what in one), 1)
    return Finding(file, line, text)


def _repeats(files: list[ItemFile], beside: list[ItemFile]) -> Iterator[Finding]:
    """Codes and versions that an earlier file has; versions of one item share its codes."""
    seen = {key: one for one in beside for key in _keys(one.item)}
    for one in files:
        for name, value in _keys(one.item):
            first = seen.setdefault((name, value), one)
            same = first.item.id == one.item.id and name != "id"
            if first.path == one.path or same:
                continue
            file = shown_path(first.path)
            text = Text(
                f"{name} {value} 在 {file} 中已有，请换一个", f"{name} {value} is in {file} already"
            )
            yield one.finding((name,), text)


def _keys(item: ServiceItem) -> tuple[tuple[str, str], ...]:
    return (
        ("id", f"{item.id}.{item.version}"),
        ("basic_code", item.basic_code),
        ("implementation_code", item.implementation_code),
    )
