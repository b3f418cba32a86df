"""Help > Manual: the shipped pages, by links, back, and by search."""

import re

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from lossexplorer.app.help.manual import ManualDialog
from lossexplorer.app.theme.contrast import contrast
from lossexplorer.core.resources import resource


@pytest.fixture
def manual(driver):
    driver.press(driver.canvas.native, Qt.Key.Key_F1)
    manual = driver.window.findChild(ManualDialog)
    driver.bot.waitUntil(manual.isVisible)
    yield manual
    manual.close()


def link_to(pages, name):
    """Where on screen a link to a page is."""
    document, viewport = pages.document(), pages.viewport()
    block = document.begin()
    while block.isValid():
        for fragment in block:
            piece = fragment.fragment()
            if piece.charFormat().anchorHref() == name:
                cursor = pages.textCursor()
                cursor.setPosition(piece.position() + 1)
                pages.setTextCursor(cursor)
                pages.ensureCursorVisible()
                at = pages.cursorRect().center()
                assert viewport.rect().contains(at)
                return at + QPoint(2, 0)
        block = block.next()
    raise AssertionError(name)


def test_a_link_leads_to_its_page_and_back(manual):
    pages = manual.pages
    assert "Documentation" in pages.toPlainText()
    QTest.mouseClick(pages.viewport(), Qt.MouseButton.LeftButton, pos=link_to(pages, "glossary.md"))
    title = resource("docs", "glossary.md").read_text(encoding="utf-8").splitlines()[0]
    assert pages.toPlainText().startswith(title.lstrip("# "))
    QTest.mouseClick(manual.back, Qt.MouseButton.LeftButton)
    assert pages.toPlainText().startswith("Documentation")


def test_words_are_found_on_the_page(manual):
    QTest.keyClicks(manual.search, "Changelog")
    QTest.keyClick(manual.search, Qt.Key.Key_Return)
    assert manual.pages.textCursor().selectedText().lower() == "changelog"
    manual.search.setText("no such words")
    QTest.keyClick(manual.search, Qt.Key.Key_Return)
    assert manual._found.text() == "not on this page"


def test_every_page_that_a_link_names_ships():
    for page in resource("docs").glob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+\.md)", page.read_text(encoding="utf-8")):
            if "CONTRIBUTING" not in link:
                assert (page.parent / link).resolve().is_file(), (page.name, link)


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_links_can_be_read_in_both_themes(driver, theme):
    driver.action(theme).trigger()
    driver.press(driver.canvas.native, Qt.Key.Key_F1)
    manual = driver.window.findChild(ManualDialog)
    driver.bot.waitUntil(manual.isVisible)
    link_to(manual.pages, "glossary.md")
    color = manual.pages.textCursor().charFormat().foreground().color().name()
    assert contrast(color, driver.window.context.themes.palette.surface) >= 4.5  # WCAG 2.2
    manual.close()
    driver.action("Dark").trigger()
