"""Values from schemas, right ones and wrong ones, and whole requests from the operations of the contract."""

import json
import random
import re._parser as pattern
import urllib.parse

# What a number is wrong about most easily, and a reader of text.
EDGES = [0, 1, -1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**39 + 1, -2**63, -2**64]
ODD_TEXTS = ["", " ", "\0", "\x1f", "\x7f", "\u00e9", "\u202e", "\U0001f600",
             "%00", "../..", "a" * 5000, "1e3", "0x1f", "+7", "7.0", "null", "true", "NaN", "'\"<>\\", "-", "--7", "٣"]
ODD_VALUES = [None, True, False, 0, -1, 1.5, 1e300, "", "7", [], {}, [[]], {"numbers": []}, *EDGES]


class Maker:
    """Makes what a schema of the contract allows, or does not, from random numbers."""

    def __init__(self, contract, seed):
        self.contract = contract
        self.random = random.Random(seed)

    def chance(self, part):
        return self.random.random() < part

    # --- right ones

    def text(self, expression):
        """A text that a regular expression matches; of those constructs that the contract has."""
        return "".join(self.piece(*node) for node in pattern.parse(expression))

    def piece(self, kind, what):
        name = str(kind)
        if name == "LITERAL":
            return chr(what)
        if name == "NOT_LITERAL":
            return self.random.choice("abcxyz.-_")
        if name == "AT":
            return ""
        if name == "IN":
            return self.one_of(what)
        if name == "SUBPATTERN":
            return "".join(self.piece(*node) for node in what[3])
        if name == "BRANCH":
            return "".join(self.piece(*node) for node in self.random.choice(what[1]))
        if name == "MAX_REPEAT":
            least, most, nodes = what
            count = self.random.randint(int(least), int(min(most, least + 12)))
            return "".join(self.piece(*node) for _ in range(count) for node in nodes)
        raise NotImplementedError(f"{name} in a pattern")

    def one_of(self, choices):
        if str(choices[0][0]) == "NEGATE":
            return self.random.choice("abcxyz.-_")
        kind, what = self.random.choice(choices)
        return chr(what if str(kind) == "LITERAL" else self.random.randint(*what))

    def right(self, schema):
        schema = self.contract.resolve(schema)
        if "oneOf" in schema:
            return self.right(self.random.choice(schema["oneOf"]))
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        kind = schema.get("type", "string")
        kind = kind if isinstance(kind, str) else self.random.choice(kind)
        return getattr(self, f"right_{kind}")(schema)

    def right_string(self, schema):
        return self.text(schema["pattern"]) if "pattern" in schema else self.random.choice(["", "a", "wait=1", "\"x\""])

    def right_integer(self, schema):
        low, high = schema.get("minimum"), schema.get("maximum")
        edges = [n for n in EDGES if (low is None or n >= low) and (high is None or n <= high)]
        edges += [n for n in (low, high) if n is not None]
        if self.chance(0.5):
            return self.random.choice(edges)
        return self.random.randint(0 if low is None else low, 10**9 if high is None else high)

    def right_array(self, schema):
        count = self.random.choice([0, 1, 2, 3, 20, 300])
        return [self.right(schema["items"]) for _ in range(count)]

    def right_object(self, schema):
        required = schema.get("required", ())
        made = {name: self.right(member) for name, member in schema.get("properties", {}).items()
                if name in required or self.chance(0.4)}
        return made or {"a": [1, {"b": None}], "": "\u00e9"} if "properties" not in schema else made

    # --- wrong ones

    def wrong_text(self, schema):
        """The text of a parameter that its schema does not allow; None where there is none."""
        schema = self.contract.resolve(schema)
        for _ in range(20):
            text = self.random.choice([*ODD_TEXTS, *map(str, EDGES)])
            if not self.allows(schema, text):
                return text
        return None

    def allows(self, schema, text):
        if schema.get("type") == "integer":
            if not text.isascii() or not text.isdigit():
                return False
            return not self.contract.mistakes(schema, int(text))
        return not self.contract.mistakes(schema, text)

    def wrong_document(self, schema):
        """A JSON value that is not what the schema asks for, by one change to one that is."""
        for _ in range(20):
            value = self.change(self.right(schema))
            if self.contract.mistakes(schema, value):
                return value
        return None

    def change(self, value):
        if isinstance(value, dict) and value and self.chance(0.8):
            value = dict(value)
            name = self.random.choice(list(value))
            if self.chance(0.2):
                value[self.random.choice(ODD_TEXTS) + "x"] = value.pop(name)
            else:
                value[name] = self.change(value[name])
            return value
        if isinstance(value, list) and value and self.chance(0.8):
            value = list(value)
            at = self.random.randrange(len(value))
            value[at] = self.change(value[at])
            return value
        return self.random.choice(ODD_VALUES)

    def damage(self, data):
        """Bytes with something cut out, put in, turned or repeated."""
        data = bytearray(data)
        for _ in range(self.random.randint(1, 4)):
            at = self.random.randrange(len(data) + 1)
            match self.random.randrange(4):
                case 0:
                    del data[at:at + self.random.randint(1, 8)]
                case 1:
                    data[at:at] = self.random.choice(
                        [b"\0", b"\xff", b"\xc3", b"\"", b"[", b"}", b",", b"\n", b"e3", b"\xef\xbb\xbf", b"0" * 500])
                case 2 if at < len(data):
                    data[at] ^= 1 << self.random.randrange(8)
                case _:
                    data[at:at] = data[:at][-20:]
        return bytes(data)


