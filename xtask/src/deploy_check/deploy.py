"""Deploys template.yaml and its stacks to a CloudFormation endpoint, rendered as SAM renders them.

Reads one JSON object (root, endpoint, artifacts, architecture, stack, parameters, public_url, edits), and writes one: what the
emulator cannot do and was left out, the API's id, and the environment of a function.

With a domain of one's own there are two steps: the first deployment makes the domain and says where DNS is to point, the second one
makes it the issuer of tokens. The emulator loses attributes of what it changes, so both are made anew, each in an account of its own.
"""

import io
import json
import os
import pathlib
import sys
import time
import zipfile

os.environ["AWS_DEFAULT_REGION"] = "us-east-1"

import boto3  # noqa: E402
from samtranslator.public.translator import ManagedPolicyLoader  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

# CloudFormation would hand the root's value on; here stacks are rendered before they get theirs.
RELEASE = "0123456789abcdef"
# To the emulator an account is its number as an access key.
ACCOUNT, ACCOUNT_OF_FIRST_STEP = "000000000000", "111111111111"
# A function that gets further versions, for `cargo xtask prune` to find one that is too old.
OFTEN_PUBLISHED = "fleets-list"


class Deployment:
    def __init__(self, job, account):
        self.job = job
        # Buckets share their names with all accounts.
        self.bucket = f"artifacts-{account}"
        self.left_out = set()
        session = boto3.session.Session(aws_access_key_id=account, aws_secret_access_key="none")
        self.client = lambda name: session.client(name, endpoint_url=job["endpoint"])
        self.s3 = self.client("s3")

    def first_step(self):
        """Without a public URL: the domain is there, and tokens name the API's own address."""
        self.deploy(self.job["parameters"])
        outputs = self.outputs()
        if not outputs.get("DomainTarget"):
            sys.exit("the first step does not say where the domain's DNS is to point")
        if self.variables()["PUBLIC_URL"] != outputs["ApiUrl"]:
            sys.exit(f"the first step issues tokens as {self.variables()['PUBLIC_URL']}, not as {outputs['ApiUrl']}")

    def second_step(self):
        resources = self.deploy(self.job["parameters"] | {"PublicUrl": self.job["public_url"]})
        self.check_policies()
        self.publish()
        return {
            "left_out": sorted(self.left_out),
            "api": resources["HttpApi"],
            "handlers": sorted(one["Handler"] for one in self.pages("lambda", "list_functions", "Functions")),
            "routes": sorted(one["RouteKey"] for one in self.pages("apigatewayv2", "get_routes", "Items", ApiId=resources["HttpApi"])),
            "environment": self.variables(),
        }

    def variables(self):
        """The environment of a function."""
        function = f"{self.job['stack']}-auth-token"
        return self.client("lambda").get_function_configuration(FunctionName=function)["Environment"]["Variables"]

    def outputs(self):
        stack = self.client("cloudformation").describe_stacks(StackName=self.job["stack"])["Stacks"][0]
        return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}

    def publish(self):
        """Four further versions, and the alias on the second."""
        client, name = self.client("lambda"), f"{self.job['stack']}-{OFTEN_PUBLISHED}"
        for number in range(4):
            client.update_function_configuration(FunctionName=name, Description=f"version {number} of a test")
            client.publish_version(FunctionName=name)
        client.update_alias(FunctionName=name, Name="live", FunctionVersion="2")

    def pages(self, service, operation, member, **arguments):
        for page in self.client(service).get_paginator(operation).paginate(**arguments):
            yield from page[member]

    def upload(self, path):
        """The address of a template in the bucket, its nested ones uploaded before it."""
        self.s3.put_object(Bucket=self.bucket, Key=path, Body=json.dumps(self.rendered(path)))
        return f"{self.job['endpoint']}/{self.bucket}/{path}"

    def rendered(self, path):
        template = self.edited(path, yaml_parse((pathlib.Path(self.job["root"]) / path).read_text()))
        for name, resource in list(template["Resources"].items()):
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::CloudFormation::Stack":
                properties["TemplateURL"] = self.upload(properties["TemplateURL"])
            elif resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in properties:
                del template["Resources"][name]
                self.left_out.add("alarms over queries: the emulator's CloudWatch takes single metrics only")
            elif resource["Type"] == "AWS::Serverless::Function":
                self.limit(properties)
            if resource["Type"] == "AWS::Serverless::Function" and properties.pop("DeploymentPreference", None):
                self.left_out.add("canaries: the emulator has no CodeDeploy, so a new version gets all requests at once")
        if "Globals" not in template:
            template.pop("Transform", None)
            return template
        shared = template["Globals"]["Function"]
        shared["CodeUri"] = f"s3://{self.bucket}/{pathlib.PurePath(shared['CodeUri']).name}.zip"
        shared["Architectures"] = [self.job["architecture"]]
        return transform(template, {"Release": RELEASE}, ManagedPolicyLoader(None))

    def limit(self, properties):
        """The emulator keeps a parameter's value as text, which is no limit to it."""
        for event in properties.get("Events", {}).values():
            if "ScalingConfig" in event.get("Properties", {}):
                event["Properties"]["ScalingConfig"] = {"MaximumConcurrency": 20}
                self.left_out.add("limits of concurrency from parameters: the emulator takes numbers only, so it gets 20")

    def edited(self, path, template):
        """The template with the edits of a test that breaks it."""
        for edit in self.job.get("edits", []):
            if edit["path"] == path:
                text = json.dumps(template)
                if edit["from"] not in text:
                    sys.exit(f"nothing to break: {edit['from']} is not in {path}")
                template = json.loads(text.replace(edit["from"], edit["to"]))
        return template

    def deploy(self, parameters):
        """Makes the stack; answers its resources."""
        self.s3.create_bucket(Bucket=self.bucket)
        for name, program in self.job["artifacts"].items():
            self.s3.put_object(Bucket=self.bucket, Key=f"{name}.zip", Body=zipped(program))
        self.upload("template.yaml")
        cloudformation, stack = self.client("cloudformation"), self.job["stack"]
        cloudformation.create_stack(
            StackName=stack,
            TemplateURL=f"{self.job['endpoint']}/{self.bucket}/template.yaml",
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        status = "CREATE_IN_PROGRESS"
        while status.endswith("IN_PROGRESS"):
            time.sleep(0.5)
            status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        if status != "CREATE_COMPLETE":
            for event in cloudformation.describe_stack_events(StackName=stack)["StackEvents"]:
                if event["ResourceStatus"].endswith("FAILED"):
                    print(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}", file=sys.stderr)
            sys.exit(f"the deployment ended as {status}")
        made = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
        return {resource["LogicalResourceId"]: resource.get("PhysicalResourceId") for resource in made}

    def check_policies(self):
        """Every table, queue and key that a role names was deployed: the emulator itself asks no role."""
        self.left_out.add("IAM: roles are compared with what was deployed; the emulator does not enforce them")
        iam, sqs = self.client("iam"), self.client("sqs")
        known = {f"table/{name}" for name in self.client("dynamodb").list_tables()["TableNames"]}
        known |= {url.rsplit("/", 1)[-1] for url in sqs.list_queues().get("QueueUrls", [])}
        known |= {f"key/{key['KeyId']}" for key in self.client("kms").list_keys()["Keys"]}
        for page in iam.get_paginator("list_roles").paginate():
            for role in (role["RoleName"] for role in page["Roles"]):
                for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
                    for arn in arns(document):
                        service, resource = arn.split(":")[2], arn.split(":", 5)[-1]
                        name = "/".join(resource.split("/")[:2])
                        if service in ("dynamodb", "sqs", "kms") and name not in known:
                            sys.exit(f"the role {role} names {arn}, which was not deployed")


def arns(document):
    for statement in document["Statement"]:
        resources = statement.get("Resource", [])
        for arn in resources if isinstance(resources, list) else [resources]:
            if arn.startswith("arn:"):
                yield arn


def zipped(path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, pathlib.Path(path).read_bytes())
    return packed.getvalue()


job = json.load(sys.stdin)
Deployment(job, ACCOUNT_OF_FIRST_STEP).first_step()
print(json.dumps(Deployment(job, ACCOUNT).second_step()))
