"""An origin that reads with h11 and keeps what it read. Prints its port.

`GET /seen` tells as JSON: the requests as [target, body], and what h11 refused.
"""

import json
import socket
import threading

import h11

requests = []
refused = []


def answer(connection, request, body):
    if request.target == b"/seen":
        content = json.dumps({"requests": requests, "refused": refused}).encode()
    else:
        requests.append([request.target.decode("latin-1"), body.decode("latin-1")])
        content = b"ok"
    if request.method == b"HEAD":
        content = b""
    headers = [("Content-Length", str(len(content)))]
    return (
        connection.send(h11.Response(status_code=200, headers=headers))
        + connection.send(h11.Data(data=content))
        + connection.send(h11.EndOfMessage())
    )


def serve(peer):
    connection = h11.Connection(h11.SERVER)
    request, body = None, b""
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            refused.append(f"{error}: {connection.trailing_data[0]!r}")
            peer.close()
            return
        if event is h11.NEED_DATA:
            received = peer.recv(65536)
            connection.receive_data(received)
        elif isinstance(event, h11.Request):
            request, body = event, b""
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            peer.sendall(answer(connection, request, body))
            if connection.our_state is not h11.DONE:
                peer.close()
                return
            connection.start_next_cycle()
        elif isinstance(event, h11.ConnectionClosed):
            peer.close()
            return


def serve_quietly(peer):
    try:
        serve(peer)
    except ConnectionError:
        peer.close()


listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
print("port", listener.getsockname()[1], flush=True)
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve_quietly, args=(accepted,), daemon=True).start()
