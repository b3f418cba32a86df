"""What the commands that list things print: losses, controls and sample volumes."""
