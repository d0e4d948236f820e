"""The version of the pseudonym keys that this installation wants: a small file next to its keys.

Each table says its own key version in its snapshot's summary. While a rotation runs, tables are of
two; what would join them is refused until they are one again.
"""

from pathlib import Path

from xihu_platform.errors import TerminalError, TransientError
from xihu_platform.lake.durable import sync_file

_FILE = "pseudonym-generation"


class RotationUnderWay(TransientError):
    """Pseudonyms of two key versions would have met, and one person would have become two."""

    def __init__(self, key_versions: dict[str, int]) -> None:
        zh = "、".join(f"{name} 的密钥版本为 {n}" for name, n in key_versions.items())
        en = ", ".join(f"{name} is of key version {n}" for name, n in key_versions.items())
        super().__init__(
            f"脱敏编号正在更换密钥（{zh}），同一人暂时对不上；请稍后重试，见 xihu rotate status",
            f"pseudonyms are being rotated ({en}), so one person would not be found again: try "
            "again later; `xihu rotate status` says how far it is",
        )


def read_key_version(keys: Path) -> int:
    """The version wanted; 1 until the first rotation. Raises TerminalError for a broken file."""
    path = keys / _FILE
    if not path.exists():
        return 1
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if not text.isdecimal() or int(text) < 1:
        raise TerminalError(
            f"{path} 应只写一个正整数（脱敏编号的密钥版本）；请从备份恢复",
            f"{path} must hold one positive number, the key version of pseudonyms: restore it from "
            "a backup",
        )
    return int(text)


def write_key_version(keys: Path, key_version: int) -> None:
    """Durable when this returns."""
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = keys / f"{_FILE}.new"
    fresh.write_text(f"{key_version}\n", encoding="ascii")
    sync_file(fresh)
    fresh.replace(keys / _FILE)
    sync_file(keys / _FILE)
