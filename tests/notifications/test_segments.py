import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.segments import Encoding, measure

CALCULATOR = Path(__file__).parents[2] / "build" / "peers" / "node_modules" / "sms-segments-calculator"
needs_calculator = pytest.mark.skipif(
    not CALCULATOR.is_dir() or shutil.which("node") is None, reason="npm's segment calculator: make peers"
)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", Encoding.GSM_7, 0, 1),
        ("a" * 160, Encoding.GSM_7, 160, 1),
        ("a" * 161, Encoding.GSM_7, 161, 2),
        ("a" * 306, Encoding.GSM_7, 306, 2),
        ("a" * 307, Encoding.GSM_7, 307, 3),
        ("€" * 80, Encoding.GSM_7, 160, 1),
        ("a" * 152 + "€" + "a" * 152, Encoding.GSM_7, 306, 3),  # a letter of two is not divided
        ("â" * 70, Encoding.UCS_2, 70, 1),
        ("â" * 71, Encoding.UCS_2, 71, 2),
        ("😀" * 35, Encoding.UCS_2, 70, 1),
        ("â" * 66 + "😀" + "â" * 66, Encoding.UCS_2, 134, 3),
        ("à è ì ò ù", Encoding.GSM_7, 9, 1),
        ("it’s", Encoding.UCS_2, 4, 1),
    ],
)
def test_sizes_by_the_standard(text, encoding, units, segments):
    size = measure(text)
    assert (size.encoding, size.units, size.segments) == (encoding, units, segments)


def test_the_letters_that_cost_are_named():
    assert measure("ŵ and ’").costly == ("ŵ", "’")
    assert measure("plain").costly == ()


@given(st.text("abc€{â😀ŵ’", max_size=400))
def test_parts_hold_everything_and_no_more_than_needed(text):
    size = measure(text)
    several = 153 if size.encoding is Encoding.GSM_7 else 67
    assert size.segments >= -(-size.units // several) or size.segments == 1
    assert size.segments <= -(-size.units // (several - 1)) or size.segments == 1


@needs_calculator
def test_a_calculator_of_others_agrees():
    texts = ["", "How is work?", "€" * 81, "a" * 152 + "€" + "a" * 200, "ŵ" * 71, "😀" * 40, "â" * 66 + "😀" + "â" * 90]
    texts += ["Sut mae gwaith? 2 funud, dienw: https://pulse.example.gov.uk/p/" + "x" * 16, "{[~]}" * 40, "\n" * 160]
    program = (
        f"const {{SegmentedMessage}} = require({json.dumps(str(CALCULATOR))});"
        "const texts = JSON.parse(require('fs').readFileSync(0));"
        "console.log(JSON.stringify(texts.map(t => {const m = new SegmentedMessage(t);"
        "return [m.encodingName, m.segmentsCount]})));"
    )
    ended = subprocess.run(["node", "-e", program], input=json.dumps(texts), capture_output=True, text=True, check=True)
    theirs = [(name.replace("UCS-2", "UCS-2"), max(count, 1)) for name, count in json.loads(ended.stdout)]
    assert theirs == [(str(measure(text).encoding), measure(text).segments) for text in texts]
