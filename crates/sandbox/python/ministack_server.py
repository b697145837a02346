"""MiniStack as a daemon, with our patches. It writes what it holds to its data directory when it is told to stop."""

import asyncio
import os

from daemon import IDENTITY_PATH, Daemon


def main():
    daemon = Daemon()
    # MiniStack puts its own address into some answers (queue URLs, Lambda's environment).
    os.environ["GATEWAY_PORT"] = str(daemon.port)
    # Where its neighbour's port stands, should it have one.
    os.environ["PROVISION_SANDBOX_FILE"] = daemon.config.get("sandbox", "")

    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack import app as ministack

    import patches

    patches.apply_all("ministack")

    identity = daemon.instance.encode()

    async def application(scope, receive, send):
        if scope["type"] == "lifespan":

            async def announce_when_complete(message):
                await send(message)
                if message["type"] == "lifespan.startup.complete":
                    daemon.announce()

            return await ministack.app(scope, receive, announce_when_complete)
        if scope["path"] == IDENTITY_PATH:
            headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(identity)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            return await send({"type": "http.response.body", "body": identity})
        daemon.request_begins()
        try:
            await ministack.app(scope, receive, send)
        finally:
            daemon.request_ends()

    config = Config()
    config.bind = [f"fd://{daemon.socket.fileno()}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    asyncio.run(serve(application, config))


if __name__ == "__main__":
    main()
