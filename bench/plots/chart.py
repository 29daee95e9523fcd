"""chart - plots as SVG, readable on a light page and on a dark one: lines over logarithmic axes, and bars."""

import html
import math

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 760, 74, 24, 78, 62
COLOURS = (("#0b62c4", "#6cb2ff"), ("#c2410c", "#ff9f5a"), ("#2b7a3b", "#6fd088"), ("#8a2fb0", "#d79bf2"), ("#5c636a", "#a9b1ba"),
           ("#8a6100", "#e8c24a"))
GREY = 4

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 }
.faint { fill: #57606a; font-size: 12px }
.grid { stroke: #d0d7de; stroke-width: 1 }
.goal { stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 5 4 }
.line { fill: none; stroke-width: 2.2; stroke-linejoin: round }
"""
DARK = """
text { fill: #e6edf3 }
.faint { fill: #9aa4af }
.grid { stroke: #3a424c }
.goal { stroke: #9aa4af }
"""


def style():
    """The colours for either kind of page."""
    light = "".join(f".s{i} {{ stroke: {a}; fill: {a} }} " for i, (a, _) in enumerate(COLOURS))
    dark = "".join(f".s{i} {{ stroke: {b}; fill: {b} }} " for i, (_, b) in enumerate(COLOURS))
    # A line has no inside, whatever the colour of its series says.
    return f"<style>{STYLE}{light}@media (prefers-color-scheme: dark) {{ {DARK}{dark}}} .line {{ fill: none }}</style>"


def text(x, y, what, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{html.escape(str(what))}</text>'


def rule(x1, y1, x2, y2, kind="grid"):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def short(value):
    """1,500,000 as 1.5M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def duration(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.3g} ns"


def document(title, height, note, parts):
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
                      f'role="img" aria-label="{html.escape(title)}">', style(), text(LEFT - 50, 26, title, "title"), *parts,
                      text(LEFT - 50, height - 10, note, "faint"), "</svg>", ""])


def legend(names):
    """A line above the plot that says which colour is what."""
    parts, x = [], LEFT - 50
    for i, name in enumerate(names):
        parts.append(f'<rect x="{x}" y="42" width="11" height="11" rx="2" class="s{i}"/>')
        parts.append(text(x + 17, 52, name))
        x += 38 + 7 * len(name)
    return parts


class Log:
    """A logarithmic axis from a power of the base to another, in between which `values` lie."""

    def __init__(self, values, start, end, base=10):
        values = list(values)
        self.start, self.end, self.base = start, end, base
        self.low, self.high = math.floor(self.log(min(values))), math.ceil(self.log(max(values)))
        self.high += self.high == self.low

    def log(self, value):
        return round(math.log(value) / math.log(self.base), 9)  # an exact power must not become a little more

    def at(self, value):
        return self.start + (self.end - self.start) * (self.log(value) - self.low) / (self.high - self.low)

    def ticks(self):
        step = 1 if self.high - self.low <= 9 else 2
        return [float(self.base) ** power for power in range(self.low, self.high + 1, step)]


def lines(title, note, series, x_label, y_label, x_text=short, y_text=duration, goal=None, base=10):
    """
    Lines, series being {name: [(x, y), ...]}, all above 0; goal is a value of y and what it means; the ticks of x are powers of the
    base.
    """
    height, points = 420, [point for each in series.values() for point in each]
    x_axis = Log((x for x, _ in points), LEFT, WIDTH - RIGHT, base)
    y_axis = Log([y for _, y in points] + ([goal[0]] if goal else []), height - BOTTOM, TOP)
    parts = legend(series)
    for value in y_axis.ticks():
        parts += [rule(LEFT, y_axis.at(value), WIDTH - RIGHT, y_axis.at(value)),
                  text(LEFT - 8, y_axis.at(value) + 4, y_text(value), "faint", "end")]
    for value in x_axis.ticks():
        parts.append(text(x_axis.at(value), height - BOTTOM + 18, x_text(value), "faint", "middle"))
    parts += [text(LEFT + 4, TOP - 6, y_label, "faint"), text(WIDTH - RIGHT, height - BOTTOM + 36, x_label, "faint", "end")]
    if goal:
        parts += [rule(LEFT, y_axis.at(goal[0]), WIDTH - RIGHT, y_axis.at(goal[0]), "goal"),
                  text(LEFT + 6, y_axis.at(goal[0]) - 6, goal[1], "faint")]
    for i, each in enumerate(series.values()):
        path = " ".join(f"{x_axis.at(x):.1f},{y_axis.at(y):.1f}" for x, y in each)
        parts.append(f'<polyline points="{path}" class="line s{i}"/>')
        parts += [f'<circle cx="{x_axis.at(x):.1f}" cy="{y_axis.at(y):.1f}" r="3.2" class="s{i}"/>' for x, y in each]
    return document(title, height, note, parts)


def bars(title, note, groups, names, value_text, logarithmic=False, label_width=210, ours=""):
    """
    Bars, groups being [(label, [value, ...])] with a value, or None, for each of the names, which has a colour each. Where there
    is one name, the bars whose label begins with `ours` stand out.
    """
    bar, gap, top = 16, 10, TOP - 12 if len(names) > 1 else TOP - 30
    values = [value for _, each in groups for value in each if value]
    start, end = LEFT - 50 + label_width, WIDTH - RIGHT - 80
    axis = Log(values, start + 4, end) if logarithmic else None
    parts, y = legend(names) if len(names) > 1 else [], top
    for label, each in groups:
        shown = [(i, value) for i, value in enumerate(each) if value]
        parts.append(text(start - 10, y + bar * len(shown) / 2 + 4.5, label, "", "end"))
        for i, value in shown:
            colour = i if len(names) > 1 or label.startswith(ours) else GREY
            x = max(axis.at(value), start + 2) if axis else start + (end - start) * value / max(values)
            parts += [f'<rect x="{start}" y="{y:.1f}" width="{x - start:.1f}" height="{bar - 3}" rx="2" class="s{colour}"/>',
                      text(x + 6, y + bar - 4.5, value_text(value), "faint")]
            y += bar
        y += gap
    scale = "logarithmic scale; " if logarithmic else ""
    return document(title, y + 34, scale + note, parts)
