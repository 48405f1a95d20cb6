"""A table of signed bytes as a canonical Huffman code, which `filter/engine/src/detect/weights.rs` expands.

Lowest weight, count of weights, the length of each one's code (0: never used), count of bytes of the stream, stream. Codes are
given by rising length, then weight; their bits stand highest first. The same table gives the same bytes; no library is needed.
"""

import struct
from collections import Counter

LONGEST = 12  # bits: the filter decodes with a table of 2**LONGEST entries


def lengths(counts: Counter) -> Counter:
    """The best code lengths up to LONGEST, by package-merge; ties go to the lower weight."""
    if not 2 <= len(counts) <= 2**LONGEST:
        raise ValueError(f"a code for {len(counts)} weights")
    single = sorted((count, (weight,)) for weight, count in counts.items())
    packages: list = []
    for _ in range(LONGEST):
        pairs = zip(packages[::2], packages[1::2])
        packages = sorted(single + [(a[0] + b[0], a[1] + b[1]) for a, b in pairs])
    return Counter(weight for _, weights in packages[: 2 * len(counts) - 2] for weight in weights)


def codes(sizes: Counter) -> dict[int, str]:
    """Each weight's code, as digits."""
    out, code, last = {}, 0, 0
    for size, weight in sorted((size, weight) for weight, size in sizes.items()):
        code <<= size - last
        out[weight] = f"{code:0{size}b}"
        code, last = code + 1, size
    return out


def coded(weights: list[int]) -> bytes:
    """The bytes of one table in `student.bin`."""
    sizes = lengths(Counter(weights))
    lowest, highest = min(sizes), max(sizes)
    given = codes(sizes)
    bits = "".join(given[w] for w in weights)
    stream = int(bits + "0" * (-len(bits) % 8), 2).to_bytes(-(-len(bits) // 8), "big")
    head = bytes(sizes[w] for w in range(lowest, highest + 1))
    return struct.pack("<bB", lowest, len(head)) + head + struct.pack("<I", len(stream)) + stream
