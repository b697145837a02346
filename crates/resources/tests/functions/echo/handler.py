"""Answers with what it was asked."""


def handler(event, context):
    return event
