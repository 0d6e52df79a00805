package io.portward.core.http;

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
        request.setProtocolVersion(HttpVersion.HTTP_1_1);
        request.setUri(target.uri());
        if (!target.authority().isEmpty()) {
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
}
