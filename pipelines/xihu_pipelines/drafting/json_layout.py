"""Finds the array of records in a JSON document that no contract describes yet."""

from dataclasses import dataclass

import duckdb

from xihu_pipelines.sources.json_files import value_at
from xihu_platform.errors import BadInput
from xihu_platform.words import Text

DEPTH = 6  # levels of objects that are looked into
KEYS = 2_000  # of one level, at most
_NO_RECORDS = {
    *("fields", "columns", "schema", "header", "headers", "meta", "metadata", "errors", "links"),
}
"""Arrays that describe the records beside them."""


@dataclass(frozen=True, slots=True)
class Array:
    """An array of the document: dotted path and the objects in it."""

    path: str
    objects: int
    length: int

    def to_text(self) -> str:
        return f"{self.path or '$'} ({self.objects:,})"


def find_records(
    connection: duckdb.DuckDBPyConnection, file: str, asked: str | None
) -> tuple[str | None, tuple[Text, ...]]:
    """The path of the array with most objects, over the table `document`, and what else there is.

    Raises BadInput, naming every array, where there is none or where it cannot be told which.
    """
    if asked is not None:
        return asked, ()
    arrays = _arrays(connection)
    full = sorted((a for a in arrays if a.objects), key=lambda a: -a.objects)
    records = [a for a in full if a.path.rpartition(".")[2].lower() not in _NO_RECORDS] or full
    if not records:
        raise _nothing(file, arrays)
    best = records[0]
    if 2 * best.objects <= sum(a.objects for a in records) and len(records) > 1:
        listed = "、".join(a.to_text() for a in full[:20])
        raise BadInput(
            f"{file} 中有 {len(full):,} 个对象数组，无法确定哪个是数据：{listed}；"
            "请用 --record-path 指明一个，或把记录合并为一个数组",
            f"{file} has {len(full):,} arrays of objects, and which holds the data cannot be told: "
            f"{listed}; name one with --record-path, or put the records into one array",
        )
    notes = []
    if len(full) > 1:
        listed = "、".join(a.to_text() for a in full[:20])
        notes.append(
            Text(
                f"recordPath：文件中有 {len(full)} 个对象数组，取对象最多的：{listed}",
                f"recordPath: of {len(full)} arrays of objects the largest is taken: {listed}",
            )
        )
    return best.path or None, tuple(notes)


def _nothing(file: str, arrays: list[Array]) -> BadInput:
    listed = "、".join(f"{a.path or '$'} ({a.length:,})" for a in arrays[:20])
    found_zh = f"；有的数组不含对象：{listed}" if listed else ""
    found_en = f"; arrays without objects are {listed}" if listed else ""
    return BadInput(
        f"{file} 中没有由对象组成的数组，读不出记录{found_zh}；应为 [{{…}}, …]，"
        "或在 recordPath 处有这样的数组（键名中不能有点）",
        f"no array of objects stands in {file}, so it has no records{found_en}; it must be "
        "[{…}, …], or hold such an array at recordPath, below keys without a dot",
    )


def _arrays(connection: duckdb.DuckDBPyConnection) -> list[Array]:
    """Arrays at the top and below objects; a text that is JSON itself is looked into as well."""
    found: list[Array] = []
    level: list[list[str]] = [[]]
    for _ in range(DEPTH):
        deeper: list[list[str]] = []
        for steps in level:
            kind, objects, length, keys = _look(connection, steps)
            if kind == "ARRAY":
                found.append(Array(".".join(steps), objects, length))
            # No path names a key with a dot in it.
            deeper += [[*steps, key] for key in keys if key and "." not in key]
        level = deeper[:KEYS]
    return found


def _look(
    connection: duckdb.DuckDBPyConnection, steps: list[str]
) -> tuple[str | None, int, int, list[str]]:
    """What a value is: its kind; of an array the objects and the length; of an object the keys
    that lead further.
    """
    at = value_at(steps)
    ((kind,),) = connection.execute(f"SELECT json_type(v) FROM {at}").fetchall()
    if kind == "ARRAY":
        ((length, objects),) = connection.execute(
            "SELECT count(*), count(*) FILTER (json_type(e) = 'OBJECT') FROM "
            f"(SELECT unnest(CAST(v AS JSON[])) AS e FROM {at})"
        ).fetchall()
        return kind, objects, length, []
    if kind != "OBJECT":
        return kind, 0, 0, []
    keys = connection.execute(
        "SELECT k FROM (SELECT v, unnest(json_keys(v)) AS k "
        f"FROM {at}) WHERE json_type(v, '/' || replace(replace(k, '~', '~0'), '/', '~1')) "
        "IN ('OBJECT', 'ARRAY', 'VARCHAR')"
    ).fetchall()
    return kind, 0, 0, [str(key) for (key,) in keys[:KEYS]]
