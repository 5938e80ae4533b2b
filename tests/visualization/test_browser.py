"""What is seen of both pages in headless Chromium."""

from pathlib import Path

import numpy as np
import pytest
from spacy.language import Language

from spacy_casn import make_dialogue, render
from spacy_casn.summary.figures import figures_of
from spacy_casn.summary.summary import Summary
from spacy_casn.visualization.report import write_report

from ..summary.tables import random_table
from .conftest import Files

axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.slow
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
TURNS = [
    ("Maya", "You won!"),
    ("Tom", "<script>alert(1)</script> Really?"),
    ("Maya", "שלום, you won!"),
    ("", "What? Never!"),
    ("Ada", "The cake is terrible. " * 12),
]


class Opened:
    """A page that was opened, and what it did."""

    def __init__(self, page: object, path: Path) -> None:
        self.page = page
        self.requests: list[str] = []
        self.messages: list[str] = []
        page.on("request", self._requested)
        page.on("console", self._said)
        page.on("pageerror", self._said)
        page.goto(path.as_uri())

    def _requested(self, request: object) -> None:
        self.requests.append(request.url)

    def _said(self, message: object) -> None:
        self.messages.append(str(message))


@pytest.fixture
def dialogue_page(trained: Language, tmp_path: Path) -> Path:
    speakers, texts = zip(*TURNS, strict=True)
    doc = trained(make_dialogue(trained, texts, speakers=speakers))
    path = tmp_path / "dialogue.html"
    path.write_text(render(doc, page=True, jupyter=False) or "", encoding="utf-8")
    return path


@pytest.fixture
def report_page(files: Files, tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    write_report(files.model, files.data, path, before=files.before, logs=files.logs)
    return path


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def screen(request: pytest.FixtureRequest) -> dict[str, int]:
    return request.param


def check(opened: Opened, path: Path) -> None:
    """Nothing was fetched or complained of, nothing is hard to reach, nothing is cut off."""
    assert opened.requests == [path.as_uri()]
    assert opened.messages == []
    results = axe_playwright.Axe().run(opened.page)
    assert results.violations_count == 0, results.generate_report()
    width = opened.page.evaluate("document.documentElement.scrollWidth")
    assert width <= opened.page.viewport_size["width"]


def test_a_dialogue_is_seen_as_bubbles(
    browser: object, dialogue_page: Path, scheme: str, screen: dict[str, int]
) -> None:
    page = browser.new_page(viewport=screen, color_scheme=scheme)
    opened = Opened(page, dialogue_page)
    bubbles = page.locator(".casn-bubble").all()
    assert len(bubbles) == len(TURNS)
    boxes = [bubble.bounding_box() for bubble in bubbles]
    assert [box["y"] for box in boxes] == sorted(box["y"] for box in boxes)
    assert boxes[0]["x"] == boxes[2]["x"] < boxes[1]["x"]
    for bubble, (speaker, text) in zip(bubbles, TURNS, strict=True):
        assert bubble.locator(".casn-text").inner_text() == text.strip()
        assert bubble.locator(".casn-emotion").is_visible()
        if speaker:
            assert bubble.locator(".casn-speaker").inner_text() == speaker
    for row in page.locator(".casn-rows bdi").all():
        assert row.is_visible()
    assert page.locator(".casn-dot:not(.casn-runner-up)").count() == len(TURNS)
    check(opened, dialogue_page)
    page.close()


def test_scores_are_seen_under_the_mouse(
    browser: object, dialogue_page: Path, screen: dict[str, int]
) -> None:
    page = browser.new_page(viewport=screen)
    opened = Opened(page, dialogue_page)
    tooltips = page.locator(".casn-scores").all()
    assert not any(tooltip.is_visible() for tooltip in tooltips)
    for bubble, tooltip in zip(page.locator(".casn-bubble").all(), tooltips, strict=True):
        page.mouse.move(0, 0)
        bubble.hover()
        playwright.expect(tooltip).to_be_visible()
        assert [other.is_visible() for other in tooltips].count(True) == 1
        box = tooltip.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= screen["width"]
        tooltip.hover()
        playwright.expect(tooltip).to_be_visible()
    check(opened, dialogue_page)
    page.close()


def test_scores_are_seen_by_keyboard(browser: object, dialogue_page: Path) -> None:
    page = browser.new_page(viewport=PHONE)
    opened = Opened(page, dialogue_page)
    tooltips = page.locator(".casn-scores").all()
    page.locator(".casn-filter input").last.focus()
    for tooltip in tooltips:
        page.keyboard.press("Tab")
        playwright.expect(tooltip).to_be_visible()
        assert [other.is_visible() for other in tooltips].count(True) == 1
        focused = "document.activeElement.getAttribute('aria-describedby')"
        assert page.evaluate(focused) == tooltip.get_attribute("id")
    check(opened, dialogue_page)
    page.close()


def test_hebrew_stands_on_its_own_side(browser: object, dialogue_page: Path) -> None:
    page = browser.new_page(viewport=DESKTOP)
    page.goto(dialogue_page.as_uri())
    directions = page.eval_on_selector_all(
        ".casn-text", "all => all.map(one => getComputedStyle(one).direction)"
    )
    assert directions == ["ltr", "ltr", "rtl", "ltr", "ltr"]
    page.close()


def test_marks_lead_to_turns_and_the_course_stays_in_sight(
    browser: object, dialogue_page: Path
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 500})
    page.goto(dialogue_page.as_uri())
    dots = page.locator(".casn-lane:has(.casn-dot) a:has(.casn-dot:not(.casn-runner-up))")
    last = dots.last
    target = last.get_attribute("href")
    last.click()
    turn = page.locator(target)
    assert turn.evaluate("one => one.matches(':target')")
    course, bubble = page.locator(".casn-course").bounding_box(), turn.bounding_box()
    assert course["y"] >= 0
    assert bubble["y"] >= course["y"] + course["height"]
    page.close()


