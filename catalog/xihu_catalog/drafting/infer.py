"""From a profile to drafted fields: types, keys, code lists, units, roles, each with a reason."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from xihu_catalog.contracts.model import Field
from xihu_catalog.drafting import personal
from xihu_catalog.drafting.guess import FieldDraft, Guess, count_text
from xihu_catalog.drafting.kinds import TEXTS, Kind, field_type, with_habits
from xihu_catalog.drafting.listed import listed
from xihu_catalog.drafting.profile import Profile, ProfiledColumn, nearly
from xihu_catalog.drafting.terms import Element, Naming, bare, distinct_names, in_brackets, name_of
from xihu_platform.words import Text

UNITS = {
    "元": "CNY",
    "万元": "CNY 10,000",
    "亿元": "CNY 100 million",
    "人": "people",
    "人次": "visits",
    "户": "households",
    "家": "firms",
    "个": "items",
    "件": "cases",
    "次": "times",
    "份": "copies",
    "张": "pieces",
    "辆": "vehicles",
    "天": "days",
    "日": "days",
    "小时": "hours",
    "分钟": "minutes",
    "岁": "years of age",
    "分": "points",
    "%": "%",
    "％": "%",
    "米": "m",
    "公里": "km",
    "千米": "km",
    "平方米": "m²",
    "㎡": "m²",
    "平方公里": "km²",
    "公顷": "ha",
    "亩": "mu",
    "立方米": "m³",
    "万立方米": "10,000 m³",
    "立方米每秒": "m³/s",
    "千克": "kg",
    "吨": "t",
    "万吨": "10,000 t",
    "千瓦": "kW",
    "千瓦时": "kWh",
    "万千瓦时": "10,000 kWh",
    "℃": "°C",
    "摄氏度": "°C",
    "毫米": "mm",
    "毫克每升": "mg/L",
    "微克每立方米": "µg/m³",
    "毫克每立方米": "mg/m³",
}
_MONEY = ("金额", "费用", "价格", "税额", "产值", "资本", "资产", "补贴", "补助", "工资", "收入")


def infer(
    profile: Profile,
    elements: Mapping[str, Element],
    *,
    titles: Mapping[str, str] | None = None,
    declared: Mapping[str, Kind] | None = None,
    key: tuple[str, ...] = (),
    never_null: frozenset[str] = frozenset(),
) -> tuple[FieldDraft, ...]:
    """Drafts of the fields.

    `elements` are fields of existing contracts by header; `titles` Chinese names, `declared` types,
    `key` the primary key and `never_null` columns, where a database states them.
    """
    found = titles or {}
    names = distinct_names(
        [_naming(c.header, found.get(c.header), elements) for c in profile.columns]
    )
    sampled = profile.sampled
    seen = [personal.identify(_titled(c, found), sampled=sampled) for c in profile.columns]
    about = personal.subject_of([s.identifier for s in seen])
    made = []
    for column, naming, sensitivity in zip(profile.columns, names, seen, strict=True):
        titled = _titled(column, found)
        element = elements.get(bare(titled.header))
        kind = (declared or {}).get(column.header)
        field = _field(titled, naming, sensitivity, element, kind, sampled=sampled)
        grade, why = personal.grade(
            titled,
            sensitivity,
            about=about,
            money=field.unit is not None and field.unit[0].endswith("元"),
            plain=bool(field.code_list) or field.type in {"DATE", "TIMESTAMP", "BOOLEAN"},
            known=element.field.grade if element else None,
        )
        field = replace(
            field,
            header=column.header,
            grade=grade,
            required=field.required or column.header in never_null,
            guesses=(*field.guesses, why),
        )
        made.append(_with_values(field, column))
    return _with_roles(_with_key(made, profile, key))


def _titled(column: ProfiledColumn, titles: Mapping[str, str]) -> ProfiledColumn:
    """A database's column under its comment, which says more than its name."""
    title = titles.get(column.header)
    return replace(column, header=title) if title else column


def _naming(header: str, title: str | None, elements: Mapping[str, Element]) -> Naming:
    """A database's column keeps its own name; its English follows from the comment."""
    naming = name_of(title or header, elements)
    if title is None:
        return naming
    own = name_of(header, {})
    return Naming(own.name, naming.english, naming.by)


