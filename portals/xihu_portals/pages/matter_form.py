"""Forms of matters: made from a kind's own definition, read back into one command.

A form works without script. Its key is made with it, so that it acts once, however often it is
sent; what was typed stays on the page when something is wrong with it.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from starlette.datastructures import FormData

from xihu_platform.errors import BadInput, Conflict
from xihu_platform.identity.people import mandate_id
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import TEXT_LIMIT, Command, Value, text_limit
from xihu_platform.matters.definition import Definition, EventRule, Need, Taken
from xihu_platform.words import Text
from xihu_portals.web.parts import Words

InputKind = Literal["text", "line", "date", "number", "one", "select", "many", "hidden"]
_INPUTS: dict[Taken, InputKind] = {"code": "line", "codes": "line", "date": "date"}
_INPUTS |= {"number": "number", "text": "text", "unsaid": "text"}
NEEDED: dict[Need, tuple[InputKind, Text, Text]] = {
    "reason": (
        "text",
        Text("理由", "Reason"),
        Text("各方都会看到这段话", "All parties read this"),
    ),
    "article": (
        "line",
        Text("法律依据", "Article"),
        Text(
            "法律法规的名称和条款，如《政务数据共享条例》第二十一条",
            "Name and number, as in: Order 809 art. 21",
        ),
    ),
    "evidence": (
        "line",
        Text("证明材料编号", "Number of the evidence"),
        Text("文号或档案编号，不含空格", "Of the document or file, without spaces"),
    ),
}

LINE = 300
"""A text of so many characters at most is written on one line."""
RADIOS = 8
"""More choices than so many are a list to open, in which typing finds one."""


@dataclass(frozen=True, slots=True)
class FormOption:
    """One thing to choose."""

    value: str
    label: Words
    note: Words | None = None
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class FormField:
    """One thing that a form asks for."""

    name: str
    label: Text
    kind: InputKind
    hint: Text | None = None
    value: str = ""
    options: tuple[FormOption, ...] = ()
    optional: bool = False
    limit: int | None = None
    """Characters of a text."""


@dataclass(frozen=True, slots=True)
class ActForm:
    """One thing that somebody may do in a matter, with what it asks for."""

    event: str
    title: Text
    fields: tuple[FormField, ...]
    key: str
    version: int
    wrong: Text | None = None
    """What was wrong with it when it was sent."""
    at_once: bool = False
    """It asks for nothing and can be gone on from: a button is enough."""


Options = Mapping[str, Sequence[FormOption]]
"""By the name of a value: what there is to choose, where the definition itself cannot say."""
Given = Mapping[str, Value | None]
"""What a form is filled with: typed before, else known."""


def new_key() -> str:
    return secrets.token_urlsafe(18)


def act_form(
    rule: EventRule,
    definition: Definition,
    version: int,
    given: Given,
    options: Options,
    *,
    key: str | None = None,
    wrong: Text | None = None,
) -> ActForm:
    taken = [_taken(name, rule, definition, given, options) for name in rule.takes]
    needed = [_needed(need, given) for need in NEEDED if need in rule.needs]
    fields = (*taken, *needed)
    ends = definition.states[rule.target].final if rule.target else False
    return ActForm(
        rule.name,
        rule.title,
        fields,
        key or new_key(),
        version,
        wrong,
        at_once=not fields and not ends,
    )


def _taken(
    name: str, rule: EventRule, definition: Definition, given: Given, options: Options
) -> FormField:
    words, kind, value = definition.values.get(name), rule.takes[name], given.get(name)
    known = [FormOption(code, one) for code, one in words.choices.items()] if words else []
    offered = list(options.get(name, known))
    chosen = set(value) if isinstance(value, list) else {str(value)}
    limit = text_limit(definition, name) if kind == "text" else None
    shown: InputKind = "line" if limit is not None and limit <= LINE else _INPUTS[kind]
    if offered:
        single: InputKind = "select" if len(offered) > RADIOS else "one"
        shown = "many" if kind == "codes" else single
    return FormField(
        name=name,
        label=definition.title_of(name),
        kind=shown,
        hint=words.hint if words else None,
        value=_written(value, kind),
        options=tuple(
            FormOption(one.value, one.label, one.note, one.value in chosen) for one in offered
        ),
        optional=name in rule.optional,
        limit=limit,
    )


def _written(value: Value | None, kind: Taken) -> str:
    """What is in an input: of several, one on a line."""
    if isinstance(value, list):
        return "\n".join(value) if kind == "unsaid" else ""
    return "" if value is None else str(value)


def _needed(need: Need, given: Given) -> FormField:
    kind, label, hint = NEEDED[need]
    limit = TEXT_LIMIT if kind == "text" else None
    return FormField(need, label, kind, hint, str(given.get(need) or ""), limit=limit)


def acting_as(principal: Principal) -> str:
    """As whom a form is filled in: a position, a firm or person acted for; empty for oneself."""
    if principal.position is not None:
        return principal.position.id
    return mandate_id(principal.mandate) if principal.mandate is not None else ""


def check_position(form: FormData, principal: Principal) -> None:
    """Raises Conflict for a form that was opened in another position, or for somebody else."""
    check_acting_as(_text(form, "position"), principal)


def check_acting_as(opened_as: str, principal: Principal) -> None:
    """Raises Conflict where it is not as whom the caller acts now."""
    if opened_as == acting_as(principal):
        return
    if principal.kind == "citizen":
        raise Conflict(
            "打开表单之后您换了办事身份（本人、企业或家人），没有办理；请换回原来的身份，或重新填写",
            "you have changed for whom you act since you opened the form, so nothing was done: "
            "change back, or fill it in anew",
        )
    raise Conflict(
        "打开表单之后您换了岗位，没有办理；请换回原来的岗位，或在现在的岗位重新填写",
        "you have changed your position since you opened the form, so nothing was done: change "
        "back, or fill it in anew in this one",
    )


def read_command(form: FormData, rule: EventRule) -> Command:
    """What was sent, as it was: the kernel says what is wrong with it.

    Raises BadInput for a file where words are asked for, and for a version that is no number.
    """
    said = typed(form, rule)
    version = _text(form, "version") or "0"
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        raise BadInput("版本不对，请重新打开页面", "the version is wrong: open the page again")
    needed = {need: str(said[need] or "") or None for need in NEEDED if need in rule.needs}
    return Command(
        rule.name,
        _text(form, "key"),
        int(version),
        {name: v for name, v in said.items() if name in rule.takes and v is not None},
        reason=needed.get("reason"),
        article=needed.get("article"),
        evidence=needed.get("evidence"),
    )


def seen_version(form: FormData) -> int:
    """The version of a matter of which a form was made; 0, before anything was said, where the form
    does not say."""
    version = str(form.get("version") or "0")
    return int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0


def typed(form: FormData, rule: EventRule) -> dict[str, Value | None]:
    """What was typed, by name: to be read, and to be shown again."""
    said: dict[str, Value | None] = {}
    for name, kind in rule.takes.items():
        if kind == "unsaid":
            said[name] = _listed(form, name)
        else:
            said[name] = _codes(form, name) if kind == "codes" else _one(form, name, kind)
    for need in NEEDED:
        if need in rule.needs:
            said[need] = _text(form, need)
    return said


def _codes(form: FormData, name: str) -> Value:
    return [str(one).strip() for one in form.getlist(name) if str(one).strip()]


def _listed(form: FormData, name: str) -> Value:
    """Several, written one on a line or with commas between them."""
    return [one for one in re.split(r"[\s,;，；、]+", _text(form, name)) if one]


def _one(form: FormData, name: str, kind: Taken) -> Value | None:
    text = _text(form, name)
    whole = text.removeprefix("-")
    if kind == "number" and whole.isascii() and whole.isdigit() and len(whole) < 10:
        return int(text)
    return text or None


def _text(form: FormData, name: str) -> str:
    value = form.get(name) or ""
    if not isinstance(value, str):
        raise BadInput(
            "这里不能交文件，请填写文字", "no file can be handed in here: write it in words"
        )
    return value.strip() if name != "key" else value
