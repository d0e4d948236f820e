"""Housekeeping of every dataset, one after the other: what a night's run does."""

from collections.abc import Callable, Iterable

from xihu_catalog.contracts.model import Contract
from xihu_catalog.lineage.stated import remove_stated
from xihu_catalog.start import open_contracts
from xihu_pipelines.housekeeping.tidy import Tidied, tidy
from xihu_platform.errors import NotFound, PlatformError
from xihu_platform.start import Node
from xihu_platform.words import Text


def tidy_all(node: Node, contracts: Iterable[Contract], say: Callable[[Text], None]) -> list[str]:
    """Tidy each dataset and say what was done; returns those that could not be tidied."""
    failed = []
    for contract in contracts:
        try:
            say(_told(tidy(node, contract)))
        except PlatformError as error:  # the next dataset is none the worse for it
            failed.append(contract.dataset)
            say(
                Text(f"{contract.dataset}：{error.text.zh}", f"{contract.dataset}: {error.text.en}")
            )
        except OSError as error:  # a file that cannot be removed, a full disk
            failed.append(contract.dataset)
            why = error.strerror or type(error).__name__
            said = f"{contract.dataset} could not be tidied: {why}"
            say(Text(f"{contract.dataset} 没有整理：{why}", said))
    return failed


def remove_old_lineage(node: Node, say: Callable[[Text], None]) -> None:
    """Remove jobs outside of the platform that have not been reported for 400 days."""
    if count := remove_stated(node.database, node.clock()):
        said = f"lineage outside of the platform: jobs not reported any more removed: {count}"
        say(Text(f"平台外血缘：移除 {count} 个不再上报的作业", said))


def _told(done: Tidied) -> Text:
    removed = done.removed
    size = f"{removed.size_bytes / 1e6:,.1f} MB"
    zh = [f"过期快照 {removed.snapshots}", f"删除文件 {removed.files}（{size}）"]
    en = [f"{removed.snapshots} snapshots expired", f"{removed.files} files removed ({size})"]
    if done.compacted:
        zh.insert(0, "已合并小文件")
        en.insert(0, "compacted")
    if done.rotated:
        zh.insert(0, "脱敏编号已更换密钥")
        en.insert(0, "pseudonyms rotated")
    if done.purged:
        zh.append(f"清除隔离批次 {done.purged}")
        en.append(f"records quarantined in {done.purged} loads purged")
    if done.raw_removed:
        zh.append("已删除到期的原始文件")
        en.append("the raw file removed")
    return Text(f"{done.dataset}：{'，'.join(zh)}", f"{done.dataset}: {', '.join(en)}")


def contracts_of(node: Node, names: tuple[str, ...]) -> dict[str, Contract]:
    """The contracts of an installation, or those named. Raises NotFound."""
    known = open_contracts(node).all()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise NotFound(
            f"没有数据集 {'、'.join(unknown)}", f"there is no dataset {', '.join(unknown)}"
        )
    return {name: one for name, one in known.items() if not names or name in names}
