"""Host names of one's own for the two APIs: API Gateway serves them beside its own ones.

Whoever has the name points it to the target that the stack gives out; the certificate is in the region of the stage.
"""

from aws_cdk import CfnOutput
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_certificatemanager as certificates
from constructs import Construct

from infra.stages import Name


def add_name(scope: Construct, kind: str, stage: apigateway.IStage, api: apigateway.IApi, name: Name) -> None:
    """Serves an API under a name; `kind` is what the outputs and the resources begin with."""
    certificate = certificates.Certificate.from_certificate_arn(scope, f"{kind}Certificate", name.certificate)
    domain = apigateway.DomainName(
        scope,
        f"{kind}Name",
        domain_name=name.host,
        certificate=certificate,
        security_policy=apigateway.SecurityPolicy.TLS_1_2,
    )
    apigateway.ApiMapping(scope, f"{kind}Mapping", api=api, domain_name=domain, stage=stage)
    CfnOutput(scope, f"{kind}NameTarget", value=domain.regional_domain_name)
