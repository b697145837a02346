"""moto as a daemon, with our patches. moto keeps everything in memory: what it holds is gone when it stops."""

import signal
import sys

from daemon import IDENTITY_PATH, Daemon


def main():
    daemon = Daemon()

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    import patches

    patches.apply_all("moto")

    emulator = DomainDispatcherApplication(create_backend_app)
    identity = daemon.instance.encode()

    def application(environ, start_response):
        if environ.get("PATH_INFO") == IDENTITY_PATH:
            start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(identity)))])
            return [identity]
        daemon.request_begins()
        try:
            return emulator(environ, start_response)
        finally:
            daemon.request_ends()

    class Handler(MotoRequestHandler):
        # Keep-alive: without it every request of a plan would open a connection of its own.
        protocol_version = "HTTP/1.1"

        def log_request(self, code="-", size="-"):
            pass

    server = make_server(
        "127.0.0.1", daemon.port, application, threaded=True, request_handler=Handler, fd=daemon.socket.fileno()
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    daemon.announce()
    server.serve_forever()


if __name__ == "__main__":
    main()
