"""`docs/reference-python.md`: everything that `mattock` exports, from its docstrings and signatures."""

from __future__ import annotations

import ast
from pathlib import Path

import griffe

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "sdks" / "python"

HEAD = """# Python SDK reference

Everything that `import mattock` offers, from its docstrings. How it is used is told in [Python SDK](sdk-python.md).
Methods come in pairs: `name` blocks, `aio_name` is a coroutine; they differ in nothing else.

<!-- Written by `python3 dev.py generate`. -->
"""


def exported() -> dict[str, str]:
    """Public names, with the module that each comes from."""
    tree = ast.parse((PACKAGE / "mattock" / "__init__.py").read_text("utf-8"))
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found.update({alias.asname: f"{node.module}.{alias.name}" for alias in node.names if alias.asname})
    return found


def render() -> str:
    """The page."""
    package = griffe.load("mattock", search_paths=[PACKAGE], docstring_parser="google")
    parts = [HEAD]
    names = exported()
    kinds: dict[str, list[str]] = {"Functions": [], "Classes": [], "Types": []}
    for name in sorted(names, key=str.lower):
        found = package[names[name]]
        if isinstance(found, griffe.Function):
            kinds["Functions"].append(_function(found, name, 3))
        elif isinstance(found, griffe.Class):
            kinds["Classes"].append(_class(found, name))
        else:
            kinds["Types"].append(_value(found, name))
    for kind, sections in kinds.items():
        if sections:
            parts += [f"## {kind}\n", *sections]
    return "\n".join(parts).rstrip() + "\n"


def _class(found: griffe.Class, name: str) -> str:
    bases = ", ".join(str(base) for base in found.bases)
    lines = [f"### `{name}`\n", f"`class {name}({bases})`\n" if bases else f"`class {name}`\n", *_docstring(found)]
    for member in _public_members(found):
        if isinstance(member, griffe.Function):
            lines.append(_function(member, f"{name}.{member.name}", 4))
        elif "property" in member.labels and member.docstring is not None:
            lines += [f"#### `{name}.{member.name}`\n", f"`{_type(member)}`\n", *_docstring(member)]
    return "\n".join(lines)


def _public_members(found: griffe.Class) -> list[griffe.Function | griffe.Attribute]:
    """Its own public members in their order, then those that it inherits from classes that are not exported."""
    members: dict[str, griffe.Function | griffe.Attribute] = {}
    for owner in (found, *found.mro()):
        if owner.module.package.name != "mattock":
            continue
        for member in owner.members.values():
            if member.name.startswith("_") or not isinstance(member, griffe.Function | griffe.Attribute):
                continue
            members.setdefault(member.name, member)
    return list(members.values())


def _function(found: griffe.Function, name: str, level: int) -> str:
    overloads = found.overloads or [found]
    signatures = [_signature(each, name.rsplit(".", 1)[-1]) for each in overloads]
    return "\n".join([f"{'#' * level} `{name}`\n", "```python", *signatures, "```\n", *_docstring(found)])


def _signature(found: griffe.Function, name: str) -> str:
    parts: list[str] = []
    starred = False
    for parameter in found.parameters:
        if parameter.name == "self":
            continue
        kind = parameter.kind
        if kind == griffe.ParameterKind.keyword_only and not starred:
            parts.append("*")
            starred = True
        prefix = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}.get(kind, "")
        starred = starred or prefix == "*"
        text = f"{prefix}{parameter.name}" + (f": {parameter.annotation}" if parameter.annotation else "")
        if parameter.default is not None and not prefix:
            text += f" = {parameter.default}"
        parts.append(text)
    keyword = "async def" if "async" in found.labels else "def"
    line = f"{keyword} {name}({', '.join(parts)})" + (f" -> {found.returns}" if found.returns else "")
    if len(line) <= 110:
        return line
    inner = ",\n".join(f"    {part}" for part in parts)
    return f"{keyword} {name}(\n{inner},\n)" + (f" -> {found.returns}" if found.returns else "")


def _value(found: griffe.Object | griffe.Alias, name: str) -> str:
    lines = [f"### `{name}`\n"]
    if isinstance(found, griffe.Attribute) and found.value is not None:
        lines.append(f"`{name} = {found.value}`\n")
    return "\n".join([*lines, *_docstring(found)])


def _type(member: griffe.Function | griffe.Attribute) -> str:
    return str(member.returns if isinstance(member, griffe.Function) else member.annotation or "")


def _docstring(found: griffe.Object | griffe.Alias) -> list[str]:
    if found.docstring is None:
        return []
    lines: list[str] = []
    for section in found.docstring.parsed:
        if section.kind == griffe.DocstringSectionKind.text:
            lines.append(f"{section.value.strip()}\n")
        elif section.kind in _TABLES:
            lines += _table(_TABLES[section.kind], section.value)
    return lines


_TABLES = {
    griffe.DocstringSectionKind.attributes: "attribute",
    griffe.DocstringSectionKind.parameters: "argument",
    griffe.DocstringSectionKind.returns: "returns",
    griffe.DocstringSectionKind.yields: "yields",
    griffe.DocstringSectionKind.raises: "raises",
}


def _table(title: str, items: list[griffe.DocstringElement]) -> list[str]:
    lines = [f"| {title} | |", "|---|---|"]
    for item in items:
        name = getattr(item, "name", "") or str(getattr(item, "annotation", "") or "")
        text = " ".join(item.description.split()).replace("|", "\\|")
        lines.append(f"| {f'`{name}`' if name else ''} | {text} |")
    return [*lines, ""]
