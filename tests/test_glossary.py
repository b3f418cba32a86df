"""The glossary's words: one word for one thing, and one class for one name."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GLOSSARY = (ROOT / "resources/docs/glossary.md").read_text("utf-8")


def entries():
    """The rows of the tables: word, meaning, names in code, words that are not used for it."""
    for line in GLOSSARY.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] not in ("word", "---"):
            assert len(cells) == 4, line
            yield cells


def names_in_code():
    """The classes that the glossary names, each with the attribute that it names or nothing."""
    for _, _, names, _ in entries():
        yield from re.findall(r"`([A-Z]\w*[a-z]\w*)(?:\.(\w+))?`", names)


def attributes_of(node):
    """The fields, properties and methods of a class, and what its methods assign."""
    named = {getattr(each, "name", None) for each in node.body}
    targets = [each.target for each in ast.walk(node) if isinstance(each, ast.AnnAssign)]
    targets += [target for p in ast.walk(node) if isinstance(p, ast.Assign) for target in p.targets]
    return named | {getattr(each, "id", getattr(each, "attr", None)) for each in targets}


def defined():
    """The modules that define each public class, and each alias that is not one everywhere."""
    classes, aliases = defaultdict(set), defaultdict(lambda: defaultdict(set))
    for path in sorted((ROOT / "lossexplorer").rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            if isinstance(node, ast.AnnAssign):
                target = node.target
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].add(path)
                ATTRIBUTES[node.name] |= attributes_of(node)
            elif isinstance(target, ast.Name) and re.fullmatch(r"[A-Z]\w*[a-z]\w*", target.id):
                aliases[target.id][ast.unparse(node.value)].add(path)
    return classes, aliases


ATTRIBUTES = defaultdict(set)
CLASSES, ALIASES = defined()


@pytest.mark.parametrize(("name", "attribute"), sorted(set(names_in_code())))
def test_every_class_of_the_glossary_exists(name, attribute):
    assert name in CLASSES or (name in ALIASES and not attribute)
    assert not attribute or attribute in ATTRIBUTES[name]


def ambiguous():
    """Public classes whose name another module has, too, for a class or for a type."""
    return {
        name: sorted(str(path.relative_to(ROOT)) for path in paths | set().union(*others.values()))
        for name, paths in CLASSES.items()
        for others in [ALIASES.get(name, {})]
        if len(paths) > 1 or others
    }


def test_no_name_of_a_class_means_two_things():
    assert ambiguous() == {}


def test_no_word_has_two_entries():
    words = [word for cell, *_ in entries() for word in cell.split(", ")]
    assert len(words) == len(set(words))


DESCENT = (
    "app/actions/descent.py",
    "app/plots/descent.py",
    "app/stage/painter.py",
    "app/widgets/descent_bar.py",
    "cli/commands/descend.py",
    "engine/descent/",
    "engine/messages/descent.py",
    "headless/descent.py",
    "session/controller.py",
    "session/descent_controller.py",
    "session/records/descent.py",
)
"""Where logits follow a gradient."""

LEARNING = (
    "app/actions/training.py",
    "app/learn/",
    "app/network/",
    "app/panels/network.py",
    "app/panels/outputs.py",
    "app/panels/training.py",
    "app/plots/methods.py",
    "app/plots/run_losses.py",
    "app/plots/trunk_gradients.py",
    "app/presenter/network.py",
    "app/presenter/run_page.py",
    "app/presenter/talk.py",
    "app/stage/run_titles.py",
    "app/stage/shared_scale.py",
    "bench/training.py",
    "cli/commands/learn.py",
    "cli/listings/learning.py",
    "engine/learning_lane.py",
    "engine/messages/training.py",
    "engine/output_maps.py",
    "engine/training.py",
    "headless/learning.py",
    "learning/",
    "session/class_numbers.py",
    "session/course.py",
    "session/run.py",
    "session/run_controller.py",
    "session/opening.py",
    "session/session.py",
    "session/setup_editor.py",
    "session/state.py",
)
"""Where a network is trained, asked to be trained, and shown."""

HOMES = {
    "band": ("engine/simulation/", "engine/step/"),
    "batch": (
        *LEARNING,
        "cli/listings/",
        "engine/volume.py",
        "engine/worker.py",
        "exports/",
        "headless/",
        "losses/_sums.py",
        "volumes/",
    ),
    "canvas": ("app/", "viewer/"),
    "case": (
        "app/",
        "cli/commands/export.py",
        "documents/",
        "engine/client.py",
        "engine/in_flight.py",
        "exports/",
        "headless/",
        "session/",
        "volumes/",
    ),
    "choice": ("app/widgets/rows.py", "core/parameters.py"),
    "cure": ("app/widgets/", "engine/", "headless/", "losses/_description.py", "session/"),
    "effort": ("engine/", "session/"),
    "given": ("bench/", "engine/", "volumes/case.py"),
    "grid": ("engine/simulation/", "predictions/"),
    "head": LEARNING,
    "layer": ("app/files.py", "viewer/", *LEARNING),
    "layout": ("session/", "viewer/"),
    "method": LEARNING,
    "network": LEARNING,
    "notch": ("app/widgets/", "core/scales.py"),
    "optimizer": (*DESCENT, *LEARNING),
    "output": LEARNING,
    "pair": ("headless/",),
    "part": ("app/files.py", "app/opener.py", "app/recent.py", "documents/", "volumes/"),
    "phase": ("engine/simulation/",),
    "plan": ("engine/",),
    "question": ("app/stage/", "bench/", "engine/", "session/"),
    "record": ("app/panels/", "app/plots/", "app/scheduler.py", "documents/", "session/"),
    "remedy": ("cli/probe.py", "volumes/"),
    "setting": (
        "app/exports/",
        "app/panels/",
        "app/widgets/",
        "documents/",
        "engine/",
        "exports/",
        "headless/",
        "session/",
    ),
    "settings": ("app/", "bench/window_probe.py", "headless/results/"),
    "stage": ("app/",),
    "step": (
        "app/main.py",
        "app/unattended.py",
        "bench/",
        "cli/commands/open.py",
        "documents/scenario.py",
        "engine/",
        "session/records/",
        *DESCENT,
        *LEARNING,
    ),
    "target": LEARNING,
    "trajectory": LEARNING,
    "trunk": LEARNING,
    "variable": LEARNING,
}
"""Where what a word of the glossary stands for is found: files, or folders with all in them."""


def named(path):
    """What a module names, whole words in lower case: its definitions, arguments and variables."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            continue
        names = [getattr(node, each, None) for each in ("name", "arg", "id", "attr")]
        if not isinstance(node, ast.keyword | ast.alias | ast.ExceptHandler):
            yield from (name.strip("_").lower() for name in names if isinstance(name, str))


