"""What pydantic finds wrong with a request, in both languages and without the value."""

from collections.abc import Mapping
from typing import Any

from xihu_platform.words import Text

_WORDS: dict[str, str] = {
    "missing": "缺少这一项",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "float_parsing": "应为数字",
    "bool_parsing": "应为 true 或 false",
    "date_parsing": "应为日期，如 2026-11-23",
    "date_from_datetime_parsing": "应为日期，如 2026-11-23",
    "datetime_parsing": "应为时间，如 2026-11-23T08:00:00+08:00",
    "datetime_from_date_parsing": "应为时间，如 2026-11-23T08:00:00+08:00",
    "greater_than_equal": "不得小于 {ge}",
    "greater_than": "须大于 {gt}",
    "less_than_equal": "不得大于 {le}",
    "less_than": "须小于 {lt}",
    "string_type": "应为文字",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_pattern_mismatch": "格式应符合 {pattern}",
    "literal_error": "须为 {expected} 之一",
    "enum": "须为 {expected} 之一",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_attributes_type": "应为对象",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "json_invalid": "不是有效的 JSON",
    "extra_forbidden": "不认识这一项",
    "string_unicode": "含有无法保存的字符",
    "int_parsing_size": "数字过大",
}


FAULTS_TOLD = 20
"""As many of a body's faults are told: a caller may have sent thousands of unknown members."""
_NAME_LIMIT = 64


def fault_place(fault: Mapping[str, Any]) -> str:
    """Where it is, by names that may be the caller's own: short, and without lone surrogates.

    >>> fault_place({"loc": ("body", "values", "basis")}), fault_place({"loc": ("body", "\\ud800")})
    ('values.basis', '?')
    """
    names = (str(part)[:_NAME_LIMIT] for part in fault["loc"][1:])
    return ".".join(names).encode("utf-8", "replace").decode()


def fault_words(fault: Mapping[str, Any]) -> Text:
    """`fault` is one of pydantic's errors.

    >>> fault_words({"type": "greater_than_equal", "msg": "should be >= 1", "ctx": {"ge": 1}}).zh
    '不得小于 1'
    """
    context = {name: str(value) for name, value in (fault.get("ctx") or {}).items()}
    pattern = _WORDS.get(str(fault["type"]), "不符合要求")
    return Text(pattern.format_map(_Known(context)), str(fault["msg"]))


class _Known(dict[str, str]):
    """Leaves out what a fault does not say."""

    def __missing__(self, _key: str) -> str:
        return "…"
