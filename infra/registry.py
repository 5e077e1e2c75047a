"""The registry that the image is pushed to: `cdk deploy` uses the repository that `cdk bootstrap` has made."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecr as ecr
from constructs import Construct

_REPOSITORIES = "cdk-*-container-assets-*"  # those of bootstrap, in any account and region


def scan_images(scope: Construct) -> None:
    """Has ECR look for known vulnerabilities in each image that is pushed there; the tags are immutable already.

    This is a setting of the whole account and region, which stays when the stack goes. The first image of all is
    pushed before it holds.
    """
    of_bootstrap = ecr.CfnRegistryScanningConfiguration.RepositoryFilterProperty(
        filter=_REPOSITORIES, filter_type="WILDCARD"
    )
    rule = ecr.CfnRegistryScanningConfiguration.ScanningRuleProperty(
        repository_filters=[of_bootstrap], scan_frequency="SCAN_ON_PUSH"
    )
    scanning = ecr.CfnRegistryScanningConfiguration(scope, "ImageScanning", scan_type="BASIC", rules=[rule])
    scanning.apply_removal_policy(RemovalPolicy.RETAIN)
