"""Entry points tune memory allocation, and the number of threads follows the free cores."""

import subprocess
import sys

import pytest
import torch

from esam_core.modeling.cpu import FreeCores, running_elsewhere
from esam_core.process import tune_process


def test_a_process_can_be_tuned_twice():
    tune_process()
    tune_process()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
@pytest.mark.parametrize("variable", ["GLIBC_TUNABLES", "MALLOC_TRIM_THRESHOLD_"])
def test_a_users_own_choice_of_memory_stays(monkeypatch, variable):
    monkeypatch.setattr("ctypes.CDLL", None)  # would be called otherwise
    monkeypatch.setenv(variable, "x")
    tune_process()


@pytest.mark.parametrize("module", ["esam_core.process", "esam_core.__main__", "app"])
def test_entry_points_do_not_wait_for_torch(module):
    code = f"import sys, {module}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("running", "most", "expected"),
    [
        ([0, 0, 0], 4, [4, 4, 4]),
        ([1, 1, 1], 2, [1, 1, 1]),
        ([2, 2, 2], 4, [3, 2, 2]),
        ([9, 9, 9, 0, 0, 0], 4, [2, 1, 1, 2, 3, 4]),
        ([9, 9], 1, [1, 1]),
    ],
)
def test_threads_follow_the_free_cores(running, most, expected):
    cores = FreeCores(iter(running).__next__)
    assert [cores.threads(most) for _ in running] == expected


def test_threads_are_given_back(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    calls = []
    monkeypatch.setattr(torch, "set_num_threads", calls.append)
    with pytest.raises(KeyError), FreeCores(lambda: 4).computing():
        raise KeyError
    assert calls == [2, 4]


def test_alone_all_threads_stay(monkeypatch):
    monkeypatch.setattr(torch, "set_num_threads", None)  # would be called otherwise
    with FreeCores(lambda: 0).computing():
        pass


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has /proc")
def test_a_busy_program_is_counted():
    spin = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        assert any(running_elsewhere() >= 1 for _ in range(100))
    finally:
        spin.kill()
        spin.wait()


def test_without_process_information_no_program_counts_as_busy(monkeypatch):
    def absent(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr("pathlib.Path.read_text", absent)
    assert running_elsewhere() == 0
