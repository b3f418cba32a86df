"""The widgets that panels, stage and dialogs are made of."""
