import pytest

from app import catalogue
from app.catalogue import FUNCTIONS, Function, QueueSource, UserPoolTrigger
from tests.infra.template import Template

_LEVELS = {"dev": "DEBUG", "prod": "INFO"}
_RETENTION_D = {"dev": 7, "prod": 90}


def test_there_are_the_functions_of_the_catalogue_and_no_others(template: Template) -> None:
    assert set(template.all("AWS::Lambda::Function")) == {function.name for function in FUNCTIONS}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_is_the_image_with_its_handler_as_the_command(template: Template, function: Function) -> None:
    properties = template.properties(function.name)
    assert properties.pop("Code").keys() == {"ImageUri"}
    assert properties.pop("Environment").keys() == {"Variables"}
    properties.pop("RecursiveLoop", None)
    properties.pop("ReservedConcurrentExecutions", None)  # tests/infra/test_infra_concurrency.py
    assert properties == {
        "PackageType": "Image",
        "ImageConfig": {"Command": [function.handler]},
        "Architectures": ["x86_64"],
        "Timeout": function.timeout_s,
        "MemorySize": function.memory_mb,
        "Role": f"${{{function.name}Role.Arn}}",
        "TracingConfig": {"Mode": "Active"},
        "LoggingConfig": {
            "LogFormat": "JSON",
            "LogGroup": f"${{{function.name}Logs}}",
            "ApplicationLogLevel": _LEVELS[template.stage.name],
        },
    }


def test_only_a_worker_that_puts_back_what_it_cannot_finish_may_call_itself(template: Template) -> None:
    allowed = {name for name, each in template.all("AWS::Lambda::Function").items() if "RecursiveLoop" in each}
    assert allowed == {
        function.name
        for function in FUNCTIONS
        for trigger in function.triggers
        for grant in function.grants
        if isinstance(trigger, QueueSource) and grant.on == trigger.queue and "sqs:SendMessage" in grant.actions
    }
    assert "Deliver" in allowed
    assert {template.properties(name)["RecursiveLoop"] for name in allowed} == {"Allow"}


def test_all_functions_run_from_one_image(template: Template) -> None:
    images = {function["Code"]["ImageUri"] for function in template.all("AWS::Lambda::Function").values()}
    assert len(images) == 1


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_is_told_every_name_that_the_catalogue_lists(template: Template, function: Function) -> None:
    environment = template.properties(function.name)["Environment"]["Variables"]
    if any(isinstance(trigger, UserPoolTrigger) for trigger in function.triggers):  # it is there before the pool
        assert "USER_POOL_ID" not in environment
        environment["USER_POOL_ID"] = "${UserPool}"
    assert set(environment) == {*catalogue.variables(), "SENDS_PER_MIN"}
    assert environment == {
        **{table.variable: f"${{{table.name}}}" for table in catalogue.TABLES},
        "NOTIFICATIONS_TOPIC": "${NotificationsTopic}",
        **{queue.variable: f"${{{queue.name.capitalize()}Queue}}" for queue in catalogue.QUEUES},
        "USER_POOL_ID": "${UserPool}",
        "SENDS_PER_MIN": str(template.stage.sends_per_min),
        "MANAGEMENT_ENDPOINT": (
            f"https://${{SocketApi}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{template.stage.name}"
        ),
        "EMAIL_SENDER": template.stage.email_sender or "",
        "USERS_CACHE": "",
        "FCM_APPLICATION": template.stage.fcm_application or "",
        "APNS_APPLICATION": template.stage.apns_application or "",
    }


def test_every_log_group_belongs_to_one_function_or_one_api_and_expires(template: Template) -> None:
    expected = {f"{function.name}Logs" for function in FUNCTIONS} | {"HttpApiAccessLogs", "SocketApiAccessLogs"}
    retention = {"RetentionInDays": _RETENTION_D[template.stage.name]}
    assert template.all("AWS::Logs::LogGroup") == dict.fromkeys(expected, retention)
