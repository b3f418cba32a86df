"""Numbers as short texts, with a true minus sign, NaN and ∞."""

from __future__ import annotations

import math

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def loss_value(value: float) -> str:
    """Return a loss's value with four decimals, or with a power of ten if it is below 5e-4.

    Examples
    --------
    >>> [loss_value(v) for v in (0.16849, -0.5, 3e-5, float("inf"), float("nan"))]
    ['0.1685', '−0.5000', '3.0e-5', '∞', 'NaN']
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value != 0 and abs(value) < 5e-4:
        mantissa, exponent = f"{value:.1e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    else:
        text = f"{value:.4f}" if abs(value) < 1000 else f"{value:.4g}"
    return text.replace("-", "−", 1) if text.startswith("-") else text


def column_value(value: float) -> str:
    """Return a value with six decimals, or with a power of ten where these would be nearly zeros.

    A loss of distances is so small in a volume of nanometres.

    Examples
    --------
    >>> [column_value(v) for v in (0.0, 0.16849, -3.0125e-6, float("inf"))]
    ['0.000000', '0.168490', '-3.012e-06', 'inf']
    """
    return f"{value:.6f}" if value == 0 or not abs(value) < 5e-5 else f"{value:.3e}"


def tidy(value: float, *, signed: bool = False) -> str:
    """Return a number with three significant digits at most below 1000; `signed` adds a plus.

    Examples
    --------
    >>> [tidy(v) for v in (0, 1.6, -3.125, 0.0004, 1e-6, 12345.0)]
    ['0', '1.6', '−3.12', '4e-4', '1e-6', '12345']
    >>> tidy(1.6, signed=True), tidy(float("nan"))
    ('+1.6', 'NaN')
    """
    if signed and value > 0:
        return f"+{tidy(value)}"
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return loss_value(value)
    if 0.001 <= abs(value) < 1e6:
        text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    else:
        mantissa, exponent = f"{value:.2e}".split("e")
        text = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    return text.replace("-", "−", 1) if text.startswith("-") else text


def exact(value: float) -> str:
    """Return the fewest digits that read as this number and no other of its type.

    A sentence that refuses a number needs them: 1.0000001 is not 1.

    Examples
    --------
    >>> import numpy as np
    >>> exact(2.0), exact(0.1), exact(np.float32(1.0000001)), exact(float("inf"))
    ('2', '0.1', '1.0000001', 'inf')
    """
    short = f"{value:g}"
    return short if type(value)(float(short)) == value else str(value)


def percent(share: float) -> str:
    """Return a share in percent, with two digits or as many as tell it from all.

    Examples
    --------
    >>> [percent(share) for share in (0, 0.00123, 0.5, 0.996, 0.999999, 1)]
    ['0 %', '0.12 %', '50 %', '99.6 %', 'more than 99.99 %', '100 %']
    """
    value = 100 * share
    if value in (0, 100):
        return f"{value:.0f} %"
    if value > 99.99:
        return "more than 99.99 %"
    return f"{value:.2g} %" if value < 99.5 else f"{value:.4g} %"


def duration(seconds: float) -> str:
    """Return a time with its unit, in three digits; from 1000 s on to the second.

    Examples
    --------
    >>> duration(0.01234), duration(2.5), duration(0.0000123), duration(80.603)
    ('12.3 ms', '2.5 s', '12.3 µs', '80.6 s')
    """
    for factor, unit in ((1.0, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return f"{short(seconds * factor)} {unit}"
    return f"{short(seconds * 1e6)} µs"


def time_left(seconds: float) -> str:
    """Return an estimated time in a unit in which it does not change at every look.

    Examples
    --------
    >>> time_left(7.2), time_left(44.0), time_left(130.0), time_left(9000.0)
    ('7 s', '40 s', '2 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds < 15 else f"{10 * round(seconds / 10)} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def short(number: float) -> str:
    """Return a number with three significant digits, from 1000 on whole and with commas.

    Examples
    --------
    >>> short(0.123456), short(12345.6)
    ('0.123', '12,346')
    """
    return f"{number:.3g}" if number < 1000 else f"{number:,.0f}"


def typed_number(text: str) -> float:
    """Return a number as people type it: with a point or a decimal comma, and either minus sign.

    Raises
    ------
    ValueError
        If it is no number, or if its comma may be decimal or between thousands; the message says
        so.

    Examples
    --------
    >>> [typed_number(text) for text in ("-3,5", "−3.5", " 1e-3 ", "0,125")]
    [-3.5, -3.5, 0.001, 0.125]
    >>> typed_number("1,000")
    Traceback (most recent call last):
        ...
    ValueError: '1,000' may be 1 or 1000: write 1.0 or 1000
    """
    plain = text.strip().replace("−", "-")
    whole, comma, rest = plain.partition(",")
    if not comma or "," in rest or "." in plain:
        return float(plain)
    number = float(f"{whole}.{rest}")
    if len(rest) == 3 and rest.isdigit() and abs(number) >= 1:
        other = float(whole + rest)
        raise ValueError(f"{plain!r} may be {number:g} or {other:g}: write {number} or {other:g}")
    return number


def subscript(number: int) -> str:
    """Return a whole number as a subscript.

    Examples
    --------
    >>> subscript(12)
    '₁₂'
    """
    return str(number).translate(_SUBSCRIPTS)
