"""What somebody hands in to act: checked here, before anything is locked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256

import orjson

from xihu_platform.errors import BadInput
from xihu_platform.matters.definition import EXTENSION, Definition, EventRule, Taken
from xihu_platform.visible import hidden_characters, is_blank
from xihu_platform.words import Text

CODE = re.compile(r"[A-Za-z0-9_.:/\-]{1,80}")
"""An id, a code, the name of a field: no word of a sentence."""
UNSAID = re.compile(r"[A-Za-z0-9_.:/\-]{1,2000}")
"""A number of a person or firm, or a sealed reference to a record."""
CODES_LIMIT = 500
UNSAID_LIMIT = 10_000
TEXT_LIMIT = 5000
NUMBER_LIMIT = 2**31 - 1
KEY = re.compile(r"[A-Za-z0-9_\-]{8,80}", re.ASCII)
"""Of a person's form. What the platform itself does has keys with a colon."""
ARTICLE = re.compile(r"[\w《》〈〉（）()〔〕“”、，,.;；:：/ \-]{1,80}")
_PAPER = re.compile(r"[\u4e00-\u9fff]{1,12}[〔\[（(]\d{4}[〕\]）)]第?\d{1,6}号")
"""The number that an office gives its papers (文号)."""
_LONG_NUMBER = re.compile(r"\d{7}")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
Value = str | int | list[str]


@dataclass(frozen=True, slots=True)
class Command:
    """One act. `key` is made with the form: handed in twice, it acts once. `version` is the one
    that was seen. `values` has what the event takes; texts among them are sealed. `at` is when
    it took effect, where that was before now: this needs a reason."""

    event: str
    key: str
    version: int = 0
    values: Mapping[str, Value] = field(default_factory=dict)
    reason: str | None = None
    article: str | None = None
    evidence: str | None = None
    at: datetime | None = None

    def said(self, *of: object) -> bytes:
        """The same for the same act of the same person in the same matter, and for no other.

        Raises BadInput for what cannot be said in JSON.
        """
        parts = [
            *(*of, self.event, dict(self.values), self.reason, self.article, self.evidence),
            self.at.isoformat() if self.at else None,
        ]
        try:
            return orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
        except TypeError:  # a lone surrogate, a number of 30 digits, a list in a list in a list
            raise BadInput(
                "表单中有无法保存的内容，请检查各项",
                "the form has something that cannot be stored: look at each of its values",
            ) from None


@dataclass(frozen=True, slots=True)
class Said:
    """A checked command's parts: what an event keeps, and the texts that are sealed."""

    data: Mapping[str, Value]
    texts: Mapping[str, str]


def key_of(room: str, *said: object) -> str:
    """A key for what the platform itself does: the same for the same."""
    return f"{room}:{sha256(repr(said).encode()).hexdigest()}"


def check_form(command: Command) -> None:
    """What every form of a person needs, whatever it is for. Raises BadInput."""
    if not KEY.fullmatch(command.key):
        raise BadInput("缺少表单编号，请重新打开页面", "the form has no key: open the page again")
    if not 0 <= command.version <= NUMBER_LIMIT:
        raise BadInput("版本不对，请重新打开页面", "the version is wrong: open the page again")
    if command.at is not None and (command.at.tzinfo is None or command.at.year < EARLIEST.year):
        raise BadInput("日期须写明时区，如 +08:00", "a moment needs its zone, as in +08:00")


def check_command(command: Command, rule: EventRule, definition: Definition) -> Said:
    """Raises BadInput with everything that is missing or wrong, and with the law that asks."""
    faults = [*_envelope(command, rule), *_value_faults(command, rule, definition)]
    if faults:
        zh = "；".join(fault.zh for fault in faults)
        en = "; ".join(fault.en for fault in faults)
        raise BadInput(
            f"{rule.title.zh}：{zh}（{definition.law.zh}）",
            f"{rule.title.en}: {en} ({definition.law.en})",
        )
    given = {name: _once_each(v) for name, v in command.values.items() if not _is_empty(v)}
    texts = {name: str(v) for name, v in given.items() if rule.takes[name] == "text"}
    data = {name: v for name, v in given.items() if rule.takes[name] not in {"text", "unsaid"}}
    texts |= {"reason": command.reason} if command.reason else {}
    data |= {"evidence": command.evidence} if command.evidence else {}
    return Said(data, texts)


def _envelope(command: Command, rule: EventRule) -> Iterator[Text]:
    for need, given, words in (
        ("reason", command.reason, Text("请写明理由", "give a reason")),
        ("article", command.article, Text("请写明法条", "name the article")),
        ("evidence", command.evidence, Text("请附上证明材料", "add the evidence")),
    ):
        if need in rule.needs and (given is None or is_blank(given)):
            yield words
        elif need not in rule.needs and given and not _may_say(need, command, rule):
            yield Text(f"这一步不填{_NEED[need].zh}", f"this step takes no {_NEED[need].en}")
    timed = rule.actor.party == "clock"  # its statute is the reason
    if command.at is not None and not timed and rule.backdate_days == 0:
        yield Text("不能补记日期", "it cannot be entered for an earlier day")
    elif command.at is not None and not timed and is_blank(command.reason or ""):
        yield Text("补记日期须写明理由", "an earlier date needs a reason")
    yield from _text_faults(Text("理由", "reason"), command.reason or "", TEXT_LIMIT)
    article = command.article
    if article and (not ARTICLE.fullmatch(article) or _LONG_NUMBER.search(article)):
        yield Text(
            "法条只写名称和条款，如《政务数据共享条例》第二十一条",
            "an article is the name of a law and its number, in 80 characters at most",
        )
    if command.evidence and not names_a_paper(command.evidence):
        yield Text(
            "证明材料写文号或编号，如 浙医保函〔2026〕31号、YB-2026-031，不含空格和证件号码",
            "evidence is the number of a paper, as 浙医保函〔2026〕31号 or YB-2026-031, without "
            "spaces and without a person's number",
        )


