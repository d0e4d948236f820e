"""Serves the application: in this process, or in several that share one socket.

Each process opens its own services: what they share is the database, the lake and the log, which
any number of processes may write. The spool is committed by one of them at a time, by a lease.
"""

import logging
import multiprocessing
import os
import signal
import socket
import threading
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import uvicorn

from xihu_node.app import create_app
from xihu_node.services import open_services
from xihu_pipelines.start import open_registry
from xihu_platform.errors import BadInput
from xihu_platform.settings import Settings
from xihu_platform.start import open_node
from xihu_platform.telemetry.logs import OURS, facts, start_logging
from xihu_platform.telemetry.traces import LogTracer, Tracer
from xihu_portals.edge.protocol import protocol_with
from xihu_portals.services import Services

log = logging.getLogger("xihu.serving")
GRACE_S = 5
"""Until answers under way are cut off when the platform stops."""
PAUSE_S = 1.0
"""Before a process that ended is started again."""
BACKLOG = 2048


def serve(services: Services) -> None:
    """Serve until Ctrl-C, in this process alone."""
    settings = services.node.settings
    uvicorn.Server(_config(settings, services)).run()


def serve_many(settings: Settings) -> None:
    """Serve in `serve.processes` processes until Ctrl-C; one that ends is started again.

    Raises BadInput where the address is taken.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with _listening(settings) as shared:
        running = {place: _start(settings, shared, place) for place in range(_count(settings))}
        while not stop.is_set():
            wait([one.sentinel for one in running.values()], timeout=PAUSE_S)
            for place, one in running.items():
                if not one.is_alive() and not stop.wait(PAUSE_S):
                    said = facts(place=place, exit=one.exitcode)
                    log.error("a serving process ended and is started again", extra=said)
                    running[place] = _start(settings, shared, place)
        for one in running.values():
            one.terminate()
        for one in running.values():
            one.join()


def _count(settings: Settings) -> int:
    return settings.serve.processes


def _listening(settings: Settings) -> socket.socket:
    host, port = settings.serve.host, settings.serve.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    shared = socket.socket(family)
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        shared.bind((host, port))
    except OSError as error:
        shared.close()
        raise BadInput(
            f"不能在 {host}:{port} 监听（{error.strerror}），请换端口或停止占用它的程序",
            f"cannot listen on {host}:{port} ({error.strerror}): choose another port, or stop the "
            "program that has it",
        ) from None
    shared.listen(BACKLOG)
    return shared


def _start(settings: Settings, shared: socket.socket, place: int) -> BaseProcess:
    spawn = multiprocessing.get_context("spawn")
    verbose = logging.getLogger(OURS).level
    process = spawn.Process(
        target=_serve_one, args=(settings, shared, place, verbose), name=f"xihu-serve-{place}"
    )
    process.start()
    return process


def _serve_one(settings: Settings, shared: socket.socket, place: int, level: int) -> None:
    """One of several processes. It ends with the one that started it, however that ended."""
    start_logging(settings.telemetry, level=level)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    open_registry(settings)
    services = open_services(open_node(_at_its_place(settings, place)))
    uvicorn.Server(_config(services.node.settings, services)).run([shared])


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _at_its_place(settings: Settings, place: int) -> Settings:
    """Each process tells its own metrics, on a port of its own."""
    port = settings.telemetry.metrics_port
    if port is None:
        return settings
    telemetry = settings.telemetry.model_copy(update={"metrics_port": port + place})
    return settings.model_copy(update={"telemetry": telemetry})


def _config(settings: Settings, services: Services) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(services, _tracer(settings)),
        host=settings.serve.host,
        port=settings.serve.port,
        log_config=None,  # ours takes its lines too
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the app believes the configured proxies alone
        http=protocol_with(settings.serve.write_limit_s),
        timeout_graceful_shutdown=GRACE_S,
    )


def _tracer(settings: Settings) -> Tracer | None:
    """Into the log where it is verbose and traces go nowhere else."""
    verbose = logging.getLogger(OURS).level <= logging.DEBUG
    return LogTracer() if verbose and settings.telemetry.traces_url is None else None
