"""Actions that write: `package_create|update|patch|delete` and the same of resources, on drafts.

They publish nothing and change no contract. What is written of a dataset of the caller's own
department is a draft of a change of its description; the published entry stays as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi.responses import Response

from xihu_catalog.contracts.entries import find_entry
from xihu_catalog.datasets.drafts import DraftContent, EntryDraft
from xihu_catalog.datasets.entries import is_stored
from xihu_catalog.datasets.package_records import PackageRecord
from xihu_catalog.formats.ckan import aware, ckan_moment, ckan_package
from xihu_catalog.formats.ckan_draft import COMPUTED
from xihu_portals.api.ckan.answers import (
    Json,
    NoSuchThing,
    NotAllowed,
    WrongFields,
    WrongParameter,
)
from xihu_portals.api.ckan.calls import CkanCall
from xihu_portals.api.ckan.draft_fields import DraftReader
from xihu_portals.api.ckan.writing import NAME_IN_USE, DraftDesk, writing_desk

Change = Callable[[Mapping[str, Json], Mapping[str, Json]], Mapping[str, Json]]
MATTERS = "/official/matters"


@dataclass(frozen=True, slots=True)
class DraftTarget:
    """What is written to: a draft, a dataset whose change has no draft yet, or nothing yet."""

    draft: EntryDraft | None = None
    record: PackageRecord | None = None
    """The dataset in the catalogue, of the caller's own department."""
    base: Mapping[str, Json] | None = None
    """The package as it is now."""

    @property
    def resources(self) -> list[dict[str, Json]]:
        return [dict(one) for one in (self.base or {}).get("resources", ())]


def package_create(call: CkanCall) -> Response:
    desk, given = writing_desk(call.services, call.caller), call.asked.given
    if given.get("id"):
        raise WrongParameter("id", "The input field id was not expected.")
    draft = _write(call, desk, DraftTarget(), given)
    return call.answer(desk.package(draft, call.language))


def package_update(call: CkanCall) -> Response:
    desk, given = writing_desk(call.services, call.caller), call.asked.given
    target = _target(call, desk, _reference(call))
    draft = _write(call, desk, target, _with_name(given, target))
    return call.answer(desk.package(draft, call.language))


def package_patch(call: CkanCall) -> Response:
    desk, given = writing_desk(call.services, call.caller), call.asked.given
    target = _target(call, desk, _reference(call))
    merged = {**(target.base or {}), **given}
    if given.get("id") == given.get("name") or not given.get("name"):
        merged["name"] = (target.base or {}).get("name")
    draft = _write(call, desk, target, merged)
    return call.answer(desk.package(draft, call.language))


def package_delete(call: CkanCall) -> Response:
    """Of a draft: it can be restored. A dataset is withdrawn on a page, with a reason and the
    article that the withdrawal rests on, by the head of the department's sharing office."""
    desk = writing_desk(call.services, call.caller)
    reference = _reference(call)
    draft = desk.drafts.find(reference)
    if draft is None or (draft.of and reference != draft.id):
        record = _own(call, desk, reference)
        raise WrongFields({"id": [_withdrawn_at(call, record.entry)]})
    desk.delete(draft)
    return call.answer(None)


def resource_create(call: CkanCall) -> Response:
    desk, given = writing_desk(call.services, call.caller), call.asked.given
    target = _target(call, desk, call.asked.needed("package_id"))
    draft = _write_resources(call, desk, target, [*target.resources, dict(given)])
    return call.answer(desk.package(draft, call.language)["resources"][-1])


def resource_update(call: CkanCall) -> Response:
    return _change_resource(call, lambda _former, given: given)


def resource_patch(call: CkanCall) -> Response:
    return _change_resource(call, lambda former, given: {**former, **given})


def resource_delete(call: CkanCall) -> Response:
    desk = writing_desk(call.services, call.caller)
    resource = call.asked.needed("id")
    target = _target_of_resource(call, desk, resource)
    _write_resources(call, desk, target, [r for r in target.resources if r["id"] != resource])
    return call.answer(None)


def _change_resource(call: CkanCall, made: Change) -> Response:
    desk, given = writing_desk(call.services, call.caller), call.asked.given
    resource = call.asked.needed("id")
    target = _target_of_resource(call, desk, resource)
    changed = [dict(made(one, given)) if one["id"] == resource else one for one in target.resources]
    draft = _write_resources(call, desk, target, changed)
    shown = desk.package(draft, call.language)["resources"]
    return call.answer(next(one for one in shown if one["id"] == resource))


def _reference(call: CkanCall) -> str:
    return call.asked.text("id") or call.asked.needed("name")


def _target(call: CkanCall, desk: DraftDesk, reference: str) -> DraftTarget:
    """Raises NoSuchThing, and NotAllowed for another department's dataset."""
    draft = desk.drafts.find(reference)
    if draft is not None:
        return DraftTarget(draft, _dataset_of(call, draft), _as_given(draft.content))
    record = call.packages.find(reference)
    if record is None:
        draft = desk.drafts.find_deleted(reference)
        if draft is None:
            raise NoSuchThing("Package was not found.")
        return DraftTarget(draft, _dataset_of(call, draft), _as_given(draft.content))
    record = _own(call, desk, reference)
    draft = desk.drafts.find_change(record.entry)
    if draft is not None:
        return DraftTarget(draft, record, _as_given(draft.content))
    return DraftTarget(None, record, _published(call, record))


