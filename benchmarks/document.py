"""The table of `docs/explanation/benchmarks.md`, written from `results.json`.

`python -m benchmarks.document` writes it; with `--check` it fails when the page shows something
else.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.catalog import SYSTEMS
from benchmarks.rows import Row, load
from benchmarks.table import markdown

PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "benchmarks.md"
_BEGIN = "<!-- written by `python -m benchmarks.document` from benchmarks/results.json -->"
_END = "<!-- the end of what is written -->"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.document", description=__doc__)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    page = PAGE.read_text()
    wanted = filled(page, load())
    if not options.check:
        PAGE.write_text(wanted)
    elif page != wanted:
        sys.exit(f"{PAGE.name} doesn't show benchmarks/results.json: python -m benchmarks.document")


def filled(page: str, rows: list[Row]) -> str:
    """The page with the tables of these rows between its marks."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    if not rest or _END not in rest:
        raise ValueError(f"{PAGE.name} has lost its marks")
    parts = (_BEGIN, _circumstances(rows), markdown(rows), _systems(rows), _END)
    written = "\n\n".join(part for part in parts if part)
    return f"{before}{written}{after}"


def _circumstances(rows: list[Row]) -> str:
    """When and on what the rows were measured; they may come from several runs."""
    dates = sorted({row["measured"] for row in rows if "measured" in row})
    machines = sorted({row["machine"] for row in rows if "machine" in row})
    return f"Measured on {', '.join(dates)} on {'; '.join(machines)}:" if dates else ""


def _systems(rows: list[Row]) -> str:
    lines = [
        "| system | versions | settings | what it makes durable, and when |",
        "|---|---|---|---|",
    ]
    for name in SYSTEMS:
        of_system = [row for row in rows if row["system"] == name]
        if not of_system:
            continue
        versions: dict[str, str] = next(
            (row["versions"] for row in of_system if row.get("versions")), {}
        )
        said = ", ".join(f"{package} {version}" for package, version in versions.items())
        row = of_system[0]
        lines.append(f"| {name} | {said} | {row['settings']} | {row['durable']} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
