"""What a month costs: worked out by hand here, and reckoned there."""

from dataclasses import replace
from typing import Any

import pytest

from infra.pricing import __main__ as command
from infra.pricing import measured, prices
from infra.pricing.activity import activity
from infra.pricing.bill import Bill, bill
from infra.pricing.inventory import Inventory, UnpricedError, inventory
from infra.pricing.measured import Case, Function, Measured
from infra.pricing.quantities import Quantities
from infra.pricing.table import table
from infra.pricing.usage import Usage, UsageError

PRICES = prices.read()
MEASURED = measured.read()
STAGE = Inventory(
    memory_mb={"GetUser": 512, "Push": 1024},
    warm={"GetUser": 2},
    architecture="x86_64",
    mails=True,
    pushes=True,
    alarm_metrics=70,
    dashboards=1,
    keys=1,
    topics=2,
    tables=7,
    queue_sources=3,
    log_months=3,
)
WHOLE = replace(STAGE, memory_mb=dict.fromkeys(MEASURED.functions, 512))
GET = Case(
    name="GetUser: one's own profile",
    function="GetUser",
    cpu_ms=4,
    cpu_p50_ms=4,
    cpu_p99_ms=8,
    waits_ms=5,
    requests={"dynamodb get_item": 1},
    read_units=1,
    write_units=0,
    log_bytes=298,
    log_lines=1,
    answer_bytes=600,
    posted_bytes=0,
)
PUSH = replace(GET, name="Push: one device", function="Push", requests={"sns publish": 1, "dynamodb put_item": 2})
FUNCTIONS = {
    "GetUser": Function(200, 100, 70, ("ColdStarts",), 28),
    "Push": Function(200, 100, 70, ("ColdStarts",), 28),
}
USAGE = Usage(users=1_000, messages=20_000, cold_starts=0)


def quantities(*cases: tuple[Case, float], usage: Usage = USAGE, stage: Inventory = STAGE) -> dict[str, float]:
    """Returns all quantities of a month in which only this was done, so often."""
    found = Quantities(usage, stage, cases, Measured({}, 50.0, FUNCTIONS, {}, {}))
    return {**found.work(), **found.standing()}


def month(**usage: Any) -> Bill:
    return bill(Usage(**{"users": 1_000, "messages": 20_000, **usage}), WHOLE, MEASURED, PRICES)


@pytest.mark.parametrize(
    ("name", "quantity", "usd"),
    [
        ("http", 1_000_000, 1.00),
        ("http", 400_000_000, 300 * 1.00 + 100 * 0.90),
        ("frames", 1_000_000_000, 1_000.00),
        ("frames", 2_000_000_000, 1_000.00 + 1_000 * 0.80),
        ("logs", 60_000, 10_000 * 0.50 + 20_000 * 0.25 + 20_000 * 0.10 + 10_000 * 0.05),
        ("people lite", 100_000, 550.00),
        ("people lite", 150_000, 550.00 + 50_000 * 0.0046),
        ("mails", 2_500, 0.25),
        ("gb-s x86_64", 1_000_000, 16.6667),
        ("dashboards", 0, 0.0),
    ],
)
def test_each_part_of_a_quantity_has_the_price_of_its_tier(name: str, quantity: float, usd: float) -> None:
    assert PRICES[name].amount(quantity) == pytest.approx(usd)


def test_a_line_has_to_be_paid_above_what_is_free() -> None:
    people = {line.price.unit: line for line in month(users=12_000).lines}["person"]
    assert (people.usd, people.usd_to_pay) == pytest.approx((180.00, 30.00))


def test_lambda_bills_whole_milliseconds_of_a_share_of_the_cpu() -> None:
    # 4 ms at 512/1,769 of a vCPU are 13.8 ms, and 5 ms of waiting make 18.8.
    assert GET.billed_ms(512) == 19
    assert GET.billed_ms(1769) == 9
    assert quantities((GET, 1_000_000))["gb-s x86_64"] == pytest.approx(1_000_000 * 0.019 * 0.5)


def test_a_cold_start_is_billed() -> None:
    # 200 ms at full speed, and 100 ms at 512/1,769 of it.
    usage = replace(USAGE, cold_starts=0.01)
    cold_s = 0.01 * (0.2 + 0.1 * 1769 / 512)
    assert quantities((GET, 1_000), usage=usage)["gb-s x86_64"] == pytest.approx(1_000 * 0.5 * (0.019 + cold_s))


def test_environments_that_are_kept_warm_are_paid_all_month() -> None:
    assert quantities()["warm x86_64"] == 2 * 0.5 * 730 * 3600


def test_connections_are_paid_by_the_minute() -> None:
    # 12 days, on each of them three times for 15 minutes
    assert quantities()["minutes"] == 1_000 * 12 * 3 * 15


def test_frames_are_paid_in_both_directions_and_handshakes_are_not() -> None:
    sync = replace(GET, name="HandleConnection: sync of 10", function="HandleConnection")
    answered = replace(sync, requests={"execute-api post_to_connection": 1})
    connect = replace(sync, name="HandleConnection: $connect")
    memory = {"HandleConnection": 512}
    functions = {"HandleConnection": Function(0, 0, 0, (), 28)}
    found = Quantities(
        USAGE, replace(STAGE, memory_mb=memory), ((answered, 10), (connect, 5)), Measured({}, 0, functions, {}, {})
    )
    assert found.work()["frames"] == 10 + 10