_NEED = {
    "reason": Text("理由", "reason"),
    "article": Text("法条", "article"),
    "evidence": Text("证明材料", "evidence"),
}


def _may_say(need: str, command: Command, rule: EventRule) -> bool:
    """Time gives its reasons itself; an earlier date is explained."""
    return rule.actor.party == "clock" or (need == "reason" and command.at is not None)


def names_a_paper(evidence: str) -> bool:
    """An event is kept for good: no name and no document number of a person may be in it.

    >>> names_a_paper("浙医保函〔2026〕31号"), names_a_paper("YB-2026-031")
    (True, True)
    >>> names_a_paper("339999198804120289"), names_a_paper("张三")
    (False, False)
    """
    if re.search(r"\d{14}", evidence):
        return False
    return bool(CODE.fullmatch(evidence) or _PAPER.fullmatch(evidence))


def _once_each(value: Value) -> Value:
    return list(dict.fromkeys(value)) if isinstance(value, list) else value


def _value_faults(command: Command, rule: EventRule, definition: Definition) -> Iterator[Text]:
    for name in sorted(command.values.keys() - rule.takes.keys()):
        yield Text(f"没有“{name[:40]}”这一项", f"there is no “{name[:40]}” to fill in")
    for name, kind in rule.takes.items():
        value = command.values.get(name)
        if value is None or _is_empty(value):
            if name not in rule.optional:
                yield _to_fill_in(definition.title_of(name))
        else:
            yield from _kind_faults(definition, name, kind, value)
            yield from _choice_faults(definition, name, value)
            yield from _most_faults(definition, name, value)


def _is_empty(value: Value | None) -> bool:
    return value is None or value == "" or value == []


def _to_fill_in(title: Text) -> Text:
    return Text(f"请填写“{title.zh}”", f"fill in “{title.en}”")


def text_limit(definition: Definition, name: str) -> int:
    """How many characters a text may have: what its kind says, and never more than any text."""
    words = definition.values.get(name)
    return min(TEXT_LIMIT, words.most or TEXT_LIMIT) if words is not None else TEXT_LIMIT


def _kind_faults(definition: Definition, name: str, kind: Taken, value: Value) -> Iterator[Text]:
    title = definition.title_of(name)
    zh, en = f"“{title.zh}”", f"“{title.en}”"
    if kind == "text":
        yield from _text_value_faults(title, value, text_limit(definition, name))
    elif kind in {"codes", "unsaid"}:
        known, limit = (CODE, CODES_LIMIT) if kind == "codes" else (UNSAID, UNSAID_LIMIT)
        yield from _codes_faults(title, value, known, limit)
    elif kind == "number":
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > NUMBER_LIMIT:
            yield Text(f"{zh}应为整数", f"{en} must be a whole number")
        elif name == EXTENSION and value < 1:
            yield Text("延长的天数至少为 1", "an extension is 1 at least")
    elif kind == "date":
        if not isinstance(value, str) or not _is_date(value):
            yield Text(f"{zh}应为日期，如 2026-12-31", f"{en} must be a day: 2026-12-31")
    elif not isinstance(value, str) or not CODE.fullmatch(value):
        yield Text(f"{zh}应为编号或名称，不含空格", f"{en} must be an id without spaces")


def _choice_faults(definition: Definition, name: str, value: Value) -> Iterator[Text]:
    words = definition.values.get(name)
    if words is None or not words.choices:
        return
    given = value if isinstance(value, list) else [value]
    if any(one not in words.choices for one in given):
        yield Text(
            f"“{words.title.zh}”不在可选之列：{'、'.join(w.zh for w in words.choices.values())}",
            f"“{words.title.en}” has to be among {', '.join(words.choices)}",
        )


def _most_faults(definition: Definition, name: str, value: Value) -> Iterator[Text]:
    words = definition.values.get(name)
    if words is not None and words.most and isinstance(value, int) and value > words.most:
        yield Text(
            f"“{words.title.zh}”最多 {words.most}", f"“{words.title.en}” is {words.most} at most"
        )


def _text_value_faults(title: Text, value: Value, limit: int) -> Iterator[Text]:
    if not isinstance(value, str):
        yield Text(f"“{title.zh}”应为文字", f"“{title.en}” must be a text")
        return
    yield from _text_faults(title, value, limit)
    if is_blank(value):
        yield _to_fill_in(title)


def _codes_faults(title: Text, value: Value, known: re.Pattern[str], limit: int) -> Iterator[Text]:
    if not isinstance(value, list) or len(value) > limit:
        yield Text(
            f"“{title.zh}”应为列表，最多 {limit} 项",
            f"“{title.en}” must be a list of {limit} at most",
        )
    elif not all(isinstance(one, str) and known.fullmatch(one) for one in value):
        yield Text(
            f"“{title.zh}”中有不是编号的值", f"“{title.en}” has something in it that is no id"
        )


def _text_faults(title: Text, value: str, limit: int) -> Iterator[Text]:
    value = value.replace("\r\n", "\n")  # a browser counts a line feed as one
    if len(value) > limit:
        yield Text(
            f"“{title.zh}”有 {len(value)} 字，最多 {limit} 字",
            f"“{title.en}” has {len(value)} characters, {limit} at most",
        )
    if hidden_characters(value):
        yield Text(f"“{title.zh}”中有看不见的字符", f"“{title.en}” holds invisible characters")


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
