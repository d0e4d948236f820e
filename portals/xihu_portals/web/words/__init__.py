"""Every sentence of the interface in both languages: `word(language, key, **values)`."""

from xihu_platform.words import Language
from xihu_portals.web.formats import number
from xihu_portals.web.words.appointments import APPOINTMENTS
from xihu_portals.web.words.audit import AUDIT
from xihu_portals.web.words.cases import CASES
from xihu_portals.web.words.citizen import CITIZEN
from xihu_portals.web.words.common import COMMON
from xihu_portals.web.words.developers import DEVELOPERS
from xihu_portals.web.words.drafts import DRAFTS
from xihu_portals.web.words.exchanges import EXCHANGES
from xihu_portals.web.words.explore import EXPLORE
from xihu_portals.web.words.fields import FIELDS
from xihu_portals.web.words.figures import FIGURES
from xihu_portals.web.words.guides import GUIDES
from xihu_portals.web.words.harvest import HARVEST
from xihu_portals.web.words.licences import LICENCES
from xihu_portals.web.words.mandates import MANDATES
from xihu_portals.web.words.matters import MATTERS
from xihu_portals.web.words.official import OFFICIAL
from xihu_portals.web.words.oversight import OVERSIGHT
from xihu_portals.web.words.publishers import PUBLISHERS
from xihu_portals.web.words.quality import QUALITY
from xihu_portals.web.words.repeats import REPEATS
from xihu_portals.web.words.reports import REPORTS
from xihu_portals.web.words.standards import STANDARDS
from xihu_portals.web.words.subscriptions import SUBSCRIPTIONS
from xihu_portals.web.words.uncatalogued import UNCATALOGUED
from xihu_portals.web.words.versions import VERSIONS
from xihu_portals.web.words.voices import VOICES

WORDS = (
    COMMON
    | CITIZEN
    | OFFICIAL
    | AUDIT
    | EXCHANGES
    | EXPLORE
    | FIGURES
    | OVERSIGHT
    | DRAFTS
    | MATTERS
    | CASES
    | APPOINTMENTS
    | LICENCES
    | GUIDES
    | HARVEST
    | MANDATES
    | DEVELOPERS
    | REPEATS
    | QUALITY
    | REPORTS
    | STANDARDS
    | VERSIONS
    | SUBSCRIPTIONS
    | UNCATALOGUED
    | VOICES
    | PUBLISHERS
    | FIELDS
)


def word(language: Language, key: str, *, count: int | None = None, **values: object) -> str:
    """The sentence of a key with its values put in.

    English may hold two forms, `one|many`; `count` chooses and is put in as `{count}`.

    >>> word("en", "rows", count=1), word("en", "rows", count=1200), word("zh", "rows", count=1)
    ('1 row', '1,200 rows', '1 行')

    One that is not exact is written as that.

    >>> from xihu_platform.rough import rough
    >>> word("en", "rows", count=rough(1234)), word("en", "rows", count=rough(3))
    ('≈1,200 rows', '<100 rows')
    """
    text = WORDS[key].to(language)
    if count is not None:
        one, _, many = text.partition("|")
        text = one if count == 1 or not many else many
        values["count"] = number(count)
    return text.format(**values) if values else text
