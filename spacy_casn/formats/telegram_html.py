"""Exports of Telegram Desktop as web pages: `messages.html`."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from ..data.types import Dialogue, Turn
from .base import Head, Match, TextFormat
from .clock import timestamp
from .faults import Faults
from .sources import Source
from .spoken import one_line, silent, spoken

_DATE = re.compile(r"(\d\d\.\d\d\.\d{4}) (\d\d:\d\d:\d\d)")
_VOID = ("br", "img", "hr", "meta", "link", "input", "source")
_MARKS = ('class="page_wrap', 'class="message ', 'class="pull_right date details"')
_PARTS = ("from_name", "text", "title", "description")
"""Classes of what is kept of a message."""


class TelegramHtml(TextFormat):
    """Reads one of the pages that a chat is exported as.

    Who joins or calls is left out; a picture without words is a turn in which nothing is said.
    """

    name = "telegramhtml"
    title = "Telegram export as HTML"
    help = "A `messages.html` that Telegram Desktop exports; it parts long chats into several."
    fields = ("time", "note")

    def recognise(self, head: Head) -> Match:
        """Return how sure it is, by the classes that its pages have."""
        known = all(mark in head.text for mark in _MARKS)
        return Match.SURE if known and head.text.lstrip()[:1] == "<" else Match.NO

    def parse(self, text: str, source: Source, faults: Faults) -> Iterator[Dialogue]:
        """Return the one dialogue of a page; see `TextFormat.parse`."""
        page = _Page()
        page.feed(text)
        page.close()
        yield Dialogue.of(page.turns(), place=source.name, name=source.stem)


class _Page(HTMLParser):
    """Collects messages: what stands in the parts of each, by the parts' classes.

    A message goes on in the name of the one before where it has none ("joined").
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._messages: list[dict[str, str]] = []
        self._open: list[str] = []
        """The part that each open element is or lies in."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self.handle_data("\n")
            return
        known = dict(attrs)
        classes = (known.get("class") or "").split()
        around = self._open[-1] if self._open else ""
        if "message" in classes:
            self._messages.append({"kind": "default" if "default" in classes else "service"})
            around = ""
        elif "date" in classes and self._messages and "time" not in self._messages[-1]:
            self._messages[-1]["time"] = known.get("title") or ""
            around = "date"
        elif around in ("", "forwarded"):
            # Who wrote what is passed on isn't who says it here.
            parts = _PARTS[1:] if around else (*_PARTS, "forwarded", "reactions", "reply_to")
            around = next((part for part in parts if part in classes), around)
        self._open.append(around)

    def handle_endtag(self, tag: str) -> None:
        if self._open and tag not in _VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        part = self._open[-1] if self._open else ""
        if self._messages and part in _PARTS:
            message = self._messages[-1]
            message[part] = message.get(part, "") + data

    def turns(self) -> Iterator[Turn]:
        """Give a turn for each message that somebody sent."""
        speaker = ""
        for message in self._messages:
            if message["kind"] == "service":
                continue
            speaker = one_line(message.get("from_name", "")) or speaker
            found = _DATE.match(message.get("time", ""))
            time = timestamp(found[1], found[2], month_first=False) if found else None
            note = one_line(message.get("title", "")) or None
            text = message.get("text", "")
            if text.strip():
                yield spoken(text, speaker, time=time, note=note)
            else:
                yield silent(note or "", speaker, time=time)


TELEGRAM_HTML = TelegramHtml()
