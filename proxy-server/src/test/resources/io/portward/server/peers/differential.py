"""Sends the same requests through several proxies to one origin and compares. Arguments: CA file, port of the origin, NAME=PORT of each.

The first proxy is the one that is judged by the others: it may not forward what all of them refuse, and may not refuse what all of
them forward, unless an exception below says why. The origin is strict_origin.py.
"""

import collections
import concurrent.futures
import http.client
import json
import re
import socket
import ssl
import sys

import h2.config
import h2.connection
import h2.events
import h2.exceptions

CA, ORIGIN = sys.argv[1], int(sys.argv[2])
PROXIES = [(name, int(port)) for name, port in (argument.split("=") for argument in sys.argv[3:])]

ODD_BYTES = [bytes([value]) for value in (*range(0x21), *b"!\"#%&'+,-./09:;=?@AZ[\\]^_`az{|}~\x7f\x80\x85\xa0\xad\xc2\xff")]


def tls(*protocols):
    context = ssl.create_default_context(cafile=CA)
    context.set_alpn_protocols(protocols)
    return context


HTTP1, HTTP2 = tls("http/1.1"), tls("h2")


def dial(context, port):
    plain = socket.create_connection(("127.0.0.1", port), 20)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = context.wrap_socket(plain, server_hostname="localhost")
    connection.settimeout(20)
    return connection


# The requests. NUMBER stands for the number of the request, by which the origin's record is searched.


def inserted(request):
    """The request, whose bars are removed, with one odd byte at one of the bars or instead of the byte behind it."""
    parts = request.split(b"|")
    yield b"".join(parts)
    for place in range(1, len(parts)):
        before, behind = b"".join(parts[:place]), b"".join(parts[place:])
        for byte in ODD_BYTES:
            yield before + byte + behind
            yield before + byte + behind[1:]


