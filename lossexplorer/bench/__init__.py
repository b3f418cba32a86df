"""How fast the program is on this machine: ``python -m lossexplorer.bench``.

`measuring` takes times of both sides of a comparison in turn; `rows` says what a comparison is held
to; `cases` has the volumes and the questions. `sums`, `steps`, `fields`, `window` and `gpu` measure
a group of rows each; `table` and `machine` say what came out, and on what.
"""
