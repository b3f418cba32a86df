"""Numbers as short texts, with a true minus sign, NaN and ∞."""

from __future__ import annotations

import math


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
