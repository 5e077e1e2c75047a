"""The one container image that every function runs from: built from what is checked out, or released before."""

import os
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import DockerBuildSecret
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from infra.registry import RELEASES
from infra.stages import Stage

_ROOT = Path(__file__).parent.parent
_PLATFORMS = {"x86_64": ecr_assets.Platform.LINUX_AMD64, "arm64": ecr_assets.Platform.LINUX_ARM64}
# The .dockerignore says what the image needs. This keeps the synthesis from looking into what is large, and from
# copying its own output, whatever becomes of that file.
_EXCLUDED = ["cdk.out", ".local", ".venv", ".git", "tests", "**/__pycache__"]


@dataclass(frozen=True, slots=True)
class Image:
    """Where Lambda finds the image."""

    repository: ecr.IRepository
    tag_or_digest: str


def add_image(scope: Construct, stage: Stage) -> Image:
    """Adds the image: the release that the stage names by its digest, or one that is built now."""
    if stage.image_digest:
        repository = ecr.Repository.from_repository_name(scope, "Releases", RELEASES)
        return Image(repository, stage.image_digest)
    built = _add_asset(scope, stage)
    return Image(built.repository, built.image_tag)


def _add_asset(scope: Construct, stage: Stage) -> ecr_assets.DockerImageAsset:
    """Adds an image that `cdk deploy` builds from the Dockerfile and pushes to ECR.

    Where a network inspects TLS, SSL_CERT_FILE names its certificates: the build borrows them, the image has none.
    """
    certificate = os.environ.get("SSL_CERT_FILE")
    return ecr_assets.DockerImageAsset(
        scope,
        "Image",
        directory=str(_ROOT),
        exclude=_EXCLUDED,
        platform=_PLATFORMS[stage.architecture],
        build_secrets={"ca": DockerBuildSecret.from_src(certificate)} if certificate else None,
        invalidation=ecr_assets.DockerImageAssetInvalidationOptions(build_secrets=False),
    )
