"""What a producer may put into the stream: one JSON object in UTF-8, at most 256 KiB.

    {
        "id": "order-17",                           the event's own id: 1 to 64 of A-Z a-z 0-9 _ -
        "type": "order.placed",                     1 to 128 of A-Z a-z 0-9 _ . : / -
        "occurred_at": "2026-03-01T12:00:00.5Z",    RFC 3339, with an offset; no leap seconds
        "payload": {…}                              any object; its numbers are finite
    }

Other fields are ignored here; they are kept, like everything, in the raw batches. A name that occurs twice in one
object is refused, because readers would disagree about which one counts.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone

# DynamoDB's items have at most 400 KB.
MAX_BYTES = 256 * 1024
VERIFICATION_PARTITION_KEY = "provision-verify"

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TYPE = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)


class Rejected(Exception):
    """Why a record is no event. Never quotes it: reasons are logged."""

    def __init__(self, code, reason):
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class Event:
    """A valid event."""

    id: str
    type: str
    occurred_at: str
    """RFC 3339 in UTC with six digits of the second, so that its text sorts as the time does."""
    payload: str
    """JSON with sorted names and no white space. DynamoDB's own maps would be nested at most 32 deep and have other
    numbers, so that some valid payloads could not be stored."""


def parse(data):
    """The event in a record's data, which is base64. Raises Rejected."""
    event = _load(_decode(data))
    if not isinstance(event, dict):
        raise Rejected("not_an_object", "the record is JSON, but not an object")
    payload = _field(event, "payload", dict, "an object")
    return Event(
        id=_matching(event, "id", _ID, "1 to 64 of A-Z, a-z, 0-9, _ and -"),
        type=_matching(event, "type", _TYPE, "1 to 128 of A-Z, a-z, 0-9, _, ., :, / and -"),
        occurred_at=_time(_field(event, "occurred_at", str, "a string")),
        payload=_dump(payload),
    )


def is_verification(record):
    """Whether `provision verify` put the record, to see whether one comes through.

    Both its partition key and its whole content must say so, lest an event be passed over.
    """
    if record.partition_key != VERIFICATION_PARTITION_KEY:
        return False
    try:
        content = _load(_decode(record.data))
    except Rejected:
        return False
    return isinstance(content, dict) and list(content) == ["provision_verify"]


def _decode(data):
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("not_base64", "the record's data is not base64") from None
    if len(content) > MAX_BYTES:
        raise Rejected("too_large", f"the record has {len(content)} bytes, more than {MAX_BYTES}")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected("not_utf8", "the record is not UTF-8") from None


def _load(text):
    def no_constant(name):
        raise Rejected("not_json", f"the record is not JSON: {name} is no number")

    def no_duplicates(pairs):
        found = dict(pairs)
        if len(found) != len(pairs):
            raise Rejected("duplicate_name", "an object in the record has the same name twice")
        return found

    try:
        return json.loads(text, parse_constant=no_constant, object_pairs_hook=no_duplicates)
    except RecursionError:
        raise Rejected("too_deep", "the record is nested too deeply") from None
    except ValueError:
        raise Rejected("not_json", "the record is not JSON") from None


def _field(event, name, kind, what):
    if name not in event:
        raise Rejected("missing_field", f"`{name}` is missing")
    if not isinstance(event[name], kind):
        raise Rejected("invalid_field", f"`{name}` is not {what}")
    return event[name]


def _matching(event, name, pattern, what):
    value = _field(event, name, str, "a string")
    if not pattern.fullmatch(value):
        raise Rejected("invalid_field", f"`{name}` is not {what}")
    return value


def _time(text):
    invalid = Rejected("invalid_field", "`occurred_at` is not a time of RFC 3339 with an offset")
    match = _TIME.fullmatch(text)
    if not match:
        raise invalid
    date, time, fraction, offset = match.groups()
    microseconds = (fraction or "").ljust(6, "0")[:6]
    offset = "+00:00" if offset in "Zz" else offset
    try:
        moment = datetime.fromisoformat(f"{date}T{time}.{microseconds}{offset}").astimezone(timezone.utc)
    except (OverflowError, ValueError):
        raise invalid from None
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _dump(payload):
    try:
        text = json.dumps(payload, allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        size = len(text.encode("utf-8"))
    except RecursionError:
        raise Rejected("too_deep", "`payload` is nested too deeply") from None
    except UnicodeEncodeError:
        raise Rejected("invalid_field", "`payload` has half of a surrogate pair") from None
    except ValueError:
        raise Rejected("invalid_field", "`payload` has a number that is not finite") from None
    # 1e15 is written out: it may have grown.
    if size > MAX_BYTES:
        raise Rejected("too_large", f"`payload` has {size} bytes, more than {MAX_BYTES}")
    return text
