"""A training run as a Keras script that anybody can run, without this program.

The script has the network as code. Beside it lies a file of arrays with what code would not make
the same on every backend: the initial variables, and the patches of the first steps with what each
output is to predict. So it needs neither the volume nor the way patches are drawn and targets are
computed, and it has the same losses.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from lossexplorer import __version__
from lossexplorer.core.files import replace_file
from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.export.model_code import literal, model_code
from lossexplorer.learning.export.place import check_place
from lossexplorer.learning.loss_choices import KERAS_LOSSES
from lossexplorer.learning.losses_of_outputs import arguments
from lossexplorer.learning.methods import METHODS
from lossexplorer.learning.networks.network import Network, make_network
from lossexplorer.learning.patches import PatchSource
from lossexplorer.learning.setup import BuiltNetwork, Output, OwnNetwork, Setup, Training
from lossexplorer.learning.truths import has_independent_classes
from lossexplorer.losses import LOSSES
from lossexplorer.volumes.model.batch import Batch
from lossexplorer.volumes.model.labels import LabelVolume

Arrays = dict[str, np.ndarray[Any, Any]]

MOST_BYTES = 256 * 2**20
"""How many bytes of patches are written at most; the script repeats them for further steps."""


def write_script(path: Path, setup: Setup, volume: LabelVolume | Batch, steps: int) -> None:
    """Write a training run as a Keras script, and its arrays beside it.

    Parameters
    ----------
    path : Path
        Of the script; the arrays go into a file of the same name that ends in ``.npz``.
    setup : Setup
        What is trained. Its gradients are combined by the weighted sum.
    volume : LabelVolume or Batch
        What it is trained on.
    steps : int
        How many steps the script takes.

    Raises
    ------
    ParameterError
        If the gradients are combined otherwise, which `keras.Model.compile` cannot, or a setting
        is not allowed.
    lossexplorer.learning.networks.errors.NetworkError
        If the network cannot be made.
    OSError
        If a file cannot be written.
    """
    if setup.training.method != "weighted_sum":
        chosen, plain = (METHODS[name].title for name in (setup.training.method, "weighted_sum"))
        raise ParameterError(
            f"A Keras script combines the losses by “{plain}” (weighted_sum), and "
            f"{chosen} is another method: choose the former, and export again."
        )
    check_place(path, setup)
    source = PatchSource(volume, setup)
    network = make_network(setup, source.heads)
    kept = max(1, min(steps, MOST_BYTES // source.bytes_of_a_batch))
    arrays = _variables(network.model) | _batches(source, kept)
    beside = path.with_suffix(".npz")
    sample = volume if isinstance(volume, LabelVolume) else volume[0]
    text = script(
        setup,
        network,
        sample,
        beside.name,
        leaves_out=source.leaves_out,
        steps=steps,
        batches=kept,
    )
    replace_file(beside, lambda file: _save(file, arrays))
    replace_file(path, lambda file: file.write_text(text, encoding="utf-8"))


def script(
    setup: Setup,
    network: Network,
    volume: LabelVolume,
    arrays: str,
    *,
    leaves_out: bool = False,
    steps: int,
    batches: int,
) -> str:
    """Return the text of the script.

    Parameters
    ----------
    setup : Setup
        What is trained.
    network : Network
        The network, with cuts and frozen layers.
    volume : LabelVolume
        A sample of what is trained on, whose spacing losses of distances need.
    arrays : str
        The name of the file of arrays beside it.
    leaves_out : bool
        Whether the targets have a last channel that is 0 where a voxel is ignored.
    steps : int
        How many steps it takes.
    batches : int
        How many batches that has.
    """
    blocks = [
        _head(setup, arrays),
        _imports(setup, leaves_out=leaves_out),
        _data(arrays),
        _network(setup, network),
        _initial_values(),
        *([_counted()] if leaves_out else []),
        _compile(setup, volume, leaves_out=leaves_out),
        _training(steps, batches),
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(setup: Setup, arrays: str) -> list[str]:
    losses = " + ".join(
        # A user's file may name an output as it likes, and this is within quotes.
        f"{each.weight:g} {each.loss.name}({literal(each.name)[1:-1]})"
        for each in setup.outputs
    )
    return [
        f'"""A network with {len(setup.outputs)} outputs, trained on {losses}.',
        "",
        f"Exported by Loss Explorer {__version__}. {arrays} has the initial variables,",
        "and for each step the patches with what each output is to predict.",
        '"""',
    ]


def _imports(setup: Setup, *, leaves_out: bool) -> list[str]:
    lines = ["from pathlib import Path", "", "import keras", "import numpy as np"]
    if isinstance(setup.network, OwnNetwork) and setup.network.path.endswith(".py"):
        lines[:0] = ["import runpy", "import sys"]
    if leaves_out:
        lines.append("from keras.src.backend import set_keras_mask")
    names = {each.loss.name for each in setup.outputs if each.loss.name in LOSSES}
    if classes := sorted(LOSSES[name].class_name for name in names):
        lines.append(f"from lossexplorer.keras import {', '.join(classes)}")
    return lines


def _data(arrays: str) -> list[str]:
    return [
        f"with np.load(Path(__file__).with_name({literal(arrays)})) as file:",
        "    data = dict(file)",
    ]


def _network(setup: Setup, network: Network) -> list[str]:
    if isinstance(setup.network, BuiltNetwork):
        return model_code(network.model)
    path = Path(setup.network.path).absolute()
    if path.suffix == ".py":
        lines = [
            f"sys.path.insert(0, {literal(str(path.parent))})",
            f'model = runpy.run_path({literal(str(path))})["build_model"]()',
        ]
    else:
        lines = [
            f"model = keras.saving.load_model({literal(str(path))}, compile=False, safe_mode=True)"
        ]
    lines += [f"model.get_layer({literal(name)}).trainable = False" for name in setup.frozen]
    edges = [(edge.source, edge.target) for edge in network.graph.edges if edge.cut]
    if edges:
        lines += _cuts(edges)
    return [
        *lines,
        "model = keras.Model(model.inputs, dict(zip(model.output_names, model.outputs)))",
    ]


