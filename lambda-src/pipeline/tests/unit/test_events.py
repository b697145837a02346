import base64
import json
import unittest

from events import MAX_BYTES, Rejected, parse
from tests.kinesis import VALID


def encoded(value):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.b64encode(content).decode()


class Parse(unittest.TestCase):
    def refused(self, value):
        with self.assertRaises(Rejected) as caught:
            parse(encoded(value))
        return caught.exception.code, caught.exception.reason

    def test_a_valid_event(self):
        event = parse(encoded({**VALID, "payload": {"b": [1, 2.5, None], "a": "ä"}, "extra": 1}))
        self.assertEqual(event.id, "order-1")
        self.assertEqual(event.type, "order.placed")
        self.assertEqual(event.occurred_at, "2026-03-01T12:00:00.000000Z")
        self.assertEqual(event.payload, '{"a":"ä","b":[1,2.5,null]}')

    def test_each_field_is_required_and_has_its_type(self):
        for name, what in [("id", "a string"), ("type", "a string"), ("occurred_at", "a string"), ("payload", "an object")]:
            without = {key: value for key, value in VALID.items() if key != name}
            self.assertEqual(self.refused(without), ("missing_field", f"`{name}` is missing"))
            for wrong in (None, 1, True, ["x"]):
                self.assertEqual(self.refused({**VALID, name: wrong}), ("invalid_field", f"`{name}` is not {what}"))

    def test_ids_and_types(self):
        for good in ("a", "A-b_9", "x" * 64):
            self.assertEqual(parse(encoded({**VALID, "id": good})).id, good)
        for bad in ("", "x" * 65, "a b", "ä", "a\n", "a/b"):
            self.assertEqual(self.refused({**VALID, "id": bad})[0], "invalid_field", bad)
        for bad in ("", "x" * 129, "a b", "\ud800"):
            self.assertEqual(self.refused({**VALID, "type": bad})[0], "invalid_field", bad)

    def test_times_are_told_in_utc(self):
        for text, utc in [
            ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00.000000Z"),
            ("2026-03-01t12:00:00.5z", "2026-03-01T12:00:00.500000Z"),
            ("2026-03-01T00:30:00.123456789+01:00", "2026-02-28T23:30:00.123456Z"),
            ("2024-02-29T23:59:59-00:00", "2024-02-29T23:59:59.000000Z"),
        ]:
            self.assertEqual(parse(encoded({**VALID, "occurred_at": text})).occurred_at, utc)

    def test_what_is_no_time(self):
        for text in (
            "",
            "2026-03-01",
            "2026-03-01T12:00:00",
            "2026-03-01 12:00:00Z",
            "2026-02-29T12:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T12:00:60Z",
            "2026-03-01T12:00:00+24:00",
            "2026-03-01T12:00:00Z\n",
            "٢٠٢٦-03-01T12:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "20260301T120000Z",
        ):
            self.assertEqual(self.refused({**VALID, "occurred_at": text})[0], "invalid_field", text)

    def test_what_is_no_event_at_all(self):
        for content, code in [
            (b"", "not_json"),
            (b"{", "not_json"),
            (b"[]", "not_an_object"),
            (b"null", "not_an_object"),
            (b"\xff\xfe", "not_utf8"),
            (b'{"id": NaN}', "not_json"),
            (b'{"id": "a", "id": "b"}', "duplicate_name"),
            (b"\xf3\x89\x9a\xc2aggregated", "not_utf8"),
            (b"[" * 200_000, "too_deep"),
            (b'{"payload":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
        ]:
            self.assertEqual(self.refused(content)[0], code, content[:40])
        with self.assertRaises(Rejected) as caught:
            parse("not base64!")
        self.assertEqual(caught.exception.code, "not_base64")

    def test_payloads_that_could_not_be_stored_as_they_are(self):
        start = json.dumps(VALID)[:-2]
        for end in (b', "x": 1e999}}', b', "x": "\\ud800"}}'):
            self.assertEqual(self.refused(start.encode() + end)[0], "invalid_field", end)

    def test_the_largest_event(self):
        filler = MAX_BYTES - len(json.dumps({**VALID, "payload": {"x": ""}}))
        self.assertEqual(len(parse(encoded({**VALID, "payload": {"x": "y" * filler}})).payload), filler + len('{"x":""}'))
        self.assertEqual(self.refused({**VALID, "payload": {"x": "y" * (filler + 1)}})[0], "too_large")
        # Small as it came, but not as it would be stored.
        content = json.dumps(VALID)[:-2] + ', "x": [' + ",".join(["1e15"] * 40_000) + "]}}"
        self.assertLess(len(content), MAX_BYTES)
        self.assertEqual(self.refused(content.encode())[0], "too_large")

    def test_reasons_quote_nothing(self):
        for changes in ({"id": "s3cret!"}, {"type": "s3cret!"}, {"occurred_at": "s3cret!"}, {"payload": "s3cret!"}):
            self.assertNotIn("s3cret", self.refused({**VALID, **changes})[1])
        self.assertNotIn("s3cret", self.refused(b'{"s3cret"')[1])


if __name__ == "__main__":
    unittest.main()
