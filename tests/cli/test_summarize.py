"""`casn summarize`."""

from pathlib import Path

from typer.testing import CliRunner

from spacy_casn.cli import app

CHATS = "dialogue,speaker,text\n1,Ann,You won!\n1,Ben,Really?\n2,Ann,The cake is terrible.\n"


def run(*args: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*map(str, args)])
    return result.exit_code, " ".join(result.output.split())


def test_two_commands_lead_from_chats_to_a_page(model: str, tmp_path: Path) -> None:
    (tmp_path / "chats.csv").write_text(CHATS, encoding="utf-8")
    annotated = tmp_path / "annotated.csv"
    code, printed = run("annotate", model, tmp_path / "chats.csv", annotated)
    assert code == 0, printed
    code, printed = run("summarize", annotated)
    assert code == 0, printed
    assert "Wrote 2 dialogues with 3 turns" in printed
    assert (tmp_path / "annotated-summary.xlsx").exists()
    assert "Angriest first" in (tmp_path / "annotated-summary.html").read_text(encoding="utf-8")


def test_what_was_not_annotated_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chats.csv").write_text(CHATS, encoding="utf-8")
    code, printed = run("summarize", tmp_path / "chats.csv")
    assert code == 1
    assert "None of 3 turns has an emotion" in printed
    assert [path.name for path in tmp_path.iterdir()] == ["chats.csv"]


def test_a_missing_column_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "chats.csv").write_text(CHATS, encoding="utf-8")
    code, printed = run("summarize", tmp_path / "chats.csv", "--role-column", "who")
    assert code == 1
    assert "--role-column 'who': the columns of" in printed
