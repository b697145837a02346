"""Where MiniStack's S3 differs from what AWS documents, and what is done about it here.

- GAPS lists every known difference: [the AWS API, what MiniStack does instead, "mended" or "open"]. It is read by Rust
  too (`provision sandbox status` prints it): write it as JSON, so lists, double quotes, no trailing comma, and
  the closing bracket alone at the start of a line.
- apply() is called once, before the server starts, and mends the "mended" ones by replacing functions in
  ministack.services.s3. Import MiniStack inside of it. Mend only what AWS documents
  differently; one comment each says which AWS behaviour that is.
"""

GAPS = [
    ["S3 with a KMS key that does not exist", "is accepted", "open"],
    ["S3 409 OperationAborted", "is never answered: a bucket can be made again right after its deletion", "open"]
]


def apply():
    pass
