"""What the button and the action Train do."""

from __future__ import annotations

from lossexplorer.session.run_controller import RunController


def train_or_pause(trainer: RunController) -> None:
    """Train, or pause a training."""
    if trainer.run.status == "training":
        trainer.pause()
    else:
        trainer.train()
