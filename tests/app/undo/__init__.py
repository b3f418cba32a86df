"""Undo and redo in the window: what is one edit, and that everything shows what is set."""
