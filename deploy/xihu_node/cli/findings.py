"""What `xihu doctor` finds: how it is, what that means, and what to do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from xihu_platform.settings import Settings
from xihu_platform.words import Text

State = Literal["ok", "warning", "fault", "left out"]
OTHERS = 0o077
"""What people other than the owner may do with a file or folder."""


@dataclass(frozen=True, slots=True)
class DoctorLine:
    """One line: how it is, what that means, and what to do about it."""

    state: State
    text: Text
    remedy: Text | None = None


Check = Callable[[Settings], DoctorLine]
