"""The manual: the pages of the documentation in a window of their own."""

from __future__ import annotations

from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QDesktopServices, QTextDocument
from qtpy.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from lossexplorer.app.theme import UNIT
from lossexplorer.core.resources import resource

_FIRST = ("docs", "README.md")


class ManualDialog(QDialog):
    """Shows the pages that ship with the program; links lead from one to the next.

    Parameters
    ----------
    parent : QWidget
        Behind which window it never is; both can be used.

    Attributes
    ----------
    pages : QTextBrowser
        The page.
    back, contents : QPushButton
        To the page before, and to the list of pages.
    search : QLineEdit
        Words that are looked for on the page; Enter goes to the next place.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Manual")
        self.pages = QTextBrowser()
        self.pages.setAccessibleName("Page")
        self.pages.setOpenLinks(False)
        self.pages.anchorClicked.connect(self._follow)
        self.back, self.contents = QPushButton("← Back"), QPushButton("Contents")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find on this page")
        self.search.setAccessibleName("Find on this page")
        self.search.setClearButtonEnabled(True)
        self._found = QLabel()
        self._found.setObjectName("quiet")
        self.back.setAutoDefault(False)
        self.contents.setAutoDefault(False)
        self.back.clicked.connect(self.pages.backward)
        self.contents.clicked.connect(self._show_contents)
        self.pages.backwardAvailable.connect(self.back.setEnabled)
        self.back.setEnabled(False)
        self.search.returnPressed.connect(self._find)
        self.search.textEdited.connect(self._found.clear)
        row = QHBoxLayout()
        for widget in (self.back, self.contents):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self._found)
        row.addWidget(self.search)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        column.setSpacing(UNIT)
        column.addLayout(row)
        column.addWidget(self.pages)
        self.resize(900, 700)
        self._show_contents()

    def _show_contents(self) -> None:
        self._show(QUrl.fromLocalFile(str(resource(*_FIRST))))

    def _show(self, page: QUrl) -> None:
        self.pages.setSource(page, QTextDocument.ResourceType.MarkdownResource)

    def _follow(self, link: QUrl) -> None:
        """Show a page or a place of it; what is no page is opened by what the system has for it."""
        page = self.pages.source().resolved(link)
        if page.isLocalFile() and page.path().endswith(".md"):
            self._show(page)
        else:
            QDesktopServices.openUrl(page)

    def _find(self) -> None:
        words = self.search.text()
        if not words:
            return
        if not self.pages.find(words):
            cursor = self.pages.textCursor()
            cursor.movePosition(cursor.MoveOperation.Start)
            self.pages.setTextCursor(cursor)
            self._found.setText("" if self.pages.find(words) else "not on this page")
