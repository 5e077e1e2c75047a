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
    """Has every decision about a request of a user or a role appear in the file; root is never asked about.

    It is the last word, in which a role's policies and those of a queue or a topic are taken together.
    """
    evaluate, enforce = iam_evaluator.evaluate, iam_evaluator.enforce
    asked: list[Any] = []  # the policies that one request is held against; MiniStack decides of one after the other
    known = set()

    def evaluating(request: Any, *policies: Any) -> Any:
        asked.append(request)
        return evaluate(request, *policies)

    def enforcing(*request: Any, **more: Any) -> Any:
        asked.clear()
        refusal = enforce(*request, **more)
        for first in asked[:1]:
            decided = (first.principal_arn, first.action, first.resource_arn, refusal.decision if refusal else "Allow")
            if decided not in known:
                known.add(decided)
                with file.open("a") as lines:
                    print(json.dumps(dict(zip(("who", "action", "on", "decision"), decided, strict=True))), file=lines)
        return refusal

    iam_evaluator.evaluate, iam_evaluator.enforce = evaluating, enforcing


if __name__ == "__main__":
    write_down(Path(os.environ["LAPTOP_AUDIT"]))
    from ministack.app import main

    main()
