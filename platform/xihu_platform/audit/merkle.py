"""The Merkle tree of RFC 9162: leaf and node hashes, roots and inclusion proofs.

Written here because the one library for it is GPL; proved by the reference vectors of the
Certificate Transparency test suite. Only hashes of complete subtrees are ever read, so a proof
costs O(log n) whatever the size of the log. That a saved head agrees with the log of today is found
by `verify`, which hashes every entry again: there is no consistency proof.
"""

from collections.abc import Callable
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""Returns the hash of the complete subtree at (level, index): level 0 holds the leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """RFC 9162 §2.1.1: a leaf is marked with 0x00."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 9162 §2.1.1: an inner node is marked with 0x01."""
    return sha256(b"\x01" + left + right).digest()


def complete_nodes(first: int, leaves: list[bytes], node: Node) -> list[tuple[int, int, bytes]]:
    """The subtrees that become complete when `leaves` are appended from index `first` on.

    Returns (level, index, hash) for every new node, the leaves at level 0 among them; `node`
    reads those that were complete before.
    """
    made: dict[tuple[int, int], bytes] = {}

    def at(level: int, index: int) -> bytes:
        known = made.get((level, index))
        return known if known is not None else node(level, index)

    for offset, leaf in enumerate(leaves):
        level, index, digest = 0, first + offset, leaf
        made[level, index] = digest
        while index % 2 == 1:
            digest = node_hash(at(level, index - 1), digest)
            level, index = level + 1, index // 2
            made[level, index] = digest
    return [(level, index, digest) for (level, index), digest in made.items()]


def _range_hash(start: int, size: int, node: Node) -> bytes:
    """The hash of leaves [start, start + size): `start` is a multiple of the split above it."""
    level = size.bit_length() - 1
    if size == 1 << level:
        return node(level, start >> level)
    split = _split(size)
    return node_hash(
        _range_hash(start, split, node), _range_hash(start + split, size - split, node)
    )


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (RFC 9162 §2.1)."""
    return 1 << ((size - 1).bit_length() - 1)


def root(size: int, node: Node) -> bytes:
    """The root over the first `size` leaves."""
    return _range_hash(0, size, node) if size else EMPTY_ROOT


def root_of_leaves(leaves: list[bytes]) -> bytes:
    """The root over leaf hashes that are all at hand, level by level: a last one without a sibling
    goes up as it is, which is RFC 9162's split at the largest power of two."""
    if not leaves:
        return EMPTY_ROOT
    level = leaves
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        level = above + level[len(level) // 2 * 2 :]
    return level[0]


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """RFC 9162 §2.1.3.1: the path from leaf `index` to the root of the first `size` leaves."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not among the first {size}")
    path: list[bytes] = []
    start = 0
    while size > 1:
        split = _split(size)
        if index - start < split:
            path.append(_range_hash(start + split, size - split, node))
            size = split
        else:
            path.append(_range_hash(start, split, node))
            start, size = start + split, size - split
    return path[::-1]


def root_from_inclusion(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """RFC 9162 §2.1.3.2: the root that a proof leads to. Raises ValueError when it cannot fit."""
    first, last, digest = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ValueError("the proof is too long")
        if first % 2 == 1 or first == last:
            digest = node_hash(sibling, digest)
            while first % 2 == 0 and first != 0:
                first, last = first >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        first, last = first >> 1, last >> 1
    if last != 0:
        raise ValueError("the proof is too short")
    return digest
