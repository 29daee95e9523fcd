"""The tests that docs/security.md names are there."""

import pathlib
import re

from check import Failure, check

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTED = {"security": "tests/security/*.py", "faults": "tests/faults/*.py", "contract": "tests/contract/checks/*.py",
          "integration": "tests/integration/*.c", "unit": "tests/unit/*.c"}


@check
def the_limits_have_the_tests_they_name(_):
    page = (ROOT / "docs/security.md").read_text()
    rows = page.split("\n## Limits against exhaustion\n")[1].split("\nWhat is not bounded")[0].splitlines()
    count = 0
    for row in (row for row in rows if row.startswith("| ") and " | --- | " not in row and not row.startswith("| attack")):
        cells = row.strip("| ").split(" | ")
        for suite, names in re.findall(r"(\w+) ((?:`\w+`[^;|]*)+)", cells[-1]):
            source = "".join(path.read_text() for path in sorted(ROOT.glob(TESTED[suite])))
            for name in re.findall(r"`(\w+)`", names):
                if not re.search(rf"^(?:def {name}\(|Test\(\w+, {name}[,)])", source, re.M):
                    raise Failure(f"{suite} has no {name}: {row}")
                count += 1
        if not re.search("`\\w+`", cells[-1]):
            raise Failure(f"no test: {row}")
    if count < 30:
        raise Failure(f"only {count} are named")
    return f"{count} tests"
