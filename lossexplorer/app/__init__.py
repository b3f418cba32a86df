"""The window: panels, plots and actions as views of the session."""
