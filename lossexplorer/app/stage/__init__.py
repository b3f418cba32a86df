"""The stage: the area of the window that holds the canvas."""
