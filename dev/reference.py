"""`docs/reference-python.md`: everything that `mattock` exports, from its docstrings and signatures."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import griffe

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "sdks" / "python"

HEAD = """# Python SDK reference

Everything that `import mattock` offers, from its docstrings. How it is used is told in [Python SDK](sdk-python.md).
Methods come in pairs: `name` blocks, `aio_name` is a coroutine; they differ in nothing else.

<!-- Generated from sdks/python/mattock by `python3 dev.py generate`. -->
"""
# Not exported by its name, yet its methods are what users call.
SHARED_BASES = {"Runnable": "runnable.Runnable"}
# Public in the code because other modules of the SDK use them; not for users.
INTERNAL = frozenset(
    {"Mattock.block_on", "Mattock.session", "TaskFailed.parse", "Workflow.add_sole", "Workflow.parents_of"}
)
LINE = 110
DEFAULTS = {"_NOTHING": "{}"}
# Spelt otherwise in the code for a reason that says nothing to users.
SPELLINGS = {"Found[": "list["}

Member = griffe.Function | griffe.Attribute


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
    assert isinstance(package, griffe.Module)
    names = exported() | SHARED_BASES
    functions: list[str] = []
    classes: list[str] = []
    types: list[str] = []
    for name in sorted(names, key=str.lower):
        found = _resolve(package, names[name])
        if isinstance(found, griffe.Function):
            functions += _functions([found], [name], 3)
        elif isinstance(found, griffe.Class):
            classes += _class(found, name, names)
        else:
            types += _value(found, name)
    text = "\n".join([HEAD, "## Functions\n", *functions, "## Classes\n", *classes, "## Types\n", *types])
    for spelling, usual in SPELLINGS.items():
        text = text.replace(spelling, usual)
    others = ["## Named in signatures\n", "They are not exported.\n", *_mentioned(package, names, text)]
    return "\n".join([text, *others]).rstrip() + "\n"


def _mentioned(package: griffe.Module, shown: Iterable[str], text: str) -> list[str]:
    """What signatures name without its being exported: of types what they are, of classes what they are for."""
    code = re.findall(r"```python\n(.*?)```|(`[^`\n]+`)", text, re.DOTALL)
    words = {word for pair in code for part in pair for word in re.findall(r"\b[A-Z]\w+\b", part)} - set(shown)
    lines: list[str] = []
    for name, found in sorted(_module_members(package).items()):
        if name not in words:
            continue
        if isinstance(found, griffe.Attribute):
            lines += _value(found, name)
        elif isinstance(found, griffe.Class):
            lines += _class(found, name, shown)
    return lines


def _module_members(package: griffe.Module) -> dict[str, griffe.Object]:
    """Public type aliases and classes of the SDK's modules, by name."""
    found: dict[str, griffe.Object] = {}
    for module in package.modules.values():
        if module.name.startswith("_") or module.name in ("cli", "demo"):
            continue
        for name, member in module.members.items():
            is_type = isinstance(member, griffe.Class) or (isinstance(member, griffe.Attribute) and not name.isupper())
            if is_type and isinstance(member, griffe.Object) and not name.startswith("_"):
                found.setdefault(name, member)
        found = _module_members(module) | found
    return found


def _resolve(package: griffe.Module, place: str) -> griffe.Object | griffe.Alias:
    """What a name stands for; a method of the default client is shown as that method."""
    found: griffe.Object | griffe.Alias = package[place]
    if isinstance(found, griffe.Attribute) and str(found.value).startswith("client."):
        found = package["client.Mattock"][str(found.value).removeprefix("client.")]
    return found


def _class(found: griffe.Class, name: str, shown: Iterable[str]) -> list[str]:
    bases = ", ".join(str(base) for base in found.bases if not str(base).startswith("_"))
    lines = [f"### `{name}`\n", f"`class {name}({bases})`\n" if bases else f"`class {name}`\n"]
    constructor = found.all_members.get("__init__")
    if isinstance(constructor, griffe.Function) and _is_made_by_users(found):
        lines += ["```python", _signature(constructor, name).removeprefix("def ").removesuffix(" -> None"), "```\n"]
    lines += _docstring(found)
    told = {
        item.name
        for section in (found.docstring.parsed if found.docstring else [])
        if section.kind is griffe.DocstringSectionKind.attributes
        for item in section.value
    }
    for members in _pairs(_public_members(found, shown)):
        full = [f"{name}.{member.name}" for member in members]
        if INTERNAL.intersection(full):
            continue
        if isinstance(members[0], griffe.Function):
            lines += _functions(members, full, 4)
        elif "property" in members[0].labels and members[0].docstring is not None and members[0].name not in told:
            lines += [f"#### `{full[0]}`\n", f"`{_type(members[0])}`\n", *_docstring(members[0])]
    return lines


