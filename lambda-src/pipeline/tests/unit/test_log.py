import io
import json
import unittest

from log import Log


class Lines(unittest.TestCase):
    def test_only_the_level_and_above_are_written(self):
        for level, expected in [
            ("DEBUG", ["debug", "info", "warning", "error"]),
            ("WARNING", ["warning", "error"]),
            ("ERROR", ["error"]),
        ]:
            output = io.StringIO()
            log = Log(level, output).bind(request_id="request-1", nothing=None)
            for name in ("debug", "info", "warning", "error"):
                getattr(log, name)(name, number=1)
            lines = [json.loads(line) for line in output.getvalue().splitlines()]
            self.assertEqual([line["message"] for line in lines], expected)
            for line in lines:
                self.assertRegex(line.pop("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
                level_of = line["message"].upper()
                self.assertEqual(
                    line, {"level": level_of, "message": line["message"], "request_id": "request-1", "number": 1}
                )

    def test_a_line_is_a_line_whatever_is_in_it(self):
        output = io.StringIO()
        Log("INFO", output).info("two\nlines", field='"\u2028\n')
        self.assertEqual(output.getvalue().count("\n"), 1)
        self.assertEqual(json.loads(output.getvalue())["field"], '"\u2028\n')


if __name__ == "__main__":
    unittest.main()
