"""Becomes the function's role and tries every row of the table that it is given on standard input.

Prints [[action, whose resource, answer]]: "allowed", "refused", or the error that came instead of either.
"""

import base64
import json
import re
import string
import sys

import boto3
from botocore.exceptions import ClientError
from botocore.xform_name import xform_name
