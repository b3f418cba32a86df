"""What the commands print for small files, in a process of their own."""

import csv
import json
import subprocess
import sys
from functools import cached_property

import nibabel as nib
import numpy as np

from tests.app.driver import small_labels, write_nifti
from tests.patience import PATIENCE

SET = ("--set", "shift_x=1.5", "--set", "confidence=0.9")
LOSSES = ("dice", "generalized_dice", "tversky", "iou", "cross_entropy")
VOLUMES = ("probabilities", "labels", "error", "gradient")
SPACING = (2.5, 0.75, 0.5)

_COMMANDS = """
import contextlib, io, json, sys
from lossexplorer import cli

for line in sys.stdin:
    sys.argv = ["lossexplorer", *json.loads(line)]
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        cli.main()
    said.seek(0)
    print(json.dumps(said.read()), flush=True)
"""


class Commands:
    """A process that runs one command after another: most of each would be its start."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-c", _COMMANDS],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip

    def run(self, *arguments):
        """Run a command, and return what it prints."""
        self._process.stdin.write(json.dumps([str(each) for each in arguments]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def end(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()


def blocks(count, size, cells):
    """So many blocks (z, y, x), the first with the id 1, each in a cell that has a voxel more."""
    labels = np.zeros([1 + n * (edge + 1) for n, edge in zip(cells, size, strict=True)], np.uint16)
    for n in range(count):
        corner = [1 + k * (e + 1) for k, e in zip(np.unravel_index(n, cells), size, strict=True)]
        labels[tuple(slice(at, at + edge) for at, edge in zip(corner, size, strict=True))] = n + 1
    return labels


KINDS = {
    "two": lambda: [small_labels(0), small_labels(1)],
    "84 classes": lambda: [blocks(83, (3, 4, 5), (3, 4, 7))],
    "300 instances": lambda: [blocks(300, (2, 2, 4), (6, 5, 10))],
    "eight": lambda: [np.roll(small_labels(n % 4), n // 4, axis=0) for n in range(8)],
}


class Printed:
    """What the commands say of a batch of small volumes.

    Parameters
    ----------
    commands : Commands
        Which run.
    folder : Path
        Where the volumes are written.
    kind : str
        Of `KINDS`.

    Attributes
    ----------
    batch : tuple
        The files as arguments of a command.
    values : dict
        By loss, what ``evaluate`` prints of it.
    alone : dict
        By file and loss, the value of the file by itself.
    conventions : list
        What ``conventions`` prints.
    labels : list of array
        The truths, (z, y, x).
    image : Path
        The image of the first.
    """

    def __init__(self, commands, folder, kind):
        self._run, self.folder, self.labels, self._volumes = commands.run, folder, KINDS[kind](), {}
        self.files = [folder / f"{n}.nii" for n in range(len(self.labels))]
        for file, labels in zip(self.files, self.labels, strict=True):
            write_nifti(file, labels)
        ramp = np.arange(self.labels[0].size, dtype=np.float32).reshape(self.labels[0].shape)
        self.image = write_nifti(folder / "image.nii", ramp)
        also = [word for file in self.files[1:] for word in ("--also", file)]
        self.batch = (self.files[0], *also)
        batch = (*self.batch, *SET)
        pairs, results = folder / "pairs.csv", folder / "results.csv"
        rows = "".join(f"{file.name},\n" for file in self.files)
        pairs.write_text(f"truth,prediction\n{rows}", encoding="utf-8")
        evaluated = self._run("evaluate", *batch, "--json")
        conventions = self._run("conventions", *batch, "--json")
        self._run("evaluate", "--manifest", pairs, *SET, "--out", results)
        printed = json.loads(evaluated)
        self.total, self.classes = printed["total"], printed["truth"]["classes"]
        self.of_instances = self.classes[1]["name"] == "foreground"
        self.values = {loss["name"]: loss for loss in printed["losses"]}
        self.conventions = json.loads(conventions)["conventions"]
        with results.open(encoding="utf-8", newline="") as file:
            wholes = [row for row in csv.DictReader(file) if not row["class_id"]]
        self.alone = {(row["case"], row["loss"]): float(row["value"]) for row in wholes}

    def volumes(self, loss="dice", sample=0):
        """By name a sample's arrays, (class, z, y, x) or, of labels, (z, y, x)."""
        if (loss, sample) not in self._volumes:
            self._volumes[loss, sample] = self._exported(loss, sample)
        return self._volumes[loss, sample]

    def _exported(self, loss, sample):
        what = ("--what", ",".join(VOLUMES), "--of", loss, "--sample", sample)
        out = self.folder / f"{loss}_{sample}.nii.gz"
        self._run("export", "volumes", *self.batch, *SET, *what, "-o", out)
        parts = {name: out.with_name(f"{loss}_{sample}_{name}.nii.gz") for name in VOLUMES}
        return {name: np.asarray(nib.load(part).dataobj).T for name, part in parts.items()}

    def classes_of(self, sample):
        """Class indices of a truth, (z, y, x)."""
        labels = self.labels[sample]
        if self.of_instances:
            return (labels > 0).astype(int)
        return np.searchsorted([each["id"] for each in self.classes], labels)

    def curves(self, against):
        """The lines of response curves against a control or a parameter, as numbers."""
        out = self.folder / "curves.csv"
        self._run("export", "curves", *self.batch, *SET, "--against", against, "-o", out)
        text = out.read_text(encoding="utf-8").splitlines()
        header, *rows = csv.reader(line for line in text if not line.startswith("#"))
        return header, np.array(rows, float)

    def evaluated(self, *also):
        """By loss, what ``evaluate`` prints of it with something else set."""
        printed = self._run("evaluate", *self.batch, *SET, *also, "--json")
        return {each["name"]: each for each in json.loads(printed)["losses"]}

    @cached_property
    def unshifted(self):
        """By loss, its value where nothing is shifted."""
        return {name: each["value"] for name, each in self.evaluated("--set", "shift_x=0").items()}

    def terms(self, loss):
        """The terms of all classes, background first."""
        return list(self.values[loss]["per_class"].values())
