"""fences - the runnable parts of a Markdown document, by section.

Two kinds of code fence are run: `console`, whose lines beginning with `$ ` are commands of one shell, each followed by what it
prints; and `python` or `js`, followed by a fence `text` with what the program prints, if it prints anything. All fences
of a kind in one section (a heading of the second level) are one program.
"""

import collections
import re

LANGUAGES = {"console", "python", "js"}

Fence = collections.namedtuple("Fence", "line language text")
Step = collections.namedtuple("Step", "line code output")  # output None: whatever it prints
Session = collections.namedtuple("Session", "document section language steps")


def fences(text):
    """The fences of a document, and the sections they are in, in order."""
    section, opened = "", None
    for number, line in enumerate(text.splitlines(), 1):
        if opened is None and line.startswith("## "):
            section = line[3:]
        elif opened is None and line.startswith("```"):
            opened, lines = Fence(number, line[3:].strip(), None), []
        elif opened is not None and line == "```":
            yield section, opened._replace(text="\n".join(lines))
            opened = None
        elif opened is not None:
            lines.append(line)
    assert opened is None, f"a fence without an end at line {opened.line}"


def commands(fence):
    """The commands of a `console` fence; one goes on in the next line behind a backslash."""
    for block in re.split(r"^\$ ", fence.text, flags=re.M)[1:]:
        line = fence.line + 1 + fence.text[:fence.text.index("$ " + block)].count("\n")
        command = re.match(r"(?:.*\\\n)*.*", block).group()
        output = block[len(command):].strip("\n")
        yield Step(line, command, output or None)


def sessions(document, text):
    """What is to be run, in order."""
    found, last = {}, None
    for section, fence in fences(text):
        if fence.language == "text" and last:
            last[-1] = last[-1]._replace(output=fence.text)
        last = None
        if fence.language not in LANGUAGES:
            continue
        session = found.setdefault((section, fence.language), Session(document, section, fence.language, []))
        if fence.language == "console":
            session.steps.extend(commands(fence))
        else:
            session.steps.append(Step(fence.line, fence.text, ""))
            last = session.steps
    return list(found.values())
