"""The citizen portal: its pages, each with its routes."""

from fastapi import APIRouter

from xihu_portals.citizen import (
    apply,
    appointments,
    attachments,
    case,
    case_form,
    case_papers,
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
    new_appointment,
    new_matter,
    place,
    places,
    proving,
    rating,
    robots,
    search,
    uses,
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
    apply,
    case,
    case_form,
    case_papers,
    rating,
    matter,
    proving,
    robots,
    appointments,
    new_appointment,
    uses,
    leaflets,
    feedback,
)

router = APIRouter(include_in_schema=False)
for page in PAGES:
    router.include_router(page.router)
