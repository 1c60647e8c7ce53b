"""Says which files the pages name that are not there: links, and paths of the project in `code`. Run in the project's folder.

usage: links.py          ends with 1 where there is one
"""

import pathlib
import re
import sys

headers = {folder.name for folder in pathlib.Path("include/minnow").iterdir() if folder.is_dir()}
tests = {folder.name for folder in pathlib.Path("tests").iterdir() if folder.is_dir()}
root = {"bench", "cmake", "docs", "examples", "include", "scripts", "tests"}


def candidates(page, path):
    """Where a page may mean a path to be; nothing where it is no path of the project."""
    folder, _, rest = path.partition("/")
    if not rest or any(c in path for c in "<>*$…{} ") or rest.isupper() or "NAME" in rest:
        return []
    if folder in root:
        return [path, path + ".cpp", path + "_test.cpp"]
    if folder in headers and path.endswith(".hpp"):
        return ["include/minnow/" + path]
    if folder == "minnow" and path.endswith(".hpp"):
        return ["include/" + path]
    if folder in tests and re.fullmatch(r"\w+/\w+", path):
        return [f"tests/{path}_test.cpp", f"tests/{path}.cpp", f"include/minnow/{path}.hpp"]
    return []


wrong = 0
for page in [*pathlib.Path(".").glob("*.md"), *pathlib.Path("docs").glob("*.md")]:
    text = page.read_text()
    named = [[str(page.parent / link)] for link in re.findall(r"\]\(([^)#:]+)[)#]", text)]
    named += [places for code in re.findall(r"`([\w./*-]+)`", text) if (places := candidates(page, code))]
    for places in named:
        if not any(pathlib.Path(place).exists() for place in places):
            print(f"links: {page}: expected a file of the project, found none at {places[0]}")
            wrong += 1
sys.exit(1 if wrong else 0)
