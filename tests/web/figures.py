# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The figures that the page ought to show for a snapshot: read off the JSON by the pointers that the page's figures carry, and written by rules of its own."""
import decimal

UNKNOWN = "–"
ALIVE = ("live", "stopped")


def values_at(snapshot, pointer):
    """All values that a JSON pointer leads to; * stands for every member of a list."""
    found = [snapshot]
    for step in pointer.split("/")[1:]:
        following = []
        for value in found:
            if step == "*":
                following += value
            elif isinstance(value, list):
                following.append(value[int(step)])
            else:
                assert isinstance(value, dict) and step in value, f"{pointer}: there is no {step}"
                following.append(value[step])
        found = following
    return found


def value_of(snapshot, path):
    words = path.split(" ")
    if path == "living":
        return sum(process["state"] in ALIVE for process in snapshot["processes"])
    if path == "failures":
        return len(snapshot.get("failures") or [])
    if words[0] == "share":
        part, whole = (values_at(snapshot, word)[0] for word in words[1:])
        return None if part is None or not whole else decimal.Decimal(100) * part / whole
    if words[0] == "sum":
        known = [value for value in values_at(snapshot, words[1]) if value is not None]
        return sum(known) if known else None
    (value,) = values_at(snapshot, path)
    return value


def rounded(value, digits):
    return str(decimal.Decimal(value).quantize(decimal.Decimal(1).scaleb(-digits), rounding=decimal.ROUND_HALF_UP))


def bytes_text(value):
    scaled, units = decimal.Decimal(value), ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    while scaled >= decimal.Decimal("1023.5") and len(units) > 1:
        scaled /= 1024
        units.pop(0)
    digits = 0 if units[0] == "B" or scaled >= decimal.Decimal("99.95") else 1 if scaled >= decimal.Decimal("9.995") else 2
    return f"{rounded(scaled, digits)} {units[0]}"


def said(value, form):
    """The text of a figure; a reading's unit is left to the page."""
    if value is None:
        return UNKNOWN
    if form == "bytes":
        return bytes_text(value)
    if form == "count":
        return f"{value:,}".replace(",", "\u202f")
    if form == "hex":
        return hex(value)
    if form == "percent":
        return f"{rounded(value, 1)} %"
    raise AssertionError(form)


def wrong_figures(snapshot, figures):
    """Those of the page's [path, form, text, title] that do not say what the snapshot does."""
    wrong = []
    for path, form, text, title in figures:
        value = value_of(snapshot, path)
        if form == "reading":
            good = text == UNKNOWN if value is None else text.split(" ")[0] == (value if isinstance(value, str) else f"{round(value, 2):g}")
        else:
            good = text == said(value, form)
        if form == "bytes" and good:
            good = title == ("not known" if value is None else f"{value:,} bytes".replace(",", "\u202f"))
        if not good:
            wrong.append(f"{path}: the page says {text!r} ({title}), the snapshot {value!r}")
    return wrong


COLLECT = """
return [...document.querySelectorAll('[data-path]')].map(e => [e.dataset.path, e.dataset.form, e.textContent, e.title]);
"""
