"""What a Windows program or library needs of others: the two import tables of a PE file.

Microsoft, "PE Format": the optional header's data directories 1 (import table) and 13 (delay import descriptors).
"""

import struct
from collections.abc import Iterator

AMD64 = 0x8664
_TABLES = ((1, 20, 12), (13, 32, 4))
"""Number of the directory, bytes of one entry in it, and where in it the name of the library stands."""


def machine(data: bytes) -> int:
    """For which processor it is."""
    return int(struct.unpack_from("<H", data, _header(data) + 4)[0])


def imports(data: bytes) -> Iterator[str]:
    """The file names of the libraries that it loads, in small letters."""
    header = _header(data)
    (sections,) = struct.unpack_from("<H", data, header + 6)
    (optional_bytes,) = struct.unpack_from("<H", data, header + 20)
    optional = header + 24
    assert struct.unpack_from("<H", data, optional)[0] == 0x20B, "PE32+ alone: 64 bit"
    table = [struct.unpack_from("<IIII", data, optional + optional_bytes + 40 * n + 8) for n in range(sections)]
    for number, step, name in _TABLES:
        address = struct.unpack_from("<I", data, optional + 112 + 8 * number)[0]
        if not address:
            continue
        place = _offset(table, address)
        while at := struct.unpack_from("<I", data, place + name)[0]:
            start = _offset(table, at)
            yield data[start : data.index(b"\0", start)].decode("ascii").lower()
            place += step


def _header(data: bytes) -> int:
    start = int(struct.unpack_from("<I", data, 0x3C)[0])
    assert data[start : start + 4] == b"PE\0\0"
    return start


def _offset(table: list[tuple[int, ...]], address: int) -> int:
    for size, start, raw_size, raw in table:
        if start <= address < start + max(size, raw_size):
            return address - start + raw
    raise AssertionError(f"address {address:#x} lies in no section")
