"""Declared steps of a field: how a contract writes them, and the rules that follow from them."""

from collections.abc import Iterator
from typing import Any

from xihu_catalog.contracts.model import Field, Rule, Step
from xihu_catalog.contracts.rules import raw_column
from xihu_catalog.registry.regions import split_codes
from xihu_platform.errors import BadInput
from xihu_platform.sql import identifier
from xihu_platform.words import Text

# Step name to the options it may carry; None: any texts.
_OPTIONS: dict[str, tuple[str, ...] | None] = {
    "full_width": ("all",),
    "spaces": ("none",),
    "unguard": (),
    "nulls": None,
    "date_cn": (),
    "excel_serial": (),
    "number_cn": ("fraction", "percent"),
    "split": None,
    "region": None,
    "document": (),
    "uscc": (),
}
SPLIT_DEFAULT = ("、", "，", ",", "；", ";")


def read_steps(raw: Any, field: str, names: list[str]) -> tuple[Step, ...]:
    """The steps as declared, in order. Raises BadInput for one that nobody knows.

    Each is a name, or a mapping of a name to its option or options.
    """
    # Any: ODCS lets a custom property hold any type.
    if not isinstance(raw, list):
        raise BadInput(
            f"{field} 的 steps 应为列表，如 [full_width, spaces]",
            f"steps of {field} must be a list such as [full_width, spaces]",
        )
    steps = tuple(_step(item, field, names) for item in raw)
    for twice in {s.name for s in steps if [t.name for t in steps].count(s.name) > 1}:
        raise BadInput(
            f"{field} 的步骤 {twice} 出现两次", f"step {twice} of {field} stands there twice"
        )
    return steps


def _step(item: Any, field: str, names: list[str]) -> Step:
    name: Any = item  # a text, once it is found in the table below
    values: tuple[str, ...] = ()
    if isinstance(item, dict) and len(item) == 1:
        ((name, given),) = item.items()
        values = tuple(map(str, given)) if isinstance(given, list) else (str(given),)
    if not isinstance(name, str) or name not in _OPTIONS:
        raise BadInput(
            f"{field} 的步骤 {name} 不存在，可用的是：{'、'.join(_OPTIONS)}",
            f"{field} has a step {name}; there are {', '.join(_OPTIONS)}",
        )
    _check_values(name, values, field, names)
    return Step(name, values)  # type: ignore[arg-type]  # it is a key of _OPTIONS


def _check_values(name: str, values: tuple[str, ...], field: str, names: list[str]) -> None:
    allowed = tuple(names) if name == "region" else _OPTIONS[name]
    odd = [v for v in values if allowed is not None and v not in allowed]
    single = name not in {"nulls", "split"}
    if odd or (single and len(values) > 1):
        raise BadInput(
            f"{field} 的步骤 {name} 的选项 {'、'.join(odd or values)} 不成立",
            f"step {name} of {field} does not take {', '.join(odd or values)}",
        )
    if name == "split" and any(len(v) != 1 for v in values):
        raise BadInput(
            f"{field} 的步骤 split 的每个分隔符应为一个字符",
            f"each separator of step split of {field} must be one character",
        )


def check_steps(field: Field, types: dict[str, str]) -> None:
    """Raises BadInput where a step does not go with the field's type or another declaration.

    `types` are the physical types of all fields by name.
    """
    text = field.type == "VARCHAR"
    dates = field.type in {"DATE", "TIMESTAMP"}
    fits = {
        **dict.fromkeys(("split", "region", "document", "uscc"), text),
        **dict.fromkeys(("date_cn", "excel_serial"), dates and field.source_format is None),
        "number_cn": field.type in {"INTEGER", "BIGINT"} or field.type.startswith("DECIMAL"),
    }
    for step in field.steps:
        if not fits.get(step.name, True):
            raise BadInput(
                f"{field.name} 的步骤 {step.name} 与类型 {field.type} 或 sourceFormat 不合",
                f"step {step.name} of {field.name} does not go with type {field.type}, or with "
                "a sourceFormat",
            )
    region = field.step("region")
    if region and field.steps[-1] is not region:
        raise BadInput(
            f"{field.name} 的步骤 region 须为最后一步",
            f"step region of {field.name} must be the last",
        )
    if region and region.values and types[region.values[0]] not in {"DATE", "TIMESTAMP"}:
        raise BadInput(
            f"{field.name} 的步骤 region 须指向日期字段",
            f"step region of {field.name} must name a field that is a date",
        )


def step_rules(field: Field) -> Iterator[Rule]:
    """What a step cannot put right quarantines the record: nothing is guessed."""
    column, raw = identifier(field.name), raw_column(field.name)
    if field.step("region"):
        zh = "、".join(f"{code}→{'或'.join(to)}" for code, to in split_codes().items())
        en = ", ".join(f"{code} to {' or '.join(to)}" for code, to in split_codes().items())
        yield _rule(
            field,
            "region",
            Text(
                f"{field.title.zh}不是已知的地区，或当日对应不止一个地区（已拆分：{zh}）",
                f"{field.title.en} is no known place, or stands for several on that day (split: "
                f"{en})",
            ),
            f"{column} IS NULL AND {raw} IS NOT NULL",
        )
    if field.step("document"):
        yield _rule(
            field,
            "document",
            Text(
                f"{field.title.zh}不是任何一种已知证件的号码",
                f"{field.title.en} is the number of no known kind of document",
            ),
            f"{column} IS NOT NULL AND document_kind({column}) IS NULL",
        )
    if field.step("uscc") and field.identifier != "uscc":
        yield _rule(
            field,
            "uscc",
            Text(
                f"{field.title.zh}的校验位不符（GB 32100 与 GB 11714）",
                f"{field.title.en} has a wrong check digit (GB 32100 and GB 11714)",
            ),
            f"NOT uscc_holds({column})",
        )


def _rule(field: Field, kind: str, title: Text, condition: str) -> Rule:
    return Rule(f"{field.name}.{kind}", field.name, title, "quarantine", condition)
