"""Writes a draft contract: inferred values are marked as guesses, decisions for people as open."""

from dataclasses import dataclass, field
from typing import Any

from xihu_catalog.contracts.unconfirmed import TO_CONFIRM
from xihu_catalog.contracts.written import to_yaml
from xihu_catalog.drafting.guess import FieldDraft, Guess
from xihu_catalog.drafting.terms import english_title
from xihu_catalog.registry.people import organisations
from xihu_platform.errors import BadInput
from xihu_platform.words import Text

# Any: ODCS documents are nested maps of many kinds; they are built here and written at once.
_Map = dict[str, Any]
_LOGICAL = {
    "VARCHAR": "string",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}
_HEAD = """\
# 契约草稿。guess / guessEn 是机器的猜测及其理由，逐项核对后删去；
# “{mark}”处须由有权决定的人填写，填完之前不能装载。
# A draft. `guess` says what the machine guessed and why: check each and take it out.
# Where it says “{mark}” somebody must decide; until then no load accepts it.
"""


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """`servers[0]` of the draft; `custom` are its custom properties."""

    path: str
    format: str
    type: str = "local"
    custom: dict[str, object] = field(default_factory=dict)
    extra: dict[str, object] = field(default_factory=dict)
    """What ODCS asks for with this type: host, database and schema of a database."""
    notes: tuple[Text, ...] = ()
    """What was guessed of the file as a whole, and why."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft contract."""

    dataset: str
    title: str
    fields: tuple[FieldDraft, ...]
    source: SourceDraft
    provider: str | None = None

    @property
    def text(self) -> str:
        return _HEAD.format(mark=TO_CONFIRM) + to_yaml(document_of(self))

    @property
    def file_name(self) -> str:
        return f"{self.dataset}.odcs.yaml"


def check_provider(provider: str | None) -> None:
    """Raises BadInput for a provider that the registry does not know."""
    if provider is not None and provider not in organisations():
        raise BadInput(
            f"登记册中没有统一社会信用代码为 {provider} 的提供方，请核对 --provider",
            f"the registry knows no organisation {provider}: check --provider",
        )


def department_of(provider: str | None) -> str | None:
    """The word a department's dataset ids begin with."""
    known = organisations().get(provider or "")
    return known.code if known else None


def document_of(draft: Draft) -> _Map:
    """The draft as an ODCS 3.1 document."""
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": draft.dataset,
        "version": "0.1.0",
        "status": "draft",
        "name": draft.title,
        "domain": f"{TO_CONFIRM}: registry/codes/topics.csv",
        "description": {"purpose": TO_CONFIRM, "limitations": TO_CONFIRM},
        "servers": [_server(draft.source)],
        "schema": [
            {
                "name": draft.dataset,
                "logicalType": "object",
                "physicalType": "table",
                "businessName": draft.title,
                "properties": [_property(f) for f in draft.fields],
            }
        ],
        "customProperties": _custom(draft),
    }


def _server(source: SourceDraft) -> _Map:
    server: _Map = {"server": "intake", "type": source.type, **source.extra}
    if source.type == "local":
        server |= {"path": source.path, "format": source.format}
    if source.custom:
        server["customProperties"] = _properties(source.custom)
    return server


def _properties(values: dict[str, object]) -> list[_Map]:
    return [
        {"property": k, "value": v}
        for k, v in values.items()
        if v is not None and v is not False and v != ()
    ]


def _custom(draft: Draft) -> list[_Map]:
    """What Order 809 and the 编制指南 ask for: each is a decision of the department's."""
    decisions = {
        "resourceCode": "信息资源代码 <分类码>/<顺序码>（编制指南）",
        "provider": "提供方代码：部门的统一社会信用代码（编制指南）",
        "updateCycle": "realtime | daily | weekly | monthly | quarterly | yearly | on_demand",
        "shareClass": "unconditional 无条件 | conditional 有条件，并写 shareConditions | "
        "refused 不予，并写 shareBasis（条例第十四、十五条）",
        "openClass": "unconditional 无条件开放 | restricted 受限开放 | banned 禁止开放",
        "secrecy": "保密审查后写 none；国家秘密、工作秘密不得进入平台（条例第三条）",
    }
    kinds = {f.identifier for f in draft.fields}
    people = any("subjectKey" in f.roles for f in draft.fields)
    about = "person" if people else "firm" if "uscc" in kinds else "none"
    made: list[_Map] = [
        {"property": "nameEn", "value": english_title(draft.title)},
        {"property": "summaryEn", "value": TO_CONFIRM},
        {"property": "conditionsEn", "value": TO_CONFIRM},
    ]
    for name, hint in decisions.items():
        value = draft.provider if name == "provider" and draft.provider else TO_CONFIRM
        item = {"property": name, "value": value}
        made.append(item if value != TO_CONFIRM else item | {"description": hint})
    made.append({"property": "sharedKinds", "value": about})
    zh = ["sharedKinds：按标识字段推断", *(f"文件：{n.zh}" for n in draft.source.notes)]
    en = [
        "sharedKinds: by the fields that identify",
        *(f"file: {n.en}" for n in draft.source.notes),
    ]
    made.append({"property": "guess", "value": zh})
    made.append({"property": "guessEn", "value": en})
    return made


def _property(field: FieldDraft) -> _Map:
    zh, en = field.description or (None, None)
    made: _Map = {
        "name": field.name,
        "businessName": field.title,
        "description": zh,
        "logicalType": _LOGICAL.get(field.type, "number"),
        "physicalType": field.type,
        "primaryKey": field.key_position is not None,
        "primaryKeyPosition": field.key_position,
        "required": field.required,
        "unique": field.unique,
        "logicalTypeOptions": field.options,
        "classification": field.grade,
        "quality": _valid_values(field),
    }
    unit, unit_en = field.unit or (None, None)
    custom: dict[str, object] = {
        "nameEn": field.english,
        "descriptionEn": en,
        "dataElement": field.data_element,
        "sourceColumn": field.header,
        "sourceFormat": field.source_format,
        "steps": list(field.steps) or None,
        "codeList": field.code_list,
        "identifier": field.identifier,
        "protect": field.protect,
        **dict.fromkeys(field.roles, True),
        "unit": unit,
        "unitEn": unit_en,
        "guess": [_said(g, "zh") for g in field.guesses] or None,
        "guessEn": [_said(g, "en") for g in field.guesses] or None,
    }
    made = {k: v for k, v in made.items() if v not in (None, False, {}, [])}
    return made | {"customProperties": _properties(custom)}


def _said(guess: Guess, language: str) -> str:
    words = guess.text.zh if language == "zh" else guess.text.en
    return f"{guess.what}：{words}" if language == "zh" else f"{guess.what}: {words}"


def _valid_values(field: FieldDraft) -> list[_Map]:
    if not field.valid_values:
        return []
    return [
        {
            "id": f"{field.name}_known",
            "name": f"{field.title}须为已知取值",
            "type": "library",
            "metric": "invalidValues",
            "arguments": {"validValues": list(field.valid_values)},
            "mustBe": 0,
            "severity": "quarantine",
            "customProperties": [{"property": "nameEn", "value": f"{field.english} is known"}],
        }
    ]
