"""What is assumed of the insides of Python, its process pool, shared memory, TensorFlow and XLA.

Each of these tests fails where a new version of one of them behaves otherwise, and says what rests
on it. None of them tests the engine.
"""

import _thread
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import pytest

from lossexplorer.engine.transport.process import EngineProcess
from tests.patience import PATIENCE

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="assumed on Linux only")


# The interrupt: transport/task.py


@pytest.fixture
def handled():
    """Sets what SIGINT does, and in the end puts back that and what is traced."""
    before, tracing = signal.getsignal(signal.SIGINT), sys.gettrace()
    yield lambda handler: signal.signal(signal.SIGINT, handler)
    sys.settrace(tracing)
    signal.signal(signal.SIGINT, before)


def test_interrupt_main_runs_the_signal_handler_in_the_main_thread(handled):
    waits, seen = [], []

    def wait_for_it():
        waits.append(True)
        while not seen:
            pass

    def interrupt():
        while not waits:
            pass
        _thread.interrupt_main(signal.SIGINT)

    handled(lambda _, frame: seen.append((threading.current_thread(), frame.f_code)))
    thread = threading.Thread(target=interrupt)
    thread.start()
    wait_for_it()
    thread.join()
    assert seen == [(threading.main_thread(), wait_for_it.__code__)], (
        "transport/task.py: a signal that another thread simulates is handled in the main thread, "
        "between two lines of the function that runs"
    )


class _StoppedError(Exception):
    """What a trace function raises here."""


def test_a_frame_that_runs_already_can_be_traced_from_its_next_line(handled):
    lines = []

    def on_line(_frame, event, _argument):
        if event == "line":
            raise _StoppedError
        return on_line

    def trace_the_caller(_, frame):
        frame.f_back.f_trace = on_line
        sys.settrace(lambda *_: None)

    def library():
        signal.raise_signal(signal.SIGINT)
        lines.append("the library is not stopped")

    def program():
        library()
        lines.append("the program is not stopped")

    handled(trace_the_caller)
    with pytest.raises(_StoppedError):
        program()
    assert lines == ["the library is not stopped"], (
        "task.py: what is raised in a line event of a frame whose f_trace is set leaves the "
        "frame there, and frames without f_trace have no line events"
    )


def test_a_function_that_is_called_meanwhile_is_not_traced_if_its_call_event_says_so(handled):
    seen = []

    def called():
        seen.append("called")

    def on_event(frame, event, _argument):
        seen.append((frame.f_code.co_name, event))

    def program():
        sys._getframe().f_trace = on_event
        sys.settrace(lambda frame, *_: seen.append(frame.f_code.co_name))
        called()
        sys.settrace(None)

    program()
    assert seen[0] == ("program", "line")
    assert seen[1:3] == ["called", "called"], (
        "transport/task.py: such a function has no line events"
    )


def test_the_end_of_a_with_statement_is_a_line_that_lies_before(handled):
    lines = []

    def on_line(frame, _event, _argument):
        lines.append(frame.f_lineno)
        return on_line

    class Manager:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            lines.append("exit")

    def program():
        with Manager():
            sys._getframe().f_trace = on_line
            sys.settrace(lambda *_: None)
            len(lines)
            len(lines)
        sys.settrace(None)

    program()
    first = program.__code__.co_firstlineno
    end = lines.index("exit")
    assert lines[: end - 1] == [first + 4, first + 5]
    assert lines[end - 1] == first + 1, (
        "task.py: the line event before __exit__ is that of the with statement, so that an "
        "exception that is only raised in lines further down leaves no with statement open"
    )


# The process pool: transport/process.py


class _Counting(SpawnContext):
    """A context that counts the processes that are made with it."""

    made = 0

    def Process(self, *arguments, **keywords):
        self.made += 1
        return super().Process(*arguments, **keywords)


def test_the_window_keeps_a_writing_end_of_the_pools_result_queue_that_it_can_close():
    context = _Counting()
    with ProcessPoolExecutor(1, context) as pool:
        first = pool.submit(os.getpid)
        assert context.made == 1, "transport/process.py: the first call makes the process"
        writer = pool._result_queue._writer
        assert isinstance(writer, Connection), (
            "transport/process.py: `_result_queue._writer` is the window's end of the answers' pipe"
        )
        assert not writer.closed
        writer.close()
        worker = first.result(PATIENCE)
        assert pool.submit(os.getpid).result(PATIENCE) == worker, (
            "transport/process.py: answers come through the child's own end once this one is closed"
        )
    assert context.made == 1


def test_python_ends_the_threads_of_pools_before_others_and_calls_what_came_later_first(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        """
import concurrent.futures.process as pools, os, threading

if __name__ == "__main__":
    pool = pools.ProcessPoolExecutor(1)
    assert pool._executor_manager_thread is None
    pool.submit(os.getpid).result()
    assert isinstance(pool._executor_manager_thread, threading.Thread)
    for word in ("second", "first"):
        threading._register_atexit(lambda word=word: print(word, pools._global_shutdown))
"""
    )
    said = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert said.stdout == "first False\nsecond False\n", (
        "transport/process.py: what is registered later is called earlier, and before the pools end"
    )


def test_the_pool_has_no_attribute_of_a_name_that_the_engines_process_uses():
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    process = EngineProcess()
    try:
        own = vars(process).keys() - vars(pool).keys()
        methods = {name for name in vars(EngineProcess) if not name.startswith("__")}
        assert own >= {"ended", "_context", "_orders", "_watch"}, "transport/process.py"
        overridden = {"submit", "shutdown"}
        assert not (methods - overridden) & {*dir(ProcessPoolExecutor), *vars(pool)}, (
            "transport/process.py: a new version of the pool has an attribute of this name"
        )
    finally:
        process.shutdown(wait=False)
        pool.shutdown()


