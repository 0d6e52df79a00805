"""An HTTP/1.1 origin on Python's own http.server. Prints its port; what it answers says what it was asked."""

import hashlib
import http.server
import sys
import threading


class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def request_body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline().split(b";")[0], 16):
                left = size
                while left:
                    piece = self.rfile.read(min(left, 1 << 20))
                    left -= len(piece)
                    yield piece
                self.rfile.readline()
            while trailer := self.rfile.readline().strip():
                self.trailers.append(trailer.decode("latin-1"))
        else:
            left = int(self.headers.get("Content-Length", 0))
            while left:
                piece = self.rfile.read1(min(left, 1 << 20))
                if not piece:
                    raise ConnectionError("the body ended early")
                left -= len(piece)
                yield piece

    def reply(self, text):
        body = text.encode("latin-1")
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self):
        """Length and SHA-256 of what came, then its trailers; no checksum under /sink."""
        digest, length, self.trailers = hashlib.sha256(), 0, []
        for piece in self.request_body():
            length += len(piece)
            if not self.path.startswith("/sink"):
                digest.update(piece)
        self.reply(f"{length} {digest.hexdigest()}\n" + "".join(f"{line}\n" for line in self.trailers))

    do_PUT = do_POST

    def do_GET(self):
        if self.path.startswith("/chunked"):
            self.chunked()
        elif self.path.startswith("/slow"):
            self.slow()
        elif "/until-close" in self.path:
            self.until_close()
        else:
            self.reply(f"{self.command} {self.path} {self.request_version}\n{self.headers}")

    do_HEAD = do_OPTIONS = do_DELETE = do_GET

    def chunked(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Trailer", "X-Sum")
        self.end_headers()
        for number in range(1000):
            line = f"line {number}\n".encode()
            self.wfile.write(b"%x;note=1\r\n%s\r\n" % (len(line), line))
        self.wfile.write(b"0\r\nX-Sum: 1000\r\n\r\n")

    def until_close(self):
        """A body whose end is the end of the connection."""
        self.send_response(200)
        self.end_headers()
        for number in range(1000):
            self.wfile.write(f"line {number}\n".encode())
        self.close_connection = True

    def slow(self):
        """Twenty lines, one every tenth of a second."""
        self.send_response(200)
        self.send_header("Content-Length", str(20 * 8))
        self.end_headers()
        for number in range(20):
            self.wfile.write(b"line %2d\n" % number)
            self.wfile.flush()
            threading.Event().wait(0.1)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True


if len(sys.argv) > 1:
    Origin.protocol_version = sys.argv[1]
server = Server(("127.0.0.1", 0), Origin)
print("port", server.server_port, flush=True)
server.serve_forever()
