"""What changes between two contracts, and for whom: additions, tighter rules, broken readers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from xihu_catalog.contracts.model import Contract, Field, Rule, Step
from xihu_catalog.registry.people import organisation_name
from xihu_platform.access.policy import GRADES
from xihu_platform.audit.uses import UserOrganisation
from xihu_platform.errors import Conflict
from xihu_platform.words import Language, Text

Effect = Literal["breaks", "closes", "tightens", "loosens", "adds", "states"]
EFFECTS: dict[Effect, Text] = {
    "breaks": Text("影响读者", "breaks readers"),
    "closes": Text("收窄，读者看到的变少", "closes: its readers see less"),
    "tightens": Text("收紧规则，今后的行可能被隔离", "tightens: future rows may be quarantined"),
    "loosens": Text("放宽", "loosens"),
    "adds": Text("新增，表随之扩展", "adds: the table evolves"),
    "states": Text("说明", "states"),
}
_NAMES = {
    "type": "类型",
    "grade": "敏感级别",
    "protect": "保护方式",
    "identifier": "标识类别",
    "unit": "计量单位",
    "required": "必填",
    "unique": "唯一",
    "codeList": "代码表",
    "pattern": "格式",
    "min_length": "最小长度",
    "max_length": "最大长度",
    "minimum": "最小值",
    "maximum": "最大值",
    "title": "名称",
    "description": "定义",
    "source_column": "源列名",
    "source_format": "源格式",
    "data_element": "数据元",
    "vault": "保管库",
    "steps": "处理步骤",
    "key": "主键",
    "shareRules": "共享规则",
    "standingConsent": "登记即同意",
    "shareClass": "共享类型",
    "openClass": "开放类型",
    "subjectKey": "主体标识",
    "firmKey": "企业标识",
    "region": "区划字段",
    "version": "版本",
    "topic": "领域",
    "provider": "提供方",
    "resource_code": "信息资源代码",
    "base_database": "基础库",
    "update_cycle": "更新周期",
    "synthetic": "合成数据",
    "licence": "许可协议",
    "shared_kinds": "数据主体",
    "retention": "保存期限",
    "summary": "摘要",
    "conditions": "使用条件",
    "share_conditions": "共享条件",
    "share_basis": "不予共享依据",
    "tags": "关键词",
    "time": "时间字段",
    "source": "来源文件",
    "claims": "核验项",
}
SHARE_ORDER = ("unconditional", "conditional", "refused")
OPEN_ORDER = ("unconditional", "restricted", "banned")
"""From the widest to the narrowest."""


@dataclass(frozen=True, slots=True)
class ContractChange:
    """One difference; `where` is the field's name, empty for the contract itself."""

    effect: Effect
    where: str
    text: Text
    name: str = ""
    """The attribute that differs, as a contract names it; empty of a field that comes or goes and
    of a rule."""

    def to(self, language: Language) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{EFFECTS[self.effect].to(language)} | {place}{self.text.to(language)}"


class BreaksReaders(Conflict):
    """A contract that takes something from its readers; `changes` holds all that do."""

    def __init__(self, dataset: str, changes: list[ContractChange], readers: list[Text]) -> None:
        zh = "\n".join(f"  {c.to('zh')}" for c in changes)
        en = "\n".join(f"  {c.to('en')}" for c in changes)
        who_zh = "；".join(r.zh for r in readers) or "日志中尚无读者"
        who_en = "; ".join(r.en for r in readers) or "the log shows no reader yet"
        super().__init__(
            f"{dataset} 的新契约会影响读者，没有发布：\n{zh}\n现有读者：{who_zh}\n"
            "请保留原字段并另加新字段，或以新的 id 另建数据集",
            f"the new contract of {dataset} breaks its readers and is not published:\n{en}\n"
            f"read now by: {who_en}\n"
            "keep the old fields and add new ones beside them, or make a dataset of a new id",
        )
        self.changes = changes


def check_change(old: Contract, new: Contract, readers: Sequence[UserOrganisation] = ()) -> None:
    """Raises BreaksReaders (Conflict) with the difference and who reads it now.

    A department may always close what it gives: of that its readers are told, no more.
    """
    broken = [c for c in compare(old, new) if c.effect == "breaks"]
    if broken:
        raise BreaksReaders(old.dataset, broken, [reader_words(r) for r in readers])


def reader_words(reader: UserOrganisation) -> Text:
    """An organisation and how often it read."""
    name = organisation_name(reader.organisation)
    day = reader.last_at.date().isoformat()
    return Text(
        f"{name.zh}（{reader.reads:,} 次，最近 {day}）",
        f"{name.en} ({reader.reads:,} reads, last on {day})",
    )


def compare(old: Contract, new: Contract) -> list[ContractChange]:
    """Every difference, what breaks readers first."""
    changes = [*_whole(old, new), *_fields(old, new)]
    order = list(EFFECTS)
    return sorted(changes, key=lambda c: order.index(c.effect))


