"""The users cache: neither stage has one, so a third is made here that does."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk.aws_dynamodb import Attribute, AttributeType, Table

from app.catalogue import FUNCTIONS
from infra.cache import add_users_cache
from infra.security import check
from infra.stack import SiteCommunications
from infra.stages import STAGES, UsersCache
from tests.infra.alarm_stories import CACHE_STORIES, Story, told
from tests.infra.cloudwatch import Alarm
from tests.infra.lint import complaints
from tests.infra.template import Template

CACHE = UsersCache("dax.t3.small", nodes=3, ttl_s=60)
_WAYS_OUT = ("AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::Route", "AWS::EC2::VPCPeeringConnection")
_READING = {"Effect": "Allow", "Action": ["dynamodb:DescribeTable", "dynamodb:GetItem"], "Resource": "${Users.Arn}"}


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A prod with a cache; cdk-nag fails it for whatever it finds and nobody has accepted."""
    folder = tmp_path_factory.mktemp("cached")
    stage = replace(STAGES["prod"], users_cache=CACHE)
    app = App(outdir=str(folder), analytics_reporting=False)
    SiteCommunications(app, stage)
    check(app)
    app.synth()
    return Template.of(stage, folder)


def test_no_stage_has_a_cache_or_a_network_unless_it_says_so(template: Template) -> None:
    kinds = {each["Type"] for each in template.resources.values()}
    assert not {kind for kind in kinds if kind.startswith(("AWS::DAX::", "AWS::EC2::"))}


def test_cloudformations_own_schemas_accept_a_cache(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path), analytics_reporting=False)
    stack = Stack(app, "Cache")
    key = Attribute(name="userId", type=AttributeType.STRING)
    add_users_cache(stack, CACHE, Table(stack, "Users", partition_key=key))
    app.synth()
    assert complaints([tmp_path / "Cache.template.json"]) == ("", "", 0)


def test_the_cluster_is_as_the_stage_says_and_encrypted_on_the_way_and_where_it_lies(cached: Template) -> None:
    assert cached.properties("UsersCache") == {
        "NodeType": "dax.t3.small",
        "ReplicationFactor": 3,
        "ClusterEndpointEncryptionType": "TLS",
        "SSESpecification": {"SSEEnabled": True},
        "IAMRoleARN": "${UsersCacheRole.Arn}",
        "ParameterGroupName": "${UsersCacheLifetimes}",
        "SubnetGroupName": "${UsersCacheSubnets}",
        "SecurityGroupIds": ["${UsersCacheNodes.GroupId}"],
    }


def test_what_is_cached_is_as_old_as_the_stage_allows(cached: Template) -> None:
    assert cached.properties("UsersCacheLifetimes") == {"ParameterNameValues": {"record-ttl-millis": "60000"}}


