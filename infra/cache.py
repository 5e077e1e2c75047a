"""The users cache of the stages that want one: a DAX cluster, and the network that it and its readers are in.

The network has no way out but DynamoDB's gateway. A function in it reaches the cluster and the table Users; its logs
and traces go by way of Lambda itself.
"""

from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_dax as dax
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.stages import UsersCache

_TLS_PORT = 9111
_ZONES = 2  # every region has as many
# The cluster asks for the key of the table, and hands GetItem on; it writes nothing.
_READ = ("dynamodb:DescribeTable", "dynamodb:GetItem")
# What Lambda does with the function's role to connect it to a network.
_CONNECT = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)


@dataclass(frozen=True, slots=True)
class Cache:
    """The cluster as deployed, and where its readers have to be."""

    cluster: dax.CfnCluster
    network: ec2.Vpc
    readers: ec2.SecurityGroup
    role: iam.Role  # of the cluster

    @property
    def endpoint(self) -> str:
        return self.cluster.attr_cluster_discovery_endpoint_url


def add_users_cache(scope: Construct, wanted: UsersCache, users: dynamodb.Table) -> Cache:
    network = _add_network(scope, users)
    readers, nodes = _add_security_groups(scope, network)
    reading = iam.PolicyStatement(actions=[*_READ], resources=[users.table_arn])
    role = iam.Role(
        scope,
        "UsersCacheRole",
        assumed_by=iam.ServicePrincipal("dax.amazonaws.com"),
        inline_policies={"Read": iam.PolicyDocument(statements=[reading])},
    )
    subnets = dax.CfnSubnetGroup(
        scope, "UsersCacheSubnets", subnet_ids=[each.subnet_id for each in network.isolated_subnets]
    )
    lifetimes = dax.CfnParameterGroup(
        scope, "UsersCacheLifetimes", parameter_name_values={"record-ttl-millis": str(1000 * wanted.ttl_s)}
    )
    cluster = dax.CfnCluster(
        scope,
        "UsersCache",
        node_type=wanted.node_type,
        replication_factor=wanted.nodes,
        iam_role_arn=role.role_arn,
        cluster_endpoint_encryption_type="TLS",
        sse_specification=dax.CfnCluster.SSESpecificationProperty(sse_enabled=True),
        subnet_group_name=subnets.ref,
        parameter_group_name=lifetimes.ref,
        security_group_ids=[nodes.security_group_id],
    )
    return Cache(cluster, network, readers, role)


def may_connect(scope: Construct) -> list[iam.PolicyStatement]:
    """Allows Lambda to connect a function to the network, and the code of functions to do nothing of the kind."""
    code = Stack.of(scope).format_arn(service="lambda", resource="function", resource_name="*")
    return [
        iam.PolicyStatement(actions=[*_CONNECT], resources=["*"]),
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=[*_CONNECT],
            resources=["*"],
            conditions={"ArnLike": {"lambda:SourceFunctionArn": code}},
        ),
    ]


def _add_network(scope: Construct, users: dynamodb.Table) -> ec2.Vpc:
    isolated = ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    network = ec2.Vpc(scope, "UsersCacheNetwork", max_azs=_ZONES, subnet_configuration=[isolated])
    gateway = network.add_gateway_endpoint("DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
    gateway.add_to_policy(
        iam.PolicyStatement(principals=[iam.AnyPrincipal()], actions=[*_READ], resources=[users.table_arn])
    )
    return network


def _add_security_groups(scope: Construct, network: ec2.Vpc) -> tuple[ec2.SecurityGroup, ec2.SecurityGroup]:
    """Adds the group of the readers and the one of the nodes, which lets only the readers in."""
    readers = ec2.SecurityGroup(
        scope,
        "UsersCacheReaders",
        vpc=network,
        description="Functions that ask the users cache",
        allow_all_outbound=False,
    )
    nodes = ec2.SecurityGroup(scope, "UsersCacheNodes", vpc=network, description="Nodes of the users cache")
    nodes.connections.allow_from(readers, ec2.Port.tcp(_TLS_PORT), "The cache, with TLS")
    readers.connections.allow_to(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "DynamoDB, to which alone there is a route")
    return readers, nodes
