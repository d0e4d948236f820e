"""A contract's file as YAML: read safely, with the line of every node."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from xihu_catalog.contracts.errors import BadContract, Finding
from xihu_platform.errors import BadInput
from xihu_platform.safe_yaml import LOADER, read_yaml
from xihu_platform.words import Text

SIZE_LIMIT = 1_000_000  # bytes; a contract of 1,000 fields stays below it
_DEPTH_LIMIT = 50  # levels; ODCS needs 12, and libyaml's composer recurses in C
_MERGE = "tag:yaml.org,2002:merge"
_HUGE = re.compile("[-+]?[0-9][0-9a-fxobA-F_:]{1000}")  # Python refuses to print what this makes


def read_document(content: bytes, file: str) -> tuple[Any, yaml.Node]:
    """The raw document and its nodes, which know their lines. Raises BadContract."""
    # Any: what YAML holds is only known once it is validated.
    if len(content) > SIZE_LIMIT:
        raise BadInput(
            f"{file} 超过 {SIZE_LIMIT} 字节，不是一份契约",
            f"{file} is larger than {SIZE_LIMIT} bytes: that is no contract",
        )
    try:
        text = content.decode("utf-8-sig")
        _check_events(text, file)
        node = yaml.compose(text, LOADER)
        raw = read_yaml(text)
    except UnicodeDecodeError as bad:
        line = content[: bad.start].count(b"\n") + 1
        words = Text("不是 UTF-8 文本，请另存为 UTF-8", "is not UTF-8: save it as UTF-8")
        raise BadContract([Finding(file, line, words)]) from None
    except yaml.MarkedYAMLError as bad:
        line = (bad.problem_mark.line if bad.problem_mark else 0) + 1
        words = Text(f"YAML 语法有误：{bad.problem}", f"is not YAML: {bad.problem}")
        raise BadContract([Finding(file, line, words)]) from None
    except (ValueError, OverflowError, AttributeError):  # !!int x, 2024-13-45, 10,000 digits
        words = Text("有一个值不是它声称的类型", "holds a value that is not of the kind it claims")
        raise BadContract([Finding(file, 1, words)]) from None
    except yaml.YAMLError:
        words = Text("含有 YAML 不允许的字符", "holds a character that YAML does not allow")
        raise BadContract([Finding(file, 1, words)]) from None
    if node is None:
        raise BadContract([Finding(file, 1, Text("文件是空的", "the file is empty"))])
    return raw, node


def _check_events(text: str, file: str) -> None:
    """Before anything is built: aliases could unfold without end, nesting ends the process."""
    depth = 0
    for event in yaml.parse(text, LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise BadInput(
                f"{file} 含有 YAML 别名（*…），请写出全文",
                f"{file} uses YAML aliases (*…): write the text out",
            )
        if isinstance(event, yaml.ScalarEvent) and _HUGE.match(event.value):
            raise BadInput(
                f"{file} 含有过长的数字，不是一份契约",
                f"{file} holds a number too long for a contract",
            )
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH_LIMIT:
            raise BadInput(
                f"{file} 嵌套超过 {_DEPTH_LIMIT} 层，不是一份契约",
                f"{file} is nested deeper than {_DEPTH_LIMIT} levels: that is no contract",
            )


def nodes_of(node: yaml.Node) -> Iterator[yaml.Node]:
    """The node and all below it."""
    yield node
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from nodes_of(key)
            yield from nodes_of(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from nodes_of(item)


def repeated_keys(node: yaml.Node) -> Iterator[tuple[int, Text]]:
    """Keys given twice in one mapping: readers differ in which one counts. A merge key would give
    one a second time without showing it."""
    for mapping in nodes_of(node):
        if isinstance(mapping, yaml.MappingNode):
            keys = [key for key, _ in mapping.value]
            yield from repeated_names(keys)
            yield from (_merge(key) for key in keys if key.tag == _MERGE)


def repeated_names(names: list[yaml.Node]) -> Iterator[tuple[int, Text]]:
    counts = Counter(str(name.value) for name in names)
    for name in names:
        if counts[str(name.value)] > 1:
            counts[str(name.value)] = 0  # told once
            shown = str(name.value)[:64]
            yield (
                name.start_mark.line + 1,
                Text(f"{shown} 写了两次，请只留一处", f"{shown} is given twice: keep one of them"),
            )


def _merge(key: yaml.Node) -> tuple[int, Text]:
    return (
        key.start_mark.line + 1,
        Text(
            "不能用合并键 <<，请把各项写在原处",
            "the merge key << is not taken: write its keys out where they belong",
        ),
    )


def line_of(node: yaml.Node, path: Iterable[int | str]) -> int:
    """The line of the deepest node that `path` still reaches."""
    for step in path:
        child = _child(node, step)
        if child is None:
            break
        node = child
    return int(node.start_mark.line) + 1


def _child(node: yaml.Node, step: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((v for k, v in node.value if k.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child: yaml.Node = node.value[step]
        return child
    return None
