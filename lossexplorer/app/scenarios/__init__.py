"""Scenarios in the window: the menu, what is said of one that is opened, and saving one."""
