package io.portward.core.http1;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;

/** What a connection has to remember of the request it is answering. Threading: the connection's event loop. */
final class CurrentRequest {

    private final HttpMethod method;
    private final boolean http10;
    private final boolean bodyless;
    private final boolean last;
    private final boolean upgrade;
    private boolean ended;

    private CurrentRequest(HttpMethod method, boolean http10, boolean bodyless, boolean last, boolean upgrade) {
        this.method = method;
        this.http10 = http10;
        this.bodyless = bodyless;
        this.last = last;
        this.upgrade = upgrade;
    }

    static CurrentRequest of(HttpRequest request) {
        boolean bodyless = !HttpUtil.isTransferEncodingChunked(request)
                && !request.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
        return new CurrentRequest(
                request.method(),
                HttpVersion.HTTP_1_0.equals(request.protocolVersion()),
                bodyless,
                !HttpUtil.isKeepAlive(request),
                bodyless && WebSocketRequest.isUpgrade(request));
    }

    /** Before the first request, and between two. */
    static CurrentRequest none() {
        CurrentRequest none = new CurrentRequest(HttpMethod.GET, false, false, false, false);
        none.ended = true;
        return none;
    }

    HttpMethod method() {
        return method;
    }

    boolean isHttp10() {
        return http10;
    }

    /** The codec will deliver an end for it all the same. */
    boolean isBodyless() {
        return bodyless;
    }

    /** Whether the client asks for the end of the connection after it, so that nothing more will come. */
    boolean isLast() {
        return last;
    }

    /** Whether it asks for WebSocket (RFC 6455 §4.1). */
    boolean wantsUpgrade() {
        return upgrade;
    }

    /** The codec has delivered its end. */
    void end() {
        ended = true;
    }

    boolean hasEnded() {
        return ended;
    }

    /** Whether nothing of it is missing that the backend could want. */
    boolean isComplete() {
        return ended || bodyless;
    }
}