def _target_of_resource(call: CkanCall, desk: DraftDesk, resource: str) -> DraftTarget:
    draft = desk.drafts.find_of_resource(resource)
    if draft is not None:
        return DraftTarget(draft, _dataset_of(call, draft), _as_given(draft.content))
    found = call.packages.find_resource(resource)
    if found is None:
        raise NoSuchThing("Resource was not found.")
    target = _target(call, desk, found.id)
    if all(one["id"] != resource for one in target.resources):
        raise NoSuchThing("Resource was not found.")  # the draft of the change has left it out
    return target


def _dataset_of(call: CkanCall, draft: EntryDraft) -> PackageRecord | None:
    return call.packages.memory.find(draft.of) if draft.of else None


def _own(call: CkanCall, desk: DraftDesk, reference: str) -> PackageRecord:
    """Raises NoSuchThing and NotAllowed."""
    record = call.get_record(reference)
    contract = call.services.catalogue.contracts.find(record.entry)
    if is_stored(record.entry) or contract is None or contract.provider != desk.organisation:
        raise NotAllowed(f"your department does not publish {record.name}")
    return record


def _published(call: CkanCall, record: PackageRecord) -> dict[str, Json]:
    """The package, without what this node computes."""
    package = ckan_package(call.facts_of(record), call.language)
    package["extras"] = [one for one in package["extras"] if one["key"] not in COMPUTED]
    return package


def _as_given(content: DraftContent) -> dict[str, Json]:
    """A draft's content in the form in which a client writes it."""
    return {
        **content,
        "tags": [{"name": one} for one in content["tags"]],
        "groups": [{"name": one} for one in content["groups"]],
        "extras": [{"key": key, "value": value} for key, value in content["extras"]],
    }


def _with_name(given: Mapping[str, Json], target: DraftTarget) -> dict[str, Json]:
    """An update without a name, or by it, has the name that the package has."""
    return {**given, "name": given.get("name") or (target.base or {}).get("name")}


def _write_resources(
    call: CkanCall, desk: DraftDesk, target: DraftTarget, resources: list[dict[str, Json]]
) -> EntryDraft:
    return _write(call, desk, target, {**(target.base or {}), "resources": resources})


def _write(
    call: CkanCall, desk: DraftDesk, target: DraftTarget, given: Mapping[str, Json]
) -> EntryDraft:
    """Raises WrongFields and NotAllowed."""
    if not desk.check_owner(given.get("owner_org")):
        raise NotAllowed("drafts are written for your own department alone")

    def is_used(resource: str) -> bool:
        found = desk.drafts.find_of_resource(resource)
        return found is not None or call.packages.find_resource(resource) is not None

    content = DraftReader(desk.groups, target.resources, is_used).read(given)
    _check_name(call, target, content["name"])
    draft, record = target.draft, target.record
    if draft is None:
        return desk.create(content, record.entry if record is not None else None)
    _check_moment(draft, content, call.asked.given.get("metadata_modified"))
    return desk.change(draft, content)


def _check_name(call: CkanCall, target: DraftTarget, name: str) -> None:
    if target.record is not None:
        if name != target.record.name:
            message = "The name of a dataset in the catalogue cannot be changed"
            raise WrongFields({"name": [message]})
        return
    former = target.draft.name if target.draft is not None else None
    if name != former and call.packages.find(name) is not None:
        raise WrongFields({"name": [NAME_IN_USE]})


def _check_moment(draft: EntryDraft, content: DraftContent, said: Json) -> None:
    """Who says which version was read is not to overwrite a later one. The moment of another site,
    in a dump that is loaded here, says nothing of a draft; of a dataset whose change has a draft
    already, its published moment says that the draft was not read.

    Raises WrongFields.
    """
    if not said or said == ckan_moment(draft.changed_at) or content == draft.content:
        return
    try:
        moment = aware(datetime.fromisoformat(str(said)))
    except ValueError:
        raise WrongFields({"metadata_modified": ["Date format incorrect"]}) from None
    if draft.of is not None or aware(draft.made_at) <= moment < aware(draft.changed_at):
        message = f"Draft {draft.id} was changed after this version: read it and change it again"
        raise WrongFields({"metadata_modified": [message]})


def _withdrawn_at(call: CkanCall, dataset: str) -> str:
    row = find_entry(call.services.node.database, dataset)
    page = f"{MATTERS}/new/catalogue_entry?dataset={dataset}"
    if row is not None and row.matter is not None:
        page = f"{MATTERS}/{row.matter}"
    address = f"{call.base_url.rstrip('/')}{page}"
    if call.language == "zh":
        return f"目录条目不能删除；由本部门共享工作负责人说明理由和依据后撤销：{address}"
    return (
        "An entry of the catalogue is not deleted: the head of your sharing office withdraws it, "
        f"with a reason and its article, at {address}"
    )
