"""HTML read back, without a browser."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link"}


@dataclass
class Element:
    tag: str
    attrs: dict[str, str]
    text: str = ""
    inside: list["Element"] = field(default_factory=list)

    def all(self, name: str) -> list["Element"]:
        """Elements of this tag or class, at any depth, in order."""
        found = []
        for element in self.inside:
            if name == element.tag or name in element.attrs.get("class", "").split():
                found.append(element)
            found += element.all(name)
        return found

    def one(self, name: str) -> "Element":
        (element,) = self.all(name)
        return element

    def tags(self) -> set[str]:
        return {self.tag}.union(*(element.tags() for element in self.inside))

    def ids(self) -> list[str]:
        own = [self.attrs["id"]] if "id" in self.attrs else []
        return [*own, *(name for element in self.inside for name in element.ids())]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("root", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        element = self.open.pop()
        assert element.tag == tag, f"</{tag}> closes <{element.tag}>"

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def parse(html: str) -> Element:
    """The root; raises AssertionError where tags aren't closed in order."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert len(parser.open) == 1, f"<{parser.open[-1].tag}> isn't closed"
    return parser.open[0]


def check_self_contained(html: str) -> None:
    """Nothing that a browser would fetch or run."""
    root = parse(html)
    assert not {"script", "link", "img", "iframe", "object", "embed"} & root.tags()
    for style in root.all("style"):
        assert "url(" not in style.text
        assert "@import" not in style.text
    for element in _every(root):
        for name, value in element.attrs.items():
            assert name not in ("src", "srcset", "background", "poster")
            assert not name.startswith("on")
            if name.endswith("href"):
                assert value.startswith("#")


def _every(element: Element) -> list[Element]:
    return [element, *(found for inner in element.inside for found in _every(inner))]
