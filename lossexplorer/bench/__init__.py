"""The benchmark of the program on this machine: ``python -m lossexplorer.bench``.

`measuring` times both sides of a comparison in turn; `rows` describes comparisons and their aims;
`workloads` has the volumes and the questions, `monai_side` and `same_step` what others compute of
them. `sums`, `steps`, `compilers`, `fields`, `training`, `window` and `gpu` measure one group of
rows each; `table` prints the results and `machine` describes the machine.
"""
