"""Presenter mode: one page after another, full screen, read from the last row.

What a page shows is a value (`page.py`), made of a scenario or of the session alone
(`playlist.py`). The talk (`talk.py`) is a window of its own, so the desk behind it stays as it is,
and nothing of it is moved: the maps are drawn from the engine's answers (`painting.py`,
`map_view.py`), sharp at any size, and not by the canvas, which would need a second OpenGL context
or would lose its own where it is moved from window to window.
"""
