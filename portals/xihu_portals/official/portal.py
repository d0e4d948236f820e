"""The official portal: its pages, each with its routes."""

from fastapi import APIRouter

from xihu_portals.official import (
    agreement,
    audit,
    audit_readers,
    catalogue,
    cockpit,
    correction,
    corrections,
    dataset,
    dispute,
    duties,
    explore,
    feedback,
    ground,
    grounds,
    inbox,
    kind,
    leaflets,
    load_report,
    matter,
    metric,
    metrics,
    new_matter,
    notices,
    oversight,
    positions,
    quarantined,
    region,
    request,
)

PAGES = (
    positions,
    cockpit,
    inbox,
    notices,
    new_matter,
    matter,
    agreement,
    dispute,
    request,
    correction,
    duties,
    kind,
    grounds,
    ground,
    region,
    metric,
    metrics,
    catalogue,
    dataset,
    explore,
    load_report,
    corrections,
    quarantined,
    feedback,
    leaflets,
    audit,
    audit_readers,
    oversight,
)

router = APIRouter(include_in_schema=False)
for page in PAGES:
    router.include_router(page.router)
