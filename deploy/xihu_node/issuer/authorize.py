"""The authorization endpoint: who is this, at which level, and back to the portal with a code."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oidc.core.errors import LoginRequiredError
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from xihu_node.issuer import levels, pages, storage
from xihu_node.issuer.server import Desk, IssuerForm, IssuerServer
from xihu_platform.identity.models import IssuerSession, OrganisationRow, PersonRow, PositionRow
from xihu_platform.words import Text


@dataclass(frozen=True, slots=True)
class AuthorizeOutcome:
    """What to answer, the cookie to set, and a session of somebody else that this one ended."""

    response: Response
    cookie: str | None = None
    replaced_sid: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One valid request for a code."""

    server: IssuerServer
    grant: object
    params: Mapping[str, str]
    session: IssuerSession | None
    page: pages.IssuerPage

    @property
    def desk(self) -> Desk:
        return self.server.desk


def authorize(
    desk: Desk,
    query: IssuerForm,
    body: Mapping[str, str] | None,
    cookie: str | None,
    page: pages.IssuerPage,
) -> AuthorizeOutcome:
    """Answer one visit: `body` is the form a person has sent, None when the page is opened."""
    server = IssuerServer(desk)
    try:
        grant = _valid_grant(server, query)
    except OAuth2Error as error:
        return AuthorizeOutcome(_error_response(desk, error, page))
    params = grant.request.payload.data  # type: ignore[attr-defined]  # Authlib ships no types
    session = storage.find_session(desk.session, cookie, desk.now)
    try:
        level = levels.wanted_level(params)
        anew = levels.must_sign_in_anew(params, session, desk.now)
        page = replace(page, level=level)
        visit = Visit(server, grant, params, session, page)
        return _sign_in(visit, body) if body is not None else _open(visit, anew=anew)
    except OAuth2Error as error:
        error.redirect_uri = grant.redirect_uri  # type: ignore[attr-defined]
        error.state = params.get("state")
        return AuthorizeOutcome(_error_response(desk, error, page))


def _valid_grant(server: IssuerServer, query: IssuerForm) -> object:
    try:
        return server.get_consent_grant(query)
    except ValueError as error:  # Authlib puts the caller's words into a text that bars them
        raise InvalidRequestError("A parameter holds characters that are not allowed.") from error


def _error_response(desk: Desk, error: OAuth2Error, page: pages.IssuerPage) -> Response:
    """To the client when its address is known to be right, else to the person."""
    if error.redirect_uri:
        location = dict(error()[2])["Location"]
        return _redirect(desk, location)
    reason = error.description or error.error
    return pages.error_page(
        page,
        Text(
            f"应用发来的登录请求有误（{reason}）。请返回应用重新登录；若仍然如此，请告知其管理员。",
            f"The application sent a wrong sign-in request ({reason}). Go back and sign in again; "
            "if it happens again, tell its administrator.",
        ),
    )


def _redirect(desk: Desk, location: str) -> Response:
    """Authlib leaves `iss` (RFC 9207) out of errors; here every answer names the issuer."""
    joiner = "&" if "?" in location else "?"
    location = f"{location}{joiner}{urlencode({'iss': desk.issuer})}"
    return RedirectResponse(location, status_code=302, headers={"Cache-Control": "no-store"})


def _open(visit: Visit, *, anew: bool) -> AuthorizeOutcome:
    session, page = visit.session, visit.page
    silent = "none" in visit.params.get("prompt", "").split()
    if session and not anew and session.acr >= page.level:
        return AuthorizeOutcome(_give_code(visit, session))
    if silent:
        raise LoginRequiredError()
    if session is None or anew:
        return AuthorizeOutcome(_people_page(visit))
    person = visit.desk.session.get_one(PersonRow, session.person)
    return _step_up(visit, person, session)


def _step_up(visit: Visit, person: PersonRow, session: IssuerSession) -> AuthorizeOutcome:
    """Signed in already, but lower than asked: only the missing step is asked for."""
    page = visit.page
    if person.level < page.level:
        return AuthorizeOutcome(_too_low(visit, person))
    if page.level == 3:
        return AuthorizeOutcome(pages.second_step_page(page, person, second_code(page, person)))
    session.acr = page.level
    visit.desk.session.flush()
    return AuthorizeOutcome(_give_code(visit, session))


