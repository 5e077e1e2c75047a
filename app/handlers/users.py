"""Users: create, get, update and delete a profile, and give one to whoever signs up."""

from collections.abc import Mapping
from contextlib import suppress

from app.accounts import confirmation
from app.application import App
from app.channels.people import Person
from app.errors import ConditionFailedError, ConflictError, NotFoundError, PreconditionError, UnavailableError
from app.http import Request, Response, etag, http_api
from app.models.ids import UserId
from app.models.users import CreateUser, UpdateUser, User
from app.models.wire import fault

_UPDATE_ROUNDS = 3  # of an update that another one overtook


@http_api
async def create(app: App, request: Request) -> Response:
    """Creates the caller's profile; for admins also another person's, who is then invited by mail."""
    body = request.json(CreateUser)
    person = await _person(app, request, body)
    user = User.create(person.user_id, person.email, body, app.now())
    await app.users.create(user)
    return _shown(201, user, {"location": f"/users/{user.user_id}"})


@http_api
async def get(app: App, request: Request) -> Response:
    """Shows a profile: the whole of it to its owner and to admins, the public part to others."""
    own = request.caller.may_act_for(request.user_id())
    user = await (app.users if own else app.shown_users).get(request.user_id())
    body = user.to_item() if own else user.public()
    tag = etag(body)
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if request.etags("if-none-match") & {tag, f"W/{tag}", "*"}:
        return Response(304, headers=headers)
    return Response(200, body, headers)


@http_api
async def update(app: App, request: Request) -> Response:
    """Changes a profile; with `If-Match` only if it is still as the caller has seen it."""
    _require_own(request)
    body = request.json(UpdateUser)
    expected = request.etags("if-match")
    new = None
    for _ in range(_UPDATE_ROUNDS):
        seen = await app.users.get(request.user_id())
        if seen == new:  # it was written, and only the answer was lost
            return _shown(200, seen)
        if expected and not expected & {etag(seen.to_item()), "*"}:
            raise PreconditionError
        new = seen.updated(body, app.now())
        try:
            await app.users.replace(seen, new)
        except ConditionFailedError:
            continue
        return _shown(200, new)
    raise UnavailableError


@http_api
async def delete(app: App, request: Request) -> Response:
    """Erases a person; what takes longer than a request may is gone on with by the next one."""
    _require_own(request)
    if not await app.eraser.erase(request.user_id()):
        raise NotFoundError
    return Response(204)


@confirmation
async def confirm(app: App, attributes: Mapping[str, str]) -> None:
    """Gives whoever signed up a profile, unless they have one: this may be called again, or come late."""
    names = CreateUser.of_account(attributes)
    user = User.create(UserId(attributes["sub"]), attributes["email"], names, app.now())
    with suppress(ConflictError):
        await app.users.create(user)


async def _person(app: App, request: Request, body: CreateUser) -> Person:
    caller = await app.people.get(request.caller.username)
    if body.email is None or body.email.casefold() == caller.email.casefold():
        return caller
    if request.caller.admin:
        return await app.people.invite(body.email)
    raise fault("/email", "email_mismatch", "This is not the e-mail address that you signed in with.")


def _require_own(request: Request) -> None:
    # The same answer as for nobody at all: who exists is not told.
    if not request.caller.may_act_for(request.user_id()):
        raise NotFoundError


def _shown(status: int, user: User, headers: dict[str, str] | None = None) -> Response:
    body = user.to_item()
    return Response(status, body, {"etag": etag(body), "cache-control": "private, no-cache", **(headers or {})})
