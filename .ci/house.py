"""Measures the house: how much code there is, how it is cut into rooms, how hard its functions are to follow.

Fails where a limit is passed. Tokens and modules are printed only: they grow with what the product can do.
`--diagram` draws the rooms for docs/architecture.md, `-v` names every function above complexity 10.
"""

import sys
import tokenize
from itertools import chain
from pathlib import Path
from statistics import mean

import grimp
from radon.complexity import cc_visit

APPS = ("schools", "ratings")
#: Names at the root of an app that Django asks for; they are not rooms.
DJANGO = {"__init__", "apps", "urls", "admin", "migrations", "management", "templatetags"}
#: Tokens without meaning to a reader: ends of lines and blocks, and comments, which should not be saved on.
SILENT = {
    *(tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.COMMENT, tokenize.ENCODING, tokenize.ENDMARKER),
}
LIMITS = {
    "names at the root of schools": 22,
    "names at the root of ratings": 22,
    "longest module": 500,
    # Meant to come down to 2.9, room by room.
    "mean complexity": 3.3,
    "functions above complexity 10": 40,
}


def main() -> int:
    """Prints every figure beside its limit; 1 where one is passed."""
    if "--diagram" in sys.argv:
        print("\n\n".join(diagram(app) for app in APPS))
        return 0
    found = chain.from_iterable(Path(top).rglob("*.py") for top in ("config", *APPS))
    texts = {
        path: path.read_text(encoding="utf-8") for path in sorted(found) if "migrations" not in path.parts
    }
    complexities = {
        f"{path}:{block.lineno} {block.name}": block.complexity
        for path, text in texts.items()
        for block in cc_visit(text)
        if not hasattr(block, "methods")  # a class is the sum of its functions, which stand beside it
    }
    figures = {
        "tokens": sum(tokens(path) for path in texts),
        "modules": sum(bool(text.strip()) for text in texts.values()),
        **{f"names at the root of {app}": len(names(app)) for app in APPS},
        "longest module": max(len(text.splitlines()) for text in texts.values()),
        "mean complexity": round(mean(complexities.values()), 2),
        "functions above complexity 10": sum(value > 10 for value in complexities.values()),
    }
    broken = [name for name, limit in LIMITS.items() if figures[name] > limit]
    for name, value in figures.items():
        limit = f"  limit {LIMITS[name]}" if name in LIMITS else ""
        print(f"{name:32}{value:>10,}{limit}{'  BROKEN' if name in broken else ''}")
    if "-v" in sys.argv:
        hard = sorted((pair for pair in complexities.items() if pair[1] > 10), key=lambda pair: -pair[1])
        print(*(f"{value:4} {name}" for name, value in hard), sep="\n")
    return 1 if broken else 0


def names(app: str) -> set[str]:
    """Modules and packages at the root of an app, besides what Django asks for."""
    rooms = {path.parent.name for path in Path(app).glob("*/__init__.py")}
    return ({path.stem for path in Path(app).glob("*.py")} | rooms) - DJANGO


def tokens(path: Path) -> int:
    """Tokens that say something."""
    with path.open("rb") as file:
        return sum(token.type not in SILENT for token in tokenize.tokenize(file.readline))


def diagram(app: str) -> str:
    """The rooms of an app and which uses which, as Mermaid; what is used through another room is left out."""
    graph = grimp.build_graph(app)
    rooms = sorted({child.split(".")[1] for child in graph.find_children(app)} - DJANGO)
    uses = {
        room: {other for other in rooms if other != room and imports(graph, app, room, other)}
        for room in rooms
    }
    through = {room: chain.from_iterable(below(uses, other) for other in uses[room]) for room in rooms}
    arrows = {room: sorted(uses[room] - set(through[room])) for room in rooms}
    lines = [f"    {room} --> {other}" for room in rooms for other in arrows[room]]
    return "\n".join(["```mermaid", "flowchart BT", *lines, "```"])


def imports(graph: grimp.ImportGraph, app: str, room: str, other: str) -> bool:
    """Whether any module of the one room imports any module of the other."""
    modules = {f"{app}.{room}", *graph.find_descendants(f"{app}.{room}")}
    used = chain.from_iterable(graph.find_modules_directly_imported_by(module) for module in modules)
    return any(f"{module}.".startswith(f"{app}.{other}.") for module in used)


def below(uses: dict[str, set[str]], room: str) -> set[str]:
    """Every room that one uses, directly or through others."""
    return uses[room].union(*(below(uses, other) for other in uses[room]))


if __name__ == "__main__":
    sys.exit(main())
