"""The socket of the web server, bound by the supervisor."""

import errno
import socket

NUM_PORTS_TRIED = 50
BACKLOG = 2048


def listening_socket(*, host: str, port: int) -> socket.socket:
    """Returns a socket that listens on `port`, or on the next free port after it. Port 0 lets the system choose.

    Raises OSError when the host is not an address of this machine or none of the next 50 ports is free.
    """
    family, _kind, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    ports = [0] if port == 0 else range(port, min(port + NUM_PORTS_TRIED, 65_536))
    for candidate in ports:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address[0], candidate))
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
        else:
            return listener
    raise OSError(errno.EADDRINUSE, f"no free port from {port} to {ports[-1]} on {host}")
