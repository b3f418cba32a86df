"""The window: panels, plots and actions that show and change the session."""
