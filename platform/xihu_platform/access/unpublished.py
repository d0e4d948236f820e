"""A dataset that is not published: its own department has it, the authority that reviews it and the
auditors of its line know of it once it was handed in, and for everybody else it is as one that does
not exist."""

from xihu_platform.access.policy import Policy, Reviewer
from xihu_platform.errors import NotFound
from xihu_platform.identity.principal import Position, Principal
from xihu_platform.lake.tables import Lake


def no_dataset(dataset: str) -> NotFound:
    """The one answer about a dataset that there is not, and about one that is not published."""
    return NotFound(
        f"目录中没有数据集“{dataset[:64]}”", f"the catalogue has no dataset “{dataset[:64]}”"
    )


def no_snapshot(dataset: str, snapshot_id: int | None) -> NotFound:
    """The one answer about a snapshot that there is not, and about one of a draft."""
    return NotFound(
        f"数据集 {dataset} 没有快照 {snapshot_id}，可用的版本见数据集页面",
        f"dataset {dataset} has no snapshot {snapshot_id}: its page lists them",
    )


def check_snapshot(
    principal: Principal, policy: Policy, lake: Lake, snapshot_id: int | None
) -> None:
    """What was loaded and replaced before an entry was published stays with its department.

    Raises NotFound.
    """
    first = policy.published_from
    if snapshot_id is None or first is None or is_of(principal, policy.provider):
        return
    if lake.is_older(f"data.{policy.dataset}", snapshot_id, first, policy.published_at):
        raise no_snapshot(policy.dataset, snapshot_id)


def is_of(principal: Principal, provider: str) -> bool:
    """Whether somebody acts in a position, or is a system, of the department that provides it."""
    position = principal.position
    return position is not None and position.organisation == provider


def may_know(principal: Principal, provider: str, reviewer: Reviewer | None) -> bool:
    """Whether somebody is shown the description of what the department has not published."""
    if is_of(principal, provider):
        return True
    position = principal.position
    return position is not None and reviewer is not None and _reviews(position, reviewer)


def _reviews(position: Position, reviewer: Reviewer) -> bool:
    """An authority in its own review; an auditor in the division they answer for, and below."""
    if "authority" in position.duties and position.organisation == reviewer.organisation:
        return True
    return "auditor" in position.duties and covers(position.region, reviewer.region)


def covers(region: str, other: str) -> bool:
    """Whether a division of GB/T 2260 is another one, or above it.

    >>> covers("330000", "330106"), covers("330100", "330106"), covers("330106", "330100")
    (True, True, False)
    """
    line = (other, f"{other[:4]}00", f"{other[:2]}0000")
    return region in line


def check_known(principal: Principal, policy: Policy) -> None:
    """Raises NotFound for whoever is not to know of the dataset."""
    if not policy.published and not may_know(principal, policy.provider, policy.reviewer):
        raise no_dataset(policy.dataset)


def has_rows(principal: Principal, policy: Policy) -> bool:
    """Whether rows, and numbers made of them, can be had at all."""
    return policy.published or is_of(principal, policy.provider)
