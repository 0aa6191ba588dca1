"""Write the API's document where client generators find it: `docs/reference/openapi.json`.

    python docs/write_openapi.py [--check]

With `--check` nothing is written, and the exit code says whether the file is what the code gives.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tizmor.api.app import described

FILE = Path(__file__).parent / "reference" / "openapi.json"


def document() -> str:
    """The document as the file holds it."""
    return json.dumps(described().openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(words: list[str]) -> int:
    """Write or check the file."""
    if words == ["--check"]:
        if FILE.exists() and FILE.read_text("utf-8") == document():
            return 0
        print(f"{FILE.name} isn't what the code gives: python docs/write_openapi.py")
        return 1
    FILE.write_text(document(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
