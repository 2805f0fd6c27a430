"""Layouts of bytes: numbers one after the other, little-endian, and groups of numbers that come several times."""

from __future__ import annotations

import struct
from typing import Any, Dict, List, Mapping, NamedTuple, Tuple, Union


class Number(NamedTuple):
    """A number, or `times` of them. `format` is a letter of the module `struct`. An optional one is the last of its layout and may be left out."""

    name: str
    format: str
    times: int = 1
    optional: bool = False


class Group(NamedTuple):
    """A layout that comes `times` times."""

    name: str
    times: int
    of: Tuple[Union[Number, "Group"], ...]


Layout = Tuple[Union[Number, Group], ...]


def size_of(layout: Layout) -> int:
    """The bytes of a layout, its optional number included."""
    return sum(part.times * (size_of(part.of) if isinstance(part, Group) else struct.calcsize(part.format)) for part in layout)


def pack(layout: Layout, values: Mapping[str, Any]) -> bytes:
    """The bytes of a layout. A part that is not named is zero. Raises ValueError on an unknown name, too long a list, and a number that has no room."""
    unknown = sorted(set(values) - {part.name for part in layout})
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}; there are {', '.join(part.name for part in layout) or 'no fields'}")
    packed = b""
    for part in layout:
        given = values.get(part.name, ())
        items: List[Any] = [given] if isinstance(given, int) else list(given)
        if len(items) > part.times:
            raise ValueError(f"{part.name}: found {len(items)}, expected at most {part.times}")
        if isinstance(part, Group):
            one = size_of(part.of)
            packed += b"".join(pack(part.of, item) for item in items).ljust(one * part.times, b"\0")
        else:
            try:
                packed += struct.pack(f"<{part.times}{part.format}", *items, *[0] * (part.times - len(items)))
            except struct.error as error:
                raise ValueError(f"{part.name}: found {given}: {error}") from None
    return packed


def unpack(layout: Layout, data: bytes) -> Tuple[Dict[str, Any], bytes]:
    """The values by name, and the bytes after the layout. Raises ValueError when there are fewer bytes than the layout has."""
    values: Dict[str, Any] = {}
    at = 0
    for part in layout:
        if isinstance(part, Group):
            one = size_of(part.of)
            values[part.name] = [unpack(part.of, data[at + i * one : at + (i + 1) * one])[0] for i in range(part.times)]
            at += one * part.times
            continue
        size = part.times * struct.calcsize(part.format)
        if part.optional and len(data) == at:
            values[part.name] = 0
            continue
        if len(data) < at + size:
            raise ValueError(f"{part.name}: found {len(data)} bytes, expected at least {at + size}")
        numbers = struct.unpack_from(f"<{part.times}{part.format}", data, at)
        values[part.name] = numbers[0] if part.times == 1 else numbers
        at += size
    return values, data[at:]
