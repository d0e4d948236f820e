"""Who writes drafts through CKAN's API, of which department, and what a draft answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar
from uuid import uuid4

from xihu_catalog.datasets.compiled import own_iri
from xihu_catalog.datasets.drafts import (
    DraftContent,
    DraftNameInUse,
    EntryDraft,
    EntryDrafts,
    digest_of,
)
from xihu_catalog.datasets.facts import AgentFacts
from xihu_catalog.datasets.package_records import PackageGroup, PackageRecord, PackageResource
from xihu_catalog.formats.ckan import aware, ckan_id, ckan_licence, organisation_key
from xihu_catalog.formats.ckan_draft import ckan_draft
from xihu_catalog.registry.codes import code_list
from xihu_catalog.registry.people import organisation_name
from xihu_platform.access.offices import DRAFTS, check, draft_refusal
from xihu_platform.access.record import actor
from xihu_platform.audit.drafting import DraftAct, DraftDone
from xihu_platform.errors import NotSignedIn
from xihu_platform.identity.address import caller_of
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Language, Text
from xihu_portals.api.ckan.answers import Json, WrongFields
from xihu_portals.services import Services

NAME_IN_USE = "That URL is already in use."
Done = TypeVar("Done")


@dataclass(frozen=True)
class DraftDesk:
    """The drafts of the caller's department."""

    services: Services
    caller: Principal

    @cached_property
    def drafts(self) -> EntryDrafts:
        node = self.services.node
        return EntryDrafts(node.database, self.organisation, node.clock)

    @property
    def organisation(self) -> str:
        """USCC of the department."""
        assert self.caller.position is not None  # a steward or a system
        return self.caller.position.organisation

    @property
    def author(self) -> str:
        assert self.caller.position is not None  # a steward or a system
        return self.caller.position.id

    @cached_property
    def _base(self) -> str:
        return self.services.node.settings.base_url.rstrip("/")

    @cached_property
    def key(self) -> tuple[str, str]:
        """The department's UUID and name in CKAN."""
        iri = own_iri(self._base, "organisation", self.organisation)
        return organisation_key(AgentFacts(iri, self.name), own=True)

    @cached_property
    def name(self) -> Text:
        return organisation_name(self.organisation)

    @cached_property
    def topics(self) -> dict[str, tuple[str, Text]]:
        """IRI and title by code in small letters."""
        return {
            code.lower(): (own_iri(self._base, "topic", code), title)
            for code, title in code_list("topics").items()
        }

    @cached_property
    def groups(self) -> dict[str, str]:
        """Codes by the names and UUIDs that a client may write."""
        found = {code: code for code in self.topics}
        return found | {ckan_id(iri): code for code, (iri, _) in self.topics.items()}

    def check_owner(self, said: Json) -> bool:
        """Whether it names the caller's own department, or none."""
        names = {"", *self.key, self.organisation}
        return said is None or (isinstance(said, str) and said in names)

    def package(self, draft: EntryDraft, language: Language) -> dict[str, Json]:
        organisation = (self.key, self.name)
        return ckan_draft(draft, organisation, self.topics, language, self._base)

    def create(self, content: DraftContent, of: str | None = None) -> EntryDraft:
        draft = str(uuid4())
        self._note("create", draft, of, digest_of(content))
        return _named(lambda: self.drafts.create(content, self.author, of=of, draft=draft))

    def change(self, former: EntryDraft, content: DraftContent) -> EntryDraft:
        digest = digest_of(content)
        if digest != former.digest or former.deleted_at is not None:
            did: DraftDone = "change" if former.deleted_at is None else "restore"
            self._note(did, former.id, former.of, digest)
        return _named(lambda: self.drafts.change(former, content, self.author))

    def delete(self, draft: EntryDraft) -> None:
        self._note("delete", draft.id, draft.of, draft.digest)
        self.drafts.delete(draft)

    def restore(self, draft: EntryDraft) -> EntryDraft:
        return self.change(draft, draft.content)

    def record(self, draft: EntryDraft) -> PackageRecord:
        """What a search compares of it."""
        content = draft.content
        resources = tuple(_resource(one) for one in content["resources"])
        topic = next((one for one in content["groups"] if one in self.topics), None)
        group = None
        if topic is not None:
            iri, title = self.topics[topic]
            group = PackageGroup(ckan_id(iri), topic, title)
        return PackageRecord(
            entry=draft_entry(draft.id),
            id=draft.id,
            name=draft.name,
            title=Text(content["title"], content["title"]),
            notes=Text(content["notes"], content["notes"]),
            created=aware(draft.made_at),
            modified=aware(draft.changed_at),
            organisation=PackageGroup(*self.key, self.name),
            topic=group,
            resources=resources,
            tags=tuple(content["tags"]),
            formats=tuple(dict.fromkeys(one.format for one in resources if one.format)),
            licence=ckan_licence(content["license_id"])[0],
            version=content["version"] or None,
            page=content["url"],
            extras=dict(content["extras"]),
            state="draft",
        )

    def _note(self, did: DraftDone, draft: str, of: str | None, digest: str) -> None:
        """In the log before it is done. Raises AuditUnavailable."""
        self.services.log.record(DraftAct(actor(self.caller), did, draft, of, digest).entry())


def draft_entry(draft: str) -> str:
    """In place of the id of an entry: no entry's id has a colon."""
    return f"draft:{draft}"


def find_desk(services: Services, caller: Principal) -> DraftDesk | None:
    """None for all who neither write nor read drafts."""
    refused = draft_refusal(caller, services.node.clock())
    return DraftDesk(services, caller) if refused is None else None


def writing_desk(services: Services, caller: Principal) -> DraftDesk:
    """For one write, which is counted. Raises NotSignedIn, Refused and TooMany."""
    if caller.kind == "anonymous":
        raise NotSignedIn("请带访问令牌", "an access token is needed")
    services.gateway.limits.spend("writes", caller_of(caller))
    check(services.gateway, caller, DRAFTS, draft_refusal(caller, services.node.clock()))
    return DraftDesk(services, caller)


def _resource(one: Mapping[str, Json]) -> PackageResource:
    name = str(one.get("name") or "")
    form = str(one.get("format") or "").upper()
    return PackageResource(str(one["id"]), Text(name, name), form, str(one.get("url") or ""))


def _named(write: Callable[[], Done]) -> Done:
    """Raises WrongFields where the name is taken."""
    try:
        return write()
    except DraftNameInUse:
        raise WrongFields({"name": [NAME_IN_USE]}) from None
