import pytest

from app.catalogue import FUNCTIONS, Function, Schedule
from tests.infra.template import Template

SCHEDULES = [
    (schedule, function) for function in FUNCTIONS for schedule in function.triggers if isinstance(schedule, Schedule)
]
EACH_SCHEDULE = pytest.mark.parametrize(
    ("schedule", "function"), SCHEDULES, ids=lambda each: getattr(each, "name", None)
)


def test_there_is_a_rule_for_each_schedule_of_the_catalogue_and_no_other(template: Template) -> None:
    assert set(template.all("AWS::Events::Rule")) == {f"{function.name}Schedule" for _, function in SCHEDULES}


@EACH_SCHEDULE
def test_a_scheduled_function_is_called_at_its_rate_and_not_again_when_that_fails(
    template: Template, schedule: Schedule, function: Function
) -> None:
    unit = "minute" if schedule.every_min == 1 else "minutes"
    assert template.properties(f"{function.name}Schedule") == {
        "ScheduleExpression": f"rate({schedule.every_min} {unit})",
        "State": "ENABLED",
        "Targets": [
            {
                "Id": "Target0",
                "Arn": f"${{{function.name}.Arn}}",
                "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
            }
        ],
    }


def test_only_scheduled_functions_are_called_asynchronously_and_what_fails_or_is_late_is_dropped(
    template: Template,
) -> None:
    assert list(template.all("AWS::Lambda::EventInvokeConfig").values()) == [
        {
            "FunctionName": f"${{{function.name}}}",
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": 0,
            "MaximumEventAgeInSeconds": 60,
        }
        for _, function in SCHEDULES
    ]


def test_only_its_own_rule_may_invoke_a_scheduled_function(template: Template) -> None:
    permissions = template.all("AWS::Lambda::Permission").values()
    assert [each for each in permissions if each["Principal"] == "events.amazonaws.com"] == [
        {
            "Action": "lambda:InvokeFunction",
            "FunctionName": f"${{{function.name}.Arn}}",
            "Principal": "events.amazonaws.com",
            "SourceArn": f"${{{function.name}Schedule.Arn}}",
        }
        for _, function in SCHEDULES
    ]


@EACH_SCHEDULE
def test_a_scheduled_function_has_ended_when_it_is_called_again(schedule: Schedule, function: Function) -> None:
    assert function.timeout_s < schedule.every_min * 60
