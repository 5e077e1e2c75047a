"""CloudFront with a web application firewall in front of the HTTP API: a stack of its own, for stages that want one.

A firewall cannot stand in front of an HTTP API itself, and one for CloudFront is only made in us-east-1, wherever the
API is. So the stack is told the API's host name by a parameter. Nothing is cached at the edge: every answer is for one
person alone.
"""

from aws_cdk import CfnOutput, CfnParameter, Environment, Stack
from aws_cdk import aws_certificatemanager as certificates
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.stages import Edge, Stage

REGION = "us-east-1"
# Rules that look into bodies: what people write to each other may look like anything, and is up to 320 KiB long.
_COUNTED = (
    "SizeRestrictions_BODY",
    "EC2MetaDataSSRF_BODY",
    "GenericLFI_BODY",
    "GenericRFI_BODY",
    "CrossSiteScripting_BODY",
)


class SiteCommunicationsEdge(Stack):
    """The edge of one stage, named like the stage's own stack and `-edge`."""

    def __init__(self, scope: Construct, name: str, stage: Stage, edge: Edge) -> None:
        super().__init__(scope, name, env=Environment(region=REGION), termination_protection=stage.keeps_data)
        host = CfnParameter(
            self,
            "HttpHost",
            description="Host name of the stage's HTTP API: its output HttpEndpoint without https://",
            allowed_pattern=r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?",
        )
        firewall = _add_firewall(self, edge)
        distribution = _add_distribution(self, host.value_as_string, firewall, edge)
        CfnOutput(self, "HttpEndpoint", value=f"https://{edge.name or distribution.distribution_domain_name}")


def _add_distribution(scope: Construct, host: str, firewall: waf.CfnWebACL, edge: Edge) -> cloudfront.Distribution:
    certificate = edge.certificate and certificates.Certificate.from_certificate_arn(scope, "Name", edge.certificate)
    return cloudfront.Distribution(
        scope,
        "Distribution",
        default_behavior=cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin(host, protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            compress=False,  # it would make strong entity tags weak ones, which If-Match may not name
        ),
        web_acl_id=firewall.attr_arn,
        http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
        domain_names=[edge.name] if edge.name else None,
        certificate=certificate or None,
    )


def _add_firewall(scope: Construct, edge: Edge) -> waf.CfnWebACL:
    rules = [_too_many_requests(edge), _managed(1, "AWSManagedRulesAmazonIpReputationList")]
    rules.append(_managed(2, "AWSManagedRulesCommonRuleSet", counted=_COUNTED))
    return waf.CfnWebACL(
        scope,
        "Firewall",
        scope="CLOUDFRONT",
        default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
        visibility_config=_visible("Firewall"),
        rules=rules,
    )


def _too_many_requests(edge: Edge) -> waf.CfnWebACL.RuleProperty:
    limit = waf.CfnWebACL.RateBasedStatementProperty(
        limit=edge.requests_per_5_min, aggregate_key_type="IP", evaluation_window_sec=300
    )
    return waf.CfnWebACL.RuleProperty(
        name="RequestsPerAddress",
        priority=0,
        action=waf.CfnWebACL.RuleActionProperty(
            block=waf.CfnWebACL.BlockActionProperty(
                custom_response=waf.CfnWebACL.CustomResponseProperty(response_code=429)
            )
        ),
        statement=waf.CfnWebACL.StatementProperty(rate_based_statement=limit),
        visibility_config=_visible("RequestsPerAddress"),
    )


def _managed(priority: int, name: str, counted: tuple[str, ...] = ()) -> waf.CfnWebACL.RuleProperty:
    """Takes over a group of rules that AWS keeps up to date; those that are `counted` block nothing."""
    count = waf.CfnWebACL.RuleActionProperty(count={})
    overrides = [waf.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=count) for rule in counted]
    group = waf.CfnWebACL.ManagedRuleGroupStatementProperty(
        vendor_name="AWS", name=name, rule_action_overrides=overrides
    )
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(managed_rule_group_statement=group),
        visibility_config=_visible(name),
    )


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    """Has CloudWatch count; no sampled requests, because those show headers, and with them tokens."""
    return waf.CfnWebACL.VisibilityConfigProperty(
        metric_name=name, cloud_watch_metrics_enabled=True, sampled_requests_enabled=False
    )