def places(word):
    """The modules in which something has this name, or its plural if that is no other word."""
    forms = {word, f"{word}s"} - (HOMES.keys() - {word})
    paths = (ROOT / "lossexplorer").rglob("*.py")
    return {path for path in paths if forms & NAMED[path]}


NAMED = {path: set(named(path)) for path in sorted((ROOT / "lossexplorer").rglob("*.py"))}


@pytest.mark.parametrize("word", HOMES)
def test_a_word_names_nothing_outside_its_subject(word):
    assert word in {each for cell, *_ in entries() for each in cell.split(", ")}
    inside = [path.relative_to(ROOT / "lossexplorer").as_posix() for path in places(word)]
    assert [path for path in sorted(inside) if not path.startswith(HOMES[word])] == []


# Words of the column "not" that mean nothing else here, so that no text needs them.
REJECTED = (
    "accelerator",
    "aggregator",
    "augmentation",
    "backbone",
    "class loss",
    "crisp",
    "encoder",
    "flavour",
    "ground truth",
    "hyperparameter",
    "knob",
    "lattice",
    "launcher",
    "overall loss",
    "predicted label",
    "preferences",
    "prefetch",
    "preset",
    "reply",
    "saliency",
    "sidebar",
    "solver",
    "timeline",
    "toast",
    "voxel size",
)


def pages():
    """The pages for users and contributors, but the glossary, which names the words."""
    yield ROOT / "README.md"
    yield ROOT / ".github/CONTRIBUTING.md"
    yield from (path for path in (ROOT / "resources").rglob("*.md") if path.name != "glossary.md")


def texts():
    """What is read: pages, and in the program docstrings, messages and labels."""
    for path in pages():
        yield path, path.read_text("utf-8")
    for path in NAMED:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path, node.value


TEXTS = list(texts())


@pytest.mark.parametrize("word", REJECTED)
def test_no_text_uses_a_word_for_which_the_glossary_has_another(word):
    assert any(re.search(rf"\b{word}\b", unused) for *_, unused in entries())
    wanted = re.compile(rf"\b{word.replace(' ', '[ -]')}s?\b", re.IGNORECASE)
    assert {str(path.relative_to(ROOT)) for path, text in TEXTS if wanted.search(text)} == set()
