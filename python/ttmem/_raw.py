# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The contents of Python objects, read without running any code of the program's: no getattr, no property, no __iter__, no __instancecheck__.

Attributes come from the instance's own dictionary and from slots, elements from the built-in containers by the built-in types' own functions. All that
runs is C code of the interpreter's, so nothing has side effects.
"""
from __future__ import annotations

import collections
import sys
import types
from collections.abc import Iterator
from typing import Any

_type_dict = type.__dict__["__dict__"].__get__  # a class's dictionary, whatever its metaclass says
_mro = type.__dict__["__mro__"].__get__

ATOMS = (type(None), bool, int, float, complex, str, bytes, bytearray, range, type(Ellipsis))


def mro(class_: type) -> tuple[type, ...]:
    """The classes that a class is made of, itself first."""
    found: tuple[type, ...] = _mro(class_)
    return found


def is_a(value: Any, class_: type) -> bool:
    """isinstance by the object's real type: `__class__` and `__instancecheck__` are not asked."""
    return class_ in mro(type(value))


def class_dict(class_: type) -> Any:
    """A class's own dictionary."""
    return _type_dict(class_)


def own_dict(value: Any) -> dict[str, Any] | None:
    """The instance's own dictionary; None where it has none."""
    for class_ in mro(type(value)):
        descriptor = class_dict(class_).get("__dict__")
        if type(descriptor) in (types.GetSetDescriptorType, types.MemberDescriptorType):  # the second of modules and SimpleNamespace
            try:
                found = descriptor.__get__(value)
            except (AttributeError, TypeError):  # of another class
                return None
            return found if type(found) is dict else None
    return None


def slots(value: Any) -> Iterator[tuple[str, Any]]:
    """Names and values of the slots that are filled."""
    for class_ in mro(type(value)):
        for name, descriptor in list(class_dict(class_).items()):
            if type(descriptor) is types.MemberDescriptorType and name != "__dict__":
                try:
                    yield name, descriptor.__get__(value)
                except (AttributeError, TypeError, SystemError):  # an empty one, or one that C code does not let out
                    pass


def field_names(value: Any) -> tuple[Any, ...]:
    """Of a named tuple its fields' names; else nothing."""
    for class_ in mro(type(value)):
        names = class_dict(class_).get("_fields")
        if type(names) is tuple:
            return names
    return ()


def attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """Attributes that the instance itself has, also those of a module."""
    own = own_dict(value)
    if own is not None:
        for name, held in list(dict.items(own)):
            if type(name) is str:
                yield name, held
    yield from slots(value)


def elements(value: Any) -> Iterator[tuple[Any, Any]]:
    """Keys and values of a built-in container or of what is derived from one; a set's key is None."""
    if is_a(value, dict):
        yield from list(dict.items(value))
    elif is_a(value, list):
        yield from enumerate(list.copy(value))
    elif is_a(value, tuple):
        names = field_names(value)
        for place, held in enumerate(tuple.__iter__(value)):
            yield (names[place] if place < len(names) else place), held
    elif is_a(value, set):
        yield from ((None, held) for held in list(set.__iter__(value)))
    elif is_a(value, frozenset):
        yield from ((None, held) for held in list(frozenset.__iter__(value)))
    elif is_a(value, collections.deque):
        yield from enumerate(list(collections.deque.__iter__(value)))


def module_dict(module: types.ModuleType) -> dict[str, Any]:
    """A module's namespace; a module may have a class of its own."""
    found: dict[str, Any] = types.ModuleType.__dict__["__dict__"].__get__(module)  # type: ignore[index]
    return found


def tensor_class() -> type | None:
    """ttnn's class of tensors; None where ttnn is not loaded."""
    module = sys.modules.get("ttnn")
    found = module_dict(module).get("Tensor") if module is not None else None
    return found if type(found) is not type(None) and is_a(found, type) else None
