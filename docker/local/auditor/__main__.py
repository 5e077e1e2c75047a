"""MiniStack, writing down each thing that somebody asked leave for: one JSON object a line, the same thing once.

Runs in MiniStack's environment in place of `python -m ministack` where LAPTOP_AUDIT names a file. What it writes is
what MiniStack's IAM has decided about, so it holds for all that reaches AWS, by whatever way; raw requests too.
"""

import json
import os
from pathlib import Path
from typing import Any

from ministack.core import iam_evaluator


def write_down(file: Path) -> None:
    """Has every decision about a request of a user or a role appear in the file; root is never asked about."""
    decide = iam_evaluator.evaluate
    known = set()

    def evaluate(request: Any, *policies: Any) -> Any:
        result = decide(request, *policies)
        asked = (request.principal_arn, request.action, request.resource_arn, result.decision)
        if asked not in known:
            known.add(asked)
            with file.open("a") as lines:
                print(json.dumps(dict(zip(("who", "action", "on", "decision"), asked, strict=True))), file=lines)
        return result

    iam_evaluator.evaluate = evaluate


if __name__ == "__main__":
    write_down(Path(os.environ["LAPTOP_AUDIT"]))
    from ministack.app import main

    main()
