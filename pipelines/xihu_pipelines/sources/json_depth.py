"""Measures the depth and width of JSON before it is parsed: a parser spends bytes on each value."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xihu_platform.errors import BadInput

_DEPTH_LIMIT = 200  # levels; GeoJSON needs 8
_PARTS_LIMIT = 500_000  # commas of one record; a polygon of 100,000 corners has 200,000
_LONG_BYTES = 64 << 10  # a shorter record costs little, whatever it holds
_BLOCK = 1 << 20


def check_records(name: str, lines: pa.Array) -> None:
    """Raises BadInput for a record, one line each, that is nested or divided beyond any sense."""
    long = pc.greater(pc.binary_length(lines), _LONG_BYTES)
    if not pc.any(long).as_py():
        return
    for line in lines.filter(long):
        content = line.as_buffer().to_pybytes()
        check_depth(name, content)
        if content.count(b",") > _PARTS_LIMIT:
            raise BadInput(
                f"文件 {name} 有一条记录的成员超过 {_PARTS_LIMIT:,} 个，请拆分后再交",
                f"a record of {name} has more than {_PARTS_LIMIT:,} members: divide it",
            )


def check_depth(name: str, content: bytes) -> None:
    """Raises BadInput for JSON that is nested too deep."""
    if len(content) > _LONG_BYTES and depth_of(content) > _DEPTH_LIMIT:
        raise BadInput(
            f"文件 {name} 的 JSON 嵌套超过 {_DEPTH_LIMIT} 层，请改为平铺的记录",
            f"the JSON of {name} has more than {_DEPTH_LIMIT} levels: write flat records",
        )


def depth_of(content: bytes) -> int:
    r"""The most brackets that are open at once; brackets in texts do not count.

    >>> depth_of(b'[{"a": "[[[", "b\\"[": [1]}]'), depth_of(b'"]]"[[')
    (3, 2)
    """
    depth = deepest = within = at = 0
    while at < len(content):
        end = min(at + _BLOCK, len(content))
        while end < len(content) and content[end - 1] == ord("\\"):
            end += 1  # a block does not end between a backslash and what it escapes
        block = content[at:end].replace(b"\\\\", b"").replace(b'\\"', b"")
        at = end
        marks = np.frombuffer(block, np.uint8)
        inside = (np.cumsum(marks == ord('"'), dtype=np.int32) + within) & 1
        steps = np.isin(marks, (ord("["), ord("{"))).astype(np.int8)
        steps -= np.isin(marks, (ord("]"), ord("}")))
        steps[inside == 1] = 0
        path = np.cumsum(steps, dtype=np.int32) + depth
        if len(path):
            deepest = max(deepest, int(path.max()))
            depth, within = int(path[-1]), int(inside[-1])
    return deepest
