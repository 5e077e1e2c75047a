"""Synthesizes the stack of one stage: `python -m infra --stage dev --output cdk.out`."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace

from aws_cdk import App

from infra.edge import SiteCommunicationsEdge
from infra.release import GitHub, SiteCommunicationsRelease
from infra.security import check
from infra.stack import SiteCommunications
from infra.stages import STAGES, Stage


def main(arguments: Sequence[str]) -> None:
    options = _parser().parse_args(arguments)
    app = App(outdir=options.output, analytics_reporting=False)
    if options.github:
        SiteCommunicationsRelease(app, GitHub(options.github, options.github_provider))
    else:
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
        image_digest=options.digest,
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
    parser.add_argument("--digest", type=_digest, help="of the released image to deploy (default: build one)")
    about = "writes the stack of the releases instead of a stage, for the workflows of this repository"
    parser.add_argument("--github", metavar="OWNER/NAME", type=_repository, help=about)
    about = "GitHub's OIDC provider of the account, where there is one (default: add it)"
    parser.add_argument("--github-provider", metavar="ARN", help=about)
    parser.add_argument("--check", action="store_true", help="fail if cdk-nag's rules find anything")
    return parser


def _repository(text: str) -> str:
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not the owner and the name of a repository, with a slash between"
        )
    return text


def _digest(text: str) -> str:
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not sha256: and 64 hexadecimal digits; `make releases` lists them"
        )
    return text


if __name__ == "__main__":
    main(sys.argv[1:])
