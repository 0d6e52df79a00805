"""Tries to make the proxy and an origin read one byte sequence as different requests. Arguments: port, CA file, port of the origin.

The judge is h11, another reader of HTTP/1 than the proxy: the origin, which reads with it, may have got only requests that h11 finds
in the client's bytes too, in the same order and with the same bodies. Over HTTP/2 a request may arrive only as it was framed.
"""

import collections
import concurrent.futures
import http.client
import json
import socket
import ssl
import sys

import h11
import h2.config
import h2.connection
import h2.events

PORT, CA, ORIGIN = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])

# NUMBER stands for the six digits of the attack it belongs to.
TARGET = b"/NUMBER/first"
SMUGGLED = b"GET /NUMBER/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"

# Controls, white space, delimiters, digits and letters that may matter, and some of what is no ASCII.
ODD_BYTES = [bytes([value]) for value in (*range(0x21), *b"!\"+,-.09:;AZ_az\x7f\x80\x85\xa0\xad\xc2\xff")]


def tls(*protocols):
    context = ssl.create_default_context(cafile=CA)
    context.set_alpn_protocols(protocols)
    return context


HTTP1, HTTP2 = tls("http/1.1"), tls("h2")


def dial(context):
    plain = socket.create_connection(("127.0.0.1", PORT), 20)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = context.wrap_socket(plain, server_hostname="localhost")
    connection.settimeout(20)
    return connection


# HTTP/1


def framings():
    """Header lines that look like framing to one reader and not to another."""
    for name, value in ((b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"0")):
        for byte in ODD_BYTES:
            yield byte + name + b": " + value
            yield name + byte + b": " + value
            yield name + b":" + byte + value
            yield name + b": " + value + byte
    yield from (
        b"X: y",
        b"transfer_encoding: chunked",
        b"content_length: 0",
        b"Transfer Encoding: chunked",
        b"Transfer-Encoding:\n chunked",
        b"Transfer-Encoding:\r\n chunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: identity, chunked",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: ,chunked",
        b"Transfer-Encoding: chunked,",
        b"Transfer-Encoding: chunked;q=1",
        b"Transfer-Encoding: xchunked",
        b'Transfer-Encoding: "chunked"',
        b"Transfer-Encoding: cHuNkEd",
        b"Transfer-Encoding:",
        b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
        "Tran\u017ffer-Encoding: chunked".encode(),
        "Transfer-Encod\u0131ng: chunked".encode(),
        b"X: y\rTransfer-Encoding: chunked",
        b"X: y\nTransfer-Encoding: chunked",
        b"X: y\0\r\nTransfer-Encoding: chunked",
        b"Content-Length: 00",
        b"Content-Length: +0",
        b"Content-Length: -1",
        b"Content-Length: 0x0",
        b"Content-Length: 0, 0",
        b"Content-Length: 0 0",
        b"Content-Length: 1e1",
        b"Content-Length: 18446744073709551616",
        b"Content-Length:\r\n 0",
        b"Connection: Transfer-Encoding",
        b"Connection: Content-Length, Host",
        b"Expect: 100-continue",
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
        b"Upgrade: websocket\r\nConnection: Upgrade",
        b": chunked",
        b"nocolon",
    )


def attacks_on_framing():
    whole_chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
    for line in framings():
        for length, content in (
            # By its length the content holds the smuggled request, by its chunks it ends before it.
            (len(b"0\r\n\r\n" + SMUGGLED), b"0\r\n\r\n" + SMUGGLED),
            # The other way round.
            (whole_chunk.index(b"\n") + 1, whole_chunk),
        ):
            head = b"POST %s HTTP/1.1\r\n%s\r\nHost: localhost\r\n" % (TARGET, line)
            yield head + b"Content-Length: %d\r\n\r\n" % length + content
            yield head + b"\r\n" + content


def attacks_on_chunks():
    for content in (
        b"3\r\nabc\r\n0\r\n\r\n",
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"+3\r\nabc\r\n0\r\n\r\n",
        b"-3\r\nabc\r\n0\r\n\r\n",
        b" 3\r\nabc\r\n0\r\n\r\n",
        b"3 \r\nabc\r\n0\r\n\r\n",
        b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n",
        b"3\nabc\r\n0\r\n\r\n",
        b"3\r\nabc\n0\r\n\r\n",
        b"3\r\nabc\r\n0\n\r\n",
        b"3\r\nabc\r\n0\r\n\n",
        b"3\rxabc\r\n0\r\n\r\n",
        b"3\r\nabcx\r\n0\r\n\r\n",
        b"3\r\nabcxx0\r\n\r\n",
        b"10000000000000003\r\nabc\r\n0\r\n\r\n",
        b"100000003\r\nabc\r\n0\r\n\r\n",
        b"3;a=b\r\nabc\r\n0\r\n\r\n",
        b"3;a\nb\r\nabc\r\n0\r\n\r\n",
        b"3;a\rb\r\nabc\r\n0\r\n\r\n",
        b'3;a="\r\n"\r\nabc\r\n0\r\n\r\n',
        b"\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n",
        b"3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n",
        b"3\r\nabc\r\n0\r\n X: 1\r\n\r\n",
        b"3\r\nabc\r\n000000000000000000\r\n\r\n",
    ):
        yield b"POST %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n" % (TARGET, CHUNKED) + content + SMUGGLED


