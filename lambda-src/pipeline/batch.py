"""What is done with a batch.

0. What `provision verify` put into the stream is passed over: nothing is kept of it.
1. The batch is kept as it came, before anything is decided about it.
2. Each record in turn becomes an item of the table; one that is no event goes to `rejected/` and is done with.
3. When AWS fails, whatever the reason, the batch ends there: that record and those after it are reported, and come
   again. Data is never dropped because of a permission that is missing or a table that is full.
"""

import itertools
import time

from archive import Archive
from aws import AwsError
from events import Rejected, is_verification, parse
from records import Record
from signing import SecretError, Signer
from table import Table

# With less than this left, the rest is handed back rather than being cut off in the middle.
MARGIN_MILLISECONDS = 2000


class Pipeline:
    """Processes batches."""

    def __init__(self, settings, aws, log):
        self._archive = Archive(aws, settings.bucket_name)
        self._table = Table(aws, settings.table_name)
        self._signer = Signer(aws, settings.secret_arn, log)

    def process(self, records, remaining_milliseconds, log):
        """Processes an event's `Records`; the answer names those that are to come again.

        `remaining_milliseconds` says how much time is left, or is None.
        """
        started = time.monotonic()
        received = [Record.from_event(record) for record in records]
        records = [record for record in received if not is_verification(record)]
        counts = dict.fromkeys(("written", "unchanged", "rejected"), 0)
        failed = self._keep_raw(records, log)
        if failed is None:
            failed = self._settle_all(records, counts, remaining_milliseconds or _forever, log)
        failures = records[failed:]
        verifications = len(received) - len(records)
        counts = {"received": len(received), **counts, "verifications": verifications, "failed": len(failures)}
        milliseconds = round((time.monotonic() - started) * 1000)
        log.info("batch", **counts, milliseconds=milliseconds, **_about(received, counts))
        return {"batchItemFailures": [{"itemIdentifier": record.sequence_number} for record in failures]}

    def _keep_raw(self, records, log):
        """The index from which on records are to come again, which is the first, or None."""
        try:
            # Lambda's batches are of one shard. That is its promise, not ours.
            for _, group in itertools.groupby(records, key=lambda record: (record.stream, record.shard)):
                self._archive.keep_raw(list(group))
        except AwsError as error:
            log.error("batch not kept", **error.fields())
            return 0
        return None

    def _settle_all(self, records, counts, remaining_milliseconds, log):
        """The index from which on records are to come again."""
        for index, record in enumerate(records):
            about = log.bind(sequence_number=record.sequence_number, shard=record.shard)
            if remaining_milliseconds() < MARGIN_MILLISECONDS:
                about.error("out of time")
                return index
            try:
                counts[self._settle(record, about)] += 1
            except AwsError as error:
                about.error("record failed", **error.fields())
                return index
            except SecretError as error:
                about.error("record failed", code="SecretError", reason=str(error), transient=False)
                return index
        return len(records)

    def _settle(self, record, log):
        """What became of a record: written, unchanged or rejected."""
        try:
            event = parse(record.data)
        except Rejected as rejected:
            self._archive.keep_rejected(record, rejected)
            log.warning("record rejected", code=rejected.code, reason=rejected.reason)
            return "rejected"
        signature, version = self._signer.sign(event, record)
        outcome = "written" if self._table.put(event, record, signature, version) else "unchanged"
        log.debug("record " + outcome, event_id=event.id)
        return outcome


def _forever():
    return float("inf")


def _about(records, counts):
    """Which batch it was, and its counts as metrics: CloudWatch takes them from the log line, without a call.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    if not records:
        return {}
    first, last = records[0], records[-1]
    metrics = [{"Name": name, "Unit": "Count"} for name in counts]
    directive = {"Namespace": "Pipeline", "Dimensions": [["stream"]], "Metrics": metrics}
    return {
        "stream": first.stream,
        "shard": first.shard,
        "first_sequence_number": first.sequence_number,
        "last_sequence_number": last.sequence_number,
        "_aws": {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]},
    }
