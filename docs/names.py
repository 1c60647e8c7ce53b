"""Writes one page of all public names, from doxygen's XML: name, kind, header, first sentence.

usage: names.py XML-FOLDER PAGE          ends with 1 where a name has no docstring, or a concept's docstring lists other members than
                                         the concept requires
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as tree

xml, page = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])

# The folders whose names a user writes; kernels and trainable readings are for those who extend the library.
USERS = ["core", "layers", "quantize", "estimate", "schedule", "train", "fit", "pack", "infer", "data", "system", "files", "exchange", "zoo", "dispatch", "firmware"]


def plain(element):
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip() if element is not None else ""


def sentence(element):
    text = plain(element.find("briefdescription")) or plain(element.find("detaileddescription"))
    end = re.search(r"[.:;](?= |$)", text)
    return (text[: end.start()] if end else text).replace("|", "\\|").replace("<", "\\<").replace("*", "\\*").replace("_", "\\_")


def experimental(element):
    """Return true if the docstring has a line "experimental"."""
    return "experimental " in plain(element.find("briefdescription")) + plain(element.find("detaileddescription")) + " "


def header(element):
    place = element.find("location")
    return place.get("file", "").split("minnow/", 1)[-1] if place is not None else ""


found = {}


def add(name, kind, element):
    if "detail" in name.split("::"):
        return
    folder = header(element).split("/")[0]
    rows = found.setdefault(folder if "/" in header(element) else "core", {})
    row = rows.setdefault(name, (kind, header(element), ""))
    if kind in ("struct", "class", "concept"):  # and not its deduction guides
        row = (kind, header(element), "")
    if not row[2]:
        rows[name] = (row[0], row[1], sentence(element) + (" (experimental)" if experimental(element) else ""))


for file in sorted(xml.glob("*.xml")):
    for compound in tree.parse(file).getroot().iter("compounddef"):
        name = plain(compound.find("compoundname"))
        if not name.startswith("minnow") or "<" in name or name.startswith("minnow::kernels"):
            continue
        if compound.get("kind") in ("struct", "class", "concept") and name.removeprefix("minnow::zoo::").removeprefix("minnow::").count("::") == 0:
            add(name.removeprefix("minnow::"), compound.get("kind"), compound)
        elif compound.get("kind") == "namespace" and "scalar" not in name:
            for member in compound.iter("memberdef"):
                if member.get("kind") in ("function", "typedef", "variable", "enum"):
                    prefix = name.removeprefix("minnow").removeprefix("::")
                    add((prefix + "::" if prefix else "") + plain(member.find("name")), member.get("kind"), member)

lines = ["# All public names", "", "Everything in namespace `minnow` that is not `detail` or `kernels`, by the folder of its header; generated from the headers. "
         "What is experimental may change in any version; what a change of the other names means is said in CHANGELOG.md.", ""]
undescribed = []
for folder in USERS:
    rows = found.get(folder, {})
    if not rows:
        continue
    lines += [f"## {folder}", "", "| name | kind | header | |", "|---|---|---|---|"]
    for name, (kind, where, text) in sorted(rows.items()):
        if not text:
            undescribed.append(f"{where}: {name}")
        lines.append(f"| `{name}` | {kind} | `{where}` | {text} |")
    lines.append("")
text = "\n".join(lines)
if not page.exists() or page.read_text() != text:
    page.write_text(text)
print(f"names: {sum(len(found.get(f, {})) for f in USERS)} public names, {len(undescribed)} without a docstring")
for name in undescribed:
    print(f"names: expected a docstring, found none: {name}")

# A concept's docstring lists the required members as "///   name(arguments)   text", and the optional ones after the line
# "Optional members:" (or "and where it wants them").
wrong = 0
for file in sorted(pathlib.Path("include/minnow").rglob("*.hpp")):
    for docstring, parameter, name, body in re.findall(r"((?:///[^\n]*\n)+)template <class (\w+)>\nconcept (\w+) =(.*?);\n\n", file.read_text(), re.S):
        items = re.findall(r"^///   (\w[^\n]*?)(?:  |$)", re.split("and where it wants them|Optional members", docstring)[0], re.M)
        listed = {n for item in items for n in re.findall(r"(\w+)(?:\([^)]*\))?(?:, |$)", item)}
        required = set(re.findall(rf"\b(?:{parameter}::|o\.)(\w+)", body))
        if listed and listed != required:
            print(f"names: {file}: concept {name}: expected a docstring that lists {sorted(required)}, found {sorted(listed)}")
            wrong += 1

sys.exit(1 if undescribed or wrong else 0)
