"""Figures of many samples, and tables of them."""

import math


def percentile(samples, percent):
    """The smallest sample that is not below `percent` of them."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def median(samples):
    return percentile(list(samples), 50)


def ms(seconds):
    return f"{seconds * 1000:.2f}" if seconds < 0.01 else f"{seconds * 1000:.1f}"


def table(title, heads, rows):
    """Print a table as Markdown."""
    print(f"\n{title}:\n")
    print("| " + " | ".join(heads) + " |")
    print("|" + " --- |" * len(heads))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
