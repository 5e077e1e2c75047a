"""The registry that the image is pushed to.

What `cdk deploy` builds goes to the repository that `cdk bootstrap` has made, what is released to one of our own
(infra/release.py).
"""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecr as ecr
from constructs import Construct

RELEASES = "site-communications"
_REPOSITORIES = ("cdk-*-container-assets-*", RELEASES)  # the first are those of bootstrap, in any account and region


def scan_images(scope: Construct) -> None:
    """Has ECR look for known vulnerabilities in each image that is pushed there; the tags are immutable already.

    This is a setting of the whole account and region, which stays when the stack goes. The first image of all is
    pushed before it holds.
    """
    filters = [
        ecr.CfnRegistryScanningConfiguration.RepositoryFilterProperty(filter=name, filter_type="WILDCARD")
        for name in _REPOSITORIES
    ]
    rule = ecr.CfnRegistryScanningConfiguration.ScanningRuleProperty(
        repository_filters=filters, scan_frequency="SCAN_ON_PUSH"
    )
    scanning = ecr.CfnRegistryScanningConfiguration(scope, "ImageScanning", scan_type="BASIC", rules=[rule])
    scanning.apply_removal_policy(RemovalPolicy.RETAIN)
