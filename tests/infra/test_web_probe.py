"""A web server that is slow to start, and one that starts but is broken."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from apps.workers.supervisor.web_probe import ERRORS_BEFORE_GIVING_UP, WebProbe
from tests.support.conditions import wait_for


class Server:
    """Answers with the given statuses one after the other, then with the last one for ever."""

    def __init__(self, *statuses: int) -> None:
        left = list(statuses)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(left.pop(0) if len(left) > 1 else left[0])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                """Keeps the terminal of the tests clean."""

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()

    def probe(self) -> WebProbe:
        return WebProbe(host="127.0.0.1", port=self.http.server_port)

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    started: list[Server] = []
    yield started
    for server in started:
        server.close()


@pytest.mark.parametrize("statuses", [(200,), (400,), (500, 503, 200)])
def test_a_server_that_answers_is_found(servers: list[Server], statuses: tuple[int, ...]) -> None:
    servers.append(Server(*statuses))
    probe = servers[0].probe()
    wait_for(probe.answered)
    assert not probe.broken()


def test_a_server_that_answers_with_errors_only_is_given_up(servers: list[Server]) -> None:
    servers.append(Server(*[500] * ERRORS_BEFORE_GIVING_UP))
    probe = servers[0].probe()
    wait_for(probe.broken)
    assert not probe.answered()
