from typing import Any

import pytest

from app.channels.mail import Mailer
from app.errors import RefusedError
from app.models.mails import Mail
from tests.unit.aws import Aws
from tests.unit.telling import told

MAIL = Mail.of(told(title="Lunch?"))


async def sent(aws: Aws, address: str) -> dict[str, Any]:
    await Mailer(aws, "no-reply@example.test").send(address, MAIL)
    (call,) = aws.named("send_email")
    return call


async def test_a_mail_goes_to_one_person_and_to_nobody_else(aws: Aws) -> None:
    call = await sent(aws, "bob@example.test")
    assert call["Destination"] == {"ToAddresses": ["bob@example.test"]}
    assert call["FromEmailAddress"] == "no-reply@example.test"
    assert call.keys() == {"FromEmailAddress", "Destination", "Content"}


async def test_a_mail_has_its_text_twice_and_says_that_a_machine_wrote_it(aws: Aws) -> None:
    content = (await sent(aws, "bob@example.test"))["Content"]["Simple"]
    assert content == {
        "Subject": {"Data": "Message: Lunch?", "Charset": "UTF-8"},
        "Body": {"Text": {"Data": MAIL.text, "Charset": "UTF-8"}, "Html": {"Data": MAIL.html, "Charset": "UTF-8"}},
        "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
    }


async def test_a_domain_is_spelled_as_the_mail_system_does(aws: Aws) -> None:
    call = await sent(aws, "bob@b\u00fccher.example")
    assert call["Destination"] == {"ToAddresses": ["bob@xn--bcher-kva.example"]}


@pytest.mark.parametrize("domain", ["a..b", ".a", f"{'a' * 64}.b", "a\u00adb\u200e.c"])
async def test_a_domain_that_cannot_be_is_refused_unasked(aws: Aws, domain: str) -> None:
    with pytest.raises(RefusedError):
        await sent(aws, f"bob@{domain}")
    assert aws.calls == []
