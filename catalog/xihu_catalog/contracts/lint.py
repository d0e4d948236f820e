"""Everything wrong with a contract, and advice on what would make it better."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError

from xihu_catalog.contracts import odcs
from xihu_catalog.contracts.document import line_of, read_document
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.kinds import wrong_kinds
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.publication import check_publication
from xihu_catalog.contracts.references import Find, check_targets
from xihu_catalog.contracts.unconfirmed import is_open
from xihu_catalog.drafting import personal
from xihu_catalog.registry.codes import code_list
from xihu_catalog.registry.elements import elements, nearest_element
from xihu_catalog.registry.people import organisations
from xihu_platform.access.policy import GRADES
from xihu_platform.errors import BadInput
from xihu_platform.words import Language, Text

Level = Literal["error", "advice"]
_CYCLES = {
    "realtime": {"s", "second", "min", "minute", "h", "hour"},
    "daily": {"d", "day", "days"},
    "weekly": {"w", "week", "weeks"},
    "monthly": {"mo", "month", "months"},
    "quarterly": {"mo", "month", "months", "q", "quarter"},
    "yearly": {"y", "year", "years"},
}
_MASKED = {"person_name", "mobile", "address", "bank_account"}
_Path = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding. `code` stays the same whatever the words."""

    file: str
    line: int
    level: Level
    code: str
    text: Text

    def to(self, language: Language) -> str:
        level = {"error": Text("错误", "error"), "advice": Text("建议", "advice")}[self.level]
        said = f"{level.to(language)}: {self.text.to(language)} [{self.code}]"
        return f"{self.file}:{self.line}: {said}"


def lint(path: Path) -> list[Remark]:
    """All remarks on one file, errors first, then by line."""
    content, file = path.read_bytes(), path.name
    remarks: list[Remark] = []
    try:
        check_publication(content, file)
    except BadContract as bad:
        remarks += [Remark(file, f.line, "error", "contract", f.text) for f in bad.findings]
    except BadInput as bad:
        return [Remark(file, 1, "error", "contract", bad.text)]
    try:
        raw, node = read_document(content, file)
        if any(True for _ in wrong_kinds(raw, node)):
            return remarks
        document = odcs.Odcs.model_validate(raw)
    except (BadContract, ValidationError):
        return remarks
    remarks += _Advisor(document, node, file).remarks()
    return sorted(remarks, key=lambda r: (r.level != "error", r.line, r.code))


def lint_all(paths: list[Path], published: Find = lambda _dataset: None) -> list[Remark]:
    """Remarks on several files, and what is wrong between them: what stands in two of them and may
    stand in one only, references to what neither they nor the `published` contracts declare.
    """
    found = [remark for path in paths for remark in lint(path)]
    seen: dict[tuple[str, str], str] = {}
    for path in paths:
        for what, value in _claims(path):
            first = seen.setdefault((what, value), path.name)
            if first != path.name:
                words = Text(
                    f"{what} {value} 在 {first} 中已经使用，须唯一",
                    f"{what} {value} is used by {first} already: it must be unique",
                )
                found.append(Remark(path.name, 1, "error", "twice", words))
    return [*found, *_references(paths, published)]


def _claims(path: Path) -> Iterator[tuple[str, str]]:
    contract = _sound(path)
    if contract is not None:
        yield "id", contract.dataset
        yield "resourceCode", contract.resource_code


def _references(paths: list[Path], published: Find) -> Iterator[Remark]:
    """Contracts that do not hold are not told of here: their faults come first."""
    sound = [(path, contract) for path in paths if (contract := _sound(path))]
    given = {contract.dataset: contract for _, contract in sound}

    def find(dataset: str) -> Contract | None:
        return given.get(dataset) or published(dataset)

    for path, contract in sound:
        for found in check_targets(contract, find, path.name):
            yield Remark(found.file, found.line, "error", "reference", found.text)


def _sound(path: Path) -> Contract | None:
    try:
        return parse_contract(path.read_bytes(), path.name)
    except BadInput:
        return None


