"""Reads FlatBuffers with every offset checked, so that a damaged file ends in a sentence.

source  flatbuffers.dev/internals
"""

import struct

from ..failure import Refusal

SIZES = {"b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "f": 4, "q": 8}


class Buffer:
  """The bytes of a file."""

  def __init__(self, path, contents):
    self.path, self.contents = path, contents

  def number(self, kind, at):
    if at < 0 or at + SIZES[kind] > len(self.contents):
      raise Refusal(f"{self.path}: expected a number at byte {at}, found the end of the file at {len(self.contents)}")
    return struct.unpack_from("<" + kind, self.contents, at)[0]

  def root(self):
    return Table(self, self.number("I", 0))


class Table:
  """A table. Fields are given by their number in the schema."""

  def __init__(self, buffer, at):
    self.buffer, self.at = buffer, at
    self.vtable = at - buffer.number("i", at)
    self.fields = (buffer.number("H", self.vtable) - 4) // 2

  def place(self, field):
    """Returns where a field is, or None."""
    if field >= self.fields:
      return None
    offset = self.buffer.number("H", self.vtable + 4 + 2 * field)
    return self.at + offset if offset else None

  def number(self, field, kind, fallback=0):
    place = self.place(field)
    return fallback if place is None else self.buffer.number(kind, place)

  def target(self, field):
    place = self.place(field)
    return None if place is None else place + self.buffer.number("I", place)

  def table(self, field):
    target = self.target(field)
    return None if target is None else Table(self.buffer, target)

  def span(self, field, size):
    """Returns where a vector begins and its length; (0, 0) if there is none."""
    target = self.target(field)
    if target is None:
      return 0, 0
    count = self.buffer.number("I", target)
    if target + 4 + count * size > len(self.buffer.contents):
      raise Refusal(
          f"{self.buffer.path}: expected a vector of {count} elements at byte {target}, found the end of the file")
    return target + 4, count

  def numbers(self, field, kind):
    at, count = self.span(field, SIZES[kind])
    return list(struct.unpack_from(f"<{count}{kind}", self.buffer.contents, at))

  def bytes(self, field):
    at, count = self.span(field, 1)
    return self.buffer.contents[at:at + count]

  def text(self, field):
    return self.bytes(field).decode("utf-8", "replace")

  def tables(self, field):
    at, count = self.span(field, 4)
    return [Table(self.buffer, at + 4 * i + self.buffer.number("I", at + 4 * i)) for i in range(count)]
