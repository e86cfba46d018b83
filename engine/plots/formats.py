"""How numbers are written: three significant digits, units always, percent for rates, thin thousands separators.

Missing, undefined and zero are three things: None is "not measured", NaN is "undefined", 0 is a number.
"""

import html
import math
from typing import TypeGuard

THIN = "\u202f"  # a narrow no-break space: between thousands, and between a number and its unit
MINUS, TIMES = "\u2212", "\u00d7"
NOT_MEASURED = "not measured"
UNDEFINED = "undefined"
DIGITS = 3
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(text: object) -> str:
    """Return a text that Plotly shows as it is, instead of reading markup in names that came from data."""
    return html.escape(str(text), quote=False)


def count(n: float) -> str:
    """Return a whole number with thin thousands separators.

    >>> count(9120).replace(THIN, "'")
    "9'120"
    """
    return f"{round(n):,}".replace(",", THIN)


def decimals(value: float, digits: int = DIGITS) -> int:
    """Return how many decimals show `value` with that many significant digits.

    >>> [decimals(v) for v in (0.0931, 9.314, 931.4, 0.0)]
    [4, 2, 0, 2]
    """
    if not value or not math.isfinite(value):
        return digits - 1
    exponent = math.floor(math.log10(abs(value)))
    exponent += round(abs(value) / 10**exponent, digits - 1) >= 10  # 9.996 is written 10.0
    return max(0, digits - 1 - exponent)


def fixed(value: float, places: int) -> str:
    """Return a number with so many decimals, a true minus and thin thousands separators."""
    text = f"{value:,.{places}f}".replace(",", THIN)
    return text.replace("-", MINUS) if float(f"{value:.{places}f}") else text.lstrip("-")


def number(value: float | None, digits: int = DIGITS) -> str:
    """Return a number with three significant digits; tiny ones as a power of ten, None and NaN as words.

    >>> number(0.093142), number(12.0), number(0.0000123).replace(TIMES, "x"), number(None), number(float("nan"))
    ('0.0931', '12.0', '1.23 x 10⁻⁵', 'not measured', 'undefined')
    """
    if value is None:
        return NOT_MEASURED
    if math.isnan(value):
        return UNDEFINED
    if math.isinf(value):
        return f"{MINUS}∞" if value < 0 else "∞"
    if value and abs(value) < 1e-4:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa} {TIMES} 10{str(int(exponent)).translate(_SUPERSCRIPT)}".replace("-", MINUS)
    if abs(value) >= 10**digits:
        value = round(value, digits - 1 - math.floor(math.log10(abs(value))))
    return fixed(value, decimals(value, digits))


def percent(value: float | None, digits: int = DIGITS) -> str:
    """Return a fraction as a percentage; a rate that is not exactly 1 never reads as 100 %.

    >>> percent(0.9314).replace(THIN, " "), percent(0.99996).replace(THIN, " "), percent(0.0).replace(THIN, " ")
    ('93.1 %', '99.996 %', '0 %')
    """
    if value is None or not math.isfinite(value):
        return number(value)
    return f"{fixed(100 * value, _percent_decimals(value, digits))}{THIN}%"


def _percent_decimals(value: float, digits: int = DIGITS) -> int:
    """Return the decimals of a percentage: whole for exact 0 and 1, more where rounding would claim 100 %."""
    if value in (0.0, 1.0):
        return 0
    places = min(decimals(100 * value, digits), 4)
    while 0 < value < 1 and float(f"{100 * value:.{places}f}") >= 100 and places < 6:
        places += 1
    return places


def amount(value: float | None, unit: str | None = None) -> str:
    """Return a number with its unit; the unit "fraction" is written in percent."""
    if unit == "fraction":
        return percent(value)
    if value is None or math.isnan(value) or not unit:
        return number(value)
    return f"{number(value)}{THIN}{unit}"


def interval(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    n: float | None = None,
    unit: str | None = None,
) -> str:
    """Return a number with its 95 % interval and the n behind it, bounds with the decimals of the value.

    >>> interval(0.931, 0.9132, 0.946, 1000, "fraction").replace(THIN, " ")
    '93.1 % [91.3, 94.6], n 1 000'
    >>> interval(None, n=20)
    'not measured, n 20'
    """
    text = amount(value, unit)
    if value is not None and math.isfinite(value) and _known(low) and _known(high):
        factor = 100 if unit == "fraction" else 1
        places = _percent_decimals(value) if unit == "fraction" else decimals(value)
        if value in (0.0, 1.0):
            places = 1
        text += f" [{fixed(factor * low, places)}, {fixed(factor * high, places)}]"
    return f"{text}, n {count(n)}" if _known(n) else text


def _known(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def duration(seconds: float | None) -> str:
    """Return a time span in its two largest units.

    >>> [duration(s).replace(THIN, " ") for s in (0.0042, 0.4, 8.26, 130, 3900, 273600)]
    ['4.2 ms', '400 ms', '8.3 s', '2 min 10 s', '1 h 5 min', '3 d 4 h']
    """
    if seconds is None or not math.isfinite(seconds):
        return number(seconds)
    if seconds < 1:
        return f"{1000 * seconds:.{1 if 0 < seconds < 0.01 else 0}f}{THIN}ms"
    if seconds < 10:
        return f"{seconds:.1f}{THIN}s"
    total = round(seconds)
    steps = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    parts = [(total // size % limit, name) for (name, size), limit in zip(steps, (10**9, 24, 60, 60), strict=True)]
    first = next(i for i, (n, _) in enumerate(parts) if n)
    return " ".join(f"{n}{THIN}{name}" for n, name in parts[first : first + 2] if n)


def size(n_bytes: float) -> str:
    """Return an amount of storage in decimal units.

    >>> size(170188).replace(THIN, " "), size(512).replace(THIN, " ")
    ('170 kB', '512 B')
    """
    for name in ("B", "kB", "MB", "GB"):
        if n_bytes < 999.5:
            break
        n_bytes, name = n_bytes / 1000, {"B": "kB", "kB": "MB", "MB": "GB", "GB": "TB"}[name]
    return f"{n_bytes:.0f}{THIN}B" if name == "B" else f"{number(n_bytes)}{THIN}{name}"


def share(part: float, whole: float, of: str = "") -> str:
    """Return what is shown out of how much there is.

    >>> share(412, 9120, "edges").replace(THIN, " ")
    '412 of 9 120 edges'
    """
    return f"{count(part)} of {count(whole)} {of}".rstrip()
