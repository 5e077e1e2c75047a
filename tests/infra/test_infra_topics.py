from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from aws_cdk import App

from infra.stack import SiteCommunications
from infra.stages import STAGES
from tests.infra.template import Properties, Template

_ALARMS_OF_THIS_ACCOUNT = {
    "ArnLike": {"aws:SourceArn": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*"},
    "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
}


def test_there_are_the_topics_of_the_catalogue_and_all_are_encrypted(template: Template) -> None:
    of_aws = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:alias/aws/sns"
    assert template.all("AWS::SNS::Topic") == {
        "NotificationsTopic": {"KmsMasterKeyId": of_aws},
        "AlertsTopic": {"KmsMasterKeyId": "${AlertsTopicKey.Arn}"},
    }


def test_no_topic_takes_anything_without_tls(template: Template) -> None:
    assert _statements(template, "NotificationsTopic") == [_without_tls("NotificationsTopic")]
    assert _without_tls("AlertsTopic") in _statements(template, "AlertsTopic")


def test_alarms_of_this_account_may_publish_alerts(template: Template) -> None:
    assert _statements(template, "AlertsTopic")[1:] == [
        {
            "Sid": "Alarms",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": "${AlertsTopic}",
            "Condition": _ALARMS_OF_THIS_ACCOUNT,
        }
    ]


def test_they_and_nobody_else_outside_may_use_the_key_of_the_alerts(template: Template) -> None:
    key = template.properties("AlertsTopicKey")
    owner, alarms = key["KeyPolicy"]["Statement"]
    assert key["EnableKeyRotation"]
    assert owner["Principal"] == {"AWS": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
    assert alarms == {
        "Sid": "Alarms",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": _ALARMS_OF_THIS_ACCOUNT,
    }


@pytest.mark.parametrize("addresses", [(), ("a@example.org", "b@example.org")])
def test_alerts_go_by_mail_to_the_addresses_of_the_stage(tmp_path: Path, addresses: tuple[str, ...]) -> None:
    stage = replace(STAGES["dev"], alert_addresses=addresses)
    app = App(outdir=str(tmp_path), analytics_reporting=False)
    SiteCommunications(app, stage)
    app.synth()
    mails = [each for each in _subscriptions(Template.of(stage, tmp_path)) if each["Protocol"] == "email"]
    assert mails == [{"Protocol": "email", "TopicArn": "${AlertsTopic}", "Endpoint": address} for address in addresses]


def test_prod_has_somebody_who_is_told(templates: Mapping[str, Template]) -> None:
    assert "email" in {each["Protocol"] for each in _subscriptions(templates["prod"])}


def _subscriptions(template: Template) -> list[Properties]:
    return list(template.all("AWS::SNS::Subscription").values())


def _statements(template: Template, topic: str) -> list[Properties]:
    policy = template.properties(f"{topic}Policy")
    assert policy["Topics"] == [f"${{{topic}}}"]
    statements: list[Properties] = policy["PolicyDocument"]["Statement"]
    return statements


def _without_tls(topic: str) -> Properties:
    return {
        "Sid": "AllowPublishThroughSSLOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": f"${{{topic}}}",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
