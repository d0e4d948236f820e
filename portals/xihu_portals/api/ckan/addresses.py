"""Addresses of CKAN's API, for the code that treats them differently from our own API's."""

CKAN = ("/api/3", "/api/action")
ACTIONS = ("/api/3/action/", "/api/action/")


def is_ckan(path: str) -> bool:
    """
    >>> is_ckan("/api/3/action/package_list"), is_ckan("/api/3"), is_ckan("/api/v1/datasets")
    (True, True, False)
    """
    return any(path == one or path.startswith(f"{one}/") for one in CKAN)


def action_of(path: str) -> str:
    """The name of the action, of letters that need no escape.

    >>> action_of("/api/3/action/package_show"), action_of("/api/3")
    ('package_show', '')
    """
    for one in ACTIONS:
        if path.startswith(one):
            return "".join(c for c in path.removeprefix(one)[:64] if c.isalnum() or c == "_")
    return ""
