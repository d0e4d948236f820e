"""Which modules are mutated, and which test files must notice it."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ACCESS, AUDIT = "tests/test_platform/access", "tests/test_platform/audit"

VERIFIED = (
    f"{AUDIT}/test_walk.py",
    f"{AUDIT}/test_first_format.py",
    f"{AUDIT}/test_columns.py",
    f"{AUDIT}/test_log.py",
)


@dataclass(frozen=True, slots=True)
class Target:
    """One module and its tests: `first` run without tests/conftest.py, `then` with its fixtures."""

    path: str
    first: tuple[str, ...]
    then: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """Its name for an import: what follows the source root."""
        return ".".join(Path(self.path).with_suffix("").parts[1:])

    @property
    def name(self) -> str:
        """Its name on the command line: `access/decision`."""
        return "/".join(Path(self.path).with_suffix("").parts[2:])

    @property
    def source(self) -> str:
        return (ROOT / self.path).read_text(encoding="utf-8")


TARGETS = (
    Target(
        "platform/xihu_platform/statute/calendar.py", ("tests/test_platform/statute/test_clock.py",)
    ),
    Target(
        "platform/xihu_platform/statute/duty.py", ("tests/test_platform/statute/test_clock.py",)
    ),
    Target(
        "platform/xihu_platform/access/decision.py",
        (
            f"{ACCESS}/test_decision.py",
            f"{ACCESS}/test_decision_edges.py",
            f"{ACCESS}/test_metric_decision.py",
        ),
    ),
    Target(
        "platform/xihu_platform/access/treatments.py",
        (f"{ACCESS}/test_treatments.py", "tests/test_portals/decisions/test_treatments.py"),
    ),
    Target("platform/xihu_platform/access/query.py", (f"{ACCESS}/test_query.py",)),
    Target(
        "platform/xihu_platform/brain/query.py",
        (
            "tests/test_platform/brain/test_query.py",
            "tests/test_platform/brain/test_query_edges.py",
            "tests/test_platform/brain/test_presence.py",
            "tests/test_platform/brain/test_completeness.py",
            "tests/test_platform/brain/test_statements.py",
        ),
    ),
    Target(
        "platform/xihu_platform/brain/exact.py",
        (
            "tests/test_platform/brain/test_query.py",
            "tests/test_platform/brain/test_query_edges.py",
            "tests/test_platform/brain/test_exact.py",
        ),
    ),
    Target(
        "platform/xihu_platform/audit/uses.py",
        (f"{AUDIT}/test_uses.py", f"{AUDIT}/test_columns.py"),
    ),
    Target(
        "platform/xihu_platform/audit/verify.py",
        VERIFIED,
        (f"{AUDIT}/test_every_column.py",),
    ),
    Target(
        "platform/xihu_platform/audit/walk.py",
        VERIFIED,
        (f"{AUDIT}/test_every_column.py",),
    ),
    Target(
        "platform/xihu_platform/audit/log.py",
        (f"{AUDIT}/test_log.py", f"{AUDIT}/test_log_groups.py", f"{AUDIT}/test_columns.py"),
    ),
    Target("platform/xihu_platform/audit/entries.py", (f"{AUDIT}/test_entries.py",)),
    Target(
        "pipelines/xihu_pipelines/ingest/merge.py",
        (),
        ("tests/test_pipelines/ingest/test_modes.py",),
    ),
    Target(
        "platform/xihu_platform/access/counted.py",
        (f"{ACCESS}/test_counted_edges.py",),
        (f"{ACCESS}/test_counted.py",),
    ),
)
