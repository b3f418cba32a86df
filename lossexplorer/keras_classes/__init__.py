"""How `lossexplorer.keras` is made: `base` computes, `making` makes a class of each description.

`catalog` has the classes by the loss's name. `stub` writes ``lossexplorer/keras.pyi``, from which
type checkers and editors know the classes, which exist at run time only.
"""
