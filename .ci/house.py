"""Measures the house: how much code there is, how it is cut into rooms, how hard its functions are to follow.

Fails where a limit is passed. Tokens and modules are printed only: they grow with what the product can do.
"""

import sys
import tokenize
from itertools import chain
from pathlib import Path
from statistics import mean

from radon.complexity import cc_visit

APPS = ("schools", "ratings")
#: Names at the root of an app that Django asks for; they are not rooms.
DJANGO = {"__init__", "apps", "urls", "admin", "migrations", "management", "templatetags"}
#: Tokens without meaning to a reader: where lines and blocks end, and comments, which should not be saved on.
SILENT = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENCODING, tokenize.ENDMARKER}
LIMITS = {
    "names at the root of schools": 22,
    "names at the root of ratings": 22,
    "widest line": 110,
    "longest module": 500,
    "mean complexity": 2.9,
    "functions above complexity 10": 40,
}


def main() -> int:
    """Prints every figure beside its limit; 1 where one is passed."""
    modules = [
        path for path in sorted(chain.from_iterable(Path(top).rglob("*.py") for top in ("config", *APPS))) if "migrations" not in path.parts
    ]
    tests = sorted(Path("tests").rglob("*.py"))
    texts = {path: path.read_text(encoding="utf-8") for path in [*modules, *tests]}
    complexities = {f"{path}:{block.lineno} {block.name}": block.complexity for path in modules for block in functions(texts[path])}
    figures = {
        "tokens": sum(tokens(path) for path in modules),
        "modules": sum(bool(texts[path].strip()) for path in modules),
        **{f"names at the root of {app}": len(names(app)) for app in APPS},
        "widest line": max(len(line) for text in texts.values() for line in text.splitlines()),
        "longest module": max(len(texts[path].splitlines()) for path in modules),
        "mean complexity": round(mean(complexities.values()), 2),
        "functions above complexity 10": sum(value > 10 for value in complexities.values()),
    }
    broken = [name for name, limit in LIMITS.items() if figures[name] > limit]
    for name, value in figures.items():
        print(f"{name:32}{value:>10,}", f"  limit {LIMITS[name]}" if name in LIMITS else "", "  BROKEN" if name in broken else "")
    if "-v" in sys.argv:
        for name, value in sorted(complexities.items(), key=lambda pair: -pair[1]):
            if value > 10:
                print(f"{value:4} {name}")
        for path, text in texts.items():
            print(*(f"{path}:{at} {len(line)}" for at, line in enumerate(text.splitlines(), 1) if len(line) > 110), sep="\n", end="")
    return 1 if broken else 0


def functions(source: str) -> list:
    """Functions and methods; what is defined within a function counts to it."""
    return [block for block in cc_visit(source) if not hasattr(block, "methods")]


def names(app: str) -> set[str]:
    """Modules and packages at the root of an app, besides what Django asks for."""
    found = {path.stem for path in Path(app).glob("*.py")} | {path.name for path in Path(app).iterdir() if (path / "__init__.py").exists()}
    return found - DJANGO


def tokens(path: Path) -> int:
    """Tokens that say something."""
    with path.open("rb") as file:
        return sum(token.type not in SILENT for token in tokenize.tokenize(file.readline))


if __name__ == "__main__":
    sys.exit(main())
