"""A gRPC server without generated code: messages are bytes."""
import sys
import threading
import time
from concurrent import futures

import grpc

cancelled = threading.Event()


def unary(request, context):
    metadata = dict(context.invocation_metadata())
    context.send_initial_metadata((("x-initial", "1"),))
    context.set_trailing_metadata((("x-trailing", metadata.get("x-client", "none")),))
    return request[::-1]


def deadline(request, context):
    remaining = context.time_remaining()
    return str(remaining is not None and 4 < remaining < 6).encode()


def fail(request, context):
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "as asked for")


def sleep(request, context):
    time.sleep(float(request))
    return b"late"


def count(request, context):
    for i in range(int(request)):
        yield str(i).encode()


def large(request, context):
    for _ in range(100):
        yield bytes(1_000_000)


def total(requests, context):
    return str(sum(len(request) for request in requests)).encode()


def chat(requests, context):
    for request in requests:
        yield b"re: " + request


def forever(request, context):
    context.add_callback(cancelled.set)
    yield b"begun"
    cancelled.wait(60)


def was_cancelled(request, context):
    return str(cancelled.wait(10)).encode()


server = grpc.server(
    futures.ThreadPoolExecutor(max_workers=64),
    options=[("grpc.max_receive_message_length", -1)],
)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Test", {
    "Unary": grpc.unary_unary_rpc_method_handler(unary),
    "Deadline": grpc.unary_unary_rpc_method_handler(deadline),
    "Fail": grpc.unary_unary_rpc_method_handler(fail),
    "Sleep": grpc.unary_unary_rpc_method_handler(sleep),
    "Count": grpc.unary_stream_rpc_method_handler(count),
    "Large": grpc.unary_stream_rpc_method_handler(large),
    "Total": grpc.stream_unary_rpc_method_handler(total),
    "Chat": grpc.stream_stream_rpc_method_handler(chat),
    "Forever": grpc.unary_stream_rpc_method_handler(forever),
    "WasCancelled": grpc.unary_unary_rpc_method_handler(was_cancelled),
}),))
if len(sys.argv) > 1:
    certificate, key = (open(path, "rb").read() for path in sys.argv[1:3])
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
else:
    port = server.add_insecure_port("127.0.0.1:0")
server.start()
print("port", port, flush=True)
server.wait_for_termination()