def whole_requests():
    host = b"Host: localhost\r\n"
    for method in b"GET HEAD POST PUT DELETE OPTIONS PATCH PROPFIND get FOO M-SEARCH TRACE CONNECT".split():
        yield method + b" /NUMBER HTTP/1.1\r\n" + host + b"\r\n"
        yield method + b" /NUMBER HTTP/1.1\r\n" + host + b"Content-Length: 3\r\n\r\nabc"
    for version in b"HTTP/1.0 HTTP/1.1 HTTP/1.2 HTTP/0.9 HTTP/2.0 HTTP/3.0 http/1.1 HTTP/1.01 HTTP/11 HTTP/1 HTTPS/1.1".split():
        yield b"GET /NUMBER " + version + b"\r\n" + host + b"\r\n"
    for target in (
        b"/NUMBER?", b"/NUMBER?a=b&c", b"/NUMBER?a b", b"/NUMBER#f", b"/NUMBER%00", b"/NUMBER%0a", b"/NUMBER%2", b"/NUMBER%zz",
        b"/NUMBER/./a", b"/NUMBER/../NUMBER", b"//NUMBER", b"/NUMBER//a", b"/NUMBER/%2e%2e/NUMBER", b"/NUMBER%2fa", b"/NUMBER;a=b",
        b"/NUMBER\\a", b"/NUMBER/a%20b", b"/NUMBER/\xc3\xa9", b"/NUMBER/%c3%a9", b"NUMBER", b"*", b"/../NUMBER", b"/NUMBER/..%2f..",
        b"https://localhost/NUMBER", b"http://localhost/NUMBER", b"https://other.example/NUMBER", b"ftp://localhost/NUMBER",
        b"https://localhost:1/NUMBER", b"https:///NUMBER", b"https://a@localhost/NUMBER", b"localhost:443", b"/NUMBER|a", b"/NUMBER'\"<>",
        b"/NUMBER" + b"a" * 4000, b"/NUMBER" + b"a" * 40000,
    ):
        yield b"GET " + target + b" HTTP/1.1\r\n" + host + b"X: /NUMBER\r\n\r\n"
    for line in (
        b"", b"Host:\r\n", b"Host: localhost:443\r\n", b"Host: LOCALHOST\r\n", b"Host: localhost.\r\n", b"Host: 127.0.0.1\r\n",
        b"Host: [::1]\r\n", b"Host: [::1\r\n", b"Host: localhost:\r\n", b"Host: localhost:x\r\n", b"Host: localhost:99999\r\n",
        b"Host: a b\r\n", b"Host: a/b\r\n", b"Host: a@b\r\n", b"Host: a,b\r\n", b"Host: a_b\r\n", b"Host: \xff\r\n", b"Host: a%41\r\n",
        host + host, host + b"Host: other\r\n", b"host: localhost\r\n", b"Host : localhost\r\n", b" Host: localhost\r\n",
        b"Host:localhost\r\n", b"Host: localhost \r\n", b"Host:\tlocalhost\r\n", b"Host: local\r\n host\r\n",
    ):
        yield b"GET /NUMBER HTTP/1.1\r\n" + line + b"\r\n"
        yield b"GET /NUMBER HTTP/1.0\r\n" + line + b"\r\n"
        yield b"GET https://localhost/NUMBER HTTP/1.1\r\n" + line + b"\r\n"
    for fields in (
        b"Content-Length: 3\r\nContent-Length: 3\r\n", b"Content-Length: 3, 3\r\n", b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Content-Length: 03\r\n", b"Content-Length: +3\r\n", b"Content-Length: 3 \r\n", b"Content-Length:3\r\n", b"content-length: 3\r\n",
        b"Content-Length: \r\n", b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: 3\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: identity\r\n", b"Transfer-Encoding: gzip\r\n", b"Content-Length: 3\r\nConnection: content-length\r\n",
        b"Content-Length: 3\r\nExpect: 100-continue\r\n", b"Content-Length: 3\r\nExpect: other\r\n", b"Content-Length: 3\r\nExpect:\r\n",
        b"Content-Length: 3\r\nContent-Encoding: gzip\r\n", b"Content-Length: 3\r\nUpgrade: h2c\r\nConnection: upgrade\r\n",
        b"Content-Length: 3\r\nUpgrade: websocket\r\nConnection: upgrade\r\n", b"Content-Length: 3\r\nUpgrade: foo\r\nConnection: upgrade\r\n",
        b"Content-Length: 3\r\nTE: trailers\r\nConnection: TE\r\n", b"Content-Length: 3\r\nTE: gzip\r\n", b"Content-Length: 3\r\nConnection: close\r\n",
        b"Content-Length: 3\r\nConnection: a, b,, c\r\n", b"Content-Length: 3\r\nConnection: host\r\n", b"Content-Length: 3\r\nKeep-Alive: 3\r\n",
        b"Content-Length: 3\r\nProxy-Connection: close\r\n", b"Content-Length: 3\r\nTrailer: X\r\n", b"Content-Length: 3\r\nX-Empty:\r\n",
        b"Content-Length: 3\r\nX_under: a\r\n", b"Content-Length: 3\r\nX.dot: a\r\n", b"Content-Length: 3\r\n1X: a\r\n", b"Content-Length: 3\r\nX\r\n",
        b"Content-Length: 3\r\n: a\r\n", b"Content-Length: 3\r\nX: a\r\n b\r\n", b"Content-Length: 3\r\nX: " + b"a" * 7000 + b"\r\n",
        b"Content-Length: 3\r\n" + b"X: a\r\n" * 90, b"Content-Length: 3\r\nCookie: a=b\r\nCookie: c=d\r\n",
        b"Content-Length: 3\r\nX-Forwarded-For: 1.2.3.4\r\n", b"Content-Length: 3\r\nRange: bytes=0-1\r\n",
    ):
        yield b"POST /NUMBER HTTP/1.1\r\n" + host + fields + b"\r\nabc"
    for body in (
        b"3\r\nabc\r\n0\r\n\r\n", b"3;a\r\nabc\r\n0\r\n\r\n", b"3;a=b\r\nabc\r\n0\r\n\r\n", b'3;a="b"\r\nabc\r\n0\r\n\r\n', b"03\r\nabc\r\n0\r\n\r\n",
        b"A\r\n0123456789\r\n0\r\n\r\n", b"a\r\n0123456789\r\n0\r\n\r\n", b"3\r\nabc\r\n00\r\n\r\n", b"3\r\nabc\r\n0\r\nX: y\r\n\r\n", b"0\r\n\r\n",
        b"3\r\nabc\r\n0\r\nContent-Length: 1\r\n\r\n", b"3 \r\nabc\r\n0\r\n\r\n", b" 3\r\nabc\r\n0\r\n\r\n", b"3\nabc\n0\n\n", b"g\r\nabc\r\n0\r\n\r\n",
        b"-3\r\nabc\r\n0\r\n\r\n", b"0x3\r\nabc\r\n0\r\n\r\n", b"4\r\nabc\r\n0\r\n\r\n", b"2\r\nabc\r\n0\r\n\r\n", b"10000000000000000\r\nabc\r\n0\r\n\r\n",
    ):
        for coding in (b"chunked", b"Chunked", b"chunked ", b"\tchunked", b"chunked, chunked", b"gzip, chunked", b"xchunked"):
            yield b"POST /NUMBER HTTP/1.1\r\n" + host + b"Transfer-Encoding: " + coding + b"\r\n\r\n" + body


