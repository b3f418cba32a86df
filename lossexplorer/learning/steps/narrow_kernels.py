"""The gradients of several losses in one narrow 3D kernel, from one convolution of TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from lossexplorer.learning.steps.interface import Tensor

# With 16 channels the gradient of a kernel takes as long as with 8, which fill half a vector of
# AVX-512. Wider kernels fill it, and putting gradients side by side would be a copy for nothing.
_NARROW = 8

_ATTRIBUTES = ("strides", "padding", "data_format", "dilations")


def side_by_side(gradients: Sequence[Tensor | None]) -> list[Tensor | None]:
    """Return the gradients of a variable, computed together if it is a narrow kernel.

    The gradients of two losses in a kernel are convolutions of the same input, with what comes down
    from each loss. Side by side along the channels they are one convolution. What was there before
    is not computed any more, because nothing asks for it.

    Parameters
    ----------
    gradients : sequence of tensor or None
        The gradients of one variable; None of a loss that does not reach it. Outside a graph they
        are computed already, and stay as they are.

    Returns
    -------
    list of tensor or None
        The same, and None at the same places.
    """
    reached = {k: gradient for k, gradient in enumerate(gradients) if gradient is not None}
    is_computed = tf.executing_eagerly()
    if is_computed or len(reached) < 2 or not _can_be_computed_together([*reached.values()]):
        return list(gradients)
    gradient, *_ = reached.values()
    *window, channels = gradient.shape
    together = tf.raw_ops.Conv3DBackpropFilterV2(
        input=gradient.op.inputs[0],
        filter_sizes=(*window, channels * len(reached)),
        out_backprop=tf.concat([each.op.inputs[2] for each in reached.values()], axis=-1),
        **{name: gradient.op.get_attr(name) for name in _ATTRIBUTES},
    )
    apart = dict(zip(reached, tf.split(together, len(reached), axis=-1), strict=True))
    return [apart.get(k) for k in range(len(gradients))]


def _can_be_computed_together(gradients: Sequence[Tensor]) -> bool:
    """Return whether gradients of one kernel differ in nothing but what comes from the losses.

    A kernel that several layers share can have a gradient of one layer and one of another.
    """
    first, *others = gradients
    return _is_of_narrow_kernel(first) and all(
        other.op.type == first.op.type
        and other.op.inputs[0] is first.op.inputs[0]
        and all(other.op.get_attr(name) == first.op.get_attr(name) for name in _ATTRIBUTES)
        for other in others
    )


def _is_of_narrow_kernel(gradient: Tensor) -> bool:
    """Return whether it is the gradient of a narrow kernel of a 3D convolution without groups."""
    operation = gradient.op
    return bool(
        operation.type == "Conv3DBackpropFilterV2"
        and operation.get_attr("data_format") == b"NDHWC"
        and gradient.shape[-1] <= _NARROW
        and gradient.shape[-2] == operation.inputs[0].shape[-1]
    )
