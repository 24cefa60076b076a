"""What is claimed towards those who have to say yes names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_every_claim_names_a_test_that_exists():
    claims = (ROOT / "docs/assurance/claims.md").read_text()
    rows = [line for line in claims.splitlines() if line.startswith("| ") and not line.startswith(("| **", "| what"))]
    assert len(rows) > 40
    assert [row for row in rows if not re.search(r"`test_\w+`", row)] == []
    named = set(re.findall(r"`(test_\w+)`", claims))
    there = {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    assert named - there == set()
