"""The contract, openapi.yaml: loading it, finding one's way in it, and validating by its schemas."""

import base64
import datetime
import json
import pathlib
import re
import urllib.parse

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATH = ROOT / "openapi.yaml"

# Responses that every path has, so that no operation lists them.
EVERYWHERE = ("MethodNotAllowed", "Options", "ForeignOrigin", "ForeignHost")

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class Loader(yaml.SafeLoader):
    """YAML as JSON has it: no dates, and no member twice."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} is here twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

formats = jsonschema.FormatChecker(formats=["uuid"])


@formats.checks("date-time")
def is_date_time(value):
    if not isinstance(value, str):
        return True
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[-+]\d\d:\d\d)", value)
    try:
        return match is not None and bool(datetime.datetime.fromisoformat(match[1]))
    except ValueError:
        return False


@formats.checks("uri-reference")
def is_uri_reference(value):
    return not isinstance(value, str) or re.fullmatch(
        r"([!$&-;=?-Z_a-z~@\[\]#]|%[0-9A-Fa-f]{2})*", value) is not None


def load(text):
    return yaml.load(text, Loader)


class Contract:
    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver("", document)

    @classmethod
    def read(cls):
        return cls(load(PATH.read_text(encoding="utf-8")))

    def lookup(self, reference):
        """What a reference within the document stands for; LookupError if nothing."""
        if not reference.startswith("#/"):
            raise LookupError(reference)
        node = self.document
        for step in reference[2:].split("/"):
            node = node[urllib.parse.unquote(step).replace("~1", "/").replace("~0", "~")]
        return node

    def resolve(self, node):
        """The node, or what it refers to."""
        while "$ref" in node:
            node = self.lookup(node["$ref"])
        return node

    def mistakes(self, schema, value):
        """What is wrong with a value by a schema: a list of sentences, empty if nothing."""
        validator = jsonschema.Draft202012Validator(
            schema, resolver=self.resolver, format_checker=formats)
        return [f"{error.json_path}: {shorten(error.message)}" for error in validator.iter_errors(value)]

    def schema(self, name):
        return {"$ref": f"#/components/schemas/{name}"}

    def operations(self):
        """All operations, as (path, method, path item, operation)."""
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield path, method, item, item[method]

    def needs_token(self, operation):
        """Whether a service that has tokens answers the operation only to who brings one."""
        return any(operation.get("security", self.document["security"]))

    def parameters(self, item, operation):
        return [self.resolve(p) for p in item.get("parameters", []) + operation.get("parameters", [])]

    def responses(self, operation):
        """The operation's responses, as {status: response}."""
        return {int(status): self.resolve(r) for status, r in operation["responses"].items()}

    def match(self, target):
        """The path item a request target belongs to, as (path, path item), or None."""
        path = target.split("?")[0]
        for template, item in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template).replace(".", r"\."), path):
                return template, item
        return None

    def allowed(self, item):
        """The methods a path item has, those it need not list included."""
        methods = {method.upper() for method in METHODS if method in item} | {"OPTIONS"}
        return methods | {"HEAD"} if "GET" in methods else methods


def example_value(example):
    """The value of an example object; bytes where it is a data URI of octets."""
    if "externalValue" in example:
        header, data = example["externalValue"].split(",", 1)
        if not header.startswith("data:") or not header.endswith(";base64"):
            raise ValueError(f"{header} is not a base64 data URI")
        return base64.b64decode(data, validate=True)
    return example["value"]


def shorten(text, limit=200):
    text = text if isinstance(text, str) else json.dumps(text, default=repr)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"
