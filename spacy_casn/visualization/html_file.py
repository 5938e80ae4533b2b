"""HTML files as outputs."""

from pathlib import Path

from ..storage.files import replaced_when_whole


def check_html_path(path: Path) -> Path:
    """Return the path; raises ValueError unless it names an HTML file."""
    if path.suffix.lower() not in (".html", ".htm") or path.is_dir():
        raise ValueError(f"'{path}' is no HTML file: give the page a name that ends in .html.")
    return path


def write_html(html: str, path: Path) -> None:
    """Write the page as UTF-8; the file appears when it is whole."""
    with replaced_when_whole(path) as temporary:
        temporary.write_bytes(html.encode("utf-8"))
