"""What is wrong with a contract, all at once, each with its line and its remedy."""

from dataclasses import dataclass

from xihu_platform.errors import BadInput
from xihu_platform.words import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: `line` is 1-based in the contract's file."""

    file: str
    line: int
    text: Text

    def to(self, language: str) -> str:
        return f"{self.file}:{self.line}: {self.text.to('en' if language == 'en' else 'zh')}"


class BadContract(BadInput):
    """A contract that cannot be used; `findings` holds every reason, not just the first."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(
            "契约有误：\n" + "\n".join(f.to("zh") for f in findings),
            "the contract does not hold:\n" + "\n".join(f.to("en") for f in findings),
        )
        self.findings = findings