def test_a_spawned_process_knows_when_its_parent_has_ended():
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        sentinel = pool.submit(_sentinel_of_the_parent).result(PATIENCE)
    assert sentinel, "transport/process.py: `parent_process().sentinel` can be waited for"


def _sentinel_of_the_parent():
    parent = multiprocessing.parent_process()
    return parent is not None and not multiprocessing.connection.wait([parent.sentinel], 0)


# Shared memory: transport/shared_array.py


@pytest.fixture
def block():
    made = SharedMemory(f"lossexplorer-assumption-{os.getpid()}", create=True, size=4096)
    yield made
    made.close()
    made.unlink()


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="assumed where there is one")
def test_a_block_of_shared_memory_has_a_descriptor_that_memory_can_be_reserved_for(block):
    assert os.fstat(block._fd).st_size >= 4096, (
        "transport/shared_array.py: `SharedMemory._fd` is the block's descriptor"
    )
    os.posix_fallocate(block._fd, 0, block.size)
    if sys.platform.startswith("linux"):
        assert os.fstat(block._fd).st_blocks * 512 >= 4096, "it was not reserved"


@on_linux
def test_blocks_of_shared_memory_are_files_of_their_name(block):
    path = Path("/dev/shm") / block.name
    assert path.stat().st_size >= 4096, (
        "transport/shared_array.py: left over blocks are found by listing /dev/shm"
    )


@on_linux
def test_a_block_without_a_size_cannot_be_opened():
    path = Path(f"/dev/shm/lossexplorer-assumption-{os.getpid()}-empty")
    path.touch()
    try:
        with pytest.raises(ValueError, match="empty"):
            SharedMemory(path.name)
    finally:
        path.unlink()


@on_linux
def test_proc_tells_a_zombie_from_a_process():
    def state(pid):
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]

    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    child.stdout.read()  # until it has closed it
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert state(child.pid) == "Z", "transport/shared_array.py: the state follows the last bracket"
    child.wait()
    child.stdout.close()
    assert state(os.getpid()) in "RSD"
    assert Path("/proc/self/ns/pid").stat().st_ino


# XLA: engine/backends/tensorflow.py and the step's `computed_once`


def compiled_sums(quotient):
    """What XLA makes of two sums over 2 x + 1: how often this is added and divided."""
    import tensorflow as tf

    def two_sums(x, chunks):
        shared = quotient(x * 2.0 + 1.0, chunks)
        return tf.reduce_sum(shared * shared, axis=1), tf.reduce_sum(shared * x, axis=0)

    arguments = tf.random.normal((4, 4096)), tf.constant(7)
    made = tf.function(two_sums, jit_compile=True)
    text = made.experimental_get_compiler_ir(*arguments)(stage="optimized_hlo")
    return [len(re.findall(rf"= f32\[4,4096\]\S* {name}\(", text)) for name in ("add", "divide")]


@pytest.fixture(scope="module")
def on_the_cpu():
    import tensorflow as tf

    if tf.config.get_visible_devices("GPU"):
        pytest.skip("assumed of XLA's compiler for CPUs")


def test_xla_recomputes_what_is_cheap_in_each_sum(on_the_cpu):
    assert compiled_sums(lambda found, _: found) == [2, 0], (
        "`computed_once` is there because of this; where it no longer holds it can go"
    )


def test_xla_leaves_out_a_division_by_a_1_that_it_knows(on_the_cpu):
    assert compiled_sums(lambda found, _: found / 1.0) == [2, 0]


def test_xla_keeps_a_quotient_by_runtime_1(on_the_cpu):
    from lossexplorer.engine.step.chunks import computed_once

    def divided(found, chunks):
        return computed_once({"chunks": chunks})(found)

    assert compiled_sums(divided) == [1, 1], (
        "`computed_once`: a quotient is computed once and kept for every sum that uses it, and XLA "
        "does not find out that min(chunks, 1) is 1"
    )


def test_tensorflow_still_has_the_operations_of_xla_that_it_does_not_document():
    import numpy as np
    import tensorflow as tf

    from lossexplorer.engine.backends import tensorflow as backend

    field = np.arange(12, dtype=np.float32).reshape(3, 4)
    inputs = [tf.constant(field), tf.constant(2 * field)]

    def both(*fields):
        return backend.sums(fields, axis=1), backend.stretch(fields[0], tf.constant(1), 2)

    (first, second), two = backend.compiled(both)(*inputs)
    np.testing.assert_array_equal(first, field.sum(axis=1))
    np.testing.assert_array_equal(second, 2 * field.sum(axis=1))
    np.testing.assert_array_equal(two, field[:, 1:3])


# TensorFlow: learning/steps/narrow_kernels.py


def test_the_gradient_of_a_3d_kernel_is_an_operation_that_names_its_input_and_what_comes_down():
    import numpy as np
    import tensorflow as tf

    found = []

    @tf.function(autograph=False)
    def gradients(x, kernel):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(kernel)
            y = tf.nn.conv3d(x, kernel, [1] * 5, "SAME")
            losses = [tf.reduce_sum(y), tf.reduce_sum(y * y)]
        found.extend([x, *(tape.gradient(loss, kernel).op for loss in losses)])
        return y

    gradients(np.ones((1, 2, 2, 2, 1), "f4"), tf.ones((3, 3, 3, 1, 4)))
    x, *operations = found
    for operation in operations:
        assert operation.type == "Conv3DBackpropFilterV2", (
            "`side_by_side`: gradients of two losses are computed together where they are seen to "
            "be those of one convolution; else a step with the table takes longer"
        )
        assert operation.inputs[0] is x
        assert operation.inputs[2].shape == (1, 2, 2, 2, 4)