def test_a_push_is_a_request_and_a_delivery_and_a_message_to_the_topic_is_only_a_request() -> None:
    told = replace(PUSH, function="GetUser")
    found = quantities((PUSH, 100), (told, 10))
    assert (found["sns"], found["pushes"]) == (110, 100)


def test_pollers_ask_empty_queues() -> None:
    # three queues, five pollers, three times a minute; and what Push works off is put there, received and deleted
    empty = 3 * 5 * 3 * 43_800
    assert quantities()["sqs"] == empty
    assert quantities((PUSH, 100))["sqs"] == empty + 300


def test_logs_have_what_the_function_the_platform_and_the_api_write() -> None:
    # the function's own line, the platform's two and the API's one, and 26 bytes for each of the four
    assert quantities((GET, 1_000))["logs"] == pytest.approx(1_000 * (298 + 650 + 500 + 4 * 26) / 1e9)


def test_what_is_traced_is_one_a_second_and_a_twentieth_of_the_others() -> None:
    assert quantities((GET, 10))["traces"] == pytest.approx(10, rel=1e-3)
    many = 2_628_000 * 100  # a hundred each second
    assert quantities((GET, many))["traces"] == pytest.approx(2_628_000 + 0.05 * 99 * 2_628_000)


def test_data_goes_out_directly_or_through_the_edge() -> None:
    edge = replace(STAGE, firewall_rules=(3,))
    direct, through = quantities((GET, 1_000_000)), quantities((GET, 1_000_000), stage=edge)
    assert "edge data" not in direct
    assert direct["data out"] == through["edge data"] == pytest.approx(1.0)
    assert through["data out"] == 0
    assert (through["inspected"], through["firewalls"], through["rules"]) == (1_000_000, 1, 3)


def test_a_message_to_more_people_is_more_of_what_was_measured() -> None:
    # Half way from one recipient to 49: half of each.
    counts = activity(replace(USAGE, recipients=25.0, connected=0.0))
    assert counts["SendMessage: to 49 with a connection each"] == 10_000
    assert counts["SendMessage: to one who is not connected"] == 10_000


def test_everything_that_happens_was_measured() -> None:
    assert activity(USAGE).keys() <= MEASURED.cases.keys()


def test_a_stage_that_sends_no_mail_and_no_pushes_pays_for_none() -> None:
    stage = replace(WHOLE, mails=False, pushes=False)
    found = bill(USAGE, stage, MEASURED, PRICES)
    assert not {"mails", "mobile pushes"} & {line.price.item for line in found.lines}
    assert {"mails", "mobile pushes"} <= {line.price.item for line in month().lines}
    assert "No mail: the stage has no sender" in table(found, "dev")
    assert "No pushes: the stage has no platform application" in table(found, "dev")


def test_the_bill_is_the_sum_of_its_services() -> None:
    found = month()
    assert sum(found.services().values()) == pytest.approx(found.usd)
    assert list(found.services().values()) == sorted(found.services().values(), reverse=True)


def test_who_does_nothing_pays_for_what_is_there() -> None:
    found = month(users=1, messages=0, active_days=0, announcements=0, joining=0, leaving=0)
    lines = {line.price.item: line for line in found.lines}
    assert "HTTP requests" not in lines
    assert lines["metrics of alarms"].usd == pytest.approx(7.00)
    assert lines["invocations"].quantity == 43_800  # the sweeper's


def test_the_table_adds_up_before_the_eyes_of_its_reader() -> None:
    lines = table(month(), "prod").splitlines()
    items = [line for line in lines if " / " in line]
    shown = sum(float(line.rpartition("$")[2].replace(",", "")) for line in items)
    (total,) = [line for line in lines if line.startswith("all ")]
    assert shown == pytest.approx(float(total.rpartition("$")[2].replace(",", "")), abs=0.01 * len(items))


def test_the_same_month_costs_the_same() -> None:
    assert table(month(), "prod") == table(month(), "prod")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"users": 0}, "somebody"),
        ({"users": -1}, "users cannot be less than nothing"),
        ({"messages": -1}, "messages cannot be less than nothing"),
        ({"connected": 1.5}, "connected is a share"),
        ({"recipients": 51}, "recipients are 1 to 50"),
    ],
)
def test_a_month_that_cannot_be_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Usage(**{"users": 1_000, "messages": 1, **wrong})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "how many people use the site"),
        (("--users=abc",), "'abc' is no whole number"),
        (("--users=1.5",), "'1.5' is no whole number"),
        (("--users=-5",), "users cannot be less than nothing: -5"),
        (("--users=5", "--messages=x"), "'x' is no whole number"),
        (("--users=5", "--connected=nan"), "'nan' is no number to count with"),
        (("--users=5", "--stage=test"), "invalid choice: 'test'"),
    ],
)
def test_the_command_says_what_it_cannot_count_with(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_tables_that_are_paid_by_the_hour_are_not_guessed_at() -> None:
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PROVISIONED"}}
    with pytest.raises(UnpricedError, match="provisioned capacity"):
        inventory([{"Resources": {"Table": table}}])


def test_nodes_of_a_kind_without_a_price_are_not_guessed_at() -> None:
    stage = replace(WHOLE, cache_nodes={"dax.r9.large": 3})
    with pytest.raises(UnpricedError, match=r"nothing for cache dax\.r9\.large"):
        bill(USAGE, stage, MEASURED, PRICES)


def test_nodes_of_a_cache_are_paid_by_the_hour() -> None:
    found = bill(USAGE, replace(WHOLE, cache_nodes={"dax.t3.small": 3}), MEASURED, PRICES)
    assert found.services()["DAX"] == pytest.approx(3 * 730 * 0.04)
