"""The limits of a child process that reads an uploaded file."""

import resource
from pathlib import Path

SECONDS_LIMIT = 300
_MOST = 3 << 30  # bytes of address space, whatever the file's size
_PAGE = resource.getpagesize()


def limit_memory(path: str, free: int, for_each_byte: int) -> None:
    """Let this process take `free` bytes more than it has, and some for each byte of a file.

    What a file costs is in proportion to its size: a small one that wants gigabytes is a bomb.
    """
    allowed = min(_MOST, _address_space() + free + for_each_byte * Path(path).stat().st_size)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_LIMIT, SECONDS_LIMIT))


def _address_space() -> int:
    """Bytes that this process has reserved already; a guess where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * _PAGE
    except OSError:
        return 512 << 20
