"""Answers questions about what is deployed, with the credentials, the region and the endpoint of the environment.

Reads one JSON object (question, and what it needs), and writes the answer as JSON.
"""

import json
import sys

import boto3
import botocore.exceptions


def deployed(job):
    """The parameter TokenKeys of a stack and when its keys were made (seconds since 1970), or null if there is no stack."""
    stacks = boto3.client("cloudformation")
    try:
        stack = stacks.describe_stacks(StackName=job["stack"])["Stacks"][0]
    except botocore.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])}
    made = {}
    for one in stacks.describe_stack_resources(StackName=job["stack"])["StackResources"]:
        if one["LogicalResourceId"] in ("TokenKey", "SecondTokenKey") and one["ResourceStatus"] != "DELETE_COMPLETE":
            key = boto3.client("kms").describe_key(KeyId=one["PhysicalResourceId"])["KeyMetadata"]
            made[one["LogicalResourceId"]] = int(key["CreationDate"].timestamp())
    return {"token_keys": parameters.get("TokenKeys", "first"), "made": made}


def versions(job):
    """Of each function of a stack and its nested ones: its versions with their sizes, and those that an alias points at."""
    client = boto3.client("lambda")
    found = []
    for name in sorted(functions(boto3.client("cloudformation"), job["stack"])):
        listed = pages(client, "list_versions_by_function", "Versions", FunctionName=name)
        aliases = list(pages(client, "list_aliases", "Aliases", FunctionName=name))
        weights = [alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}) for alias in aliases]
        found.append({
            "function": name,
            # `$LATEST` is the function itself.
            "versions": [
                {"version": int(one["Version"]), "bytes": one["CodeSize"]} for one in listed if one["Version"].isdecimal()
            ],
            "aliased": sorted({int(one) for one in [*(alias["FunctionVersion"] for alias in aliases), *(version for versions in weights for version in versions)] if one.isdecimal()}),
        })
    return found


def functions(client, stack):
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
        for one in page["StackResourceSummaries"]:
            if one["ResourceStatus"] == "DELETE_COMPLETE":
                continue
            if one["ResourceType"] == "AWS::CloudFormation::Stack":
                yield from functions(client, one["PhysicalResourceId"])
            elif one["ResourceType"] == "AWS::Lambda::Function":
                yield one["PhysicalResourceId"]


def pages(client, operation, member, **arguments):
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[member]


def delete(job):
    """Deletes versions of functions; a version that an alias points at is refused by Lambda."""
    client = boto3.client("lambda")
    for one in job["versions"]:
        client.delete_function(FunctionName=one["function"], Qualifier=str(one["version"]))
    return len(job["versions"])


QUESTIONS = {"deployed": deployed, "versions": versions, "delete": delete}

job = json.load(sys.stdin)
print(json.dumps(QUESTIONS[job["question"]](job)))
