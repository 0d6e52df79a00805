package io.portward.core.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;

/** Turns a client's request head into the one that the backend gets. */
public final class RequestHead {

    private RequestHead() {}

    /**
     * Changes {@code request} in place; its hop-by-hop fields must be gone.
     *
     * @param chunked a body of unknown length follows
     * @param upgrade the client asked for WebSocket; the request for it is made anew rather than passed on
     */
    public static void prepare(HttpRequest request, RequestTarget target, boolean chunked, boolean upgrade) {
        HttpHeaders headers = request.headers();
        if (HttpVersion.HTTP_1_0.equals(request.protocolVersion())) {
            // RFC 9110 §10.1.1: such a client knows no 100, and must not be made to wait for one.
            headers.remove(HttpHeaderNames.EXPECT);
        }
        normalizeLength(headers);
        request.setProtocolVersion(HttpVersion.HTTP_1_1);
        request.setUri(target.uri());
        // Setting it would move it behind the other fields; RFC 9110 §7.2 wants it first.
        if (!target.authority().isEmpty() && !target.authority().equals(headers.get(HttpHeaderNames.HOST))) {
            headers.set(HttpHeaderNames.HOST, target.authority());
        }
        if (chunked) {
            headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
        if (upgrade) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
            headers.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
        }
    }

    /** A server may take leading zeros for an octal number, or trip over the blank that is left of a folded line. */
    private static void normalizeLength(HttpHeaders headers) {
        String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
        if (length != null && length.length() > 1 && length.charAt(0) <= '0') {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, Long.parseLong(length.trim()));
        }
    }

    /** {@code head} as a whole message without a body: head and end in one buffer are sent with write(2), in two with the dearer writev(2). */
    public static FullHttpRequest alone(HttpRequest head) {
        return new DefaultFullHttpRequest(
                head.protocolVersion(),
                head.method(),
                head.uri(),
                Unpooled.EMPTY_BUFFER,
                head.headers(),
                EmptyHttpHeaders.INSTANCE);
    }
}
