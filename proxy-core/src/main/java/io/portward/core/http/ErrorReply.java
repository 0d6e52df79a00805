package io.portward.core.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import io.portward.core.error.ErrorKind;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** The short plain text a client gets when Portward answers itself. */
public final class ErrorReply {

    /** Seconds; long enough not to be a retry storm, short enough not to outlast a restart by much. */
    private static final int RETRY_AFTER = 5;

    /** Seconds; rates are whole numbers a second, so that there is something to have in each. */
    private static final int RETRY_NEXT_TOKEN = 1;

    private ErrorReply() {}

    /** The caller owns the result. */
    public static FullHttpResponse of(ErrorKind kind, AsciiString requestId) {
        ByteBuf body = Unpooled.copiedBuffer(
                kind.status() + " " + kind.reason() + "\nrequest id: " + requestId + "\n", StandardCharsets.US_ASCII);
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, new HttpResponseStatus(kind.status(), kind.reason()), body);
        response.headers()
                // RFC 9110 §6.6.1.
                .set(HttpHeaderNames.DATE, HttpDate.format(Instant.now()))
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=us-ascii")
                .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .set(Forwarding.X_REQUEST_ID, requestId);
        if (kind == ErrorKind.UPSTREAM_DOWN || kind == ErrorKind.UPSTREAM_BUSY) {
            response.headers().set(HttpHeaderNames.RETRY_AFTER, RETRY_AFTER);
        }
        if (kind == ErrorKind.TOO_MANY_REQUESTS) {
            response.headers().set(HttpHeaderNames.RETRY_AFTER, RETRY_NEXT_TOKEN);
        }
        if (kind == ErrorKind.METHOD_REFUSED) {
            response.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        }
        return response;
    }
}
