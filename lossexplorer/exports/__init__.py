"""What is taken out of the program as text and files, without a window and without a backend.

- `code`: the losses as code, of this program's Keras classes or of another library.
- `command`: what is set as a command of a terminal.
- `tables`: curves, history and classes as CSV, cards as text.
- `volumes`: probabilities, labels, errors and gradients as volumes.
- `writing`: volumes as files, one function a format.
"""
