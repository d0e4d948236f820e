"""Which registry this process reads: one folder of content, chosen once when the process starts.

Contracts are parsed, names shown and codes checked in pure functions far from any service, so the
folder is a choice of the process and not an argument of each function. Names of one registry stay
in memory once they are read: a second choice is refused.
"""

from pathlib import Path

from xihu_platform.errors import BadInput, TerminalError

_chosen: list[Path] = []


def use_registry(folder: Path) -> Path:
    """Choose the folder; the same one may be chosen again. Raises BadInput where there is none."""
    folder = folder.resolve()
    if not folder.is_dir():
        raise BadInput(
            f"登记库目录 {folder} 不存在，请检查 XIHU_REGISTRY_DIR",
            f"the registry's folder {folder} does not exist: check XIHU_REGISTRY_DIR",
        )
    if _chosen and _chosen != [folder]:
        raise TerminalError(
            f"本进程已在使用登记库 {_chosen[0]}，不能再换成 {folder}；请另起一个进程",
            f"this process reads the registry {_chosen[0]} and cannot change to {folder}: start "
            "another process",
        )
    _chosen[:] = [folder]
    return folder


def registry_folder() -> Path:
    """The chosen folder. Raises TerminalError before one is chosen."""
    if not _chosen:
        raise TerminalError(
            "还没有选定登记库：进程启动时须先调用 use_registry",
            "no registry is chosen: a process calls use_registry when it starts",
        )
    return _chosen[0]
