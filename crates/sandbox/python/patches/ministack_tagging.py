"""Where MiniStack's Resource Groups Tagging API differs from what AWS documents, and what is done about it here.

See ministack_kinesis.py for what GAPS and apply() are.

In the pair, EC2 and IAM are on moto, and a client asks one endpoint for what is tagged anywhere. So what moto has is fetched from
there: it stands, with its port, in the sandbox's own file.
"""

GAPS = [
    ["Tagging GetResources", "does not know Kinesis, Secrets Manager, CloudWatch Logs and Lambda's event source mappings", "mended"],
    ["Tagging GetResources", "does not know what is on another server: EC2 and IAM", "mended"],
    ["Tagging GetResources", "answers one page, however much there is", "open"],
    ["Tagging GetResources", "what was deleted is gone from it at once", "open"],
    ["Tagging GetResources", "what was tagged is in it at once", "open"]
]


def apply():
    from ministack.services import tagging

    mend_collectors(tagging)
    mend_neighbours(tagging)


def mend_collectors(tagging):
    def arn(service, rest):
        return f"arn:aws:{service}:{tagging.get_region()}:{tagging._account()}:{rest}"

    def collect_kinesis():
        from ministack.services import kinesis

        for name, stream in kinesis._streams.items():
            yield arn("kinesis", f"stream/{name}"), tagging._normalise_flat(stream.get("tags"))

    def collect_logs():
        from ministack.services import cloudwatch_logs

        for name, group in cloudwatch_logs._log_groups.items():
            yield arn("logs", f"log-group:{name}"), tagging._normalise_flat(group.get("tags"))

    def collect_mappings():
        from ministack.services import lambda_svc

        for uuid, mapping in lambda_svc._esms.items():
            yield arn("lambda", f"event-source-mapping:{uuid}"), tagging._normalise_flat(mapping.get("Tags"))

    tagging._COLLECTORS["kinesis"] = collect_kinesis
    tagging._COLLECTORS["logs"] = collect_logs
    tagging._COLLECTORS["secretsmanager"] = tagging._collect_secretsmanager
    # Lambda has functions and mappings.
    functions = tagging._COLLECTORS["lambda"]

    def collect_lambda():
        yield from functions()
        yield from collect_mappings()

    tagging._COLLECTORS["lambda"] = collect_lambda


def mend_neighbours(tagging):
    import asyncio
    import json
    import os
    import urllib.request

    original = tagging.handle_request

    def moto():
        """The port of moto, if it runs beside us."""
        try:
            with open(os.environ.get("PROVISION_SANDBOX_FILE", ""), encoding="utf-8") as file:
                servers = json.load(file)["servers"]
        except (OSError, ValueError, KeyError):
            return None
        return next((server["port"] for server in servers if server["emulator"] == "moto"), None)

    def ask(port, headers, body):
        passed = ("authorization", "content-type", "x-amz-target", "x-amz-date", "x-amz-security-token")
        headers = {name: value for name, value in headers.items() if name.lower() in passed}
        mappings, token = [], None
        while token != "":
            data = json.dumps({**json.loads(body or b"{}"), "PaginationToken": token or ""}).encode()
            request = urllib.request.Request(f"http://127.0.0.1:{port}/", data=data, headers=headers, method="POST")
            # Not through a proxy that the environment may name.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=30) as answer:
                page = json.load(answer)
            mappings += page["ResourceTagMappingList"]
            token = page.get("PaginationToken", "")
        return mappings

    async def handle_request(method, path, headers, body, query_params):
        answer = original(method, path, headers, body, query_params)
        status, answered, text = await answer
        port = moto()
        if status != 200 or port is None or not headers.get("x-amz-target", "").endswith(".GetResources"):
            return status, answered, text
        theirs = await asyncio.to_thread(ask, port, dict(headers), body)
        mine = json.loads(text)
        mine["ResourceTagMappingList"] += [
            one for one in theirs if one["ResourceARN"].split(":")[2] in ("ec2", "iam")
        ]
        return tagging._json(mine)

    tagging.handle_request = handle_request
