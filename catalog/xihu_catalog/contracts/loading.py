"""How a batch changes its dataset: the load mode a contract declares, and what it needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

LoadMode = Literal["replace", "append", "upsert", "partition", "history"]
"""`replace`: the batch is the whole dataset. `append`: it is added. `upsert`: it replaces the rows
of its keys. `partition`: it replaces the rows of its partitions. `history`: a changed row ends the
one before it, which stays with its dates."""

Fault = Callable[[str, str, str], None]
"""Takes the custom property at fault and what is wrong with it, in Chinese and in English."""


@dataclass(frozen=True, slots=True)
class Loading:
    """How batches are taken in."""

    mode: LoadMode = "replace"
    delete_column: str | None = None
    """Column of the file that says a record is to be deleted."""
    delete_values: tuple[str, ...] = ()
    partition_field: str | None = None
    valid_from: str | None = None
    """Field with the first day a row holds: only of mode `history`."""
    valid_to: str | None = None
    """Field with the day it no longer holds: empty while it does."""
    push: bool = False
    """Whether records may be pushed, a few at a time."""


def read_loading(
    custom: Mapping[str, Any],  # Any: a custom property holds any type
    types: Mapping[str, str],
    marked: Mapping[str, str],
    keys: tuple[str, ...],
    fault: Fault,
) -> Loading:
    """`types` are the fields' DuckDB types; `marked` names the fields that bear `validFrom` and
    `validTo`. What is wrong goes to `fault`, all of it at once.
    """
    mode = custom.get("loadMode", "replace")
    if mode not in get_args(LoadMode):
        modes = get_args(LoadMode)
        fault(
            "loadMode",
            f"loadMode 须为 {'、'.join(modes)} 之一",
            f"loadMode must be one of {', '.join(modes)}",
        )
        return Loading()
    found = Loading(
        mode=mode,
        delete_column=custom.get("deleteColumn"),
        delete_values=tuple(str(v) for v in custom.get("deleteValues") or ()),
        partition_field=custom.get("partitionField"),
        valid_from=marked.get("validFrom"),
        valid_to=marked.get("validTo"),
        push=bool(custom.get("push", False)),
    )
    _check(found, types, keys, fault)
    return found


def _check(loading: Loading, types: Mapping[str, str], keys: tuple[str, ...], fault: Fault) -> None:
    mode = loading.mode
    if mode in {"upsert", "history"} and not keys:
        fault(
            "loadMode",
            f"loadMode {mode} 须有主键（primaryKey）",
            f"loadMode {mode} needs a primaryKey",
        )
    if (mode == "partition") != (loading.partition_field is not None):
        fault(
            "partitionField",
            "partitionField 与 loadMode: partition 须同时给出",
            "partitionField and loadMode: partition go together",
        )
    elif loading.partition_field is not None and loading.partition_field not in types:
        fault(
            "partitionField",
            f"partitionField“{loading.partition_field}”不是本契约的字段",
            f"partitionField “{loading.partition_field}” is no field of this contract",
        )
    if bool(loading.delete_column) != bool(loading.delete_values):
        fault(
            "deleteColumn",
            "deleteColumn 与 deleteValues 须同时给出",
            "deleteColumn and deleteValues go together",
        )
    elif loading.delete_column and mode not in {"upsert", "history"}:
        fault(
            "deleteColumn",
            "只有 upsert、history 方式可按标记删除",
            "only the modes upsert and history delete by a mark",
        )
    if loading.push and mode not in {"append", "upsert"}:
        fault("push", "推送只用于 append 或 upsert 方式", "push needs loadMode append or upsert")
    _check_history(loading, types, keys, fault)


def _check_history(
    loading: Loading, types: Mapping[str, str], keys: tuple[str, ...], fault: Fault
) -> None:
    dates = (loading.valid_from, loading.valid_to)
    if loading.mode != "history":
        if any(dates):
            fault(
                "loadMode",
                "validFrom、validTo 只用于 history 方式",
                "validFrom and validTo belong to mode history",
            )
        return
    if not all(name and types.get(name) == "DATE" for name in dates) or dates[0] not in keys:
        fault(
            "loadMode",
            "history 方式须各有一个 DATE 字段标记 validFrom（并列入主键）与 validTo",
            "mode history needs a DATE field marked validFrom, in the primary key, and one "
            "marked validTo",
        )
