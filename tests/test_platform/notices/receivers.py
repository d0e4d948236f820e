"""Small servers of the tests' own: one that takes mail over TLS, one that answers webhooks."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedRWPair
from pathlib import Path


@dataclass
class MailServer:
    """What it was told: each line of each session, and whether that was encrypted."""

    port: int
    starttls: bool
    pem: Path
    refuses: bool = False
    offers_tls: bool = True
    lines: list[tuple[str, bool]] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.pem))

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem)
        return context

    def serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if not self.starttls:
                connection = self._context().wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rwb") as stream:
                self._talk(connection, stream, encrypted=not self.starttls)
        connection.close()

    def _talk(self, connection: socket.socket, stream: BufferedRWPair, *, encrypted: bool) -> None:
        def say(text: str) -> None:
            stream.write(f"{text}\r\n".encode())
            stream.flush()

        if not encrypted or not self.starttls:
            say("220 ready")
        while line := stream.readline().decode().rstrip("\r\n"):
            self.lines.append((line, encrypted))
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                offers = self.starttls and not encrypted and self.offers_tls
                say("250-localhost" if offers else "250-AUTH PLAIN")
                say("250 STARTTLS" if offers else "250 8BITMIME")
            elif verb == "STARTTLS":
                say("220 go")
                inside = self._context().wrap_socket(connection, server_side=True)
                with inside, inside.makefile("rwb") as again:
                    return self._talk(inside, again, encrypted=True)
            elif verb == "AUTH":
                say("235 welcome")
            elif verb == "DATA":
                say("354 go on")
                body = []
                while (part := stream.readline()) != b".\r\n":
                    body.append(part)
                self.mails.append(b"".join(body))
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                return None
            else:
                say("550 no such mailbox" if self.refuses and verb == "RCPT" else "250 fine")
        return None


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("localhost", 0)) as server:
        yield server


@contextmanager
def mail_server(pem: Path, *, starttls: bool = False) -> Iterator[MailServer]:
    with listening() as listener:
        server = MailServer(listener.getsockname()[1], starttls, pem)

        def run() -> None:
            with suppress(OSError):
                while True:
                    server.serve(listener.accept()[0])

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield server
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@dataclass
class WebhookServer:
    """Answers each request with `answer`, and keeps what came, and where it was asked for."""

    answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    asked: list[tuple[str, int]] = field(default_factory=list)
    echoes: bool = False

    def connect(self, host: str, port: int) -> socket.socket:
        """In the place of a connection outside."""
        self.asked.append((host, port))
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._serve, args=(theirs,), daemon=True).start()
        return ours

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError), connection.makefile("rb") as stream:
            head = {"": stream.readline().decode().strip()}
            while line := stream.readline().decode().strip():
                name, _, value = line.partition(":")
                head[name.lower()] = value.strip()
            body = stream.read(int(head["content-length"]))
            self.requests.append((head, body))
            said = self.answer
            if self.echoes:
                data = body[body.index(b'"data":') + 7 :].rstrip(b"}") + b"}"
                said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(data), data)
            connection.sendall(said)
