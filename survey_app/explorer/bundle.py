"""Bundle explorer.js with the compiled design to static/explorer.js, and write into it what it was made of.

Started by `make explorer`.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from dashboards.charts.explorer import explorer_design

HERE = Path(__file__).parent
SOURCES = ("explorer.js", "package-lock.json")
BUNDLED = HERE.parent / "static" / "explorer.js"
LICENCES = HERE.parent / "static" / "explorer.licences.txt"
_TOOLS = {"esbuild"}


def main(folder: Path) -> None:
    """Bundle with the node modules in this folder."""
    shutil.copy(HERE / "explorer.js", folder)
    (folder / "design.json").write_text(explorer_design().vega, encoding="utf-8")
    command = [str(folder / "node_modules" / ".bin" / "esbuild"), str(folder / "explorer.js")]
    flags = ["--bundle", "--minify", "--format=iife", "--target=es2022", "--legal-comments=none", "--charset=utf8"]
    script = subprocess.run([*command, *flags], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603
    BUNDLED.write_text(f"{head(script)}{script}\n", encoding="utf-8")
    LICENCES.write_text("\n".join(_licences(folder / "node_modules")), encoding="utf-8")


def _licences(modules: Path) -> Iterator[str]:
    """What the authors of the bundled packages ask to be said."""
    for path in sorted(modules.glob("*/LICENSE*")):
        if path.parent.name not in _TOOLS:
            yield f"{path.parent.name}\n\n{path.read_text(encoding='utf-8').strip()}\n"


def head(script: str) -> str:
    """The first line of the bundle: fingerprints of what it was made of and of what came out."""
    sources = [(HERE / name).read_text(encoding="utf-8") for name in SOURCES]
    made_of = _digest(*sources, explorer_design().vega)
    return (
        f"/* make explorer: of {made_of} came {_digest(script)}; do not edit; explorer.licences.txt goes with it */\n"
    )


def _digest(*texts: str) -> str:
    return hashlib.sha256("\x00".join(texts).encode()).hexdigest()[:16]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
