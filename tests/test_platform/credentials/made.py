"""A credential for tests: what is printed, and who seals it."""

from datetime import UTC, date, datetime

from xihu_platform.credentials.document import DocumentFacts, Line
from xihu_platform.credentials.identity import SealingIdentity, open_identity
from xihu_platform.settings import Settings
from xihu_platform.vault.keys import Keyring
from xihu_platform.words import Text

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8000"
NASTY = '#set page(fill: red) $x$ ] [ "\' \\ *b* _i_ @ref <label> `raw` // c /* #panic("x")'


def document_facts(holder: str = "王小明", *, sample: bool = True) -> DocumentFacts:
    return DocumentFacts(
        title=Text("食品经营许可证", "Food business licence"),
        issuer=Text("示例市市场监督管理局", "Market Regulation Bureau of Sample City"),
        number="SP-2026-000001",
        holder=holder,
        issued=date(2026, 11, 23),
        valid_until=date(2031, 11, 22),
        lines=(Line(Text("经营项目", "Scope"), "预包装食品销售"),),
        address=f"{BASE}/verify/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        sample=sample,
    )


def identity_of(master: bytes) -> SealingIdentity:
    return open_identity(Settings(), Keyring(master))
