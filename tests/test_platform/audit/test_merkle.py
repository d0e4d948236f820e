"""The tree against the Certificate Transparency reference vectors and its own proofs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xihu_platform.audit.merkle import (
    EMPTY_ROOT,
    complete_nodes,
    inclusion_proof,
    leaf_hash,
    root,
    root_from_inclusion,
    root_of_leaves,
)

# Leaves and roots of the reference tests of Certificate Transparency (Google, Apache-2.0).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOT_OF_EIGHT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


class Tree:
    def __init__(self, leaves: list[bytes]) -> None:
        self.hashes = [leaf_hash(leaf) for leaf in leaves]
        nodes = complete_nodes(0, self.hashes, self.node)
        self.nodes = {(level, index): digest for level, index, digest in nodes}

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]


def test_the_eight_reference_leaves_give_the_reference_root() -> None:
    tree = Tree(LEAVES)
    assert root(8, tree.node).hex() == ROOT_OF_EIGHT


def test_the_empty_log_has_the_hash_of_nothing_as_its_root() -> None:
    assert root(0, Tree([]).node) == EMPTY_ROOT


def test_appending_in_groups_gives_the_same_nodes_as_all_at_once() -> None:
    whole = Tree(LEAVES)
    nodes: dict[tuple[int, int], bytes] = {}

    def known(level: int, index: int) -> bytes:
        return nodes[level, index]

    for first, last in ((0, 3), (3, 4), (4, 8)):
        fresh = complete_nodes(first, whole.hashes[first:last], known)
        nodes |= {(level, index): digest for level, index, digest in fresh}
    assert nodes == whole.nodes


@given(size=st.integers(1, 70), data=st.data())
def test_an_inclusion_proof_leads_to_the_root_and_for_no_other_leaf(
    size: int, data: st.DataObject
) -> None:
    tree = Tree([n.to_bytes(2, "big") for n in range(size)])
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(index, size, tree.node)
    assert root_from_inclusion(index, size, tree.hashes[index], path) == root(size, tree.node)
    other = leaf_hash(b"another entry")
    assert root_from_inclusion(index, size, other, path) != root(size, tree.node)


def test_a_proof_of_the_wrong_length_is_refused() -> None:
    tree = Tree(LEAVES)
    path = inclusion_proof(2, 8, tree.node)
    with pytest.raises(ValueError, match="too short"):
        root_from_inclusion(2, 8, tree.hashes[2], path[:-1])
    with pytest.raises(ValueError, match="too long"):
        root_from_inclusion(2, 8, tree.hashes[2], [*path, b"\0" * 32])


@pytest.mark.parametrize("size", range(70))
def test_a_small_tree_at_once_has_the_root_of_one_that_grew(size: int) -> None:
    tree = Tree([str(number).encode() for number in range(size)])
    assert root_of_leaves(tree.hashes) == root(size, tree.node)
