"""Which answers of two recordings differ, and where."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

AROUND = 60  # characters shown on either side of the first difference
VERSION = re.compile(r"\?v=[0-9a-f]+")
"""Of a stylesheet or a script: the digest of its content."""


def read_recording(path: Path) -> dict[str, dict[str, Any]]:
    """By who asked what; the second time of the same question has `#2` behind it."""
    found: dict[str, dict[str, Any]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        answer = json.loads(line)
        key, number = answer.pop("asked"), 2
        while key in found:
            key, number = f"{key.partition(' #')[0]} #{number}", number + 1
        found[key] = answer
    return found


def read_renames(path: Path | None) -> list[tuple[str, str]]:
    if path is None:
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["before"], row["after"]) for row in csv.DictReader(file)]


def differences(before: Path, after: Path, renames: Path | None) -> Iterator[str]:
    """A line for each answer that differs."""
    table = read_renames(renames)
    old = {_renamed(key, table): was for key, was in read_recording(before).items()}
    new = read_recording(after)
    for key in [*old, *(k for k in new if k not in old)]:
        was, now = old.get(key), new.get(key)
        if was is None or now is None:
            yield f"{key}: only {'after' if was is None else 'before'}"
            continue
        for part in ("status", "headers", "body"):
            one, other = _renamed(_text(was[part]), table), _text(now[part])
            if one != other:
                yield f"{key}: {part}\n{_first(one, other)}"


def _text(part: Any) -> str:  # Any: JSON
    return VERSION.sub("?v=", json.dumps(part, ensure_ascii=False))


def _renamed(text: str, table: list[tuple[str, str]]) -> str:
    for before, after in table:
        text = text.replace(before, after)
    return text


def _first(one: str, other: str) -> str:
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), -1)
    at = min(len(one), len(other)) if at < 0 else at
    start = max(0, at - AROUND)
    return f"  - {one[start : at + AROUND]}\n  + {other[start : at + AROUND]}"
