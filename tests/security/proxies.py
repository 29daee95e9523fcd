"""Behind proxies: whose address is logged, and who can make it another."""

from check import Failure, check
from service import Service
from wire import request

PROXIES = "--trusted-proxy=127.0.0.0/8,10.0.0.0/8,2001:db8::/32"


def address_of(service, **headers):
    """What is logged of a request with these headers."""
    address_of.count += 1
    name = f"request-{address_of.count}-of-{service.port}"
    status, answer, _ = request(service, "GET", "/v1/batches", X_Request_Id=name, **headers)
    if status != 200 or answer.get("location", "").startswith("http"):
        raise Failure(f"{status}, {answer}")
    service.await_log(f"id={name} ")
    line = next(line for line in service.log.read_text().splitlines() if f"id={name} " in line)
    return line.split(" address=")[1].split()[0]


address_of.count = 0


def expect_addresses(service, cases):
    for headers, wanted in cases:
        came = address_of(service, **headers)
        if came != wanted:
            raise Failure(f"{headers}: {came}, not {wanted}")


@check
def nobody_is_believed_unless_told(context):
    with Service(context.primed, "--workers=1", "--log-requests=all", memory=True) as service:
        service.start()
        expect_addresses(service, [
            ({}, "127.0.0.1"), ({"X_Forwarded_For": "192.0.2.1"}, "127.0.0.1"),
            ({"Forwarded": "for=192.0.2.1"}, "127.0.0.1")])
        service.stop()
    with Service(context.primed, "--workers=1", "--log-requests=all", "--trusted-proxy=10.0.0.0/8", memory=True) as service:
        service.start()
        expect_addresses(service, [({"X_Forwarded_For": "192.0.2.1"}, "127.0.0.1")])
        service.stop()


@check
def the_rightmost_that_is_not_trusted_is_the_client(context):
    with Service(context.primed, "--workers=1", "--log-requests=all", PROXIES, memory=True) as service:
        service.start()
        common = [
            ("192.0.2.1", "192.0.2.1"), ("192.0.2.1:4711", "192.0.2.1"), ("2001:db9::1", "2001:db9::1"),
            ("[2001:db9::1]:80", "2001:db9::1"), ("::ffff:192.0.2.1", "192.0.2.1"),
            ("6.6.6.6, 192.0.2.1", "192.0.2.1"), ("6.6.6.6,192.0.2.1,10.1.2.3,127.0.0.9", "192.0.2.1"),
            ("192.0.2.1, 2001:db8::7", "192.0.2.1"), ("10.0.0.1, 10.0.0.2", "10.0.0.1"), ("", "127.0.0.1"),
            ("evil", "127.0.0.1"), ("6.6.6.6, evil", "127.0.0.1"), ("6.6.6.6, evil, 10.0.0.1", "10.0.0.1"),
            ("6.6.6.6, 192.0.2.1, ,", "192.0.2.1"), ("192.0.2.256", "127.0.0.1"), ("1" * 500, "127.0.0.1"),
            (", ".join(["6.6.6.6"] * 200 + ["192.0.2.1"]), "192.0.2.1"),
            (", ".join(["6.6.6.6"] + ["10.0.0.1"] * 200), "10.0.0.1"), ("192.0.2.1 level=error", "127.0.0.1"),
            ('"6.6.6.6, 192.0.2.1', "192.0.2.1"),  # there are no quoted strings in this one
        ]
        standard = [
            ("for=192.0.2.1", "192.0.2.1"), ('For="[2001:db9::1]:4711"', "2001:db9::1"),
            ("for=6.6.6.6, for=192.0.2.1;proto=https;by=10.0.0.1", "192.0.2.1"),
            ("proto=https;for=192.0.2.1, for=10.0.0.1", "192.0.2.1"), ("for=unknown", "127.0.0.1"),
            ("for=_hidden, for=10.0.0.1", "10.0.0.1"), ("for=6.6.6.6, proto=http", "127.0.0.1"),
            ('for="6.6.6.6, for=6.6.6.7"', "127.0.0.1"), ("notfor=6.6.6.6", "127.0.0.1"),
            # A quoted string that the client began, and that what its proxy added does not end, or ends and begins.
            ('for=6.6.6.6;by=", for=192.0.2.1', "127.0.0.1"), ('for=6.6.6.6;by=", for="[2001:db9::1]"', "127.0.0.1"),
            ('for=6.6.6.6;by=", for=192.0.2.1, for="10.0.0.1"', "127.0.0.1"),
            ('host="x;for=6.6.6.6";for=192.0.2.1', "192.0.2.1"), ("for=6.6.6.6;for=192.0.2.1", "127.0.0.1"),
        ]
        expect_addresses(service, [({"X_Forwarded_For": value}, wanted) for value, wanted in common])
        expect_addresses(service, [({"Forwarded": value}, wanted) for value, wanted in standard])
        expect_addresses(service, [
            ({"Forwarded": "for=192.0.2.1", "X_Forwarded_For": "192.0.2.1"}, "192.0.2.1"),
            ({"Forwarded": "for=6.6.6.6", "X_Forwarded_For": "192.0.2.1"}, "127.0.0.1"),  # one is the client's own
            ({"X_Forwarded_For": "6.6.6.6", "x_forwarded_for": "192.0.2.1"}, "192.0.2.1"),  # two lines
        ])
        service.stop()
