"""Mails a message to those of its recipients who want mail and have not seen it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from app.channels.mail import Mailer
from app.errors import RefusedError, UnavailableError
from app.log import log, log_exception, metrics
from app.models.mails import Mail
from app.models.told import Told
from app.models.users import User
from app.stores.claims import Claims
from app.stores.connections import Connections
from app.stores.notifications import Notifications
from app.stores.users import Users
from app.together import settled

AT_ONCE = 4  # people; SES takes 14 mails a second from a new account, and two invocations run at a time

# "reached": they are connected, and saw it there. "before": an earlier delivery of the same sent it.
End: TypeAlias = Literal["reached", "before", "sent", "refused"]


@dataclass(frozen=True, slots=True)
class Mailing:
    users: Users
    notifications: Notifications
    connections: Connections
    claims: Claims
    mailer: Mailer
    now: Callable[[], datetime]

    async def mail(self, told: Told) -> None:
        """Tries everybody, at most 50, and only then raises the first failure; a repeat mails nobody twice."""
        mail = Mail.of(told)
        people = await self._wanting(told)
        ends = await settled((self._mail_one(told, mail, user) for user in people), AT_ONCE)
        failures = [end for end in ends if isinstance(end, Exception)]
        _count(told, Counter("failed" if isinstance(end, Exception) else end for end in ends))
        if failures:
            raise failures[0]

    async def _wanting(self, told: Told) -> list[User]:
        """Returns those who want mail now and whose devices have not shown them the message."""
        people = await self.users.get_many(told.recipient_ids)
        now = self.now()
        wanting = [user for user in people.values() if user.settings.want("email", told.priority, now)]
        names = [user.user_id for user in wanting]
        seen = await self.notifications.seen_by(told.notification_id, names, told.created_at if told.audience else None)
        return [user for user in wanting if user.user_id not in seen]

    async def _mail_one(self, told: Told, mail: Mail, user: User) -> End:
        if await self._is_connected(told, user):
            return "reached"
        claim = f"mail#{user.user_id}"
        claimed = await self.claims.take(told.message_id, claim, self.now())
        if claimed == "done":
            return "before"
        if claimed == "busy":  # in another invocation, or in one that has died: later it will show
            raise UnavailableError
        return await self._send(told, mail, user, claim)

    async def _is_connected(self, told: Told, user: User) -> bool:
        """Whether frames of this message go to a connection that lives: one that was found gone has no row by now."""
        if told.audience is None and not user.settings.channels.realtime:
            return False
        return bool((await self.connections.of(user.user_id, self.now())).live)

    async def _send(self, told: Told, mail: Mail, user: User, claim: str) -> End:
        end: End = "sent"
        try:
            await self.mailer.send(user.email, mail)
        except RefusedError:
            end = "refused"
            log("mail refused", level="WARN", messageId=told.message_id, userId=user.user_id)
        except Exception:
            await self.claims.release(told.message_id, claim)
            raise
        await self._note(told, claim)
        return end

    async def _note(self, told: Told, claim: str) -> None:
        try:
            await self.claims.done(told.message_id, claim, self.now())
        except UnavailableError as error:  # the mail has gone: to fail now would only send it again
            log_exception("mail not noted", error, messageId=told.message_id)


def _count(told: Told, ends: Counter[str]) -> None:
    log(
        "mailed",
        messageId=told.message_id,
        sent=ends["sent"],
        refused=ends["refused"],
        reached=ends["reached"],
        before=ends["before"],
        failed=ends["failed"],
    )
    metrics(MailsSent=ends["sent"], MailsRefused=ends["refused"])
