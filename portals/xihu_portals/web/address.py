"""Values in the address of a page."""

from xihu_platform.errors import BadInput


def number(text: str | None, name: str) -> int | None:
    """A whole number of a page's address. Raises BadInput."""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise BadInput(f"网址中的 {name} 应为数字", f"{name} in the address must be a number")
    return int(text)
