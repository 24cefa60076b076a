from instruments.locating import key_lines, line_of

TEXT = '''# a comment
id = "tiny"
title = { en = "Tiny" }

[licence]
name = "CC0"
a.b = 1

[[scales]]
id = "calm"
notes = """
id = "not a key"
"""
  [[scales.bands]]
  minimum = 0

  [[scales.bands]]
  minimum = 5

[[scales]]
id = "hope"
options = [
    { value = 1 },
    { value = 2 },
]
"quoted key" = 3
'''
LINES = key_lines(TEXT)


def test_every_key_table_and_element_has_its_line():
    assert {key: LINES[key] for key in LINES if len(key) < 3} == {
        ("id",): 2,
        ("title",): 3,
        ("licence",): 5,
        ("licence", "name"): 6,
        ("licence", "a"): 7,
        ("scales",): 9,
        ("scales", "0"): 9,
        ("scales", "1"): 20,
    }
    assert LINES["scales", "0", "bands", "1", "minimum"] == 18
    assert LINES["scales", "1", "id"] == 21
    assert LINES["scales", "1", "options", "1"] == 24
    assert LINES["scales", "1", "quoted key"] == 26


def test_what_stands_further_along_a_line_is_on_the_line_of_what_holds_it():
    assert line_of(LINES, ["title", "en"]) == 3
    assert line_of(LINES, ["scales", "1", "options", "1", "value"]) == 24


def test_what_is_not_in_the_file_is_where_it_would_belong_or_nowhere():
    assert line_of(LINES, ["scales", "0", "direction"]) == 9
    assert line_of(LINES, ["owner"]) is None


def test_a_table_within_a_table_has_its_line():
    assert key_lines("[a.b.c]\nd = 1\n") == {("a", "b", "c"): 1, ("a", "b", "c", "d"): 2}


def test_what_is_no_key_and_in_no_list_has_no_line():
    assert key_lines("{ stray }\n\nid = 1\n") == {("id",): 3}
