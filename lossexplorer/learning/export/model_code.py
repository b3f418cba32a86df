"""A functional model of Keras as the code that builds it."""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Collection
from typing import Any

import keras

from lossexplorer.learning.networks.calls import calls

# Arguments that the code does without: initial values are loaded, and the rest is Keras's own.
_LEFT_OUT = re.compile(r"name|dtype|trainable|\w+_initializer")

_SCRIPTS_OWN = {"data", "keras", "model", "np"}


def model_code(model: keras.Model) -> list[str]:
    r"""Return the lines that build a model of layers that Keras has.

    Parameters
    ----------
    model : keras.Model
        Functional, of layers of `keras.layers` without nested models, and ``stop_gradient``. Each
        layer is called once.

    Returns
    -------
    list of str
        Lines that need ``keras`` and leave the model in ``model``; its outputs are a dictionary by
        name.

    Examples
    --------
    >>> image = keras.Input((None, None, None, 1), name="image")
    >>> y = keras.layers.Conv3D(2, 1, activation="softmax", name="y")(image)
    >>> print("\n".join(model_code(keras.Model(image, [y]))))
    image = keras.Input((None, None, None, 1), name="image")
    y = keras.layers.Conv3D(filters=2, kernel_size=1, activation="softmax", name="y")(image)
    model = keras.Model(image, {"y": y})
    """
    names = dict[int, str]()
    lines = list[str]()
    for call in calls(model):
        name = _identifier(call.operation.name, names.values())
        names.update({id(tensor): name for tensor in call.outputs})
        taken = [names[id(tensor)] for tensor in call.input_tensors]
        lines.append(f"{name} = {_call(call.operation, taken)}")
    inputs = ", ".join(names[id(tensor)] for tensor in model.inputs)
    named = zip(model.output_names, model.outputs, strict=True)
    outputs = ", ".join(f"{literal(name)}: {names[id(tensor)]}" for name, tensor in named)
    return [*lines, f"model = keras.Model({inputs}, {{{outputs}}})"]


def _call(operation: Any, taken: list[str]) -> str:
    if isinstance(operation, keras.layers.InputLayer):
        shape = tuple(operation.batch_shape[1:])
        return f"keras.Input({shape}, name={literal(operation.name)})"
    if not isinstance(operation, keras.Layer):
        return f"keras.ops.stop_gradient({', '.join(taken)})"
    # Layers that merge take one list.
    several = f"[{', '.join(taken)}]" if len(taken) > 1 else taken[0]
    return f"keras.layers.{type(operation).__name__}({_arguments(operation)})({several})"


def _arguments(layer: keras.Layer) -> str:
    """Return the arguments that make a layer, as far as they are not Keras's defaults."""
    config = layer.get_config()
    parameters = inspect.signature(type(layer).__init__).parameters.values()
    defaults = {p.name: p.default for p in parameters}
    written = {
        name: _value(getattr(layer, name, value), value)
        for name, value in config.items()
        if name in defaults
        and not _LEFT_OUT.fullmatch(name)
        and not _is_default(name, value, defaults[name])
    }
    written["name"] = literal(layer.name)
    if not layer.trainable:
        written["trainable"] = "False"
    return ", ".join(f"{name}={value}" for name, value in written.items())


def _is_default(name: str, value: Any, default: Any) -> bool:
    if name == "data_format":
        return bool(value == "channels_last")
    if isinstance(value, tuple | list):
        return value in (default, type(value)([default] * len(value)))
    return bool(value == default or (name, value) == ("activation", "linear"))


def _value(attribute: Any, value: Any) -> str:
    """Return a value of a layer's configuration as code."""
    if isinstance(attribute, keras.regularizers.L2):
        return f"keras.regularizers.L2({float(attribute.l2)!r})"
    if isinstance(value, tuple | list) and len(set(value)) == 1:
        return repr(value[0])
    return literal(value)


def literal(value: Any) -> str:
    """Return a value as code, text in double quotes.

    Examples
    --------
    >>> print(literal("relu"), literal((5.0, 0.5)), literal({"alpha": 0.3}))
    "relu" (5.0, 0.5) {"alpha": 0.3}
    """
    if isinstance(value, str):
        # With a double quote before it, Python puts it into single quotes.
        text = repr('"' + value)[2:-1]
        return '"' + text.replace('"', '\\"').replace("\\'", "'") + '"'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    return repr(value)


def _identifier(name: str, taken: Collection[str]) -> str:
    """Return a layer's name as that of a variable that is not yet there."""
    word = re.sub(r"\W", "_", name)
    # Names of classes begin with a capital letter.
    if not word[0].islower() or keyword.iskeyword(word) or word in _SCRIPTS_OWN:
        word = f"_{word}"
    while word in taken:
        word += "_"
    return word
