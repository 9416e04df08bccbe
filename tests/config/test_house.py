"""The rooms: what docs/architecture.md says of them is what the code is."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
LAYERS = {
    contract["containers"][0]: [name.strip() for layer in contract["layers"] for name in layer.split(":")]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
    if contract["type"] == "layers"
}
#: What Django asks for, of no chapter.
DJANGO = {"urls", "management", "apps", "migrations"}


def test_every_room_is_named_in_the_table_and_in_one_layer():
    for app, layers in LAYERS.items():
        rooms = {path.name for path in (ROOT / app).iterdir() if (path / "__init__.py").is_file()}
        rooms |= {path.stem for path in (ROOT / app).glob("*.py")} - {"__init__"}
        table = PAGE[PAGE.index(f"| `{app}/` |") :].split("\n\n")[0]
        named = re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines()[2:]))

        assert set(layers) == rooms - {"migrations"}
        assert sorted(named) == sorted(
            set(layers) - DJANGO - ({"templatetags"} if app == "ratings" else set())
        )


def test_templates_and_tests_stand_in_rooms_of_the_same_names():
    for app in LAYERS:
        rooms = {path.name for path in (ROOT / app).iterdir() if path.is_dir()}
        pages, tried = ROOT / "templates" / app, ROOT / "tests" / app

        assert {path.relative_to(pages).parts[0] for path in pages.rglob("*.html")} <= rooms
        assert {path.relative_to(tried).parts[0] for path in tried.glob("*/**/test_*.py")} <= rooms


def test_the_drawing_of_the_rooms_is_made_from_the_code():
    drawn = subprocess.run(
        [sys.executable, ".ci/house.py", "--diagram"],
        cwd=ROOT,
        env={"PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
    )

    assert drawn.stdout.strip() == PAGE.split("<!-- diagram -->")[1].strip()
