"""A model from a ``.keras`` file, without running any code of the file's."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras

from lossexplorer.learning.networks.errors import NetworkError

_CONFIG = "config.json"

# What holds code in a file: of Python, a saved model of TensorFlow, or a pickled one of PyTorch.
_RUNS_CODE = {"Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper"}

# What zipfile, zlib and json raise for what is damaged, encrypted or nested too deeply.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    ValueError,
    EOFError,
    OSError,
    RuntimeError,
)


def read(path: Path) -> keras.Model:
    """Return the model of a ``.keras`` file.

    Keras reads it with ``safe_mode``. Before that, everything in it has to be of Keras: a file
    with a class or a lambda function of the user's is refused, and so nothing is imported for it.
    With what loss or optimizer the model was compiled does not matter.

    Parameters
    ----------
    path : pathlib.Path
        An existing file.

    Raises
    ------
    NetworkError
        If the file is no Keras model, or cannot be read without running code.
    """
    config = _config(path)
    if isinstance(config, dict):
        config.pop("compile_config", None)  # not read; that of a nested model is
    for entry in _entries(config):
        _require_known(entry, path)
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # a damaged file can raise anything in Keras or h5py
        raise NetworkError(f"{path} cannot be read as a Keras model: {_sentence(error)}") from error


def _config(path: Path) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read(_CONFIG))
    except _UNREADABLE as error:
        raise NetworkError(
            f"{path} is no Keras file, which is a zip archive with {_CONFIG} in it: save the model "
            "again with model.save('NAME.keras')."
        ) from error


def _entries(config: Any) -> Iterator[Mapping[str, Any]]:
    """Iterate over all that Keras would make from a class or function."""
    if isinstance(config, Mapping):
        if "class_name" in config:
            yield config
        for value in config.values():
            yield from _entries(value)
    elif isinstance(config, list):
        for value in config:
            yield from _entries(value)


def _require_known(entry: Mapping[str, Any], path: Path) -> None:
    title, module = str(entry["class_name"]), entry.get("module")
    if title in _RUNS_CODE:
        raise NetworkError(
            f"{path} has a {title.strip('_')} layer, whose code would be run: use another layer "
            "or functions of keras.ops in its place, or a Python file with build_model()."
        )
    if title == "function":
        title, is_known = (
            f"function {entry.get('config')}",
            _is_known_function(str(entry.get("config"))),
        )
    else:
        registered = entry.get("registered_name")
        if module:
            is_of_keras = str(module).split(".", 1)[0] in ("keras", "builtins")
        else:  # as Keras saves a class of a script, with a name
            is_of_keras = not registered
        is_known = is_of_keras or _is_registered(registered or title)
    if not is_known:
        place = f"the module {module}" if module else "a script"
        raise NetworkError(
            f"{path} has a {title} of {place}, whose code is not in the file: give a Python file "
            "with build_model() that makes the model."
        )


def _is_known_function(name: str) -> bool:
    modules = (keras.activations, keras.initializers, keras.regularizers, keras.constraints)
    return _is_registered(name) or any(hasattr(module, name) for module in modules)


def _is_registered(name: str) -> bool:
    return keras.saving.get_registered_object(name) is not None


def _sentence(error: BaseException) -> str:
    """Return the first line of an error, without the configuration that Keras puts behind it."""
    lines = str(error).partition("Full object config")[0].strip().splitlines()
    return lines[0] if lines else type(error).__name__
