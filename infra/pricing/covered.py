"""Whether everything in a template is priced: each type of resource costs something on the bill, or nothing and why."""

from collections.abc import Mapping

# The lines of the bill, by their names in the table of prices, in which a type of resource shows.
PRICED: Mapping[str, tuple[str, ...]] = {
    "AWS::ApiGatewayV2::Api": ("http", "frames", "minutes", "data out"),
    "AWS::CloudFront::Distribution": ("edge requests", "edge data"),
    "AWS::CloudWatch::Alarm": ("alarms",),
    "AWS::CloudWatch::Dashboard": ("dashboards",),
    "AWS::Cognito::UserPool": ("people",),
    "AWS::DAX::Cluster": ("cache dax.t3.small",),
    "AWS::DynamoDB::Table": ("reads", "writes", "rows", "recovery"),
    "AWS::KMS::Key": ("keys", "key requests"),
    "AWS::Lambda::Alias": ("warm x86_64", "warm arm64"),
    "AWS::Lambda::EventSourceMapping": ("sqs",),
    "AWS::Lambda::Function": ("invocations", "gb-s x86_64", "gb-s arm64", "metrics", "traces", "image"),
    "AWS::Logs::LogGroup": ("logs", "kept logs"),
    "AWS::SNS::Topic": ("sns", "pushes"),
    "AWS::SQS::Queue": ("sqs",),
    "AWS::WAFv2::WebACL": ("firewalls", "rules", "inspected"),
}
ELSEWHERE = ("mails",)  # SES has no resource here: an operator verifies the sender by hand
_PART = "part of an API, which is paid by the request"
_NETWORK = "part of a network, which costs nothing without gateways to the internet"
FREE: Mapping[str, str] = {
    "AWS::ApiGateway::Account": "a setting of the account",
    "AWS::ApiGatewayV2::Authorizer": _PART,
    "AWS::ApiGatewayV2::Integration": _PART,
    "AWS::ApiGatewayV2::Route": _PART,
    "AWS::ApiGatewayV2::Stage": _PART,
    "AWS::Cognito::UserPoolClient": "part of a user pool, which is paid by the person",
    "AWS::Cognito::UserPoolGroup": "part of a user pool, which is paid by the person",
    "AWS::DAX::ParameterGroup": "part of a cluster, whose nodes are paid",
    "AWS::DAX::SubnetGroup": "part of a cluster, whose nodes are paid",
    "AWS::EC2::RouteTable": _NETWORK,
    "AWS::EC2::SecurityGroup": _NETWORK,
    "AWS::EC2::SecurityGroupEgress": _NETWORK,
    "AWS::EC2::SecurityGroupIngress": _NETWORK,
    "AWS::EC2::Subnet": _NETWORK,
    "AWS::EC2::SubnetRouteTableAssociation": _NETWORK,
    "AWS::EC2::VPC": _NETWORK,
    "AWS::EC2::VPCEndpoint": "DynamoDB's gateway costs nothing",
    "AWS::ECR::RegistryScanningConfiguration": "basic scanning costs nothing",
    "AWS::Events::Rule": "the clock of EventBridge's rules costs nothing; what it calls does",
    "AWS::IAM::Policy": "IAM costs nothing",
    "AWS::IAM::Role": "IAM costs nothing",
    "AWS::Lambda::EventInvokeConfig": "a setting of a function",
    "AWS::Lambda::Permission": "a setting of a function",
    "AWS::Lambda::Version": "a name for what a function was",
    "AWS::SNS::Subscription": "SNS delivers to SQS for nothing; alarms by mail are few",
    "AWS::SNS::TopicPolicy": "a setting of a topic",
    "AWS::SQS::QueuePolicy": "a setting of a queue",
}
