"""What somebody hands in to act: checked here, before anything is locked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256

import orjson

from xihu_platform.errors import BadInput
from xihu_platform.matters.definition import Definition, EventRule, Taken
from xihu_platform.visible import hidden_characters, is_blank
from xihu_platform.words import Text

CODE = re.compile(r"[A-Za-z0-9_.:/\-\u4e00-\u9fff]{1,120}")
"""An id, a code, the name of a field: no sentence."""
CODES_LIMIT = 500
TEXT_LIMIT = 5000
KEY = re.compile(r"[A-Za-z0-9_\-:.]{8,80}")
ARTICLE_LIMIT = 200
Value = str | int | list[str]


@dataclass(frozen=True, slots=True)
class Command:
    """One act. `key` is made with the form: handed in twice, it acts once. `version` is the one
    that was seen. `values` holds what the event takes; texts among them are sealed. `at` is when
    it took effect, where that was before now: this needs a reason."""

    event: str
    key: str
    version: int = 0
    values: Mapping[str, Value] = field(default_factory=dict)
    reason: str | None = None
    article: str | None = None
    evidence: str | None = None
    at: datetime | None = None

    def digest(self, matter: int | None) -> str:
        """The same for the same act and for no other."""
        said = [
            *(matter, self.event, dict(self.values), self.reason, self.article, self.evidence),
            self.at.isoformat() if self.at else None,
        ]
        return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Said:
    """A checked command's parts: what an event keeps, and the texts that are sealed."""

    data: Mapping[str, Value]
    texts: Mapping[str, str]


def key_of(room: str, *said: object) -> str:
    """A key for what the platform itself does: the same for the same."""
    return f"{room}:{sha256(repr(said).encode()).hexdigest()}"


def check_command(command: Command, rule: EventRule, definition: Definition) -> Said:
    """Raises BadInput with everything that is missing or wrong, and with the law that asks."""
    faults = [*_envelope(command, rule), *_value_faults(command, rule)]
    if faults:
        zh = "；".join(fault.zh for fault in faults)
        en = "; ".join(fault.en for fault in faults)
        raise BadInput(
            f"{rule.title.zh}：{zh}（{definition.law.zh}）",
            f"{rule.title.en}: {en} ({definition.law.en})",
        )
    texts = {name: str(v) for name, v in command.values.items() if rule.takes[name] == "text"}
    data = {name: v for name, v in command.values.items() if rule.takes[name] != "text"}
    texts |= {"reason": command.reason} if command.reason else {}
    data |= {"evidence": command.evidence} if command.evidence else {}
    return Said(data, texts)


def _envelope(command: Command, rule: EventRule) -> Iterator[Text]:
    if not KEY.fullmatch(command.key):
        yield Text("缺少表单编号，请重新打开页面", "the form has no key: open the page again")
    for need, given, words in (
        ("reason", command.reason, Text("请写明理由", "give a reason")),
        ("article", command.article, Text("请写明法条", "name the article")),
        ("evidence", command.evidence, Text("请附上证明材料", "add the evidence")),
    ):
        if need in rule.needs and (given is None or is_blank(given)):
            yield words
    timed = rule.actor.party == "clock"  # its statute is the reason
    if command.at is not None and not timed and is_blank(command.reason or ""):
        yield Text("补记日期须写明理由", "an earlier date needs a reason")
    yield from _text_faults("reason", command.reason or "", TEXT_LIMIT)
    yield from _text_faults("article", command.article or "", ARTICLE_LIMIT)
    if command.evidence and not CODE.fullmatch(command.evidence):
        yield Text("证明材料应为其编号", "evidence is named by its id")


def _value_faults(command: Command, rule: EventRule) -> Iterator[Text]:
    for name in sorted(command.values.keys() - rule.takes.keys()):
        yield Text(f"没有“{name[:40]}”这一项", f"there is no “{name[:40]}” to fill in")
    for name, kind in rule.takes.items():
        value = command.values.get(name)
        if value is None or value in ("", []):
            if name not in rule.optional:
                yield Text(f"请填写 {name}", f"fill in {name}")
        else:
            yield from _kind_faults(name, kind, value)


def _kind_faults(name: str, kind: Taken, value: Value) -> Iterator[Text]:
    if kind == "text":
        yield from _text_value_faults(name, value)
    elif kind == "codes":
        yield from _codes_faults(name, value)
    elif kind == "number":
        if not isinstance(value, int) or isinstance(value, bool):
            yield Text(f"{name} 应为整数", f"{name} must be a whole number")
    elif kind == "date":
        if not isinstance(value, str) or not _is_date(value):
            yield Text(f"{name} 应为日期，如 2026-12-31", f"{name} must be a day: 2026-12-31")
    elif not isinstance(value, str) or not CODE.fullmatch(value):
        yield Text(f"{name} 应为编号或名称，不含空格", f"{name} must be an id without spaces")


def _text_value_faults(name: str, value: Value) -> Iterator[Text]:
    if not isinstance(value, str):
        yield Text(f"{name} 应为文字", f"{name} must be a text")
        return
    yield from _text_faults(name, value, TEXT_LIMIT)
    if is_blank(value):
        yield Text(f"请填写 {name}", f"fill in {name}")


def _codes_faults(name: str, value: Value) -> Iterator[Text]:
    if not isinstance(value, list) or len(value) > CODES_LIMIT:
        yield Text(
            f"{name} 应为列表，最多 {CODES_LIMIT} 项",
            f"{name} must be a list of {CODES_LIMIT} at most",
        )
    elif not all(isinstance(one, str) and CODE.fullmatch(one) for one in value):
        yield Text(f"{name} 中有不是编号的值", f"{name} holds something that is no id")


def _text_faults(name: str, value: str, limit: int) -> Iterator[Text]:
    if len(value) > limit:
        yield Text(
            f"{name} 有 {len(value)} 字，最多 {limit} 字",
            f"{name} has {len(value)} characters, {limit} at most",
        )
    if hidden_characters(value.replace("\r\n", "\n")):
        yield Text(f"{name} 中有看不见的字符", f"{name} holds invisible characters")


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
