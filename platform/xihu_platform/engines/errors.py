"""What may go wrong with a query, in words that a caller may read."""

from xihu_platform.errors import TerminalError, TransientError


class EngineBusy(TransientError):
    """The query could not be answered now; it may be in a moment."""


class OutOfMemory(EngineBusy):
    """More memory than the engine has left beside the other queries."""


class EngineFault(TerminalError):
    """The query itself fails. `kind` names the class of the error."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"查询执行失败（{kind}），请告知管理员",
            f"the query fails ({kind}); tell the administrator",
        )
        self.kind = kind


def broken_off() -> EngineBusy:
    return EngineBusy("查询已中断，请重新查询", "the query was broken off: ask again")


def too_many() -> EngineBusy:
    return EngineBusy("查询太多，请稍后再试", "too many queries at once: try again in a moment")
