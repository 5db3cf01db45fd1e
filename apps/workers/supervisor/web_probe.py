"""Does the web server answer yet?"""

import http.client
import threading
import time


class WebProbe:
    """Asks for `/healthz` in a thread of its own, because the first request waits until the web server accepts connections."""

    def __init__(self, *, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._answered = threading.Event()
        threading.Thread(target=self._ask, name="web-probe", daemon=True).start()

    def answered(self) -> bool:
        return self._answered.is_set()

    def _ask(self) -> None:
        while not self._answered.is_set():
            connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
            try:
                connection.request("GET", "/healthz", headers={"Host": "localhost", "Connection": "close"})
                # A refusal of the name "localhost" is an answer too; 503 means that the database does not answer yet.
                if connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                    self._answered.set()
                    return
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            time.sleep(0.1)
