"""Which keys and gestures of napari work on the canvas: none that the menus do not know of."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.components._viewer_mouse_bindings import layers_scroll
from napari.qt import QtViewer
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QApplication, QLineEdit

from lossexplorer.viewer.sliders import WideEnough


def take_over(qt_viewer: QtViewer, viewer: ViewerModel) -> None:
    """Leave the keys on the canvas to the window, whose actions have those that make sense.

    napari would toggle the grid, change the theme of the canvas alone, hide layers or turn the
    axes, and no menu would know. Alt and the wheel would choose a layer, which then takes clicks.
    The wheel zooms, with Ctrl it goes through the slices, and a drag moves, as in napari.

    Parameters
    ----------
    qt_viewer : QtViewer
        The widget.
    viewer : ViewerModel
        What it shows.
    """
    events, keys = qt_viewer.canvas.events, qt_viewer._key_map_handler
    events.key_press.disconnect(keys.on_key_press)
    events.key_release.disconnect(keys.on_key_release)
    viewer.mouse_wheel_callbacks.remove(layers_scroll)
    leaving, wide = _Leaving(qt_viewer.dims), WideEnough(qt_viewer.dims)

    def take_over_sliders() -> None:
        _keep_axis_names(qt_viewer)
        for row in qt_viewer.dims.slider_widgets:
            row.curslice_label.installEventFilter(leaving)
            row.curslice_label.installEventFilter(wide)

    take_over_sliders()
    viewer.dims.events.ndim.connect(lambda _: take_over_sliders())


class _Leaving(QObject):
    """Lets the control that is gone to keep the focus when a slice's number is left.

    napari gives it to the sliders of the slices whenever the number is left, so that the first
    arrow on another slider would turn the slice.
    """

    def eventFilter(self, number: QObject, event: QEvent) -> bool:  # noqa: N802
        """Have the number left, and give the focus back."""
        if event.type() != QEvent.Type.FocusOut:
            return False
        wanted = QApplication.focusWidget()
        number.event(event)
        if wanted is not None and wanted is not number:
            wanted.setFocus()
        return True


def _keep_axis_names(qt_viewer: QtViewer) -> None:
    """Have the names of the axes beside the sliders not typed over, nor come to by the Tab key."""
    for name in qt_viewer.dims.findChildren(QLineEdit, "axis_label"):
        name.setReadOnly(True)
        name.setFocusPolicy(Qt.FocusPolicy.NoFocus)
