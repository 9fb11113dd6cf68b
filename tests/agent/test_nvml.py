"""NVML's beginning and end: what is wrong is told with what to do."""

from __future__ import annotations

import pynvml
import pytest

from aicost.agent.nvml import devices, driver
from aicost.ports import Unavailable
from tests.agent.fake_nvml import FakeNvml


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, "runtimeClassName"),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "install NVIDIA's driver"),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "restart the node"),
        (pynvml.NVML_ERROR_UNKNOWN, "nvidia-smi"),
        (987654, "nvidia-smi"),
    ],
)
def test_a_driver_that_is_not_there_is_told_with_a_remedy(nvml: FakeNvml, code: int, remedy: str) -> None:
    """By the cause that NVML names, also one that it has no words for."""
    nvml.fails["nvmlInitWithFlags"] = code
    with pytest.raises(Unavailable, match=remedy), driver():
        pass


def test_no_library_at_all_is_told_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even the library's words for its errors are not there then."""
    monkeypatch.setattr(pynvml, "nvmlLib", None)
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
    monkeypatch.setattr(pynvml, "CDLL", _no_library)
    with pytest.raises(Unavailable, match=r"Shared Library Not Found.*NVIDIA_DRIVER_CAPABILITIES=utility"), driver():
        pass


def _no_library(name: str) -> None:
    raise OSError(f"{name}: cannot open shared object file")


def test_the_driver_is_told_and_given_back(nvml: FakeNvml) -> None:
    """Also when what is done with it fails, or the version cannot be told."""
    with driver() as version:
        assert (version, nvml.opened) == ("580.159.04", 1)
    nvml.fails["nvmlSystemGetDriverVersion"] = pynvml.NVML_ERROR_UNKNOWN
    with pytest.raises(Unavailable), driver():
        pass
    assert nvml.opened == 0


def test_no_card_is_a_fault_and_no_empty_list(nvml: FakeNvml) -> None:
    """A container that was given no GPU would else look like a node whose cards are gone."""
    nvml.cards.clear()
    with pytest.raises(Unavailable, match="NVIDIA_VISIBLE_DEVICES"):
        devices()
