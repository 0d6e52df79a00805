package io.portward.core.upstream;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import io.portward.core.http.FieldPairs;

/** Requests from their HTTP/1 form to header sections of HTTP/2. One for each connection. Threading: its event loop. */
final class RequestSections {

    private static final AsciiString HTTP = AsciiString.cached("http");
    private static final AsciiString HTTPS = AsciiString.cached("https");

    private final FieldPairs fields = new FieldPairs(true);
    private final AsciiString scheme;

    RequestSections(boolean tls) {
        this.scheme = tls ? HTTPS : HTTP;
    }

    /** @param request with a Host */
    Http2Headers head(HttpRequest request) {
        HttpHeaders headers = request.headers();
        String authority = headers.get(HttpHeaderNames.HOST);
        return ReadOnlyHttp2Headers.clientHeaders(
                false,
                request.method().asciiName(),
                AsciiString.of(request.uri()),
                scheme,
                authority == null ? AsciiString.EMPTY_STRING : AsciiString.of(authority),
                fields.of(headers));
    }

    Http2Headers trailers(HttpHeaders trailers) {
        return ReadOnlyHttp2Headers.trailers(false, fields.of(trailers));
    }
}
