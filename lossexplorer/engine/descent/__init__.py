"""Follow the gradient: the prediction's logits descend a loss or the weighted total.

`logits` has the start, `optimizers` the updates, `moving` one step of one sample, and `descending`
the descent of a batch with its values after every step.
"""
