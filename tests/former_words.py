"""Words that were replaced, and where they are left: `python -m tests.former_words`.

`former_words.csv` has a line for each place where the old form stays, with the reason; a word
without a place is left nowhere.
"""

import csv
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("platform", "catalog", "pipelines", "portals", "deploy", "docs", "README.md")
TEXTS = (".py", ".md", ".html", ".yaml", ".toml")


@dataclass(frozen=True, slots=True)
class Left:
    """A former word that stays in some files; `where` is empty for one that stays in none."""

    word: str
    use: str
    where: str
    why: str


def read_table() -> list[Left]:
    path = Path(__file__).with_suffix(".csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return [Left(**row) for row in csv.DictReader(lines)]


def find_words(table: list[Left]) -> tuple[Counter[Left], list[str]]:
    """How often each word is left for its reason, and the lines that have no reason."""
    listed = subprocess.run(
        ["git", "ls-files", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    known, unknown = Counter[Left](), list[str]()
    for name in listed.stdout.splitlines():
        if not name.endswith(TEXTS):
            continue
        text = (ROOT / name).read_text("utf-8")
        words = [left for left in table if re.search(left.word, text, re.MULTILINE)]
        for number, line in enumerate(text.splitlines() if words else (), 1):
            hits = [left for left in words if re.search(left.word, line)]
            here = [left for left in hits if left.where and fnmatch(name, left.where)]
            known.update(here[:1])
            if hits and not here:
                unknown.append(f"{name}:{number}: use “{hits[0].use}”: {line.strip()}")
    return known, unknown


def main() -> None:
    known, unknown = find_words(read_table())
    for left, number in known.items():
        print(f"{number:>4}  {left.word:<40} {left.where}: {left.why}")  # noqa: T201
    print("\n".join(unknown) or "no other is left")  # noqa: T201


if __name__ == "__main__":
    main()
