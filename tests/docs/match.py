"""match - is what was printed what the document shows?

Ids, times and measured spans are one like another; `...` in the document stands for anything. On a terminal, what is shown
must be among what was printed, line by line in that order: a bar moves, and a document shows one moment of it.
"""

import re

SAME = [
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "<time>"),
    (r'("(elapsed|\w+_seconds)":)[0-9.e+-]+', r"\1<seconds>"),
    (r" +\d+\.\d{6}s", " <seconds>"),
    (r"(true|false),(proven|probable),[0-9.e+-]+$", r"\1,\2,<seconds>"),
    (r"\bpid=\d+", "pid=<pid>"),
]
ON_TERMINAL = [
    (r"\x1b\[[0-9;?]*[A-Za-z]", ""),
    (r"[\r\n]+", "\n"),
    (r"\^C", ""),
    (r"[█░]+ +\d+% +\d+ of", "<bar> of"),
    (r" \d+(\.\d+)?[kM]?/s +", " <rate> "),
    (r"\b(\d+(\.\d+)? (ns|us|ms|s)|\d+(:\d\d)+)\b", "<span>"),
    (r"\b\d+ primes?$", "<count> primes"),
    (r"[ \t]+", " "),
]


def plain(text, rules):
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text, flags=re.M)
    return text.strip("\n")


def pattern_of(shown):
    return re.escape(shown).replace(re.escape("..."), ".*")


def printed_as_shown(printed, shown):
    """For what came on a pipe."""
    printed, shown = (plain(text, SAME) for text in (printed, shown))
    return re.fullmatch(pattern_of(shown), printed, re.S) is not None


def seen_as_shown(seen, shown):
    """For what came on a terminal."""
    lines = iter(plain(seen, ON_TERMINAL + SAME).splitlines())
    return all(any(re.fullmatch(pattern_of(line.strip()), came.strip()) for came in lines)
               for line in plain(shown, ON_TERMINAL + SAME).splitlines())