def _field(
    column: ProfiledColumn,
    naming: Naming,
    sensitivity: personal.Sensitivity,
    element: Element | None,
    declared: Kind | None,
    *,
    sampled: bool,
) -> FieldDraft:
    """A field without its grade, key and roles."""
    known = element.field if element else None
    kind = (
        with_habits(column, declared)
        if declared and sensitivity.identifier not in TEXTS
        else field_type(column, sensitivity.identifier, sampled=sampled)
    )
    code = (
        listed(column, naming, known, sampled=sampled) if _may_be_code(kind, sensitivity) else None
    )
    guesses = [*_name_guess(naming), *kind.guesses, *sensitivity.guesses]
    if code is not None:
        kind = replace(kind, type="VARCHAR", source_format=None)
        habits = [g for g in kind.guesses if g.what in {"steps", "nulls"}]
        guesses = [*_name_guess(naming), *sensitivity.guesses, code.guess, *habits]
    unit = _unit(column, kind, known)
    if unit is not None:
        guesses.append(unit[1])
    if element is not None:
        guesses.append(_taken(element))
    return FieldDraft(
        header=column.header,
        name=naming.name,
        title=known.title.zh if known else bare(column.header),
        english=naming.english,
        type=kind.type,
        grade="L4",
        source_format=kind.source_format,
        steps=(*kind.steps, *(code.steps if code else ())),
        required=not sampled and column.rows > 0 and column.given == column.rows,
        options=_options(column, kind, sensitivity) if code is None else {},
        code_list=code.name if code else None,
        identifier=sensitivity.identifier,
        protect=_PROTECT.get(sensitivity.identifier or ""),
        unit=unit[0] if unit else None,
        data_element=known.data_element if known else None,
        description=(known.description.zh, known.description.en) if known else None,
        guesses=tuple(guesses),
    )


_PROTECT = {
    "citizen_id": "pseudonym",
    "document_number": "pseudonym",
    **dict.fromkeys(("person_name", "mobile", "address", "bank_account"), "mask"),
}


def _may_be_code(kind: Kind, sensitivity: personal.Sensitivity) -> bool:
    return sensitivity.identifier is None and kind.type in {"VARCHAR", "INTEGER", "BIGINT"}


def _name_guess(naming: Naming) -> list[Guess]:
    words = {
        "element": Text("同名信息项在别的契约中如此", "the same item has this name elsewhere"),
        "terms": Text("由常用词译出", "translated word by word"),
        "pinyin": Text("部分为拼音，请改为英文", "in pinyin for a part: write it in English"),
    }
    return [Guess("name", words[naming.by])]


def _taken(element: Element) -> Guess:
    """Where title and definition come from: another department may mean something else by them."""
    words = Text(
        f"照搬 {element.dataset} 的契约，请核对含义是否相同",
        f"copied from the contract of {element.dataset}: check that it means the same here",
    )
    return Guess("description", words)


def _unit(
    column: ProfiledColumn, kind: Kind, known: Field | None
) -> tuple[tuple[str, str], Guess] | None:
    if kind.type not in {"INTEGER", "BIGINT"} and not kind.type.startswith("DECIMAL"):
        return None
    written = in_brackets(column.header)
    if written in UNITS:
        why = Text("列名中写明", "the header says so")
        return (written, UNITS[written]), Guess("unit", why)
    if known is not None and known.unit is not None:
        why = Text("同名信息项在别的契约中如此", "the same item has it elsewhere")
        return (known.unit.zh, known.unit.en), Guess("unit", why)
    if any(word in column.header for word in _MONEY):
        why = Text("列名是金额，单位请核对", "the header is of money: check the unit")
        return ("元", "CNY"), Guess("unit", why)
    return None


def _options(
    column: ProfiledColumn, kind: Kind, sensitivity: personal.Sensitivity
) -> dict[str, int | str]:
    """Bounds that say nothing of any one row: no lower than 0, a fixed shape, a generous length."""
    if kind.type != "VARCHAR":
        number = kind.type.startswith("DECIMAL") or kind.type in {"INTEGER", "BIGINT"}
        negative = column.low is None or column.low.startswith("-")
        return {"minimum": 0} if number and not negative else {}
    if sensitivity.identifier in {"citizen_id", "document_number", "uscc"}:
        return {}
    if column.shape is not None and column.given >= 20 and sensitivity.identifier is None:
        return {"pattern": _pattern(column.shape)}
    limits = (20, 50, 100, 200, 500, 1000, 2000, 4000)
    if column.longest > 10:
        generous = column.longest * 1.5
        return {"maxLength": next((n for n in limits if n >= generous), _round_up(generous))}
    return {}


def _round_up(length: float) -> int:
    """The next 1, 2 or 5 with zeros behind, from 10,000 on.

    >>> _round_up(6_001), _round_up(18_000), _round_up(3_000_000)
    (10000, 20000, 5000000)
    """
    steps = (int(n * 10.0**zeros) for zeros in count(4) for n in (1, 2, 5))
    return next(step for step in steps if step >= length)


def _pattern(shape: str) -> str:
    """A shape as a regular expression.

    >>> _pattern("AA99-9")
    '^[A-Z]{2}[0-9]{2}-[0-9]$'
    """
    sets = {"9": "[0-9]", "A": "[A-Z]", "a": "[a-z]"}
    parts, at = [], 0
    while at < len(shape):
        run = next(n for n in count(1) if shape[at : at + n + 1] != shape[at] * (n + 1))
        parts.append(sets.get(shape[at], shape[at]) + (f"{{{run}}}" if run > 1 else ""))
        at += run
    return f"^{''.join(parts)}$"


