"""好差评: whoever asked for something rates once how it was handled, when it is closed.

Five levels, stored as GB/T 39046-2020 has them: 1 very satisfied to 5 very dissatisfied, the
reverse of stars; nobody is shown a bare number. One matter, one rating (一事一评,
国办发〔2019〕51号).
A bad one (4, 5) opens a matter `bad_rating` in its own transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from xihu_catalog.sharing.requests import authority_in
from xihu_platform.clock import civil_date
from xihu_platform.database import Base, UtcDateTime, erases, transaction
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.identity.models import OrganisationRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.command import TEXT_LIMIT, Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.engine import hold
from xihu_platform.matters.kernel import Matters, Opening
from xihu_platform.matters.models import MatterLinkRow, MatterRow
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import MatterParty, is_party, party_as
from xihu_platform.vault.seal import open_bytes, seal_bytes
from xihu_platform.visible import hidden_characters, is_blank
from xihu_platform.words import Text

BAD_RATING = "bad_rating"
RATES = "rates"
"""The link from the matter of a bad rating to the one that was rated."""
GUARDS = ("rates_a_closed_matter",)
EFFECTS = ("note_rating", "discount_rating")
"""What a kind may name."""
LEVELS: Mapping[int, Text] = {
    1: Text("非常满意", "Very satisfied"),
    2: Text("满意", "Satisfied"),
    3: Text("基本满意", "Fairly satisfied"),
    4: Text("不满意", "Dissatisfied"),
    5: Text("非常不满意", "Very dissatisfied"),
}
"""GB/T 39046-2020."""
BAD = {4: "dissatisfied", 5: "very_dissatisfied"}
"""差评: as the kind `bad_rating` says them."""
RATED: Mapping[str, tuple[str, ...]] = {
    "opening_request": ("provider",),
    "personal_correction": ("source",),
    "hotline": ("handler", "desk"),
}
"""Kinds that can be rated, with the party that is: the first that takes part."""
OF_SERVICES = "svc_"
"""What the kinds of service cases begin with: their office is rated."""


class RatingRow(Base):
    """The rating of one matter. What was written is sealed under the key of that matter, and goes
    when its texts are erased."""

    __tablename__ = "rating"

    matter: Mapped[int] = mapped_column(
        ForeignKey("matter.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(String(40))
    organisation: Mapped[str] = mapped_column(String(18), index=True)
    level: Mapped[int] = mapped_column(Integer)
    sub: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    counted: Mapped[bool]
    """False once an appeal against it was upheld."""
    followed_by: Mapped[int | None] = mapped_column(ForeignKey("matter.id"), unique=True)
    """The matter that a bad one opened."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What somebody said of one matter."""

    level: int
    comment: str | None
    """None where nothing was written, or it was erased."""
    at: datetime
    organisation: str
    counted: bool
    followed_by: int | None

    @property
    def words(self) -> Text:
        return LEVELS[self.level]


def can_be_rated(kind: str) -> bool:
    """
    >>> can_be_rated("svc_parking"), can_be_rated("hotline"), can_be_rated("complaint")
    (True, True, False)
    """
    return kind in RATED or kind.startswith(OF_SERVICES)


def rated_organisation(view: MatterView) -> str | None:
    """Who handled the matter; None of a kind that is not rated."""
    kind = view.definition.kind
    if not can_be_rated(kind):
        return None
    keys = [key for role in RATED.get(kind, ("office",)) for key in view.keys(role)]
    return keys[0] if keys else None


def may_rate(session: Session, matters: Matters, principal: Principal, view: MatterView) -> bool:
    """Whether somebody is the person or firm that began the matter, it is closed, and it came to an
    office; whether it was rated is another question."""
    if view.closed_at is None or view.unsent or rated_organisation(view) is None:
        return False
    if principal.kind != "citizen":
        return False
    role, as_whom = view.definition.opening.actor.party, matters.doers(session, principal)
    return any(is_party(principal, one, role, view.parties) for one in as_whom)


def find_rating(session: Session, texts: MatterTexts, matter: int) -> Rating | None:
    """For whoever takes part in the matter: the caller has asked that."""
    row = session.get(RatingRow, matter, populate_existing=True)
    if row is None:
        return None
    key = texts.key(session, matter) if row.sealed is not None else None
    comment = None
    if row.sealed is not None and key is not None:
        comment = open_bytes(key, row.sealed, _place(matter)).decode()
    return Rating(row.level, comment, row.at, row.organisation, row.counted, row.followed_by)


def rate(
    matters: Matters, principal: Principal, matter: int, level: int, comment: str, key: str
) -> Rating:
    """Rate a matter of one's own; whoever rates it again is answered the first rating.

    `key` is the form's. Raises NotFound for one who has no part in it, Conflict where it is not
    closed or not rated by them, BadInput for another level or a text that cannot be taken.
    """
    view = matters.read(principal, matter)
    with transaction(matters.database) as session:
        if not may_rate(session, matters, principal, view):
            raise Conflict(
                f"{view.number} 办结之后，由申请人评价，这里不能评价",
                f"{view.number} is rated by whoever asked for it, once it is closed",
            )
        if (first := find_rating(session, matters.texts, matter)) is not None:
            return first
    said = _checked(level, comment)
    try:
        if level in BAD:
            _rate_badly(matters, principal, view, level, said, key)
        else:
            _rate_well(matters, principal, view, level, said)
    except (IntegrityError, Conflict):  # somebody who acts for the same party was first
        if (found := _rating(matters, matter)) is None:
            raise
        return found
    written = _rating(matters, matter)
    assert written is not None  # a rating is never taken out
    return written


