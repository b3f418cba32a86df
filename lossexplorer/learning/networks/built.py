"""The small 3D network that is built from a description."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import layers

from lossexplorer.learning.networks.checks import is_name
from lossexplorer.learning.networks.errors import NetworkError
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.setup import BuiltNetwork

INPUT = "image"
"""The name of the input layer."""

# What `build` calls other layers.
_INNER = re.compile(rf"x\d+_.*|{INPUT}")

# With fixed axes, whatever a user's ~/.keras/keras.json says.
_AXES = {"data_format": "channels_last"}


def build(network: BuiltNetwork, heads: Mapping[str, Head], seed: int) -> keras.Model:
    """Return a trunk ``x1`` with one branch for each output, as a functional model.

    The trunk is a U-Net (Ronneberger, Fischer, Brox 2015, arXiv 1505.04597) that joins its two
    ways by sums, as LinkNet does (Chaurasia and Culurciello 2017, arXiv 1707.03718), so that each
    level has the same number of channels. An output at full resolution branches off after the
    trunk's last convolution; a coarser one takes, as deep supervision does, what the level of its
    resolution has on the way up, or from the coarsest level, which has no way up, what it has.

    Parameters
    ----------
    network : BuiltNetwork
        The description.
    heads : mapping of str to Head
        The output layer of each output, by the output's name, in order.
    seed : int
        Of the initial values; see `initialise`.

    Returns
    -------
    keras.Model
        It takes (batch, z, y, x, 1), of any sizes that are multiples of 2^(depth − 1), and gives a
        list of (batch, z / scale, y / scale, x / scale, channels). Its layers are ``x1_conv1``,
        ``x1_conv2``, … on the finest level, ``x1_level2_conv``, … on the coarser ones, ``x2_conv``,
        ``x3_conv``, … in the branches, and the output layers, which have the outputs' names.

    Raises
    ------
    NetworkError
        If the description or an output's name cannot be built.

    Examples
    --------
    >>> heads = {"y1": Head(2, "softmax"), "y2": Head(1, "linear")}
    >>> model = build(BuiltNetwork(), heads, seed=7)
    >>> model.output_names, model.count_params()
    (['y1', 'y2'], 8931)
    """
    _require_buildable(network, heads, seed)
    image = keras.Input((None, None, None, 1), name=INPUT)
    levels = _trunk(network, image)
    outputs = []
    for place, (name, head) in enumerate(heads.items(), start=2):
        x = levels[_level(head)]
        for title in _numbered(f"x{place}_conv", network.branch):
            x = _convolution(network, x, title)
        outputs.append(_kernel(network, head.channels, 1, name, activation=head.activation)(x))
    model = keras.Model(image, outputs, name="network")
    initialise(model, seed)
    return model


def initialise(model: keras.Model, seed: int) -> None:
    """Set the initial values of a built network: the same on every backend.

    Kernels are uniform in ±√(6 / (fan in + fan out)) (Glorot and Bengio 2010, Keras's default),
    drawn by ``numpy.random.default_rng([seed, zlib.crc32(layer's name)])``, so that a layer does
    not depend on what else the network has. All other variables keep the values that Keras gives
    them, which are zeros and ones.

    Parameters
    ----------
    model : keras.Model
        As `build` makes it.
    seed : int
        Not negative.
    """
    for layer in model.layers:
        if isinstance(layer, layers.Conv3D):
            shape = tuple(layer.kernel.shape)
            window = math.prod(shape[:-2])
            limit = math.sqrt(6 / (window * (shape[-2] + shape[-1])))
            numbers = np.random.default_rng([seed, zlib.crc32(layer.name.encode())])
            layer.kernel.assign(numbers.uniform(-limit, limit, shape).astype(np.float32))


def _convolution(network: BuiltNetwork, x: Any, name: str) -> Any:
    """Convolve 3³, with the normalization if there is one, and a ReLU."""
    if network.normalization == "none":
        return _kernel(network, network.filters, 3, name, activation="relu")(x)
    # The normalization takes the mean away, and a bias with it.
    x = _kernel(network, network.filters, 3, name, use_bias=False)(x)
    x = layers.BatchNormalization(axis=-1, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _kernel(
    network: BuiltNetwork, channels: int, size: int, name: str, **options: Any
) -> layers.Conv3D:
    return layers.Conv3D(
        channels,
        size,
        padding="same",
        kernel_regularizer=keras.regularizers.L2(network.l2) if network.l2 else None,
        name=name,
        **_AXES,
        **options,
    )


def _trunk(network: BuiltNetwork, image: Any) -> list[Any]:
    """Return what each level has on the way up, the finest first."""
    depth, convolutions = network.depth, network.trunk
    if depth == 1:
        x = image
        for place in range(convolutions):
            x = _convolution(network, x, f"x1_conv{place + 1}")
        return [x]
    x = _convolution(network, image, "x1_conv1")
    ways_down = [x]
    for level in range(2, depth + 1):
        x = layers.MaxPooling3D(2, name=f"x1_down{level}", **_AXES)(x)
        x = _convolution(network, x, f"x1_level{level}_conv")
        ways_down.append(x)
    ways_up = [x]
    for level in range(depth - 1, 0, -1):
        x = layers.UpSampling3D(2, name=f"x1_up{level}", **_AXES)(x)
        x = layers.Add(name=f"x1_add{level}")([ways_down[level - 1], x])
        if level > 1:
            x = _convolution(network, x, f"x1_level{level}_up_conv")
        else:
            for place in range(1, convolutions):
                x = _convolution(network, x, f"x1_conv{place + 1}")
        ways_up.append(x)
    return ways_up[::-1]


def _numbered(name: str, count: int) -> list[str]:
    """Return names of layers; a single one has no number."""
    return [name] if count == 1 else [f"{name}{place + 1}" for place in range(count)]


def _level(head: Head) -> int:
    return head.scale.bit_length() - 1


def _require_buildable(network: BuiltNetwork, heads: Mapping[str, Head], seed: int) -> None:
    counts = {"filters": network.filters, "levels": network.depth, "convolutions": network.trunk}
    for title, count in counts.items():
        if count < 1:
            raise NetworkError(f"A network needs at least 1 of {title}, not {count}.")
    if network.branch < 0 or network.l2 < 0:
        raise NetworkError("The convolutions of a branch and the L2 penalty cannot be negative.")
    if seed < 0:
        raise NetworkError(f"A seed cannot be negative, as {seed} is.")
    if len(heads) < 2:
        raise NetworkError("A network needs at least two outputs: their losses are compared.")
    for name, head in heads.items():
        if _INNER.fullmatch(name):
            raise NetworkError(f"An output cannot be called {name!r}, as another layer is.")
        if "/" in name or not is_name(name):
            raise NetworkError(
                f"An output cannot be called {name!r}: its name may have A to Z, digits, - and _."
            )
        level = _level(head)
        if head.scale != 2**level:
            raise NetworkError(
                f"Output {name}: a level has 1/2, 1/4, … of the resolution, not 1/{head.scale}."
            )
        if level >= network.depth:
            raise NetworkError(
                f"Output {name} has 1/{head.scale} of the resolution, which a network of depth "
                f"{network.depth} does not reach. Give it a depth of {level + 1} or another target."
            )


def require_multiples(network: BuiltNetwork, patch: tuple[int, int, int]) -> None:
    """Refuse a patch that a built network cannot halve and double.

    Raises
    ------
    NetworkError
        If a size is no multiple of 2^(depth − 1).
    """
    multiple = 2 ** (network.depth - 1)
    if any(size % multiple for size in patch):
        sizes = " × ".join(map(str, patch))
        raise NetworkError(
            f"A patch of {sizes} does not fit a network of depth {network.depth}, which halves "
            f"the resolution {network.depth - 1} times: each size must be a multiple of {multiple}."
        )
