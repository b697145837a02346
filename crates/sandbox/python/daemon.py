"""What both emulators' daemons share: detaching, the listening socket, being recognised, and stopping when idle.

The Rust side starts `EMULATOR_server.py CONFIG.json`, waits until the file "ready" of the configuration says which port was bound,
and then recognises the server by the instance token it answers at IDENTITY_PATH.
"""

import json
import os
import signal
import socket
import sys
import threading
import time

IDENTITY_PATH = "/_provision/instance"


class Daemon:
    def __init__(self):
        with open(sys.argv[1], encoding="utf-8") as file:
            self.config = json.load(file)
        # A session of its own: neither Ctrl-C nor the closing of the terminal that started it reaches the server.
        os.setsid()
        self.instance = self.config["instance"]
        self.last_request = time.monotonic()
        self.in_flight = 0
        self.lock = threading.Lock()
        self.socket = self._listen(self.config.get("port") or 0)
        self.port = self.socket.getsockname()[1]

    @staticmethod
    def _listen(preferred):
        # The port of the last time if it is free, so that exported variables stay right over a restart.
        for port in (preferred, 0):
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                listener.close()
                continue
            listener.listen(512)
            return listener
        raise SystemExit("failed to bind any port of 127.0.0.1")

    def announce(self):
        """Says where we are, in one piece: whoever reads the file reads all of it."""
        path = self.config["ready"]
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump({"instance": self.instance, "pid": os.getpid(), "port": self.port}, file)
        os.replace(path + ".new", path)
        idle = self.config.get("idle_seconds")
        if idle:
            threading.Thread(target=self._stop_when_idle, args=(idle,), daemon=True).start()

    def request_begins(self):
        with self.lock:
            self.in_flight += 1

    def request_ends(self):
        with self.lock:
            self.in_flight -= 1
            self.last_request = time.monotonic()

    def _stop_when_idle(self, idle):
        while True:
            time.sleep(min(idle, 1))
            with self.lock:
                over = not self.in_flight and time.monotonic() - self.last_request > idle
            if over:
                os.kill(os.getpid(), signal.SIGTERM)
                return