class _Advisor:
    """Walks one document that has ODCS's shape, sound or not."""

    def __init__(self, document: odcs.Odcs, node: yaml.Node, file: str) -> None:
        self.document = document
        self.node = node
        self.file = file
        self.custom = _custom(document.customProperties)
        self.fields = document.schema_[0].properties
        self.found: list[Remark] = []

    def remarks(self) -> list[Remark]:
        self._words()
        self._classes()
        self._times()
        self._table()
        for index, field in enumerate(self.fields):
            self._field(field, ("schema", 0, "properties", index))
        return self.found

    def say(self, path: _Path, code: str, zh: str, en: str, *, level: Level = "advice") -> None:
        line = line_of(self.node, path)
        self.found.append(Remark(self.file, line, level, code, Text(zh, en)))

    def _at(self, name: str) -> _Path:
        names = [p.property for p in self.document.customProperties]
        return ("customProperties", names.index(name)) if name in names else ("customProperties",)

    def _words(self) -> None:
        for name in ("nameEn", "summaryEn", "conditionsEn"):
            if not self.custom.get(name):
                self.say(self._at(name), "no_english", f"缺少英文 {name}", f"{name} is missing")
        about = self.document.description
        for part in ("purpose", "limitations"):
            if not getattr(about, part):
                self.say(
                    ("description",),
                    "no_description",
                    f"description.{part} 未填写（摘要、使用条件，条例第十三条）",
                    f"description.{part} is empty (Order 809 art. 13)",
                )
        topic = self.document.domain
        if topic not in code_list("topics") and not is_open(topic):
            self.say(
                ("domain",),
                "unknown_topic",
                f"领域 {topic} 不在代码表 topics 中，可用：{'、'.join(code_list('topics'))}",
                f"topic {topic} is not in code list topics: {', '.join(code_list('topics'))}",
            )

    def _classes(self) -> None:
        share, opened = self.custom.get("shareClass"), self.custom.get("openClass")
        highest = max(self.fields, key=lambda f: GRADES.index(f.classification)).classification
        if opened == "unconditional" and highest in {"L3", "L4"}:
            self.say(
                self._at("openClass"),
                "open_grade",
                f"含 {highest} 字段却无条件开放；L4 不得开放，L3 须受限（DB33/T 2351）",
                f"unconditionally open though a field is {highest}: L4 is never opened, L3 only "
                "restricted (DB33/T 2351)",
            )
        if opened == "restricted" and highest == "L4":
            self.say(
                self._at("openClass"),
                "open_grade",
                "含 L4 字段却受限开放；L4 不得开放，请确认开放时不含这些字段",
                "restricted opening though a field is L4, which is never opened: make sure that "
                "field stays out",
            )
        if share == "unconditional" and highest == "L4":
            self.say(
                self._at("shareClass"),
                "share_grade",
                "含 L4 字段却无条件共享，请核对",
                "unconditionally shared though a field is L4: look at it",
            )
        if share == "refused" and opened in {"unconditional", "restricted"}:
            self.say(
                self._at("openClass"),
                "share_open",
                "不予共享却对社会开放，两者矛盾",
                "not shared with departments yet open to society: a contradiction",
            )
        if opened == "unconditional" and not self.custom.get("licence"):
            self.say(
                self._at("openClass"),
                "no_licence",
                "无条件开放须写明 licence，如 CC-BY-4.0",
                "open data needs a licence, such as CC-BY-4.0",
            )
        provider = self.custom.get("provider")
        if provider and str(provider) not in organisations() and not is_open(provider):
            self.say(
                self._at("provider"),
                "unknown_provider",
                f"登记册中没有提供方 {provider}",
                f"the registry knows no organisation {provider}",
            )

    def _times(self) -> None:
        sla = {s.property: s for s in self.document.slaProperties}
        for name, why in (("frequency", "更新周期"), ("retention", "保存期限")):
            if name not in sla:
                self.say(
                    ("slaProperties",),
                    f"no_{name}",
                    f"slaProperties 缺少 {name}（{why}）",
                    f"slaProperties lack {name}",
                )
        cycle, found = self.custom.get("updateCycle"), sla.get("frequency")
        if found is None or cycle not in _CYCLES:
            return
        months = {"quarterly": "3", "monthly": "1"}.get(str(cycle), "1")
        fits = found.unit in _CYCLES[str(cycle)] and (
            str(found.value) == months or cycle == "realtime" or found.unit in {"q", "quarter"}
        )
        if not fits:
            self.say(
                ("slaProperties",),
                "cycle_sla",
                f"updateCycle 为 {cycle}，slaProperties 却写 {found.value}{found.unit or ''}",
                f"updateCycle is {cycle}, slaProperties say {found.value}{found.unit or ''}",
            )

    def _table(self) -> None:
        customs = [_custom(f.customProperties) for f in self.fields]
        if not any(f.primaryKey for f in self.fields):
            self.say(
                ("schema", 0),
                "no_key",
                "没有主键（primaryKey），无法发现重复和按键更新",
                "no primaryKey: repeated rows cannot be found, nor rows updated",
            )
        if not any(c.get("time") for c in customs):
            self.say(
                ("schema", 0),
                "no_time",
                "没有时间字段（time: true），无法判断数据是否过期",
                "no field is `time: true`: nobody can tell how old the data is",
            )

    def _field(self, field: odcs.Property, path: _Path) -> None:
        custom = _custom(field.customProperties)
        missing = [n for n in ("nameEn", "descriptionEn") if not custom.get(n)]
        if missing:
            names = "、".join(missing)
            self.say(
                path, "no_english", f"{field.name} 缺少 {names}", f"{field.name} lacks {names}"
            )
        if not field.description:
            self.say(
                path,
                "no_description",
                f"{field.name} 没有定义（description，DB33/T 2426）",
                f"{field.name} has no definition (description, DB33/T 2426)",
            )
        self._personal(field, custom, path)
        self._measured(field, custom, path)
        listed = custom.get("codeList")
        if listed is not None and not _known_list(str(listed)):
            self.say(
                path,
                "unknown_code_list",
                f"{field.name} 的代码表 {listed} 不存在",
                f"there is no code list {listed}, which {field.name} names",
                level="error",
            )
        self._element(field, custom, path)

    def _element(self, field: odcs.Property, custom: dict[str, Any], path: _Path) -> None:
        # Any: ODCS lets a custom property hold any type.
        """A registry without data elements takes any id."""
        name, known = custom.get("dataElement"), elements()
        if name is None or not known:
            return
        found = known.get(str(name))
        if found is None:
            near = nearest_element(str(name), field.businessName)
            self.say(
                path,
                "unknown_element",
                f"{field.name} 的数据元 {name} 不存在" + (f"，是否为 {near}" if near else ""),
                f"there is no data element {name}, which {field.name} names"
                + (f": is it {near}?" if near else ""),
                level="error",
            )
            return
        if found.valid_to is not None:
            after_zh = f"，请改用 {found.successor}" if found.successor else ""
            after_en = f": use {found.successor}" if found.successor else ""
            self.say(
                path,
                "element_ended",
                f"{field.name} 的数据元 {name} 已于 {found.valid_to} 停用{after_zh}",
                f"the data element {name} of {field.name} ended on {found.valid_to}{after_en}",
            )
        listed, meant = custom.get("codeList"), found.range.code_list
        if meant is not None and listed != meant:
            self.say(
                path,
                "element_list",
                f"{field.name} 的代码表与数据元 {name} 的值域（{meant}）不同",
                f"the code list of {field.name} is not {meant}, the range of data element {name}",
            )

    def _personal(self, field: odcs.Property, custom: dict[str, Any], path: _Path) -> None:
        # Any: ODCS lets a custom property hold any type.
        kind = custom.get("identifier")
        if kind in _MASKED and not custom.get("protect") and not custom.get("vault"):
            self.say(
                path,
                "unprotected",
                f"{field.name} 是个人信息（{kind}），没有 protect，将明文入湖",
                f"{field.name} is personal ({kind}) and has no `protect`: it lies in the clear",
            )
        floor = personal.floor_of(kind)
        if floor is not None and GRADES.index(field.classification) < GRADES.index(floor):
            self.say(
                path,
                "low_grade",
                f"{field.name} 是 {kind}，一般为 {floor}，现为 {field.classification}",
                f"{field.name} is a {kind}, commonly {floor}, here {field.classification}",
            )
        header = f"{custom.get('sourceColumn') or ''} {field.businessName}"
        likely = personal.said_by(field.businessName) or personal.said_by(header)
        text = field.logicalType in {"string", "date"} or likely == "income"
        coded = custom.get("codeList") or any("validValues" in q.arguments for q in field.quality)
        if kind is None and likely is not None and text and not coded:
            self.say(
                path,
                "undeclared_identifier",
                f"{field.businessName} 像是 {likely}，没有声明 identifier",
                f"{field.name} looks like a {likely} but declares no identifier",
            )

    def _measured(self, field: odcs.Property, custom: dict[str, Any], path: _Path) -> None:
        # Any: ODCS lets a custom property hold any type.
        numeric = field.logicalType in {"number", "integer"}
        bare = custom.get("codeList") or field.primaryKey or custom.get("unit")
        unitless = re.search(
            "率|比|指数|是否|pH|年度|年份|年级|月份|序号|等级|级别|编号|系数", field.businessName
        )
        if numeric and not bare and not unitless:
            self.say(
                path,
                "no_unit",
                f"{field.name} 是数值，没有计量单位（unit）",
                f"{field.name} is a number without a unit",
            )


def _custom(properties: list[odcs.CustomProperty]) -> dict[str, Any]:
    # Any: ODCS lets a custom property hold any type.
    return {p.property: p.value for p in properties}


def _known_list(name: str) -> bool:
    try:
        code_list(name)
    except BadInput:
        return False
    return True
