"""The citizen portal: its pages, each with its routes."""

from fastapi import APIRouter

from xihu_portals.citizen import (
    attachments,
    correction,
    dataset,
    embed,
    explore,
    feedback,
    home,
    leaflets,
    mandate,
    matter,
    matters,
    metric,
    metrics,
    my_data,
    new_matter,
    place,
    places,
    proving,
    robots,
    search,
    uses,
    verify,
)

PAGES = (
    home,
    search,
    dataset,
    explore,
    metrics,
    metric,
    places,
    place,
    embed,
    mandate,
    my_data,
    correction,
    matters,
    new_matter,
    attachments,
    matter,
    proving,
    robots,
    uses,
    leaflets,
    feedback,
    verify,
)

router = APIRouter(include_in_schema=False)
for page in PAGES:
    router.include_router(page.router)
