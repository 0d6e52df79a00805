"""Calls every kind of method of grpc_server.py and says what came of it: PORT CA."""
import sys
import time

import grpc

port, ca = sys.argv[1:3]
channel = grpc.secure_channel(
    "localhost:" + port,
    grpc.ssl_channel_credentials(open(ca, "rb").read()),
    options=[("grpc.max_receive_message_length", -1), ("grpc.enable_retries", 0)],
)


def path(name):
    return "/test.Test/" + name


def say(what, result):
    print(what + ":", result, flush=True)


def outcome(call):
    try:
        return call()
    except grpc.RpcError as error:
        return error.code().name + " " + error.details()


response, call = channel.unary_unary(path("Unary")).with_call(b"abc", metadata=(("x-client", "me"),))
say("unary", [response, dict(call.initial_metadata())["x-initial"], dict(call.trailing_metadata())["x-trailing"]])
say("deadline", channel.unary_unary(path("Deadline"))(b"", timeout=5))
say("trailers only", outcome(lambda: channel.unary_unary(path("Fail"))(b"")))
say("too late", outcome(lambda: channel.unary_unary(path("Sleep"))(b"5", timeout=0.5)))
say("unknown method", outcome(lambda: channel.unary_unary(path("Nothing"))(b"")))
say("server stream", sum(int(i) for i in channel.unary_stream(path("Count"))(b"1000")))
say("client stream", channel.stream_unary(path("Total"))(bytes(1000) for _ in range(1000)))
say("large request", channel.unary_unary(path("Unary"))(b"x" * 20_000_000) == b"x" * 20_000_000)
answers = channel.unary_stream(path("Large"))(b"")
first = next(answers)
time.sleep(1)
say("large responses", len(first) + sum(len(answer) for answer in answers))


def halting():
    yield b"one"
    time.sleep(3)
    yield b"two"


say("chat", list(channel.stream_stream(path("Chat"))(halting())))
forever = channel.unary_stream(path("Forever"))(b"")
say("begun", next(forever))
forever.cancel()
say("cancelled", channel.unary_unary(path("WasCancelled"))(b""))
calls = [channel.unary_unary(path("Unary")).future(str(i).encode()) for i in range(300)]
say("many at once", sum(int(call.result()[::-1]) for call in calls))
say("no server", outcome(lambda: channel.unary_unary("/gone.Gone/Any")(b"")).split(", request id ")[0])
say("no route", outcome(lambda: channel.unary_unary("/other.Other/Any")(b"")).split(", request id ")[0])
print("done")
