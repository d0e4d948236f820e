"""What the standards' own validators say of an entry, as its page shows it."""

from dataclasses import dataclass
from datetime import datetime

from xihu_catalog.conformance.checking import find_check
from xihu_catalog.conformance.validators import CheckResult, CheckState, Standard
from xihu_platform.words import Text
from xihu_portals.services import Services

STANDARDS: dict[Standard, Text] = {
    "dcat_ap": Text("DCAT-AP 3.0.1（SHACL）", "DCAT-AP 3.0.1 (SHACL)"),
    "croissant": Text("Croissant 1.1", "Croissant 1.1"),
    "odcs": Text("数据契约 ODCS 3.1", "Data contract, ODCS 3.1"),
    "data_package": Text("Data Package 2.0", "Data Package 2.0"),
}
STATES: dict[CheckState, Text] = {
    "valid": Text("符合", "valid"),
    "invalid": Text("有不符合之处", "not valid"),
    "not_checked": Text("未检查：没有安装检查工具", "not checked: validator not installed"),
    "no_document": Text("不适用：没有开放的文件", "does not apply: no open files"),
}


@dataclass(frozen=True, slots=True)
class ConformanceLine:
    standard: Text
    state: Text
    checker: str
    """Empty where nothing was checked."""
    violations: int | None
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownChecks:
    checked_at: datetime
    checks: tuple[ConformanceLine, ...]


def shown_checks(services: Services, entry: str) -> ShownChecks | None:
    """The stored results; None where the entry was not checked yet."""
    found = find_check(services.node.database, entry)
    if found is None:
        return None
    return ShownChecks(found.checked_at, tuple(map(_shown, found.results)))


def _shown(one: CheckResult) -> ConformanceLine:
    checked = one.state in {"valid", "invalid"}
    return ConformanceLine(
        standard=STANDARDS[one.standard],
        state=STATES[one.state],
        checker=one.checker if checked else "",
        violations=one.violations if checked else None,
        first=one.first,
    )