def test_the_cluster_reads_the_table_users_and_may_do_nothing_else(cached: Template) -> None:
    role = cached.properties("UsersCacheRole")
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "dax.amazonaws.com"}
    [policy] = role["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [_READING]


def test_its_nodes_are_in_two_zones_that_have_no_way_out_but_to_the_table(cached: Template) -> None:
    subnets = cached.all("AWS::EC2::Subnet")
    assert cached.properties("UsersCacheSubnets")["SubnetIds"] == [f"${{{name}}}" for name in subnets]
    assert len({str(each["AvailabilityZone"]) for each in subnets.values()}) == 2
    assert not [kind for kind in _WAYS_OUT if cached.all(kind)]
    [gateway] = cached.all("AWS::EC2::VPCEndpoint").values()
    assert gateway["ServiceName"] == "com.amazonaws.${AWS::Region}.dynamodb"
    assert gateway["PolicyDocument"]["Statement"] == [{**_READING, "Principal": {"AWS": "*"}}]
    assert gateway["RouteTableIds"] == [f"${{{name}}}" for name in cached.all("AWS::EC2::RouteTable")]


def test_only_its_readers_get_to_the_cluster_and_they_get_nowhere_else(cached: Template) -> None:
    [inwards] = cached.all("AWS::EC2::SecurityGroupIngress").values()
    [outwards] = cached.all("AWS::EC2::SecurityGroupEgress").values()
    tls = {"IpProtocol": "tcp", "FromPort": 9111, "ToPort": 9111, "Description": "The cache, with TLS"}
    nodes, readers = "${UsersCacheNodes.GroupId}", "${UsersCacheReaders.GroupId}"
    assert inwards == {**tls, "GroupId": nodes, "SourceSecurityGroupId": readers}
    assert outwards == {**tls, "GroupId": readers, "DestinationSecurityGroupId": nodes}
    assert "SecurityGroupIngress" not in cached.properties("UsersCacheNodes")
    [other] = cached.properties("UsersCacheReaders")["SecurityGroupEgress"]
    assert (other["CidrIp"], other["FromPort"], other["ToPort"]) == ("0.0.0.0/0", 443, 443)


def test_get_user_alone_is_in_the_network_and_knows_the_cluster(cached: Template) -> None:
    told_of = {}
    for function in FUNCTIONS:
        properties = cached.properties(function.name)
        told_of[function.name] = properties["Environment"]["Variables"]["USERS_CACHE"]
        assert ("VpcConfig" in properties) == (function.name == "GetUser")
    assert told_of.pop("GetUser") == "${UsersCache.ClusterDiscoveryEndpointURL}"
    assert set(told_of.values()) == {""}
    assert cached.properties("GetUser")["VpcConfig"] == {
        "SecurityGroupIds": ["${UsersCacheReaders.GroupId}"],
        "SubnetIds": [f"${{{name}}}" for name in cached.all("AWS::EC2::Subnet")],
    }


def test_get_user_may_ask_the_cluster_and_make_no_network_interfaces_itself(cached: Template) -> None:
    [policy] = cached.properties("GetUserRole")["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    assert {"Effect": "Allow", "Action": "dax:GetItem", "Resource": "${UsersCache.Arn}"} in statements
    allowed, denied = [each for each in statements if "ec2:CreateNetworkInterface" in each["Action"]]
    assert (allowed["Effect"], denied["Effect"], denied["Action"]) == ("Allow", "Deny", allowed["Action"])
    code = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function/*"
    assert denied["Condition"] == {"ArnLike": {"lambda:SourceFunctionArn": code}}
    others = [cached.properties(f"{each.name}Role") for each in FUNCTIONS if each.name != "GetUser"]
    assert not [role for role in others if "ec2:" in str(role) or "dax:" in str(role)]


@pytest.mark.parametrize("story", CACHE_STORIES, ids=lambda story: story.kind)
def test_an_alarm_of_the_cache_goes_off_above_its_threshold_and_not_below(cached: Template, story: Story) -> None:
    alarm = _alarms(cached)[story.kind]
    assert not [figures for figures in told(story.quiet, None) if alarm.goes_off(figures)]
    assert not [figures for figures in told(story.loud, None) if not alarm.goes_off(figures)]


def test_a_cache_has_alarms_of_its_own_and_each_has_a_story(
    cached: Template, templates: Mapping[str, Template]
) -> None:
    assert set(_alarms(cached)) - set(_alarms(templates["prod"])) == {story.kind for story in CACHE_STORIES}
    for story in CACHE_STORIES:
        alarm = _alarms(cached)[story.kind]
        assert alarm.properties["AlarmActions"] == ["${AlertsTopic}"]
        dimensions = [dimension["Value"] for metric in alarm.metrics.values() for dimension in metric["Dimensions"]]
        assert dimensions in (["${UsersCache}"], ["${GetUser}"])


def _alarms(template: Template) -> dict[str, Alarm]:
    prefix = f"site-communications-{template.stage.name}-"
    found = template.all("AWS::CloudWatch::Alarm").values()
    return {alarm["AlarmName"].removeprefix(prefix): Alarm(alarm) for alarm in found}
