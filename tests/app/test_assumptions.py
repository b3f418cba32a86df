"""What the window assumes about the insides of Qt."""

from qtpy.QtWidgets import QLabel, QMainWindow


def test_a_corner_widget_keeps_its_width_until_it_is_set_again(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.menuBar().addMenu("File")
    corner = QLabel("CPU")
    window.menuBar().setCornerWidget(corner)
    window.resize(600, 200)
    with qtbot.waitExposed(window):
        window.show()
    before = corner.width()
    corner.setText("a longer text about the engine")
    qtbot.wait(1)
    assert corner.width() == before < corner.sizeHint().width(), (
        "the window sets its corner widget again because of this; where Qt lays it out by itself, "
        "that can go"
    )
    corner.adjustSize()
    window.menuBar().setCornerWidget(corner)
    assert corner.width() == corner.sizeHint().width()
    assert corner.geometry().right() < window.menuBar().width()
