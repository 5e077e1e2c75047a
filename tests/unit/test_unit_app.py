from dataclasses import replace

from app.application import App
from app.aws import Clients, Service
from app.catalogue import DELIVERIES_QUEUE, DIRECT_POSTS_PER_S, WORKER_POSTS_PER_S
from app.delivery.fast_lane import FastLane
from app.handlers import messages
from app.settings import Settings
from tests.unit.aws import Aws
from tests.unit.delivering import Site
from tests.unit.events import ask, http_event
from tests.unit.people import ADA, BOB
from tests.unit.sending import BOBS, state, to


def test_each_part_of_an_app_is_made_once(app: App) -> None:
    assert app.dispatch is app.dispatch
    assert app.dispatch.users is app.users


def test_an_app_opens_no_client_until_one_is_needed(settings: Settings) -> None:
    made = App(settings, Clients("https://example.test"))
    assert made.dispatch.parts.teller.lane
    assert made.worker.teller.lane
    assert made.sweeper.jobs.queue
    assert isinstance(made.service("sns"), Service)


def test_requests_and_workers_have_shares_of_the_quota_of_their_own(settings: Settings) -> None:
    fast = replace(settings, post_lane="fast", management_endpoint="https://a.example.test/default")
    made = App(fast, Clients(fast.management_endpoint))
    lanes = [made.dispatch.parts.teller.lane, made.worker.teller.lane]
    assert [lane.governor.rate for lane in lanes if isinstance(lane, FastLane)] == [
        DIRECT_POSTS_PER_S,
        WORKER_POSTS_PER_S,
    ]


def test_the_queue_of_an_app_is_the_one_of_its_settings(app: App) -> None:
    assert app.queue(DELIVERIES_QUEUE).url == "deliveries_queue"
    assert app.jobs.queue == app.queue(DELIVERIES_QUEUE)


async def test_a_message_is_delivered_by_the_lane_of_the_sdk_too(app: App, aws: Aws, site: Site) -> None:
    site.join(ADA, BOB)
    aws.replies = site.aws.replies
    answer = await ask(messages.send, app, http_event(to(BOB)), 25_000)
    assert state(answer) == (201, "delivered")
    assert [call["ConnectionId"] for call in aws.named("post_to_connection")] == [BOBS]
