"""The unpacked size that an input may have, in proportion to its own size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xihu_platform.errors import BadInput

if TYPE_CHECKING:  # a child process reads this file too, and has little memory
    from xihu_platform.settings import IntakeSettings

FLOOR = 64 << 20
"""Bytes that anything may unpack to: below it a high ratio does no harm."""


@dataclass(frozen=True, slots=True)
class FileLimits:
    """Bytes, and how many times the packed size: the smaller one decides, beyond FLOOR."""

    unpacked: int = 16 << 30  # eight times the largest load that was measured
    ratio: int = 200  # text of real tables shrinks 5 to 40 times; deflate cannot pass 1,032

    def allowed(self, packed_bytes: int) -> int:
        return min(self.unpacked, max(FLOOR, self.ratio * packed_bytes))


LIMITS = FileLimits()


def limits_of(settings: IntakeSettings) -> FileLimits:
    return FileLimits(settings.unpacked_mb << 20, settings.unpacked_ratio)


def push_limits(settings: IntakeSettings) -> FileLimits:
    """A push is held in memory, whatever it was packed to."""
    return FileLimits(settings.push_unpacked_mb << 20, settings.unpacked_ratio)


def too_large(name: str, allowed: int) -> BadInput:
    return BadInput(
        f"文件 {name} 解压后超过 {allowed >> 20:,} MB，已停止读取；若确有这样大的数据，"
        "请不压缩或分成几个文件再交",
        f"{name} unpacks to more than {allowed >> 20:,} MB: stopped; hand such data in unpacked, "
        "or in several files",
    )
