"""Writes NET.hpp, NET.safetensors and NET.md."""

import json
import os
import re

import numpy as np

from .failure import Refusal, require
from .lowering.paths import Repeat, names_and_tensors, paths_of, qualified, scheme_of, type_of, with_repeats

WIDTH = 120
KEYWORDS = set(
    "alignas alignof and asm auto bool break case catch char class concept const constexpr continue decltype default "
    "delete do double else enum explicit export extern false float for friend goto if inline int long mutable "
    "namespace new noexcept not operator or private protected public register requires return short signed "
    "sizeof static struct switch template this throw true try typedef typeid typename union unsigned using "
    "virtual void volatile while xor mn minnow std".split())


def check_name(name):
  """Refuses names that are no C++ identifiers."""
  require(
      re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) and "__" not in name and name not in KEYWORDS,
      f"--name: expected a C++ name, found '{name}'")


def write_file(path, contents):
  """Writes a file under a temporary name and renames it, so that no reader sees half of it."""
  temporary = path + ".part"
  try:
    with open(temporary, "wb") as file:
      file.write(contents)
    os.replace(temporary, path)
  except OSError as error:
    raise Refusal(f"{path}: {error.strerror}") from None


def safetensors(path, tensors):
  """Returns the bytes of a safetensors file of 32-bit floats. `path` names the source in a refusal."""
  header, parts, at = {}, [], 0
  for name in sorted(tensors):
    with np.errstate(over="ignore"):
      numbers = np.ascontiguousarray(tensors[name], dtype="<f4")
    require(np.isfinite(numbers).all(),
            f"{path}: tensor '{name}': expected numbers that 32-bit floats hold, found larger ones")
    header[name] = {"dtype": "F32", "shape": list(numbers.shape), "data_offsets": [at, at + numbers.nbytes]}
    parts.append(numbers.tobytes())
    at += numbers.nbytes
  text = json.dumps(header, separators=(",", ":")).encode()
  text += b" " * (-len(text) % 8)
  return len(text).to_bytes(8, "little") + text + b"".join(parts)


# --- the header ------------------------------------------------------------------------------------------------------


def comment_text(text):
  """Returns text that is safe in a line comment."""
  return re.sub(r"[^ -~]", "?", text).replace("\\", "/")


def starts_line(layer):
  return isinstance(layer, Repeat) or layer.is_product() or layer.body is not None


def lines_of(layers, indent, aliases):
  """Returns lines of a comma-separated list of layers: a product and the layers after it on one line.

  Each line is [text, sources]. The caller adds commas and comments.
  """
  lines = []
  for layer in layers:
    if isinstance(layer, Repeat):
      inner = lines_of(layer.blocks[0], indent + 4, aliases)
      chain = len(layer.blocks[0]) > 1
      lines.append([" " * indent + f"mn::repeat<{len(layer.blocks)}, " + ("mn::chain<" if chain else ""), []])
      inner[-1][0] += ">" * (2 if chain else 1)
      lines[-1][1] = ["block 1 of " + str(len(layer.blocks))]
      lines += inner
    elif layer.body is not None:
      lines.append([" " * indent + f"mn::{layer.kind}<mn::chain<", []])
      inner = lines_of(layer.body, indent + 4, aliases)
      inner[-1][0] += ">"
      lines += inner
      if layer.kind == "residual" and (layer.shortcut or layer.carrier):
        lines[-1][0] += ","
        if layer.shortcut:
          lines.append([" " * (indent + 2) + "mn::chain<", []])
          short = lines_of(layer.shortcut, indent + 4, aliases)
          short[-1][0] += ">"
          lines += short
        else:
          lines.append([" " * (indent + 2) + "mn::chain<>", []])
      if layer.carrier:
        lines[-1][0] += ", " + qualified(layer.carrier.inputs.type)
        lines[-1][1] = lines[-1][1] + layer.carrier.sources
      lines[-1][0] += ">"
      lines[-1][1] = lines[-1][1] + layer.sources
    else:
      text = qualified(type_of(layer))
      scheme = qualified(scheme_of(layer)) if layer.is_product() else ""
      if scheme in aliases:
        text = text.replace(scheme, aliases[scheme], 1)
      previous = lines[-1] if lines else None
      if previous is None or starts_line(layer) or not previous[2:] or len(previous[0]) + len(text) > 96:
        lines.append([" " * indent + text, list(layer.sources), True])
      else:
        previous[0] += ", " + text
        previous[1] += layer.sources
  return lines


def with_commas(lines):
  """Adds a comma after each line that neither opens a block nor ends the list."""
  for line in lines[:-1]:
    if not line[0].endswith(("<", ",")) and not line[0].endswith(", "):
      line[0] += ","
  return lines


