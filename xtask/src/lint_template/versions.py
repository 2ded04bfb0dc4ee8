"""Renders a stack as SAM does, once per value of a parameter, and compares the versions that its functions get.

Arguments: paths of templates. What CloudFormation would do with the result: a version whose name stays is not made again, and
the alias `live` stays on it.
"""

import json
import logging
import os
import pathlib
import sys

os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
# The translator keeps warning that its metrics are not collected.
logging.disable(logging.WARNING)

from samtranslator.public.translator import ManagedPolicyLoader  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402


def versions(path, parameters):
    """The names of the versions in the template, by function."""
    template = yaml_parse(pathlib.Path(path).read_text())
    template["Globals"]["Function"]["CodeUri"] = "s3://artifacts/bootstrap.zip"
    rendered = transform(template, dict(parameters), ManagedPolicyLoader(None))["Resources"]
    of_kind = lambda kind: {name: one for name, one in rendered.items() if one["Type"] == kind}  # noqa: E731
    found = {json.dumps(one["Properties"]["FunctionName"]): name for name, one in of_kind("AWS::Lambda::Version").items()}
    # A version whose function did not change would not be published, and the deployment would fail.
    for name, one in of_kind("AWS::Lambda::Function").items():
        if one["Properties"]["Environment"]["Variables"].get("RELEASE") != {"Ref": "Release"}:
            sys.exit(f"{path}: {name} stays as it is in another release")
    if len(found) != len(of_kind("AWS::Lambda::Alias")):
        sys.exit(f"{path}: an alias without a version of its own")
    return found


def main():
    one = {"PublicUrl": "https://one.example", "Release": "0123456789abcdef"}
    faults, compared = [], 0
    for path in sys.argv[1:]:
        first = versions(path, one)
        compared += len(first)
        if versions(path, one) != first:
            faults.append(f"{path}: the same deployment makes other versions")
        other = versions(path, {"PublicUrl": "https://two.example", "Release": "fedcba9876543210"})
        same = [function for function, version in first.items() if other[function] == version]
        faults += [f"{path}: {function} keeps its version in another release" for function in same]
    if faults or not compared:
        sys.exit("\n".join(faults) or "no function has versions")
    print(f"{compared} functions get a new version with a new release, and none without")


main()
