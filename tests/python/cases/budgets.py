# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Run by test_plugin.py under a pytest of its own: what passes says so in its name, what the plugin must fail too."""
import os
import threading

import pytest

from one_device import convolve, device, kept, memory_of, tensor, ttnn, view  # noqa: F401

import ttmem


@pytest.fixture
def weights(device):
    with ttmem.scope("weights"):
        return tensor(device, 1024)


@pytest.mark.limit_device_memory(dram="5 MiB", l1="1 MiB")
@pytest.mark.no_device_leaks
def test_passes_within_its_budget(device, weights, record_property):
    scratch = tensor(device, 512)
    record_property("dram", view(device)[0])
    del scratch
    ttnn.add(weights, weights)  # its program's kernels stay in a buffer of tt-metal's: no leak of the test


@pytest.mark.limit_device_memory(dram="1 MiB")
def test_fails_over_dram_with_names(device):
    with ttmem.scope("encoder"):
        first = tensor(device, 512)
        with ttmem.scope("attention"):
            second = tensor(device, 512)
    third = tensor(device, 256)
    with ttmem.scope("later"):
        del first, second
    assert tensor(device, 64).shape != third.shape


@pytest.mark.limit_device_memory(dram="2 MiB")
def test_fails_over_dram_by_threads(device):
    """Two threads, each in regions of its own, hold most together; a third step lies below and frees what they made."""
    both = threading.Barrier(2)

    def work(name):
        with ttmem.scope(name):
            both.wait()
            first = tensor(device, 512)
        both.wait()
        with ttmem.scope(f"{name}-more"):
            second = tensor(device, 768)
        both.wait()
        del first, second

    threads = [threading.Thread(target=work, args=(name,)) for name in ("left", "right")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    child = os.fork()  # a child may use regions too, and leaves the parent's measurement alone
    if child == 0:
        with ttmem.scope("child"):
            os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    with ttmem.scope("after"):
        assert tensor(device, 256).shape[0] == 256


@pytest.mark.limit_device_memory(l1="64 KiB")
def test_fails_over_l1(device):
    assert tensor(device, 256, memory_of("l1")).shape[0] == 256


@pytest.mark.limit_device_memory(dram="1 MiB", device=0)
def test_fails_by_what_a_fixture_holds(weights):
    assert weights.shape[0] == 1024


@pytest.mark.no_device_leaks
def test_fails_for_what_it_leaves(device):
    with ttmem.scope("cache"):
        kept.append(tensor(device, 512))


@pytest.mark.no_device_leaks
def test_passes_beside_what_was_left_before(device):
    assert kept and tensor(device, 64).shape[0] == 64


@pytest.mark.limit_device_memory(dram="1 MiB")
@pytest.mark.no_device_leaks
def test_fails_of_its_own_and_says_that_first(device):
    tensor(device, 1024)
    raise ValueError("the test's own failure")


@pytest.mark.limit_device_memory(dram="much")
def test_fails_for_a_limit_that_is_no_size():
    pass


@pytest.mark.limit_device_memory()
def test_fails_for_no_limit():
    pass


@pytest.mark.limit_device_memory(hbm="1 GiB")
def test_fails_for_an_unknown_kind():
    pass


@pytest.fixture
def budget_of_a_fixture(request):
    request.node.add_marker(pytest.mark.limit_device_memory(dram="1 MiB"))


@pytest.fixture
def leaks_of_a_fixture(request):
    request.node.add_marker(pytest.mark.no_device_leaks)


def test_fails_over_the_budget_of_a_fixture(budget_of_a_fixture, device):
    assert tensor(device, 1024).shape[0] == 1024


def test_fails_for_what_it_leaves_by_a_fixtures_mark(leaks_of_a_fixture, device):
    kept.append(tensor(device, 256))


def test_passes_within_the_budget_of_a_fixture(budget_of_a_fixture, leaks_of_a_fixture, device):
    assert tensor(device, 256).shape[0] == 256


def test_fails_for_a_mark_that_it_adds_itself(request, device):
    request.node.add_marker(pytest.mark.limit_device_memory(dram="1 GiB"))


@pytest.mark.no_device_leaks("all")
def test_fails_for_a_leak_check_that_takes_no_word():
    pass


@pytest.mark.no_device_leaks
def test_passes_beside_what_the_program_cache_keeps(device):
    convolve(device, 3)


@pytest.mark.no_device_leaks(program_cache=True)
def test_fails_for_what_the_program_cache_keeps(device):
    convolve(device, 5)


def test_passes_unmarked(device):
    assert ttmem.is_tracking()