def send(content):
    """Sends and waits until the proxy has answered what it is going to answer."""
    with dial(HTTP1) as connection:
        try:
            connection.sendall(content)
            while connection.recv(65536):
                pass
        except (ConnectionError, ssl.SSLError):
            return


def read_one(connection):
    """The next request as [target, body], or None if it is incomplete."""
    target, body = None, b""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Request):
            target = event.target
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return [target.decode("latin-1"), body.decode("latin-1")]
        else:
            return None


def read_by_h11(content):
    """What h11 takes the bytes for, up to the first request that it refuses."""
    found = []
    # Empty lines before a request are ignored (RFC 9112 section 2.2); h11 does not.
    while content := content.lstrip(b"\r\n"):
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(content)
        try:
            request = read_one(connection)
        except h11.RemoteProtocolError:
            return found
        if request is None:
            return found
        found.append(request)
        content = connection.trailing_data[0]
    return found


# HTTP/2

BODY = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


def attacks_on_heads():
    """Header lists with one odd byte somewhere, or a whole line of HTTP/1."""

    def head():
        return [[b":method", b"POST"], [b":scheme", b"https"], [b":authority", b"localhost"], [b":path", TARGET]]

    lines = b"\r\n" + CHUNKED + b"\r\n\r\n0\r\n\r\n" + SMUGGLED
    for insert in (*ODD_BYTES, lines, b" HTTP/1.1" + lines):
        for field in (0, 2, 3):
            fields = head()
            fields[field][1] += insert
            yield fields
        yield head() + [[b"x" + insert, b"y"]]
        yield head() + [[b"x", b"y" + insert]]
        yield head() + [[b"transfer-encoding" + insert, b"chunked"]]
    for extra in (
        [b"transfer-encoding", b"chunked"],
        [b"transfer_encoding", b"chunked"],
        [b"content_length", b"0"],
        [b"content-length", b"0"],
        [b"content-length", b"1000"],
        [b"connection", b"transfer-encoding"],
        [b"upgrade", b"h2c"],
        [b"te", b"chunked"],
        [b"host", b"other"],
        [b":path", b"/other"],
    ):
        yield head() + [extra]


def send_over_http2(fields):
    with dial(HTTP2) as connection:
        client = h2.connection.H2Connection(
            h2.config.H2Configuration(
                header_encoding=None,
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
                validate_inbound_headers=False,
            )
        )
        client.initiate_connection()
        client.send_headers(1, [tuple(field) for field in fields])
        client.send_data(1, BODY, end_stream=True)
        connection.sendall(client.data_to_send())
        while received := connection.recv(65536):
            for event in client.receive_data(received):
                if isinstance(event, h2.events.StreamEnded | h2.events.StreamReset | h2.events.ConnectionTerminated):
                    return


# Both


def numbered(part, number):
    if isinstance(part, bytes):
        return part.replace(b"NUMBER", b"%06d" % number)
    return [numbered(inner, number) for inner in part]


def seen():
    origin = http.client.HTTPConnection("127.0.0.1", ORIGIN)
    origin.request("GET", "/seen")
    return json.loads(origin.getresponse().read())


def of(number, requests):
    return [[target, body] for target, body in requests if target.startswith(f"/{number:06}/")]


def main():
    last = b"GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    attacks = [content + last for content in (*attacks_on_framing(), *attacks_on_chunks())]
    attacks = [numbered(content, number) for number, content in enumerate(attacks)]
    heads = [numbered(fields, len(attacks) + number) for number, fields in enumerate(attacks_on_heads())]
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        list(pool.map(send, attacks))
        list(pool.map(send_over_http2, heads))

    report = seen()
    wrong = [f"the origin refused {refusal}" for refusal in report["refused"]]
    arrived = collections.defaultdict(list)
    for target, body in report["requests"]:
        arrived[target.split("/")[1]].append([target, body])
    del arrived["last"]
    for number, content in enumerate(attacks):
        got = arrived.pop(f"{number:06}", [])
        if got != of(number, read_by_h11(content))[: len(got)]:
            wrong.append(f"{content!r} became {got}")
    over_http1 = len(report["requests"]) - sum(map(len, arrived.values()))
    for number, fields in enumerate(heads, len(attacks)):
        got = arrived.pop(f"{number:06}", [])
        if got not in ([], [[fields[3][1].decode("latin-1"), BODY.decode()]]):
            wrong.append(f"{fields} became {got}")
    wrong.extend(f"nobody asked for {got}" for got in arrived.values())
    print(f"{len(attacks)} attacks over HTTP/1, {len(heads)} over HTTP/2")
    print(f"{over_http1} and {len(report['requests']) - over_http1} requests passed")
    print(f"{len(wrong)} wrong", *wrong[:20], sep="\n")


main()