def _whole(old: Contract, new: Contract) -> Iterator[ContractChange]:
    if old.dataset != new.dataset:
        yield _changed("breaks", "", "id", old.dataset, new.dataset)
    yield from _ranked("", "shareClass", SHARE_ORDER, old.share_class, new.share_class)
    yield from _ranked("", "openClass", OPEN_ORDER, old.open_class, new.open_class)
    if old.key != new.key:
        effect: Effect = "tightens" if new.key else "loosens"
        yield _changed(effect, "", "key", ", ".join(old.key), ", ".join(new.key))
    for name, role in (
        ("subjectKey", "subject_key"),
        ("firmKey", "firm_key"),
        ("region", "region"),
    ):
        had, has = _role(old, role), _role(new, role)
        if had != has:
            yield _changed("breaks" if had else "adds", "", name, had, has)
    yield from _conditions(old, new)
    yield from _rules("", old.rules, new.rules)
    yield from _references(old, new)
    yield from _claims(old, new)
    for name, before, after in _stated(old, new):
        if before != after:
            yield _changed("states", "", name, str(before), str(after))


def _conditions(old: Contract, new: Contract) -> Iterator[ContractChange]:
    """What the gateway enforces, and whether whoever registers a use has the consent at once."""
    had, has = sorted(old.share_rules), sorted(new.share_rules)
    if had != has:
        effect: Effect = "states" if set(had) <= set(has) else "loosens"
        yield _changed(effect, "", "shareRules", ", ".join(had), ", ".join(has))
    if old.standing_consent != new.standing_consent:
        effect = "loosens" if new.standing_consent else "states"
        before, after = old.standing_consent, new.standing_consent
        yield _changed(effect, "", "standingConsent", before, after)


def _stated(old: Contract, new: Contract) -> Iterator[tuple[str, object, object]]:
    """Attributes of the catalogue that change what is said, not what is read."""
    for name in ("version", "topic", "provider", "resource_code", "base_database"):
        yield name, getattr(old, name) or "", getattr(new, name) or ""
    for name in ("update_cycle", "synthetic", "licence", "shared_kinds", "retention"):
        yield name, getattr(old, name) or "", getattr(new, name) or ""
    for name in ("title", "summary", "conditions", "share_conditions", "share_basis"):
        before, after = getattr(old, name), getattr(new, name)
        yield name, _zh(before), _zh(after)
    yield "tags", ", ".join(old.tags), ", ".join(new.tags)
    yield "time", old.time_field or "", new.time_field or ""
    yield "source", old.source, new.source


def _claims(old: Contract, new: Contract) -> Iterator[ContractChange]:
    """A claim that ends, or asks something else under its name, breaks those who have it asked."""
    before, after = {c.id: c for c in old.claims}, {c.id: c for c in new.claims}
    for name in dict.fromkeys((*before, *after)):
        had, has = before.get(name), after.get(name)
        if had != has:
            effect: Effect = "breaks" if had is not None else "adds"
            yield _changed(effect, "", "claims", had and name, has and name)


def _zh(text: Text | None) -> str:
    return f"{text.zh} / {text.en}" if text else ""


def _role(contract: Contract, role: str) -> str:
    return next((f.name for f in contract.fields if getattr(f, role)), "")


def _fields(old: Contract, new: Contract) -> Iterator[ContractChange]:
    before = {f.name: f for f in old.fields}
    after = {f.name: f for f in new.fields}
    added = [f for f in new.fields if f.name not in before]
    for field in old.fields:
        if field.name in after:
            yield from _field(field, after[field.name])
            continue
        heir = next((f for f in added if _same_item(field, f)), None)
        if heir is None:
            yield ContractChange("breaks", field.name, Text("字段删除", "the field is gone"))
        else:
            words = Text(f"字段改名为 {heir.name}", f"the field is renamed {heir.name}")
            yield ContractChange("breaks", field.name, words)
    for field in added:
        words = Text(
            f"新字段 {field.title.zh}，{field.type}，敏感级别 {field.grade}",
            f"new field, {field.type}, grade {field.grade}",
        )
        yield ContractChange("adds", field.name, words)
        if field.required:
            words = Text("新字段必填", "the new field is required")
            yield ContractChange("tightens", field.name, words)


def _same_item(old: Field, new: Field) -> bool:
    same_element = old.data_element is not None and old.data_element == new.data_element
    return same_element or old.source_column == new.source_column or old.title == new.title


