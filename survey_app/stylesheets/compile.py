"""Compile pulse.scss to static/pulse.css, and write into it what it was made of. Started by `make stylesheet`."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = ("pulse.scss", "package-lock.json")
COMPILED = HERE.parent / "static" / "pulse.css"


def main(modules: Path) -> None:
    """Compile with the node modules in this folder."""
    sass = str(modules / ".bin" / "sass")
    command = [sass, "--style=compressed", "--no-source-map", f"--load-path={modules}", str(HERE / "pulse.scss")]
    css = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - our own
    COMPILED.write_text(f"{head(css)}{css}\n", encoding="utf-8")


def head(css: str) -> str:
    """The first line of the compiled file: fingerprints of what it was made of and of what came out."""
    return f"/* make stylesheet: of {_digest(*map(_read, SOURCES))} came {_digest(css)}; do not edit */\n"


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _digest(*texts: str) -> str:
    return hashlib.sha256("\x00".join(texts).encode()).hexdigest()[:16]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