def _is_made_by_users(found: griffe.Class) -> bool:
    """True if its docstring tells the arguments, or it is a dataclass; others are made by the SDK."""
    sections = found.docstring.parsed if found.docstring else []
    arguments = any(section.kind is griffe.DocstringSectionKind.parameters for section in sections)
    return arguments or "dataclass" in found.labels


def _public_members(found: griffe.Class, shown: Iterable[str]) -> list[Member]:
    """Its own public members in their order, then those of its bases that have no section of their own."""
    members: dict[str, Member] = {}
    for owner in (found, *(base for base in found.mro() if base.name not in shown)):
        if owner.module.package.name != "mattock":
            continue
        for member in owner.members.values():
            if not member.name.startswith("_") and isinstance(member, griffe.Function | griffe.Attribute):
                members.setdefault(member.name, member)
    return list(members.values())


def _pairs(members: list[Member]) -> Iterator[list[Member]]:
    """Each member, a blocking method together with its coroutine."""
    by_name = {member.name: member for member in members}
    for member in members:
        twin = by_name.get(f"aio_{member.name}")
        if member.name.startswith("aio_") and member.name.removeprefix("aio_") in by_name:
            continue
        yield [member, twin] if twin else [member]


def _functions(found: list[Member], names: list[str], level: int) -> list[str]:
    """A function, or a blocking one and its coroutine; the longer docstring is the one that tells."""
    functions = [each for each in found if isinstance(each, griffe.Function)]
    signatures = [
        _signature(overload, each.name if level > 3 else names[0])
        for each in functions
        for overload in (each.overloads or [each])
    ]
    teller = max(functions, key=lambda each: len(each.docstring.value) if each.docstring else 0)
    heading = ", ".join(f"`{name}`" for name in names)
    return [f"{'#' * level} {heading}\n", "```python", *signatures, "```\n", *_docstring(teller)]


def _signature(found: griffe.Function, name: str) -> str:
    parts: list[str] = []
    starred = False
    for parameter in found.parameters:
        if parameter.name in ("self", "cls"):
            continue
        kind = parameter.kind
        if kind == griffe.ParameterKind.keyword_only and not starred:
            parts.append("*")
            starred = True
        prefix = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}.get(kind, "")
        starred = starred or prefix == "*"
        text = f"{prefix}{parameter.name}" + (f": {parameter.annotation}" if parameter.annotation else "")
        if parameter.default is not None and not prefix:
            text += f" = {_default(found, str(parameter.default))}"
        parts.append(text)
    keyword = "async def" if "async" in found.labels else "def"
    returns = f" -> {found.returns}" if found.returns else ""
    line = f"{keyword} {name}({', '.join(parts)}){returns}"
    if len(line) <= LINE:
        return line
    inner = ",\n".join(f"    {part}" for part in parts)
    return f"{keyword} {name}(\n{inner},\n){returns}"


def _default(function: griffe.Function, text: str) -> str:
    """A default as users would write it: the value of a constant, not its name."""
    constant = function.module.members.get(text)
    if text not in DEFAULTS and isinstance(constant, griffe.Attribute) and text.isupper():
        return str(constant.value)
    return DEFAULTS.get(text, text)


def _value(found: griffe.Object | griffe.Alias, name: str) -> list[str]:
    lines = [f"### `{name}`\n"]
    if isinstance(found, griffe.Attribute) and found.value is not None:
        lines.append(f"`{name} = {found.value}`\n")
    return [*lines, *_docstring(found)]


def _type(member: Member) -> str:
    return str((member.returns if isinstance(member, griffe.Function) else member.annotation) or "")


_TABLES = {
    griffe.DocstringSectionKind.attributes: "attribute",
    griffe.DocstringSectionKind.parameters: "argument",
    griffe.DocstringSectionKind.returns: "returns",
    griffe.DocstringSectionKind.yields: "yields",
    griffe.DocstringSectionKind.raises: "raises",
}


def _docstring(found: griffe.Object | griffe.Alias) -> list[str]:
    if found.docstring is None:
        return []
    lines: list[str] = []
    for section in found.docstring.parsed:
        if section.kind == griffe.DocstringSectionKind.text:
            lines.append(f"{section.value.strip()}\n")
        elif section.kind == griffe.DocstringSectionKind.attributes:
            lines += _attributes(section.value)
        elif section.kind in _TABLES:
            lines += _table(_TABLES[section.kind], section.value)
    return lines


def _attributes(items: list[griffe.DocstringAttribute]) -> list[str]:
    lines = ["| attribute | type | |", "|---|---|---|"]
    lines += [f"| `{item.name}` | {_code(item.annotation)} | {_cell(item.description)} |" for item in items]
    return [*lines, ""]


def _table(title: str, items: list[griffe.DocstringElement]) -> list[str]:
    lines = [f"| {title} | |", "|---|---|"]
    for item in items:
        lines.append(f"| {_code(getattr(item, 'name', '') or item.annotation)} | {_cell(item.description)} |")
    return [*lines, ""]


def _code(value: object) -> str:
    """Code in a cell of a table."""
    return f"`{_cell(str(value))}`" if value else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