def _cuts(edges: Sequence[tuple[str, str]]) -> list[str]:
    """Return the lines that stop the gradient on edges of a model."""
    listed = ", ".join(f"({literal(source)}, {literal(target)})" for source, target in edges)
    return f"""
CUT = {{{listed}}}


def call(layer, *args, **kwargs):
    \"\"\"Call a layer, with the gradient stopped where an edge is cut.\"\"\"

    def given(value):
        is_tensor = isinstance(value, keras.KerasTensor)
        if is_tensor and (value._keras_history.operation.name, layer.name) in CUT:
            return keras.ops.stop_gradient(value)
        return value

    args, kwargs = keras.tree.map_structure(given, (args, kwargs))
    return layer(*args, **kwargs)


model = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)
""".strip().splitlines()


def _initial_values() -> list[str]:
    return [
        "for layer in model.layers:",
        "    for place, variable in enumerate(layer.variables):",
        '        variable.assign(data[f"variables/{layer.name}/{place}"])',
    ]


def _counted() -> list[str]:
    """Return the lines of the class `OfCounted`, without its documentation."""
    return """
class OfCounted(keras.losses.Loss):
    \"\"\"A loss of the voxels for which the last channel of the truth is 1.\"\"\"

    def __init__(self, loss):
        super().__init__(name=loss.name)
        self.loss = loss

    def __call__(self, y_true, y_pred, sample_weight=None):
        truth, counts = y_true[..., :-1], y_true[..., -1] > 0.5
        some = keras.ops.any(counts)
        counts = keras.ops.logical_or(counts, keras.ops.logical_not(some))
        factors = keras.ops.cast(counts, y_pred.dtype)[..., None]
        if isinstance(self.loss, (keras.losses.Dice, keras.losses.Tversky)):
            value = self.loss(factors * truth, factors * y_pred, sample_weight)
        else:
            constant = keras.ops.ones_like(y_pred) / y_pred.shape[-1]
            y_pred = keras.ops.where(factors > 0, y_pred, constant)
            set_keras_mask(y_pred, counts)
            value = self.loss(truth, y_pred, sample_weight)
        return value * keras.ops.cast(some, value.dtype)
""".strip().splitlines()


def _compile(setup: Setup, volume: LabelVolume, *, leaves_out: bool) -> list[str]:
    losses = {each.name: _loss(each, volume) for each in setup.outputs}
    if leaves_out:
        losses = {name: f"OfCounted({code})" for name, code in losses.items()}
    listed = ", ".join(f"{literal(name)}: {code}" for name, code in losses.items())
    weights = {each.name: float(each.weight) for each in setup.outputs}
    return [
        "model.compile(",
        f"    optimizer={_optimizer(setup.training)},",
        f"    loss={{{listed}}},",
        f"    loss_weights={literal(weights)},",
        "    jit_compile=False,  # on the CPU, XLA makes 3D convolutions many times slower",
        ")",
    ]


def _loss(output: Output, volume: LabelVolume) -> str:
    loss = output.loss
    if loss.name not in LOSSES:
        return f"keras.losses.{KERAS_LOSSES[loss.name].class_name}()"
    overlapping = has_independent_classes(output, volume)
    values = arguments(loss, volume.spacing, overlapping=overlapping)
    listed = ", ".join(f"{name}={literal(value)}" for name, value in values.items())
    return f"{LOSSES[loss.name].class_name}({listed})"


def _optimizer(training: Training) -> str:
    class_name = {"adam": "Adam", "rmsprop": "RMSprop"}.get(training.optimizer, "SGD")
    settled = {"learning_rate": float(training.rate)}
    if training.optimizer == "momentum":
        settled["momentum"] = float(training.momentum)
    for name in ("clipnorm", "global_clipnorm"):
        largest = getattr(training, name)
        if largest is not None:
            settled[name] = float(largest)
    listed = ", ".join(f"{name}={value!r}" for name, value in settled.items())
    return f"keras.optimizers.{class_name}({listed})"


def _training(steps: int, batches: int) -> list[str]:
    lines = [
        f"for step in range({steps}):",
        '    y = {name: data[f"targets/{name}/{step}"] for name in model.output_names}',
        "    model.reset_metrics()  # else Keras prints the mean of all steps so far",
        '    logs = model.train_on_batch(data[f"x/{step}"], y, return_dict=True)',
        '    print(step + 1, *(f"{name}={float(value):.9g}" for name, value in logs.items()))',
    ]
    if steps == batches:
        return lines
    lines = [line.replace("{step}", "{batch}") for line in lines]
    lines.insert(1, f"    batch = step % {batches}  # so many are in the file, to keep it small")
    return lines


def _variables(model: keras.Model) -> Arrays:
    """Return the variables' values under the names of the layers that have them."""
    return {
        f"variables/{layer.name}/{place}": np.asarray(variable)
        for layer in model.layers
        for place, variable in enumerate(layer.variables)
    }


def _batches(source: PatchSource, count: int) -> Arrays:
    arrays: Arrays = {}
    for step in range(count):
        batch = source.batch(step + 1)
        arrays[f"x/{step}"] = batch.x
        arrays |= {f"targets/{name}/{step}": values for name, values in batch.targets.items()}
    return arrays


def _save(path: Path, arrays: Arrays) -> None:
    with path.open("wb") as file:  # a name would be given another ending
        np.savez_compressed(file, allow_pickle=False, **arrays)
