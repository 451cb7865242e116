"""How threads wait and memory is kept: set before torch is loaded, and only if nobody else did."""

import os
import subprocess
import sys

import pytest

from esam_core.process import SPIN_COUNT, WAITING, keep_freed_memory, wait_politely


@pytest.fixture
def environment(monkeypatch):
    for name in WAITING:
        monkeypatch.setenv(name, "")  # so that it is restored afterwards
        del os.environ[name]


@pytest.mark.usefixtures("environment")
def test_threads_sleep_soon_when_they_wait():
    wait_politely()
    assert (os.environ["GOMP_SPINCOUNT"], os.environ["KMP_BLOCKTIME"]) == (SPIN_COUNT, "0")


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("name", WAITING)
def test_a_users_own_choice_of_waiting_stays(monkeypatch, name):
    monkeypatch.setenv(name, "7")
    wait_politely()
    assert {n: os.environ.get(n) for n in WAITING} == {n: None for n in WAITING} | {name: "7"}


def test_memory_can_be_asked_for_twice():
    keep_freed_memory()
    keep_freed_memory()


@pytest.mark.parametrize("module", ["esam_core.process", "esam_core.__main__", "app"])
def test_nothing_loads_torch_before_the_process_is_tuned(module):
    code = f"import sys, {module}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
