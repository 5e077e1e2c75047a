"""Synthesizes the stack of one stage: `python -m infra --stage dev --output cdk.out`."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from aws_cdk import App

from infra.edge import SiteCommunicationsEdge
from infra.security import check
from infra.stack import SiteCommunications
from infra.stages import STAGES, Stage


def main(arguments: Sequence[str]) -> None:
    options = _parser().parse_args(arguments)
    app = App(outdir=options.output, analytics_reporting=False)
    add_stacks(app, _stage(options))
    if options.check:
        check(app)
    app.synth()


def _stage(options: argparse.Namespace) -> Stage:
    stage = STAGES[options.stage]
    return replace(
        stage,
        email_sender=options.email_sender or stage.email_sender,
        fcm_application=options.fcm_application or stage.fcm_application,
        apns_application=options.apns_application or stage.apns_application,
    )


def add_stacks(app: App, stage: Stage) -> None:
    """Adds the stack of a stage, and the one of its edge where it has one."""
    stack = SiteCommunications(app, stage)
    if stage.edge:
        SiteCommunicationsEdge(app, f"{stack.stack_name}-edge", stage, stage.edge)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra", description=__doc__)
    parser.add_argument("--stage", default="dev", choices=tuple(STAGES), help="what to build (default: %(default)s)")
    # The CDK's command line names its directory in CDK_OUTDIR and reads the result there.
    output = os.environ.get("CDK_OUTDIR", "cdk.out")
    parser.add_argument("--output", default=output, help="where the template goes (default: %(default)s)")
    parser.add_argument("--email-sender", metavar="ADDRESS", help="where mail comes from (default: the stage's own)")
    for service in ("fcm", "apns"):
        about = f"SNS's platform application for {service.upper()} (default: the stage's own)"
        parser.add_argument(f"--{service}-application", metavar="ARN", help=about)
    parser.add_argument("--check", action="store_true", help="fail if cdk-nag's rules find anything")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