def requests_over_http1():
    yield from whole_requests()
    yield from inserted(
        b"|POST| |/NUMBER|?a=|b| |HTTP/1.1|\r\n|Host|:| |localhost|\r\n|X-Odd|:| |val|ue|\r\n|Content-Length|:| |3|\r\n|\r\nabc"
    )


def requests_over_http2():
    def head(method=b"GET"):
        return [[b":method", method], [b":scheme", b"https"], [b":authority", b"localhost"], [b":path", b"/NUMBER"]]

    for byte in (b"", *ODD_BYTES):
        for field in (0, 1, 2, 3):
            fields = head()
            fields[field][1] += byte
            yield fields
        yield head() + [[b"x" + byte, b"y"]]
        yield head() + [[byte + b"x", b"y"]]
        yield head() + [[b"x", b"y" + byte]]
        yield head() + [[b"x", b"y" + byte + b"z"]]
        yield head() + [[b"x", byte + b"y"]]
    for method in b"HEAD POST OPTIONS PATCH PROPFIND FOO TRACE CONNECT".split():
        yield head(method)
    for extra in (
        (b"transfer-encoding", b"chunked"), (b"content-length", b"0"), (b"content-length", b"3"), (b"content-length", b"x"),
        (b"connection", b"close"), (b"keep-alive", b"1"), (b"proxy-connection", b"close"), (b"upgrade", b"h2c"), (b"te", b"trailers"),
        (b"te", b"gzip"), (b"host", b"localhost"), (b"host", b"other"), (b":path", b"/other"), (b":foo", b"bar"), (b":status", b"200"),
        (b"X-Upper", b"y"), (b"cookie", b"a=b"), (b"expect", b"100-continue"), (b"expect", b"x"), (b"x", b""), (b"x", b"a" * 7000),
    ):
        yield head() + [list(extra)]
    for missing in range(4):
        yield [field for place, field in enumerate(head()) if place != missing]
        yield [field for place, field in enumerate(head()) if place != missing] + [[b"host", b"localhost"]]
    yield [[b"x", b"y"]] + head()


def numbered(part, number):
    if isinstance(part, bytes):
        return part.replace(b"NUMBER", b"n%06d" % number)
    return [numbered(inner, number) for inner in part]


# Sending


