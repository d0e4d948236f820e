"""Runs in .peers/frictionless_ckan: what frictionless's CKAN portal reads of a site, as JSON.

The first argument is the site, the others an organisation, a group and a dataset.
"""

import json
import sys
from typing import Any

PAGE = 10
Package = Any
"""A frictionless `Package`, which this environment has and that of the other tests has not."""


def packages_of(site: str, **asked: object) -> list[Package]:
    """A catalogue, page by page, as its control says: until a page is empty."""
    from frictionless import Catalog  # type: ignore[import-not-found]
    from frictionless.portals import CkanControl  # type: ignore[import-not-found]

    found: list[Package] = []
    while True:
        control = CkanControl(
            baseurl=site, num_packages=PAGE, results_offset=len(found) or None, **asked
        )
        page = [one.package for one in Catalog(control=control).datasets]
        found += page
        if not page or "group_id" in asked:
            return found


def described(package: Package) -> dict[str, object]:
    return {
        "name": package.name,
        "title": package.title,
        "keywords": package.keywords,
        "resources": sorted(one.path for one in package.resources),
    }


def rows_of(package: Package) -> dict[str, int]:
    """Rows that it reads of each CSV file, whose schema it infers."""
    return {one.path: len(one.read_rows()) for one in package.resources if one.format == "csv"}


if __name__ == "__main__":
    from frictionless import Package as Whole
    from frictionless.portals import CkanControl

    site, organisation, group, dataset = sys.argv[1:]
    one = Whole(control=CkanControl(baseurl=site, dataset=dataset))
    json.dump(
        {
            "all": [described(package) for package in packages_of(site)],
            "organisation": [p.name for p in packages_of(site, organization_name=organisation)],
            "group": [p.name for p in packages_of(site, group_id=group)],
            "found": [p.name for p in packages_of(site, search={"q": "title:air"})],
            "one": described(one),
            "rows": rows_of(one),
        },
        sys.stdout,
    )