def _field(old: Field, new: Field) -> Iterator[ContractChange]:
    where = old.name
    if old.type != new.type:
        yield _changed("breaks", where, "type", old.type, new.type)
    if old.grade != new.grade:
        raised = GRADES.index(new.grade) > GRADES.index(old.grade)
        yield _changed("closes" if raised else "loosens", where, "grade", old.grade, new.grade)
    for name in ("protect", "identifier"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield _changed("breaks", where, name, before or "", after or "")
    if old.unit != new.unit:
        effect: Effect = "breaks" if old.unit and new.unit else "states"
        yield _changed(effect, where, "unit", _zh(old.unit), _zh(new.unit))
    yield from _demands(old, new)
    own_old = tuple(r for r in old.rules if r.id not in _implied_ids(old))
    own_new = tuple(r for r in new.rules if r.id not in _implied_ids(new))
    yield from _rules(where, own_old, own_new)
    yield from _statements(old, new)


def _statements(old: Field, new: Field) -> Iterator[ContractChange]:
    where = old.name
    for name in ("title", "description"):
        before, after = _zh(getattr(old, name)), _zh(getattr(new, name))
        if before != after:
            yield _changed("states", where, name, before, after)
    for name in ("source_column", "source_format", "data_element", "vault"):
        if getattr(old, name) != getattr(new, name):
            yield _changed("states", where, name, getattr(old, name), getattr(new, name))
    if old.steps != new.steps:
        yield _changed("states", where, "steps", _written(old.steps), _written(new.steps))


def _written(steps: Sequence[Step]) -> str:
    """Steps as a contract writes them.

    >>> _written((Step("spaces"), Step("nulls", ("-", "/"))))
    'spaces, nulls: [-, /]'
    """
    return ", ".join(
        f"{one.name}: [{', '.join(one.values)}]" if one.values else one.name for one in steps
    )


def _implied_ids(field: Field) -> set[str]:
    """Rules that follow from attributes compared one by one."""
    kinds = ("type", "required", "pattern", "range", "length", "code", "check_digit")
    return {f"{field.name}.{kind}" for kind in (*kinds, "digits_lost", "unique")}


def _demands(old: Field, new: Field) -> Iterator[ContractChange]:
    where = old.name
    for name in ("required", "unique"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield _changed("tightens" if after else "loosens", where, name, before, after)
    if old.code_list != new.code_list:
        effect: Effect = "tightens" if new.code_list else "loosens"
        yield _changed(effect, where, "codeList", old.code_list or "", new.code_list or "")
    for name in ("pattern", "min_length", "max_length", "minimum", "maximum"):
        before, after = getattr(old.options, name), getattr(new.options, name)
        if before != after:
            yield _changed(_bound(name, before, after), where, name, before, after)


def _bound(name: str, before: object, after: object) -> Effect:
    if after is None:
        return "loosens"
    if before is None or name == "pattern":
        return "tightens"
    grown = float(str(after)) > float(str(before))
    return "tightens" if grown == name.startswith("min") else "loosens"


def _rules(where: str, old: Sequence[Rule], new: Sequence[Rule]) -> Iterator[ContractChange]:
    before, after = {r.id: r for r in old}, {r.id: r for r in new}
    weight = ("note", "quarantine", "block")
    for rule in new:
        known = before.get(rule.id)
        if known is None:
            effect: Effect = "states" if rule.severity == "note" else "tightens"
            words = Text(f"新规则：{rule.title.zh}", f"new rule: {rule.title.en}")
            yield ContractChange(effect, where, words)
        elif known.condition != rule.condition:
            words = Text(f"规则改变：{rule.title.zh}", f"the rule changed: {rule.title.en}")
            yield ContractChange("tightens", where, words)
        elif known.severity != rule.severity:
            up = weight.index(rule.severity) > weight.index(known.severity)
            effect = "tightens" if up else "loosens"
            yield _changed(effect, where, rule.id, known.severity, rule.severity)
    for rule in old:
        if rule.id not in after:
            words = Text(f"规则取消：{rule.title.zh}", f"the rule is gone: {rule.title.en}")
            yield ContractChange("loosens", where, words)


def _references(old: Contract, new: Contract) -> Iterator[ContractChange]:
    """References that now ask another dataset, or other fields; the rest is said of their rules."""
    before = {r.rule.id: r for r in old.references}
    for reference in new.references:
        known = before.get(reference.rule.id)
        if known and (known.fields, known.dataset, known.to) != (
            reference.fields,
            reference.dataset,
            reference.to,
        ):
            title = reference.rule.title
            words = Text(f"规则改变：{title.zh}", f"the rule changed: {title.en}")
            yield ContractChange("tightens", reference.rule.field or "", words)


def _ranked(
    where: str, name: str, order: tuple[str, ...], before: str, after: str
) -> Iterator[ContractChange]:
    if before != after:
        narrower = order.index(after) > order.index(before)
        yield _changed("closes" if narrower else "loosens", where, name, before, after)


def _changed(
    effect: Effect, where: str, name: str, before: object, after: object
) -> ContractChange:
    def shown(value: object) -> str:
        return "—" if value in (None, "", ()) else str(value)

    words = f"{shown(before)} → {shown(after)}"
    return ContractChange(
        effect, where, Text(f"{_NAMES.get(name, name)} {words}", f"{name} {words}"), name
    )
