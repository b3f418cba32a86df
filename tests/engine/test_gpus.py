"""A GPU on which the engine ends before its first answer: the CPU computes from then on."""

import json
import os
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from lossexplorer.engine import worker
from lossexplorer.engine.backends import gpus
from lossexplorer.engine.backends.gpus import Tried, gpus_path, pick_gpu, remember_unusable
from lossexplorer.engine.errors import EngineError, OutOfMemoryError
from lossexplorer.engine.messages import EngineInfo
from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.volumes import case_of
from tests.engine.client_bench import INFO, A, Bench, request
from tests.engine.test_process import Engine, assert_closing_leaves_no_process

RTX = "GPU 0 NVIDIA GeForce RTX 5090"
NEW, OLD = "GPU 0 NVIDIA GeForce RTX 5090", "GPU 1 NVIDIA H100"
TRIED = Tried("tensorflow", "2.21.0", RTX)


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    monkeypatch.setattr(gpus, "user_state_path", lambda name: tmp_path / name)
    monkeypatch.delenv("LOSSEXPLORER_DEVICE", raising=False)


@pytest.fixture
def bench():
    made = Bench()
    made.info = EngineInfo("tensorflow", "2.21.0", RTX, 1)
    made.client.start()
    made.client.load(case_of(A))
    made.client.ask(request(grow=5))
    made.succeed()
    assert made.in_flight[0] is worker.try_gpu
    return made


def on_the_cpu(bench):
    """What must follow: an engine on the CPU that answers what was asked."""
    assert bench.statuses[-1].state == "restarting"
    assert bench.in_flight == (worker.start, ("cpu",))
    bench.info = replace(bench.info, device="CPU")
    bench.succeed()
    assert bench.in_flight[0] is worker.load
    bench.succeed()
    bench.succeed()
    assert bench.totals[-1] == 5
    assert not bench.failures
    return True


def died(bench):
    bench.crash()


def failed(bench):
    bench.fail(EngineError("no kernel image is available for execution on the device"))


@pytest.mark.parametrize("ends", [died, failed])
def test_an_engine_that_does_not_work_on_its_gpu_goes_on_on_the_cpu(bench, ends):
    ends(bench)
    assert on_the_cpu(bench)
    (said,) = bench.notes
    assert said.startswith(f"TensorFlow 2.21.0 does not work on {RTX}")
    assert "--device gpu tries it again" in said
    assert gpus.unusable_gpus() == (TRIED,)


def test_so_does_one_that_dies_at_its_first_question(bench):
    bench.succeed()
    bench.succeed()
    assert bench.in_flight[0] is worker.answers
    bench.crash()
    assert on_the_cpu(bench)
    assert gpus.unusable_gpus() == (TRIED,)


def test_one_that_has_answered_is_started_on_the_gpu_again(bench):
    for _ in range(3):
        bench.succeed()
    assert bench.totals == [5]
    bench.client.ask(request(grow=6))
    bench.crash()
    assert bench.in_flight == (worker.start, (None,))
    assert not bench.notes
    assert not gpus.unusable_gpus()


def test_one_that_was_killed_from_outside_says_nothing_of_the_gpu(bench):
    bench.executor.was_killed = True
    bench.crash()
    assert on_the_cpu(bench)
    assert not gpus.unusable_gpus()


def test_nor_does_a_gpu_whose_memory_others_hold(bench):
    bench.fail(OutOfMemoryError("Other programs hold the GPU's memory.", True))
    assert on_the_cpu(bench)
    assert not gpus.unusable_gpus()


def test_what_was_passed_over_is_said_at_each_start():
    bench = Bench()
    bench.info = replace(INFO, note="It does not work.")
    bench.client.start()
    bench.succeed()
    assert bench.notes == ["It does not work."]
    assert bench.statuses[-1].state == "ready"


def picked(version="2.21.0", titles=(NEW, OLD)):
    return pick_gpu("tensorflow", version, titles)


def test_without_a_memory_the_first_gpu_is_picked():
    assert picked() == (0, "")
    assert picked(titles=()) == (None, "")


def test_a_gpu_is_passed_over_until_it_or_the_version_is_another():
    remember_unusable(TRIED)
    remember_unusable(TRIED)
    assert len(json.loads(gpus_path().read_text())) == 1
    index, note = picked()
    assert index == 1
    assert RTX in note
    assert picked(titles=[NEW])[0] is None
    assert picked(version="2.22.0") == (0, "")
    assert picked(titles=[OLD.replace("GPU 1", "GPU 0")]) == (0, "")
    assert pick_gpu("jax", "2.21.0", [NEW]) == (0, "")


def test_a_gpu_that_is_asked_for_by_name_is_tried_again(monkeypatch):
    remember_unusable(TRIED)
    monkeypatch.setenv("LOSSEXPLORER_DEVICE", "gpu:0")
    assert picked() == (0, "")


@pytest.mark.parametrize("damage", ["", "{", "[1]", "{}", '[{"gpu": "x"}]', '"x"'])
def test_a_damaged_memory_is_none(damage):
    gpus_path().parent.mkdir(parents=True)
    gpus_path().write_text(damage)
    assert picked() == (0, "")
    remember_unusable(TRIED)
    assert picked()[0] == 1


def test_a_memory_that_cannot_be_written_costs_nothing(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(gpus, "user_state_path", lambda name: tmp_path / "file" / name)
    remember_unusable(TRIED)
    assert picked() == (0, "")


def start_with_gpu(device=None):
    """Stand in for `worker.start` on a machine with a GPU."""
    if device == "cpu":
        return worker.start("cpu")
    return EngineInfo("tensorflow", "2.21.0", RTX, os.getpid())


class AbortsAtFirstCompile(EngineProcess):
    """An engine on a GPU for which TensorFlow aborts the process."""

    def submit_interruptible(self, report, fn, /, *args, **kwargs):
        stand_in = {worker.start: start_with_gpu, worker.try_gpu: os.abort}
        return super().submit_interruptible(report, stand_in.get(fn, fn), *args, **kwargs)


def test_a_process_that_aborts_at_its_first_compile_is_replaced_by_one_on_the_cpu():
    engine = Engine(AbortsAtFirstCompile)
    notes = []
    engine.client.noted.connect(notes.append)
    engine.client.start()
    assert engine.ready().info.device == "CPU"
    assert len(engine.executors) == 2
    assert RTX in notes[0]
    assert gpus.unusable_gpus() == (TRIED,)
    assert_closing_leaves_no_process(engine)


def test_napari_is_not_told_that_this_is_a_plugin():
    root = Path(__file__).resolve().parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    is_plugin = "napari.manifest" in project.get("entry-points", {})
    assert ("Framework :: napari" in project["classifiers"]) == is_plugin
