# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Chains of objects that refer to each other, in words: "model.layers[3].cache['k']"."""
from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

from . import _native, _raw

_MOST_TEXT = 60

_closure = types.FunctionType.__dict__["__closure__"].__get__
_function_code = types.FunctionType.__dict__["__code__"].__get__
_class_name = type.__dict__["__name__"].__get__
_class_qualname = type.__dict__["__qualname__"].__get__

# Attributes by which C types describe themselves; they are no members, which _raw.slots() finds.
_TOLD: tuple[tuple[type, tuple[str, ...]], ...] = (
    (BaseException, ("__traceback__", "__context__", "__cause__", "args")),
    (types.FunctionType, ("__defaults__", "__kwdefaults__", "__dict__", "__closure__", "__globals__")),
    (types.TracebackType, ("tb_frame", "tb_next")),
    (types.MethodType, ("__self__", "__func__")),
    (types.MethodWrapperType, ("__self__",)),
)
_GENERATORS = ((types.GeneratorType, "gi_frame"), (types.CoroutineType, "cr_frame"), (types.AsyncGeneratorType, "ag_frame"))


def class_name(class_: type) -> str:
    """A class as one would import it."""
    module = _raw.class_dict(class_).get("__module__")
    name = str(_class_qualname(class_))
    return name if type(module) is not str or module == "builtins" else f"{module}.{name}"


def _key_text(key: Any) -> str:
    if type(key) in _raw.ATOMS and not (type(key) is int and key.bit_length() > 64):  # longer ones have no text by default
        text = repr(key)
        return text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 3] + "..."
    if _raw.is_a(key, tuple) and all(type(part) in _raw.ATOMS for part in tuple.__iter__(key)):
        return _key_text(repr(tuple(tuple.__iter__(key))))[1:-1]
    return f"<{_class_name(type(key))}>"


def _attribute(name: Any) -> str:
    return f".{name}" if type(name) is str and name.isidentifier() else f"[{_key_text(name)}]"


def _told(value: Any) -> Iterator[tuple[str, Any]]:
    for class_, names in _TOLD:
        if _raw.is_a(value, class_):
            for name in names:
                yield name, _raw.class_dict(class_)[name].__get__(value)


def _variable_names(code: types.CodeType) -> tuple[str, ...]:
    return code.co_varnames + code.co_cellvars + code.co_freevars


def frame_text(frame: types.FrameType) -> str:
    """A frame by its function and place."""
    code = frame.f_code
    return f"{code.co_name}() at {code.co_filename}:{frame.f_lineno}"


def _in_frame(frame: types.FrameType, held: Any) -> str:
    for name in _variable_names(frame.f_code):
        if _native.frame_variable(frame, name) is held:
            return name
    return "a variable"


def _of_generator(value: Any, held: Any) -> str | None:
    for class_, attribute in _GENERATORS:
        if _raw.is_a(value, class_):
            frame = _raw.class_dict(class_)[attribute].__get__(value)
            if frame is held:
                return f".{attribute}"
            if type(frame) is types.FrameType:
                return f".<variable {_in_frame(frame, held)} of {frame_text(frame)}>"
    return None


def _step(value: Any, held: Any) -> str:
    """How `value` refers to `held`."""
    if type(value) is types.FrameType:
        return f".<variable {_in_frame(value, held)} of {frame_text(value)}>"
    if type(value) is types.CellType:
        return ".cell_contents"
    in_generator = _of_generator(value, held)
    if in_generator is not None:
        return in_generator
    for key, part in _raw.elements(value):
        if part is held:
            return "[a member]" if key is None else f".{key}" if _raw.field_names(value) else f"[{_key_text(key)}]"
        if key is held:
            return "[a key]"
    for name, part in _raw.attributes(value):
        if part is held:
            return _attribute(name)
    for name, part in _told(value):
        if part is held:
            return f".{name}"
    return f".<in {class_name(type(value))}>"


def _root_text(root: Any, names: dict[int, str]) -> str:
    if type(root) is types.FrameType:
        return ""  # its variable's step says all
    if id(root) in names:
        return names[id(root)]
    if _raw.is_a(root, types.ModuleType):
        return str(_raw.module_dict(root).get("__name__"))
    if _raw.is_a(root, type):
        return class_name(root)
    if _raw.is_a(root, types.FunctionType):
        return f"function {_function_code(root).co_name}"
    return f"<{class_name(type(root))}>"


def _is_thread_local(value: Any) -> bool:
    return any(_class_name(class_) == "_local" and _raw.class_dict(class_).get("__module__", "_thread") == "_thread" for class_ in _raw.mro(type(value)))


def chain_text(chain: list[Any], modules: dict[int, str]) -> str:
    """The chain in one line. `modules`: names of modules by the id() of their dictionaries."""
    text = _root_text(chain[0], modules)
    place = 0
    while place + 1 < len(chain):
        value, held = chain[place], chain[place + 1]
        after = chain[place + 2] if place + 2 < len(chain) else None
        if id(value) in modules and place == 0:
            text += next((_attribute(key) for key, part in _raw.elements(value) if part is held), ".<gone>")
        elif after is not None and not _raw.is_a(value, dict) and type(held) is dict and held is _raw.own_dict(value):
            text += next((_attribute(key) for key, part in _raw.elements(held) if part is after), ".<gone>")
            place += 1
        elif after is not None and _raw.is_a(value, type) and type(held) is dict:
            text += next((_attribute(key) for key, part in list(_raw.class_dict(value).items()) if part is after), ".__dict__" + _step(held, after))
            place += 1
        elif _raw.is_a(value, type):
            text += next((_attribute(key) for key, part in list(_raw.class_dict(value).items()) if part is held), ".<in the class>")
        elif _raw.is_a(value, types.FunctionType) and held is _closure(value) and place + 3 < len(chain):
            variable = next((name for name, cell in zip(_function_code(value).co_freevars, held) if cell is after), "?")
            text += f".<closure variable {variable} of {_function_code(value).co_name}()>"
            place += 2
        elif _is_thread_local(value):
            rest = chain[place + 1 :]
            own = next((i for i, part in enumerate(rest[:-1]) if type(part) is dict and any(type(key) is str for key in part)), None)
            if own is None:
                text += ".<of a thread>"
            else:
                text += ".<of a thread>" + next((_attribute(key) for key, part in _raw.elements(rest[own]) if part is rest[own + 1]), ".<gone>")
                place += own + 1
        else:
            text += _step(value, held)
        place += 1
    return text.removeprefix(".")