def test_emotions_can_be_hidden_without_javascript(browser: object, dialogue_page: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(dialogue_page.as_uri())
    box = page.locator(".casn-filter label").first
    label = box.inner_text().strip()
    turns = page.locator(".casn-turn").filter(has=page.locator(f".casn-emotion:text-is('{label}')"))
    count, total = turns.count(), page.locator(".casn-turn").count()
    box.click()
    visible = [turn for turn in page.locator(".casn-turn").all() if turn.is_visible()]
    assert count > 0
    assert len(visible) == total - count
    context.close()


def test_it_works_without_javascript(browser: object, dialogue_page: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(dialogue_page.as_uri())
    page.locator(".casn-bubble").first.hover()
    assert page.locator(".casn-scores").first.is_visible()
    context.close()


def test_a_report_is_seen(
    browser: object, report_page: Path, scheme: str, screen: dict[str, int]
) -> None:
    page = browser.new_page(viewport=screen, color_scheme=scheme)
    opened = Opened(page, report_page)
    titles = page.locator("main > section > h2").all_inner_texts()
    assert titles == [
        "Figures",
        "By label",
        "Confusions",
        "Calibration",
        "Training",
        "Map of turn vectors",
        "Worst errors",
    ]
    for chart in page.locator(".casn-chart").all():
        box = chart.bounding_box()
        assert min(box["width"], box["height"]) > 150
    check(opened, report_page)
    page.close()


def test_a_part_fits_into_another_page(browser: object, trained: Language, tmp_path: Path) -> None:
    doc = trained("Ann: You won!\nBen: Really?")
    part = render(doc, jupyter=False)
    path = tmp_path / "notebook.html"
    head = '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>x</title></head>'
    path.write_text(f"{head}<body><main><h1>Notebook</h1>{part}</main></body></html>", "utf-8")
    page = browser.new_page(viewport=DESKTOP)
    opened = Opened(page, path)
    check(opened, path)
    page.close()


@pytest.fixture
def summary_file(tmp_path: Path) -> Path:
    table = random_table(120)
    Summary(table, figures_of(table), "Chats").to_disk(tmp_path / "summary.html")
    return tmp_path / "summary.html"


def test_a_summary_is_seen(
    browser: object, summary_file: Path, scheme: str, screen: dict[str, int]
) -> None:
    page = browser.new_page(viewport=screen, color_scheme=scheme)
    opened = Opened(page, summary_file)
    page.wait_for_selector("html[data-ready]")
    assert page.locator("[data-chart] svg").count() == 6
    check(opened, summary_file)
    page.close()


def test_a_number_leads_to_its_turns(browser: object, summary_file: Path) -> None:
    page = browser.new_page(viewport=DESKTOP)
    opened = Opened(page, summary_file)
    page.wait_for_selector("html[data-ready]")
    page.locator("#speakers summary").click()
    number = page.locator("#speakers [data-filter]").last
    count = int(number.inner_text())
    number.click()
    found = page.locator("#casn-turns-found")
    playwright.expect(found).to_have_text(f"{count} turns")
    while page.locator("#casn-more-turns").is_visible():
        listed = page.locator("#casn-turns-list li").count()
        page.locator("#casn-more-turns").click()
        playwright.expect(page.locator("#casn-turns-list li").nth(listed)).to_be_attached()
    assert page.locator("#casn-turns-list li").count() == count
    page.locator("#casn-turns-search").fill("turn 0 of")
    playwright.expect(found).not_to_have_text(f"{count} turns")
    assert all("turn 0 of" in text for text in page.locator("#casn-turns-list").all_inner_texts())
    check(opened, summary_file)
    page.close()


def test_dialogues_are_ordered_found_and_sorted(browser: object, summary_file: Path) -> None:
    page = browser.new_page(viewport=DESKTOP)
    opened = Opened(page, summary_file)
    page.wait_for_selector("html[data-ready]")
    table = random_table(120)
    courses = figures_of(table).courses
    angriest = courses.at_least[:, table.labels.index("anger")].argmax()
    rows = page.locator("#casn-dialogues tbody tr")
    playwright.expect(rows.first.locator("th")).to_have_text(f"chat {angriest}")
    page.get_by_label("Order").select_option("worse")
    playwright.expect(rows.first.locator("th")).to_have_text(
        f"chat {np.where(np.isnan(courses.change), 9, courses.change).argmin()}"
    )
    page.get_by_label("Search", exact=True).fill("turn 0 of 17")
    playwright.expect(page.locator("#casn-found")).to_have_text("0 of 120 dialogues")
    page.get_by_label("Order").select_option("name")
    playwright.expect(rows).to_have_count(1)
    check(opened, summary_file)
    page.close()
