"""What is claimed towards those who have to say yes names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def known_tests():
    return {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }


def test_every_claim_names_a_test_that_exists():
    claims = (ROOT / "docs/assurance/claims.md").read_text()
    rows = [line for line in claims.splitlines() if line.startswith("| ") and not line.startswith(("| **", "| what"))]
    assert len(rows) > 40
    assert [row for row in rows if not re.search(r"`test_\w+`", row)] == []
    named = set(re.findall(r"`(test_\w+)`", claims))
    assert named - known_tests() == set()


def test_each_of_the_thirty_nine_checks_names_tests_that_exist_or_says_why_not():
    checks = (ROOT / "docs/assurance/checks.md").read_text()
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", checks, re.M)
    assert [int(number) for number, _, _ in rows] == list(range(1, 40))
    assert set(re.findall(r"`(test_\w+)`", checks)) - known_tests() == set()
    without = [number for number, _, held in rows if "test_" not in held]
    assert without == ["38"], "it says why"
