# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Which buffer of the ledger a tensor of ttnn's is in."""
from __future__ import annotations

from typing import Any

from . import _native, _raw

_Place = tuple[str, int]  # kind of memory, address


class Buffers:
    """This process's live buffers by where they lie, as they are at this moment."""

    def __init__(self) -> None:
        self._class = _raw.tensor_class()
        self._at: dict[_Place, list[tuple[int, frozenset[int]]]] = {}
        for number, kind, address, devices in _native.own_places():
            self._at.setdefault((kind, address), []).append((number, frozenset(devices)))

    def is_tensor(self, value: Any) -> bool:
        """Whether it is one of ttnn's tensors, on a device or not."""
        return self._class is not None and _raw.is_a(value, self._class)

    def ids_of(self, tensor: Any) -> list[int]:
        """The buffers that hold a tensor's memory: of one on a mesh it is one; none of a tensor in the host or one that is deallocated.

        A view's memory is that of the buffer it looks into, so both are given.
        """
        tensors = self._class
        try:
            # ttnn's functions are called on ttnn's class, so that overrides in a program's derived class never run.
            if not tensors.is_allocated(tensor) or tensors.storage_type(tensor).name != "DEVICE":  # type: ignore[union-attr]
                return []
            kind = tensors.memory_config(tensor).buffer_type.name.lower()  # type: ignore[union-attr]
            found = self._at.get((kind, tensors.buffer_address(tensor)), [])  # type: ignore[union-attr]
            if len(found) > 1:
                device = tensors.device(tensor)  # type: ignore[union-attr]
                on = frozenset(device.get_device_ids()) if device is not None else frozenset()
                found = [each for each in found if each[1] & on]
            return [number for number, _ in found]
        except (RuntimeError, TypeError, AttributeError):  # of a release that has no such function, or freed meanwhile
            return []
