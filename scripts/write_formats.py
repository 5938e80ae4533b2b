"""Write the table of formats in docs/commands.md.

python -m scripts.write_formats
"""

from pathlib import Path

from spacy_casn.formats.base import Format, WritableFormat
from spacy_casn.formats.registry import formats
from spacy_casn.storage.files import replaced_when_whole

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"
HEAD = "| `--from` | what | endings | |\n|---|---|---|---|\n"
END = "\n\nWhat is written: "


def table() -> str:
    """Return all formats that are installed, in Markdown."""
    rows = (
        f"| `{known.name}` | {known.title} | {', '.join(known.endings)} | {known.help} |"
        for known in formats().values()
    )
    written = ", ".join(f"`{known.name}`" for known in formats().values() if _is_written(known))
    return HEAD + "\n".join(rows) + f"{END}{written}.\n"


def _is_written(known: Format) -> bool:
    return isinstance(known, WritableFormat)


def main() -> None:
    """Write the table anew."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(HEAD)
    after = rest.partition(END)[2].partition("\n")[2]
    with replaced_when_whole(PAGE) as path:
        path.write_text(f"{before}{table()}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
