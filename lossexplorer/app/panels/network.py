"""Learn's panel of the network: the picture of its layers and of what each loss does to them."""

from __future__ import annotations

from qtpy.QtCore import QSize
from qtpy.QtWidgets import QLabel

from lossexplorer.app.context import Context
from lossexplorer.app.panels._panel import Panel


class _Placeholder(QLabel):
    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(400, 260)


def _make(context: Context) -> QLabel:
    return _Placeholder("the network")


PANEL = Panel(
    id="network", title="Network", area="bottom", order=30, make=_make, workspaces=("learn",)
)
