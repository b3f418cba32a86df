"""Losses without a window: one pair, many pairs, every library's convention."""
