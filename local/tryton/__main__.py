"""`python -m local.tryton build`: make the cached business database; prints its folder as the last line of stdout."""

import json
import sys

from local.tryton import build, paths


def main(arguments: list[str]) -> int:
    """0 built or already there, 1 failed, 2 bad input."""
    if arguments != ["build"]:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        folder = build.build_with_bar()
    except build.BuildFailedError as failure:
        print(failure, file=sys.stderr)
        return 1
    print(json.dumps({"database": str(folder.relative_to(paths.PROJECT))}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
