"""How often each thing that was measured happens in a month; the names are those of the cases of `make sizing`."""

from collections.abc import Mapping

from infra.pricing.usage import MINUTES, Usage

_ROOM = 49  # recipients of the largest message that is sent at once, which was measured
_SEGMENT = 500  # connections of the segment that was measured
_PART = 50  # people in one message of a queue
_PAGE = 1_000  # people whom one invocation spreads over a queue


def activity(usage: Usage) -> Mapping[str, float]:
    """Returns invocations by case. What has no whole invocation of its own is a part of one that was measured."""
    return {**_opening(usage), **_reading(usage), **_sending(usage), **_announcing(usage), **_living(usage)}


def _opening(usage: Usage) -> Mapping[str, float]:
    opens = usage.opens
    return {
        "CreateTicket: a ticket": opens,
        "AuthorizeConnection: a good ticket": opens,
        "HandleConnection: $connect": opens,
        "HandleConnection: $disconnect": opens,
        "HandleConnection: sync of 10": 2 * opens,  # and once more a minute later
        "HandleConnection: ack of one": opens + usage.received * usage.connected,
        "HandleConnection: ping": opens * usage.minutes_open * usage.frames_per_minute,
        "HandleDevices: registering": opens * usage.phones,
        "GetUser: one's own profile": opens * usage.profiles_per_open,
    }


def _reading(usage: Usage) -> Mapping[str, float]:
    lists = usage.opens * usage.lists_per_open
    return {
        "Inbox: 50 of 100 notifications": lists / 2,
        "Inbox: 50 of 100 messages": lists / 2,
        "Inbox: one read": usage.received * usage.reads,
        "Inbox: a delivery report": usage.messages * usage.reports,
    }


def _sending(usage: Usage) -> Mapping[str, float]:
    """Between a message to one and a message to 49 it is a straight line."""
    many = usage.messages * (usage.recipients - 1) / (_ROOM - 1)
    to_one, away = usage.messages - many, usage.received * (1 - usage.connected)
    mails = away * usage.mail
    pushes = usage.messages * usage.phones
    return {
        "SendMessage: to one with a connection": to_one * usage.connected,
        "SendMessage: to one who is not connected": to_one * (1 - usage.connected),
        "SendMessage: to 49 with a connection each": many,
        "SendMail: one, a mail": mails,
        "SendMail: one who is connected, no mail": max(0.0, usage.messages - mails),
        "Push: one device": usage.received * usage.phones,
        "Push: one without a device": usage.messages - pushes,
    }


def _announcing(usage: Usage) -> Mapping[str, float]:
    told = usage.announcements * usage.users
    return {
        "SendMessage: to everyone": usage.announcements,
        "Deliver: a segment: 500 connections": usage.announcements * usage.connections / _SEGMENT,
        "SendMail: a page of everyone onto the queue": told / _PAGE,
        "SendMail: 50, a mail each": told * usage.mail / _PART,
        "Push: a page of everyone onto the queue": told / _PAGE,
        "Push: 50 devices": told * usage.phones / _PART,
    }


def _living(usage: Usage) -> Mapping[str, float]:
    return {
        "ConfirmAccount: a sign-up": usage.users * usage.joining,
        "CreateUser: one's own profile": usage.users * usage.joining,
        "UpdateUser: one's own profile": usage.users * usage.joining,
        "DeleteUser: 20 messages, a device and a connection": usage.users * usage.leaving,
        "Sweep: nothing to do": MINUTES,
    }