class Request:
    """A request, and what is known of it: `wrong` names the parts that the contract does not allow."""

    def __init__(self, method, path):
        self.method, self.path = method, path
        self.target = path
        self.headers = {}
        self.body = None
        self.wrong = set()

    def __str__(self):
        body = "" if self.body is None else f" with {len(self.body)} bytes: {bytes(self.body[:300])!r}"
        return f"{self.method} {self.target[:300]} {dict(self.headers)!r:.400}{body}"


def make_request(maker, ids):
    """A request to an operation of the contract; ids: of the batches there are, or were."""
    contract = maker.contract
    operations = list(contract.operations())
    weights = [24 if "requestBody" in operation else 8 if path.startswith("/v1/batches") else 2
               for path, _, _, operation in operations]
    path, method, item, operation = maker.random.choices(operations, weights)[0]
    request = Request(method.upper(), path)
    goes_wrong = maker.chance(0.5)
    query = []
    for parameter in contract.parameters(item, operation):
        add_parameter(maker, request, parameter, query, ids, goes_wrong and maker.chance(0.4))
    if maker.chance(0.1):
        query.append([(maker.random.choice(["", "unknown", "limit[]", "\u00e9"]), "1")])
    maker.random.shuffle(query)
    if query:
        pairs = [pair for parameter in query for pair in parameter]
        request.target += "?" + urllib.parse.urlencode(pairs, errors="surrogatepass")
    if "requestBody" in operation:
        add_body(maker, request, operation["requestBody"]["content"], goes_wrong and maker.chance(0.6))
    if path.endswith("/results") and maker.chance(0.6):
        add_accept(maker, request, operation)
    if maker.chance(0.03):
        request.method = maker.random.choice(["PUT", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW", "get"])
        request.wrong.add("method")
    return request


def add_parameter(maker, request, parameter, query, ids, wrong):
    name, place, schema = parameter["name"], parameter["in"], parameter["schema"]
    if place == "path":
        value = parameter["example"] if maker.chance(0.3) else maker.right(schema)
        if name == "id" and ids and maker.chance(0.85):
            value = maker.random.choice(ids)
        if wrong and maker.chance(0.3):
            value = maker.wrong_text(schema) or value
            request.wrong.add("path")
        value = urllib.parse.quote(str(value), safe="", errors="surrogatepass")
        request.target = request.target.replace(f"{{{name}}}", value)
    elif maker.chance(0.5 if wrong else 0.3):
        value = maker.wrong_text(schema) if wrong else maker.right(schema)
        if name == "wait" and not wrong:
            value = maker.random.choice([0, 1, 2])
        elif value is None or (place == "header" and not can_be_sent(str(value))):
            return
        elif wrong:
            request.wrong.add(name)
        if place == "query":
            query.append([(name, str(value))])
            if maker.chance(0.05):
                query[-1].append((name, str(maker.right(schema))))  # the first one counts
        else:
            request.headers[name] = str(value)


def can_be_sent(value):
    """Can it be a header's value at all, in this client and on the wire?"""
    return value.isascii() and value.isprintable() and len(value) < 4000 and value == value.strip()


def add_accept(maker, request, operation):
    types = [*operation["responses"]["200"]["content"], "*/*", "text/*", "image/png", "application/*"]
    chosen = maker.random.sample(types, maker.random.randint(1, 3))
    request.headers["Accept"] = ", ".join(
        f"{name};q={maker.random.choice(['0', '0.5', '1', '0.001'])}" if maker.chance(0.5) else name for name in chosen)
    request.wrong.add("Accept")  # it may leave nothing that is acceptable


def add_body(maker, request, content, wrong):
    media = maker.random.choice(list(content))
    schema = content[media]["schema"]
    if media == "application/json":
        value = maker.wrong_document(schema) if wrong and maker.chance(0.5) else maker.right(schema)
        if wrong and maker.contract.mistakes(schema, value):
            request.wrong.add("body")
        body = json.dumps(value).encode("utf-8", "surrogatepass")
    elif media == "application/octet-stream":
        body = maker.random.randbytes(8 * maker.random.choice([0, 1, 5, 500]))
    else:
        numbers = maker.right_array({"items": {"$ref": "#/components/schemas/InputInteger"}})
        body = "".join(f"{n}\n" for n in numbers).encode()
    if wrong and not request.wrong:
        body = maker.damage(body)
        request.wrong.add("octets")  # they may still be a batch
    if wrong and maker.chance(0.2):
        media = maker.random.choice(["image/png", "application/jsonx", "*/*", "", ";"])
        request.wrong.add("Content-Type")
    if wrong and maker.chance(0.05):
        request.headers["Content-Encoding"] = "gzip"
        request.wrong.add("Content-Encoding")
    request.headers["Content-Type"] = media + maker.random.choice(["", "", "; charset=utf-8"])
    request.body = body
    if maker.chance(0.2):  # in pieces, and so in chunks
        size = maker.random.randint(1, 1000)
        request.body = tuple(body[at:at + size] for at in range(0, len(body), size))
