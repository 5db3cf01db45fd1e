"""Does the web server answer yet?"""

import http.client
import threading
import time

ERRORS_BEFORE_GIVING_UP = 5


class WebProbe:
    """Asks for `/healthz` in a thread of its own, because the first request waits until the web server accepts connections."""

    def __init__(self, *, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._answered = threading.Event()
        self._broken = threading.Event()
        threading.Thread(target=self._ask, name="web-probe", daemon=True).start()

    def answered(self) -> bool:
        return self._answered.is_set()

    def broken(self) -> bool:
        """Whether the server runs but answers every request with an error of its own."""
        return self._broken.is_set()

    def _ask(self) -> None:
        num_errors = 0
        while num_errors < ERRORS_BEFORE_GIVING_UP:
            status = self._status()
            # A refusal of the name "localhost" is an answer too.
            if status is not None and status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                self._answered.set()
                return
            num_errors += status is not None
            time.sleep(0.1)
        self._broken.set()

    def _status(self) -> int | None:
        """Returns the status of one answer; None without an answer."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
        try:
            connection.request("GET", "/healthz", headers={"Host": "localhost", "Connection": "close"})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
