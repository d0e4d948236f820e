"""A Bloom filter over hashes of keys: finds the records that may repeat a key in one pass.

It never misses one, so what it lets through needs no second look, and what it keeps back is so
little that it can be compared exactly. One word of memory is touched for each key (a blocked
filter: Putze, Sanders and Singler, 2007), so that ten million keys cost less than a second.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

WORDS = 1 << 23
"""Of 64 bits. With ten million keys about six of 100,000 records are kept back for nothing."""
_MARKED = (0, 12, 24)  # each twelve bits of a hash name two of the six bits that mark its word
_PLACE = np.uint64(36)  # the bits of a hash above these name its word
_PAIRS = np.array([1 << (n & 63) | 1 << (n >> 6) for n in range(1 << 12)], np.uint64)

Keys = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]


class BloomFilter:
    """Knows the keys that have passed, of one file, all rules of uniqueness together."""

    def __init__(self) -> None:
        self._words = np.zeros(WORDS, np.uint64)

    def defer(self, hashes: pa.ChunkedArray) -> Flags:
        """Where a key may have passed before, here or in an earlier call; null is no key.

        `hashes` are unsigned numbers of 64 bits in the order of their records.
        """
        flags = np.zeros(len(hashes), np.bool_)
        given = pc.is_valid(hashes).to_numpy()
        keys = pc.drop_null(hashes).to_numpy()
        words = (keys >> _PLACE) % np.uint64(len(self._words))
        marks = np.zeros_like(keys)
        for place in _MARKED:
            marks |= _PAIRS[keys >> np.uint64(place) & np.uint64(0xFFF)]
        flags[given] = (self._words[words] & marks == marks) | _later(keys)
        np.bitwise_or.at(self._words, words, marks)
        return flags


def _later(keys: Keys) -> Flags:
    """Where a key stands further up already; sorting numbers alone costs next to nothing."""
    later = np.zeros(len(keys), np.bool_)
    ordered = np.sort(keys)
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(repeated):
        return later
    low = np.uint64(0xFFFF)  # a look at sixteen bits leaves few keys to be searched for
    likely = np.zeros(1 << 16, np.bool_)
    likely[repeated & low] = True
    places = np.flatnonzero(likely[keys & low])
    nearest = np.minimum(np.searchsorted(repeated, keys[places]), len(repeated) - 1)
    places = places[repeated[nearest] == keys[places]]
    first = places[np.unique(keys[places], return_index=True)[1]]
    later[places] = True
    later[first] = False
    return later
