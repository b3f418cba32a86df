"""What the documentation links to and names is there."""

import ast
import re
from pathlib import Path

import pytest

from lossexplorer.documents.reading import read_document

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lossexplorer"
DOCS = ROOT / "resources/docs"
CHANGELOG = ROOT / "resources/CHANGELOG.md"
PAGES = [ROOT / "README.md", CHANGELOG, *DOCS.glob("*.md"), *(ROOT / ".github").glob("*.md")]
NAMES = sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py")


def without_code(text):
    """The prose of a page, without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(page):
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", without_code(page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def paths_in(page):
    """The files and folders of the tree that a page names in code spans, with what is in them."""
    first = "|".join(
        re.escape(name) for name in (*NAMES, "lossexplorer", "tests", "resources", ".ci", ".config")
    )
    pattern = rf"(?:{first})(?:/[\w./-]*)?(?:::[\w.]+)?"
    for span in re.findall(r"`([^`\n]+)`", without_code(page.read_text("utf-8"))):
        for word in span.split():
            if re.fullmatch(pattern, word) and ("/" in word or word.endswith(".py")):
                path, _, name = word.partition("::")
                yield path, name


def new_files(page):
    """The files that a page tells its reader to write: each is named right before its example."""
    return set(re.findall(r"`([\w/]+\.py)`:\n\n<!-- example: ", page.read_text("utf-8")))


def located(path):
    """Where a path named in the documentation lies: below the root, or below the package."""
    for folder in (ROOT, PACKAGE):
        found = folder / path
        if found.exists() and (found.is_dir() or not path.endswith("/")):
            return found
    return None


def defines(module, name):
    """Whether a module defines a function or class, or a class one of these."""
    nodes = ast.parse(module.read_text("utf-8")).body
    for each in name.split("."):
        found = [node for node in nodes if getattr(node, "name", None) == each]
        if not found:
            return False
        nodes = getattr(found[0], "body", [])
    return True


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text("utf-8").split()) < 1500


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page):
    text = without_code(page.read_text("utf-8"))
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    broken = []
    for link in links:
        path, _, anchor = link.partition("#")
        led_to = (page.parent / path).resolve() if path else page
        if not led_to.exists() or (anchor and anchor not in anchors(led_to)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_is_named_exists(page):
    wrong, new = [], new_files(page)
    for path, name in paths_in(page):
        if path in new:
            continue
        found = located(path)
        if found is None or (name and not (found.is_file() and defines(found, name))):
            wrong.append(f"{path}::{name}" if name else path)
    assert not wrong


def test_files_that_a_reader_is_told_to_write_are_not_there():
    new = new_files(ROOT / ".github/CONTRIBUTING.md")
    assert new
    assert not {path for path in new if located(path)}


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.lossx")), ids=lambda path: path.name)
def test_a_session_of_a_page_can_be_read_and_its_picture_is_there(path):
    read_document(path)
    assert path.with_suffix(".png").is_file()


def test_the_index_and_the_readme_lead_to_every_page():
    for index in (DOCS / "README.md", ROOT / "README.md"):
        text = index.read_text("utf-8")
        linked = {
            (index.parent / link.partition("#")[0]).resolve()
            for link in re.findall(r"\]\(([^)\s]+)\)", text)
        }
        assert {*DOCS.glob("*.md"), CHANGELOG} - linked <= {DOCS / "README.md"}