def header(name, graph, lowered, layers, names):
  """Returns the text of NET.hpp."""
  schemes = [qualified(scheme_of(layer)) for _, layer in paths_of(layers) if layer.is_product()]
  aliases = {}
  for scheme, ending in lowered.scheme_aliases.items():
    aliases[qualified(scheme)] = f"{name}_{ending}"
  for scheme in dict.fromkeys(schemes):
    if not lowered.scheme and schemes.count(scheme) > 1 and len(scheme) > 24:
      aliases[scheme] = f"{name}_scheme" + (f"_{len(aliases) + 1}" if aliases else "")
  source = comment_text(os.path.basename(graph.path))
  text = [
      "#pragma once", "", f"// Imported from {source} ({graph.source}). The report is {name}.md.", "",
      "#include <minnow/exchange/imported.hpp>", "#include <minnow/minnow.hpp>"
  ]
  if any("given_" in type_of(layer) for _, layer in paths_of(layers)):
    text.append("#include <minnow/quantize/methods/given.hpp>")
  if any("scaled_sign" in scheme for scheme in schemes):
    text.append("#include <minnow/quantize/methods/scaled_sign.hpp>")
  text += ["", "namespace mn = minnow;", ""]
  if lowered.scheme:
    text.append(f"// The scheme {lowered.scheme}. For another one, change these lines.")
  for scheme, alias in aliases.items():
    text.append(f"using {alias} = {scheme};")
  if aliases:
    text.append("")
  text.append(f"/// {source}. Comments name the nodes of the source.")
  lines = with_commas(lines_of(layers, 4, aliases))
  lines[-1][0] += "> {};"
  text.append(f"struct {name} : mn::model<{qualified(lowered.input)},")
  for line in lines:
    sources = comment_text(", ".join(line[1]))
    remark = f"  // {sources}" if sources else ""
    if len(line[0]) + len(remark) > WIDTH:
      room = WIDTH - len(line[0]) - 9
      remark = f"  // {sources[:room].rsplit(',', 1)[0]}, …" if room > 12 else ""
    text.append(line[0].rstrip() + remark)
  text += [
      "", "/// Maps the layers to the tensors of " + name + ".safetensors.",
      f"inline const mn::weight_names {name}_names{{"
  ]
  row = "   "
  for path, module in names.items():
    entry = f' {{"{path}", "{module}"}},'
    if len(row) + len(entry) > WIDTH and row.strip():
      text.append(row)
      row = "   "
    row += entry
  text += [row.rstrip(",") + "};", ""]
  return "\n".join(text)


# --- the report ------------------------------------------------------------------------------------------------------


def cell(text):
  return comment_text(str(text)).replace("|", "/")


def report(name, graph, originals, lowered, layers, refusal):
  """Returns the text of NET.md: each node of the source and what it became."""
  became = {}
  for node, reason in graph.removed:
    became[node.name] = reason
  if lowered is not None:
    for node in lowered.entry:
      became[node.name] = "before the network: orders or normalizes the input"
    for node, reason in lowered.dropped:
      became[node.name] = f"left out: {reason}"
    for path, layer in paths_of(layers):
      what = layer.kind if layer.body is not None else type_of(layer)
      for source in layer.sources:
        became[source] = f"{path}: `{what}`" + (f", with {became[source]}" if source in became else "")
  text = [f"# {name}", "", f"Imported from `{cell(os.path.basename(graph.path))}` ({graph.source}).", ""]
  if refusal:
    text += [
        f"**Refused: no C++ was written.** {cell(refusal)}.", "",
        "`scripts/import FILE --run inputs.npy` still runs the network.", ""
    ]
  else:
    channels, height, width = lowered.shape
    text += [f"Input: `{lowered.input}`; arrays are (N, {height}, {width}, {channels}), channels last.", ""]
    if lowered.normalization is not None:
      mean, stddev = lowered.normalization
      text += [
          f"The input is normalized: (x - mean) / stddev with mean {mean.tolist()} and stddev {stddev.tolist()}. "
          "Floats are "
          "normalized as they are, bytes after a division by 255.", ""
      ]
    text += [f"- {note}" for note in lowered.notes]
  text += ["| node | operator | became |", "|---|---|---|"]
  unknown = "not reached" if refusal else "part of the layer before it"
  for node_name, op in originals:
    text.append(f"| {cell(node_name)} | {cell(op)} | {cell(became.get(node_name, unknown))} |")
  return "\n".join(text) + "\n"


def write(name, folder, graph, originals, lowered, refusal=None):
  """Writes the files of a network. Returns their paths."""
  try:
    os.makedirs(folder, exist_ok=True)
  except OSError as error:
    raise Refusal(f"{folder}: {error.strerror}") from None
  place = os.path.join(folder, name)
  if refusal:
    for ending in (".hpp", ".safetensors"):
      if os.path.exists(place + ending):
        os.remove(place + ending)
    write_file(place + ".md", report(name, graph, originals, None, [], refusal).encode())
    return [place + ".md"]
  layers = with_repeats(lowered.layers)
  names, tensors = names_and_tensors(layers)
  if lowered.normalization is not None:
    channels = lowered.shape[0]
    for key, array in zip(("mean", "stddev"), lowered.normalization):
      tensors[f"normalization.{key}"] = np.broadcast_to(array, (channels,))
  write_file(place + ".safetensors", safetensors(graph.path, tensors))
  write_file(place + ".md", report(name, graph, originals, lowered, layers, None).encode())
  write_file(place + ".hpp", header(name, graph, lowered, layers, names).encode())
  return [place + ending for ending in (".hpp", ".safetensors", ".md")]
