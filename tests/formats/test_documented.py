from scripts import write_formats
from spacy_casn.formats.registry import formats


def test_the_table_of_formats_is_that_of_the_registry() -> None:
    assert write_formats.table() in write_formats.PAGE.read_text(encoding="utf-8")


def test_each_format_says_what_a_user_should_know() -> None:
    assert len(formats()) >= 28
    for name, known in formats().items():
        assert known.name == name
        assert known.title
        assert known.help.endswith(".")
