"""Libraries that not every installation has: what is missing is told with the extra to install."""

from importlib.util import find_spec

from xihu_platform.errors import TerminalError
from xihu_platform.words import Text


def require(extra: str, module: str, why: Text) -> None:
    """Raises TerminalError where a module of an extra is not installed; nothing is imported."""
    try:
        found = find_spec(module)
    except ModuleNotFoundError:  # of a dotted name, the package itself
        found = None
    if found is None:
        raise TerminalError(
            f"{why.zh}需要 {module}，但未安装：请运行 pip install 'xihu[{extra}]'",
            f"{why.en} needs {module}, which is not installed: run pip install 'xihu[{extra}]'",
        )
