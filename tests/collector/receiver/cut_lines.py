"""A line that breaks at the worst moment: what was sent is stored, and the answer is lost."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


class CutLine:
    """Passes bytes on to a port; `cuts` counts the connections it has broken."""

    def __init__(self, target: int, stored: Callable[[], bool]) -> None:
        self._target = target
        self._stored = stored
        self.cuts = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:  # closed: the test is over
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            for source, sink, answers in ((client, server, False), (server, client, True)):
                arguments = (source, sink, answers)
                threading.Thread(target=self._pass_on, args=arguments, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        try:
            while data := source.recv(65_536):
                if answers and not self.cuts and self._stored():
                    self.cuts += 1
                    sink.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
                    break
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RD)  # wakes who reads from it, and says nothing
            end.close()


@contextmanager
def cut_line(target: int, stored: Callable[[], bool]) -> Iterator[CutLine]:
    """A line to the port `target` that is cut once: before the first answer after `stored`."""
    line = CutLine(target, stored)
    threading.Thread(target=line.serve, daemon=True).start()
    yield line
    line.listener.close()
