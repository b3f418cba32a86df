"""What is taken out of the program: a training run as a Keras script, its numbers as tables.

- `model_code`: a functional model of Keras as the code that builds it.
- `script`: a runnable script that trains the same network on the same patches.
- `files`: files that are written as a whole.
- `tables`: curves and the table of layers as CSV; needs no Keras.
"""
