"""The exception of every refusal, and the limits on sizes that a file may ask for."""

import math

# The largest array of a network in elements, for one input. A double has 8 bytes, so this is 1 GiB.
MOST_ELEMENTS = 1 << 27
# The largest file in bytes.
MOST_BYTES = 1 << 31


class Refusal(Exception):
  """A file or a part of it that the importer does not accept. The text is one sentence, on one line, for the user."""

  def __str__(self):
    text = "".join(c if c.isprintable() else "?" for c in super().__str__())
    return text if len(text) <= 2000 else text[:1997] + "..."


def require(condition, text):
  """Raises a Refusal with this text unless the condition is true."""
  if not condition:
    raise Refusal(text)


def check_extents(extents, what):
  """Refuses shapes with negative extents or more than MOST_ELEMENTS elements."""
  extents = [int(extent) for extent in extents]
  require(all(extent >= 0 for extent in extents), f"{what}: expected extents of 0 or more, found {extents}")
  require(
      math.prod(extents) <= MOST_ELEMENTS,
      f"{what}: expected at most {MOST_ELEMENTS} elements, found the shape {extents}")
  return tuple(extents)


def read_file(path):
  """Returns the bytes of a file of at most MOST_BYTES bytes."""
  try:
    with open(path, "rb") as file:
      contents = file.read(MOST_BYTES + 1)
  except OSError as error:
    raise Refusal(f"{path}: {error.strerror}") from None
  require(len(contents) <= MOST_BYTES, f"{path}: expected a file of at most {MOST_BYTES} bytes")
  require(contents, f"{path}: expected a network, found an empty file")
  return contents