HARMLESS = 30  # distinct values at most that a draft may name
_OFTEN = 5  # rows behind each of them at least: no single person stands behind a value


def _with_values(field: FieldDraft, column: ProfiledColumn) -> FieldDraft:
    """The few values of a harmless code that no code list of the registry holds."""
    values = column.values
    plain = field.type == "VARCHAR" and field.identifier is None and field.code_list is None
    if not plain or field.grade not in {"L1", "L2"} or not 2 <= len(values) <= HARMLESS:
        return field
    often = all(n >= _OFTEN and len(v) <= 12 for v, n in values)
    if not often or len(values) * 10 > column.given:
        return field
    why = Text(
        f"只有 {len(values)} 种取值，每种至少 {_OFTEN} 行",
        f"{len(values)} different values only, each in {_OFTEN} rows at least",
    )
    return replace(
        field,
        valid_values=tuple(sorted(v for v, _ in values)),
        options={},
        guesses=(*field.guesses, Guess("values", why)),
    )


def _with_key(
    fields: list[FieldDraft], profile: Profile, declared: tuple[str, ...]
) -> list[FieldDraft]:
    """The declared key; else what is never null and, but for a few, unique."""
    key, why = declared, Text("数据库中声明的主键", "the primary key the database declares")
    if not key:
        found = _best_key(fields, profile)
        if found is None:
            return fields
        key, distinct = found
        part = count_text(distinct, profile.rows, sampled=profile.sampled)
        surplus = profile.rows - distinct
        more = Text("", "")
        if surplus:
            more = Text(
                f"，{surplus:,} 行为空或重复，将被隔离",
                f", {surplus:,} rows are empty or repeat one and would be quarantined",
            )
        why = Text(f"{part.zh} 各不相同{more.zh}", f"{part.en} differ{more.en}")
    position = {header: at for at, header in enumerate(key, 1)}
    return [
        replace(
            f,
            key_position=position[f.header],
            required=True,
            unique=len(key) == 1,
            guesses=(*f.guesses, Guess("key", why)),
        )
        if f.header in position
        else f
        for f in fields
    ]


def _best_key(fields: list[FieldDraft], profile: Profile) -> tuple[tuple[str, ...], int] | None:
    """Fewest columns first, then the most distinct, then numbers of things, then the first."""
    by_header = {f.header: f for f in fields}
    fit = [
        (headers, distinct)
        for headers, distinct in profile.unique.items()
        if profile.rows >= 2
        and nearly(distinct, profile.rows)
        and not any(_no_key(by_header[h]) for h in headers)
    ]
    if not fit:
        return None
    order = [f.header for f in fields]

    def rank(found: tuple[tuple[str, ...], int]) -> tuple[int, bool, int, int]:
        headers, distinct = found
        named = any(w in headers[0].lower() for w in ("编号", "代码", "号", "编码", "id", "标识"))
        return (len(headers), not named, -distinct, order.index(headers[0]))

    return min(fit, key=rank)


def _no_key(field: FieldDraft) -> bool:
    measure = field.type.startswith("DECIMAL") or field.unit is not None
    return measure or field.identifier in {"person_name", "mobile", "address", "income", "medical"}


def _with_roles(fields: list[FieldDraft]) -> tuple[FieldDraft, ...]:
    """Whose row it is, which county's, and of what time."""
    others = ("代理", "代表", "监护", "经办", "联系", "负责", "配偶", "父", "母", "执法", "检查人")
    roles = (
        ("subjectKey", lambda f: f.protect == "pseudonym", lambda f: _any(others, f.title)),
        ("firmKey", lambda f: f.identifier == "uscc", lambda f: _any(others, f.title)),
        ("region", lambda f: f.code_list == "divisions", lambda f: "户籍" in f.title),
        ("time", _is_time, lambda f: (not f.required, _any(_LATER, f.title))),
    )
    for role, fits, worse in roles:
        chosen = min(filter(fits, fields), key=worse, default=None)
        if chosen is None:
            continue
        why = Guess(role, _ROLES[role])
        marked = replace(chosen, guesses=(*chosen.guesses, why), roles=(*chosen.roles, role))
        fields = [marked if f is chosen else f for f in fields]
    return tuple(fields)


_LATER = ("有效期", "截止", "至", "更新", "入库", "创建", "修改", "承诺", "注销")
_ROLES = {
    "subjectKey": Text("每行所属的人", "the person each row is about"),
    "firmKey": Text("每行所属的企业", "the firm each row is about"),
    "region": Text("取值是行政区划代码，按此限定辖区", "division codes: rows are confined by it"),
    "time": Text("每行所属的时间", "the time each row is about"),
}


def _is_time(field: FieldDraft) -> bool:
    return field.type in {"DATE", "TIMESTAMP"} and field.identifier != "birth_date"


def _any(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)
