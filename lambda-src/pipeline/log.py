"""Structured logs: one JSON object a line. Never a payload, a partition key or a secret."""

import json
import sys
from datetime import datetime, timezone

from settings import LEVELS


class Log:
    """Writes the lines of a level and above to standard output, where Lambda collects them."""

    def __init__(self, level="INFO", stream=None, **fields):
        self._level = level
        self._stream = stream
        self._fields = fields

    def bind(self, **fields):
        """The same log, with fields that are in each of its lines."""
        known = {name: value for name, value in fields.items() if value is not None}
        return Log(self._level, self._stream, **{**self._fields, **known})

    def debug(self, message, **fields):
        """For following what the function does, record by record."""
        self._write("DEBUG", message, fields)

    def info(self, message, **fields):
        """For knowing that it works."""
        self._write("INFO", message, fields)

    def warning(self, message, **fields):
        """For what somebody should look at."""
        self._write("WARNING", message, fields)

    def error(self, message, **fields):
        """For what did not work and will be tried again."""
        self._write("ERROR", message, fields)

    def _write(self, level, message, fields):
        if LEVELS.index(level) < LEVELS.index(self._level):
            return
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"timestamp": now, "level": level, "message": message, **self._fields, **fields}
        # Not bound at the start: tests and emulators replace standard output.
        print(json.dumps(line, separators=(",", ":")), file=self._stream or sys.stdout, flush=True)