def _rating(matters: Matters, matter: int) -> Rating | None:
    with transaction(matters.database) as session:
        return find_rating(session, matters.texts, matter)


def _checked(level: int, comment: str) -> str | None:
    if level not in LEVELS:
        raise BadInput("请选择满意程度", "choose how satisfied you are")
    if len(comment) > TEXT_LIMIT:
        raise BadInput(
            f"评价内容有 {len(comment)} 字，最多 {TEXT_LIMIT} 字",
            f"what you write has {len(comment)} characters, {TEXT_LIMIT} at most",
        )
    if hidden_characters(comment.replace("\r\n", "\n")):
        raise BadInput("评价内容中有看不见的字符", "what you write holds invisible characters")
    return None if is_blank(comment) else comment


def _rate_well(
    matters: Matters, principal: Principal, view: MatterView, level: int, comment: str | None
) -> None:
    row = RatingRow(matter=view.id, kind=view.definition.kind, level=level, sub=principal.id)
    row.organisation, row.at = rated_organisation(view) or "", matters.clock()
    row.counted, row.followed_by = True, None
    with transaction(matters.database) as session:
        hold(session, view.id)  # two at once are one after the other
        _write(session, matters.texts, row, comment)


def _rate_badly(
    matters: Matters,
    principal: Principal,
    view: MatterView,
    level: int,
    comment: str | None,
    key: str,
) -> None:
    with transaction(matters.database) as session:
        opening = _follow_up(session, principal, view, civil_date(matters.clock()))
    values: dict[str, Value] = {"satisfaction": BAD[level], "comment": comment or ""}
    matters.open(principal, opening, Command(OPEN, key, values=values))


def _follow_up(session: Session, principal: Principal, view: MatterView, today: date) -> Opening:
    """The matter of a bad rating: its office, and the data authority of the office's level, of the
    level above where that is the office itself; the highest watches itself, by others than those
    who acted. Raises Conflict where there is none."""
    office = rated_organisation(view) or ""
    of_office = select(OrganisationRow.region).where(OrganisationRow.uscc == office)
    region = session.scalar(of_office) or view.region
    try:
        supervisor = authority_in(session, region, today, apart={office})
    except Conflict:
        supervisor = authority_in(session, region, today)
    parties = (
        party_as(principal, "rater"),
        MatterParty("office", "organisation", office),
        MatterParty("supervisor", "organisation", supervisor),
    )
    return Opening(BAD_RATING, parties, view.region, view.about, link=(view.id, RATES))


def _write(session: Session, texts: MatterTexts, row: RatingRow, comment: str | None) -> None:
    if row.sealed:
        erases(session)
    row.sealed = None
    if comment:
        key = texts.key(session, row.matter) or texts.new_key(session, row.matter)
        row.sealed = seal_bytes(key, comment.encode(), _place(row.matter))
    session.add(row)
    session.flush()


def _place(matter: int) -> str:
    return f"matter {matter} rating"


@dataclass(frozen=True, slots=True)
class RatingActs:
    """The guards and effects of the kind `bad_rating`."""

    texts: MatterTexts

    def functions(self) -> ActFunctions:
        """What the registry's kind `bad_rating` may name."""
        return ActFunctions(
            guards={"rates_a_closed_matter": rates_a_closed_matter},
            effects={"note_rating": self.note_rating, "discount_rating": discount_rating},
        )

    def note_rating(self, context: ActContext) -> None:
        """The rating itself, in the transaction of the matter that follows it."""
        rated, said = _rated_by(context), context.command.values
        level = next(one for one, code in BAD.items() if code == said["satisfaction"])
        row = RatingRow(matter=rated.id, kind=rated.kind, level=level, sub=context.doer.sub)
        (row.organisation,) = context.matter.keys("office")
        row.at, row.counted, row.followed_by = context.now, True, context.matter.id
        _write(context.session, self.texts, row, str(said.get("comment") or "") or None)


def rates_a_closed_matter(context: ActContext) -> None:
    """Raises Conflict for one that is open, or that was rated."""
    rated = _rated_by(context)
    if rated.closed_at is None:
        raise Conflict("办结之后才能评价", "a matter is rated once it is closed")
    if context.session.get(RatingRow, rated.id) is not None:
        raise Conflict("这件事已经评价过", "this matter was rated already")


def discount_rating(context: ActContext) -> None:
    """An appeal was upheld: the rating stays, and is not counted."""
    row = update(RatingRow).where(RatingRow.followed_by == context.matter.id)
    context.session.execute(row.values(counted=False))


def _rated_by(context: ActContext) -> MatterRow:
    """Raises ValueError: the program has opened the matter without naming the rated one."""
    link = MatterLinkRow
    query = (
        select(MatterRow)
        .join(link, link.target == MatterRow.id)
        .where(link.source == context.matter.id, link.kind == RATES)
    )
    found = context.session.scalar(query)
    if found is None:
        raise ValueError(f"{context.matter.number} rates nothing")
    return found