def status_over_http1(port, content):
    """The status of the last response, 1xx apart; 0 for none."""
    answer = b""
    with dial(HTTP1, port) as connection:
        try:
            connection.sendall(content + b"GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            while received := connection.recv(65536):
                answer += received
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass
    statuses = [line.split(b" ")[1] for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.") and b" " in line]
    finals = [int(status) for status in statuses if not status.startswith(b"1")]
    return finals[0] if finals else 0


def status_over_http2(port, fields):
    client = h2.connection.H2Connection(
        h2.config.H2Configuration(
            header_encoding=None,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
            validate_inbound_headers=False,
        )
    )
    with dial(HTTP2, port) as connection:
        try:
            client.initiate_connection()
            client.send_headers(1, [tuple(field) for field in fields], end_stream=True)
            connection.sendall(client.data_to_send())
            while received := connection.recv(65536):
                for event in client.receive_data(received):
                    if isinstance(event, h2.events.ResponseReceived):
                        return int(dict(event.headers)[b":status"])
                    if isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
                        return 0
        except (ConnectionError, ssl.SSLError, TimeoutError, h2.exceptions.ProtocolError):
            pass
    return 0


def seen():
    origin = http.client.HTTPConnection("127.0.0.1", ORIGIN)
    origin.request("GET", "/seen")
    report = json.loads(origin.getresponse().read())
    arrived = collections.Counter()
    for text in [target for target, _ in report["requests"]] + report["refused"]:
        at = text.find("/n")
        arrived[text[at + 1 : at + 8]] += 1
    return arrived


# What the judged proxy may refuse although all the others forward it, each with its reason. The first that fits a request counts.


def of_http1(pattern):
    return lambda part: isinstance(part, bytes) and re.search(pattern, part, re.S) is not None


def of_http2(name, pattern):
    return lambda part: isinstance(part, list) and any(re.search(name, key) and re.search(pattern, value, re.S) for key, value in part)


EXCEPTIONS = {
    "a single LF may be taken for a line's end, and is taken for two lines by some (RFC 9112 section 2.2)": of_http1(rb"(?<!\r)\n"),
    "one space between the words of a request line (RFC 9112 section 3)": of_http1(rb"^[^\r]*  "),
    "no control character in a field (RFC 9110 section 5.5)": of_http1(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"),
    "only ASCII in a request target (RFC 3986 section 2, RFC 9112 section 3.2)": of_http1(rb"^[^\r]*[\x80-\xff]"),
    "a Host is a name of the DNS or an address, and a port (RFC 9112 section 3.2, RFC 3986 section 3.2.2)": of_http1(
        rb"\nHost:[ \t]*(?![ \t]|[\w.-]+(:\d{0,4})?[ \t]*\r)"
    ),
    "a scheme that nobody here serves (RFC 9110 section 7.4)": of_http1(rb"^GET ftp:"),
    "an expectation that nobody here knows (RFC 9110 section 10.1.1)": of_http1(rb"\nExpect: other"),
    "no space behind a chunk's size without an extension (RFC 9112 section 7.1)": of_http1(rb"\n3 \r\nabc"),
    "a chunk ends where its size says (RFC 9112 section 7.1)": of_http1(rb"\n4\r\nabc\r\n0"),
    "an expectation that nobody here knows, over HTTP/2": of_http2(rb"^expect$", rb"^x$"),
    "no control character in a field, over HTTP/2": of_http2(rb"^x", rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"),
    "no white space around a value (RFC 9113 section 8.2.1)": of_http2(rb"^x", rb"^[ \t]|[ \t]$"),
    "a scheme that nobody here serves, over HTTP/2": of_http2(rb"^:scheme$", rb"^https.|^.https"),
    "an authority is a name of the DNS or an address, and a port, over HTTP/2": of_http2(rb"^:authority$", rb"[^\w.:-]"),
    "only ASCII in a path (RFC 3986 section 2)": of_http2(rb"^:path$", rb"[\x80-\xff]"),
}


def main():
    corpus = [(status_over_http1, part) for part in dict.fromkeys(requests_over_http1())]
    over_http1 = len(corpus)
    corpus += [(status_over_http2, part) for part in requests_over_http2()]
    jobs = [
        (sender, port, numbered(part, number * len(PROXIES) + place))
        for number, (sender, part) in enumerate(corpus)
        for place, (_, port) in enumerate(PROXIES)
    ]
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        statuses = list(pool.map(lambda job: job[0](*job[1:]), jobs))
    arrived = seen()
    wrong, excused, forwarded_by_all = [], collections.Counter(), 0
    for number, (_, part) in enumerate(corpus):
        first = number * len(PROXIES)
        judged, *others = [arrived["n%06d" % (first + place)] > 0 for place in range(len(PROXIES))]
        answers = ", ".join(f"{name} {statuses[first + place]}" for place, (name, _) in enumerate(PROXIES))
        if judged and not any(others):
            wrong.append(f"forwarded alone ({answers}): {part!r:.300}")
        elif not judged and all(others):
            reason = next((reason for reason, fits in EXCEPTIONS.items() if fits(part)), None)
            excused[reason] += 1
            if reason is None:
                wrong.append(f"refused alone ({answers}): {part!r:.300}")
        forwarded_by_all += judged and all(others)
    wrong.extend(f"no request needs it: {reason}" for reason in EXCEPTIONS if reason not in excused)
    print(f"{over_http1} requests over HTTP/1, {len(corpus) - over_http1} over HTTP/2")
    print(f"{forwarded_by_all} forwarded by all")
    print(f"{len(wrong)} wrong", *wrong[:40], sep="\n")


main()
