#!/usr/bin/env python3
"""Reads an event file of TensorBoard without TensorBoard, and prints its events: the step, then the scalars by name.
Checks every checksum, the order of the times, and that the first event is the version.

usage: read_tfevents.py FILE
"""

import struct
import sys


def crc32c(data):
  crc = 0xFFFFFFFF
  for byte in data:
    crc ^= byte
    for _ in range(8):
      crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
  return crc ^ 0xFFFFFFFF


def masked(data):
  crc = crc32c(data)
  return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def fields(message):
  """Returns the fields of a protocol buffer as (number, value)."""
  at, found = 0, []

  def varint():
    nonlocal at
    value = shift = 0
    while True:
      byte = message[at]
      at += 1
      value |= (byte & 127) << shift
      shift += 7
      if byte < 128:
        return value

  while at < len(message):
    number, wire = divmod(varint(), 8)
    if wire == 0:
      value = varint()
    else:
      size = {1: 8, 2: None, 5: 4}[wire]
      size = varint() if size is None else size
      value = message[at:at + size]
      assert len(value) == size
      at += size
    found.append((number, value))
  return found


assert crc32c(b"123456789") == 0xE3069283
data = open(sys.argv[1], "rb").read()
at, last_time, count = 0, 0.0, 0
while at < len(data):
  head, (length,) = data[at:at + 8], struct.unpack("<Q", data[at:at + 8])
  assert struct.unpack("<I", data[at + 8:at + 12]) == (masked(head),), "checksum of a length"
  body = data[at + 12:at + 12 + length]
  assert struct.unpack("<I", data[at + 12 + length:at + 16 + length]) == (masked(body),), "checksum of an event"
  at += 16 + length
  event = dict(fields(body))
  (time,) = struct.unpack("<d", event[1])
  assert time > 1e9 and (count < 2 or time >= last_time)
  last_time = time
  if count == 0:
    assert event[3] == b"brain.Event:2" and set(event) == {1, 3}
  else:
    line = [str(event[2])]
    for number, value in fields(event[5]):
      assert number == 1
      scalar = dict(fields(value))
      line.append(f"{scalar[1].decode()}={struct.unpack('<f', scalar[2])[0]!r}")
    print(" ".join(line))
  count += 1
