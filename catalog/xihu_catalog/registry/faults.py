"""What is wrong with a value of a YAML file of the registry, in both languages."""

from typing import Any

from xihu_platform.words import Text

_ZH: dict[str, str] = {
    "missing": "缺少这一项，请补上",
    "extra_forbidden": "没有这一项，请检查拼写或者删去",
    "literal_error": "只能是 {expected} 中的一个",
    "string_pattern_mismatch": "写法不对，须符合 {pattern}",
    "string_type": "须是文字；只有数字的请加引号",
    "int_type": "须是整数",
    "int_parsing": "须是整数",
    "bool_type": "须是 true 或 false",
    "bool_parsing": "须是 true 或 false",
    "list_type": "须是列表",
    "dict_type": "须是若干“名称: 值”",
    "model_type": "须是若干“名称: 值”",
    "too_short": "至少要有 {min_length} 个",
    "too_long": "最多 {max_length} 个",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "须小于 {lt}",
    "less_than_equal": "不能大于 {le}",
}
"""By the kind of error that the validation library tells. What is not here is said in English."""


class WrongContent(ValueError):
    """What a rule of ours says of a part of a file."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(zh, en)


def fault_words(kind: str, message: str, context: dict[str, Any]) -> Text:
    """`kind`, `message` and `context` as the validation library gives them.

    >>> fault_words("less_than_equal", "Input should be less than or equal to 9", {"le": 9}).zh
    '不能大于 9'
    """
    # Any: numbers, patterns and exceptions, as the library gives them
    wrong = context.get("error")
    if isinstance(wrong, WrongContent):
        return wrong.text
    said = _ZH.get(kind)
    return Text(said.format(**context) if said is not None else message, message)
