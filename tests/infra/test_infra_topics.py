from tests.infra.template import Properties, Template


def test_there_are_the_topics_of_the_catalogue_and_what_functions_publish_is_encrypted(template: Template) -> None:
    key = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:alias/aws/sns"
    assert template.all("AWS::SNS::Topic") == {"NotificationsTopic": {"KmsMasterKeyId": key}, "AlertsTopic": {}}


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
            "Condition": {
                "ArnLike": {
                    "aws:SourceArn": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*"
                },
                "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
            },
        }
    ]


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
