"""DynamoDB Accelerator, by AWS's own client: it blocks, and starts threads that look after its connections."""

import logging
from dataclasses import dataclass
from typing import Any

_CONNECT_S = 0.5  # also for TLS
_READ_S = 0.5
_RETRIES = 1  # a connection that was closed while the environment was frozen


@dataclass(slots=True)
class Dax:
    """The cluster at `endpoint`, "daxs://HOST" for TLS; it connects when it is first asked, in one thread at a time."""

    endpoint: str
    _client: Any = None

    def __call__(self, **parameters: Any) -> dict[str, Any]:
        """Returns the answer of get_item, as old as the cluster lets it be; raises whatever the client does."""
        self._client = self._client or self._open()
        answer: dict[str, Any] = self._client.get_item(**parameters)
        return answer

    def close(self) -> None:
        """Ends connections and threads; only tests need it, because Lambda ends the process."""
        if self._client:
            self._client.close()

    def _open(self) -> Any:
        from amazondax import AmazonDaxClient  # noqa: PLC0415 - only stages with a cache have a use for it
        from botocore.config import Config  # noqa: PLC0415 - part of the SDK's import, see app.aws

        logging.getLogger("amazondax").setLevel(logging.CRITICAL)  # app.cache says once what this says for each node
        config = Config(connect_timeout=_CONNECT_S, read_timeout=_READ_S, retries={"max_attempts": _RETRIES})
        return AmazonDaxClient(endpoint_url=self.endpoint, config=config)
