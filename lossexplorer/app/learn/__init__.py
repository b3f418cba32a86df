"""What the panels and plots of Learn are made of: views of a setup and of its training run."""