def _sign_in(visit: Visit, body: Mapping[str, str]) -> AuthorizeOutcome:
    page, desk = visit.page, visit.desk
    if not hmac.compare_digest(body.get("form_token", "").encode(), page.token.encode()):
        return AuthorizeOutcome(pages.error_page(page, FORM_EXPIRED))
    username = body.get("person", "")
    person = desk.session.scalar(select(PersonRow).where(PersonRow.username == username))
    if person is None:
        return AuthorizeOutcome(pages.error_page(page, NO_SUCH_PERSON, status=404))
    if person.level < page.level:
        return AuthorizeOutcome(_too_low(visit, person))
    if page.level == 3:
        expected, given = second_code(page, person), body.get("otp")
        if given is None or not hmac.compare_digest(given.strip().encode(), expected.encode()):
            wrong = given is not None
            return AuthorizeOutcome(pages.second_step_page(page, person, expected, wrong=wrong))
    return _begin(visit, person)


def _begin(visit: Visit, person: PersonRow) -> AuthorizeOutcome:
    desk, old = visit.desk, visit.session
    if old is not None and old.person == person.person:
        old.acr = max(old.acr, visit.page.level)
        old.auth_time = desk.now
        desk.session.flush()
        return AuthorizeOutcome(_give_code(visit, old))
    sid, cookie = storage.open_session(desk.session, person.person, visit.page.level, desk.now)
    session = desk.session.get_one(IssuerSession, sid)
    return AuthorizeOutcome(_give_code(visit, session), cookie, old.sid if old else None)


def _give_code(visit: Visit, session: IssuerSession) -> Response:
    reply = visit.server.create_authorization_response(
        visit.grant.request,  # type: ignore[attr-defined]  # Authlib ships no types
        grant_user=session,
        grant=visit.grant,
    )
    return _redirect(visit.desk, reply.headers["Location"])


def _too_low(visit: Visit, person: PersonRow) -> Response:
    level = visit.page.level
    refusal = Text(
        f"{person.name_zh} 的实名等级是 {person.level}，本次登录要求 {level}，不能登录。"
        "请选择实名等级足够的人员，或返回应用。",
        f"{person.name_en} is proven to level {person.level}; this sign-in asks for {level}. "
        "Choose somebody whose level is high enough, or go back.",
    )
    return _people_page(visit, refusal)


def _people_page(visit: Visit, refusal: Text | None = None) -> Response:
    people = list_people(visit.desk)
    posts = _posts(visit.desk, [one.person for one in people if not one.card_zh])
    return pages.people_page(visit.page, people, posts, refusal=refusal)


def _posts(desk: Desk, people: list[str]) -> dict[str, Text]:
    """Organisation and title of each; one post of those who have several."""
    wanted = select(PositionRow, OrganisationRow).join(
        OrganisationRow, OrganisationRow.uscc == PositionRow.organisation
    )
    rows = desk.session.execute(wanted.where(PositionRow.person.in_(people)))
    return {
        post.person: Text(f"{office.name_zh}{post.title_zh}", f"{post.title_en}, {office.name_en}")
        for post, office in rows
    }


def list_people(desk: Desk) -> list[PersonRow]:
    """The demo people, in the order of the content."""
    return list(
        desk.session.scalars(select(PersonRow).order_by(PersonRow.rank, PersonRow.username))
    )


def second_code(page: pages.IssuerPage, person: PersonRow) -> str:
    """Six digits for the simulated phone, bound to this browser and person."""
    digest = hashlib.sha256(f"{page.token} {person.person}".encode()).hexdigest()
    return f"{int(digest, 16) % 1_000_000:06}"


FORM_EXPIRED = Text(
    "本页已失效，请返回应用重新登录。", "This page has expired; go back and sign in again."
)
NO_SUCH_PERSON = Text(
    "没有这个演示人员，请返回上一页重新选择。", "There is no such demo person; go back and choose."
)
