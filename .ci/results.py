"""Adds up what pytest wrote into a folder (JUnit XML, coverage JSON) and prints it as one JSON object.

`results.py FOLDER`; exit 1 if nothing ran, anything failed, or, where $CI is set, anything was skipped.
"""

import json
import os
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def main(folder: Path) -> int:
    """0 all well, 1 not."""
    suites = [suite for file in sorted(folder.glob("*.xml")) for suite in ElementTree.parse(file).iter("testsuite")]
    run, failed, skipped = (
        sum(int(suite.get(key, 0)) for suite in suites for key in keys)
        for keys in (["tests"], ["failures", "errors"], ["skipped"])
    )
    seconds = sum(float(suite.get("time", 0)) for suite in suites)
    report = {"passed": run - failed - skipped, "failed": failed, "skipped": skipped, "seconds": round(seconds, 1)}
    print(json.dumps(report | _coverage(folder / "coverage.json")))
    if skipped and os.environ.get("CI"):
        print("Tests were skipped, which CI must not do; pytest's lines above name them.", file=sys.stderr)
        return 1
    return 0 if run and not failed else 1


def _coverage(file: Path) -> dict[str, float]:
    """Percent of the lines and branches of core and flows, where it was measured."""
    if not file.exists():
        return {}
    return {"coverage": json.loads(file.read_text())["totals"]["percent_covered"]}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
