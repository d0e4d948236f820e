"""Administrative divisions by their codes: GB/T 2260 to the county, GB/T 10114 below it.

A code says where its region lies: two digits for the province, two for the city, two for the
county, three each for township and village; zeros fill a code of six digits. Which codes are in
use, and when, is data of the registry.
"""

from dataclasses import dataclass
from typing import Literal

from xihu_platform.errors import BadInput

RegionLevel = Literal["province", "city", "county", "township", "village"]
WIDTHS: dict[RegionLevel, int] = {
    "province": 2,
    "city": 4,
    "county": 6,
    "township": 9,
    "village": 12,
}
"""Digits that all regions within one of this level share."""
SHORTEST = 6


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """A region by its code of 6, 9 or 12 digits.

    >>> Region("330000").level, Region("330100").level, Region("330106").level
    ('province', 'city', 'county')
    >>> Region("330106001").level, Region("330106001002").parent
    ('township', Region(code='330106001'))
    """

    code: str

    @property
    def level(self) -> RegionLevel:
        if len(self.code) > SHORTEST:
            return "township" if len(self.code) == WIDTHS["township"] else "village"
        if self.code.endswith("0000"):
            return "province"
        return "city" if self.code.endswith("00") else "county"

    @property
    def prefix(self) -> str:
        """The digits that the codes of all regions within begin with.

        >>> Region("330000").prefix, Region("330100").prefix, Region("330106").prefix
        ('33', '3301', '330106')
        """
        return self.code[: WIDTHS[self.level]]

    @property
    def parent(self) -> "Region | None":
        """The region of the next level up; None for a province.

        >>> Region("330106").parent, Region("330000").parent
        (Region(code='330100'), None)
        """
        levels = list(WIDTHS)
        place = levels.index(self.level)
        return self.at(levels[place - 1]) if place else None

    def at(self, level: RegionLevel) -> "Region":
        """The region of a level that this one lies in, or itself.

        >>> Region("330106").at("city"), Region("330106").at("province")
        (Region(code='330100'), Region(code='330000'))
        """
        return Region(self.code[: WIDTHS[level]].ljust(SHORTEST, "0"))

    def contains(self, code: str) -> bool:
        """Whether a region lies in this one, or is this one.

        >>> Region("330100").contains("330106"), Region("330106").contains("330100")
        (True, False)
        """
        return code.startswith(self.prefix)


def parse_region(code: str) -> Region:
    """A region of six digits that a caller names. Raises BadInput."""
    if len(code) != SHORTEST or not (code.isascii() and code.isdigit()):
        raise BadInput(
            f"地区代码“{code[:20]}”应为六位数字", f"division code “{code[:20]}” must be six digits"
        )
    return Region(code)
