package io.portward.core.http1;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;

/** What a connection has to remember of the request it is answering. Threading: the connection's event loop. */
final class CurrentRequest {

    /** Bodies of up to 99,999 bytes: less than what setting up another connection may cost. */
    private static final int MAX_DIGITS_OF_SMALL = 5;

    private final HttpMethod method;
    private final boolean http10;
    private final boolean bodyless;
    private final boolean small;
    private final boolean last;
    private final boolean upgrade;
    private boolean ended;

    private CurrentRequest(
            HttpMethod method, boolean http10, boolean bodyless, boolean small, boolean last, boolean upgrade) {
        this.method = method;
        this.http10 = http10;
        this.bodyless = bodyless;
        this.small = small;
        this.last = last;
        this.upgrade = upgrade;
    }

    static CurrentRequest of(HttpRequest request) {
        String length = request.headers().get(HttpHeaderNames.CONTENT_LENGTH);
        boolean bodyless = !HttpUtil.isTransferEncodingChunked(request) && (length == null || length.equals("0"));
        boolean small = length != null
                && length.length() <= MAX_DIGITS_OF_SMALL
                && !request.headers().contains(HttpHeaderNames.EXPECT);
        return new CurrentRequest(
                request.method(),
                HttpVersion.HTTP_1_0.equals(request.protocolVersion()),
                bodyless,
                small,
                !HttpUtil.isKeepAlive(request),
                bodyless && length == null && WebSocketRequest.isUpgrade(request));
    }

    /** Before the first request, and between two. */
    static CurrentRequest none() {
        CurrentRequest none = new CurrentRequest(HttpMethod.GET, false, false, false, false, false);
        none.ended = true;
        return none;
    }

    HttpMethod method() {
        return method;
    }

    boolean isHttp10() {
        return http10;
    }

    /** It has no body, or one of no bytes; the codec will deliver an end for it all the same. */
    boolean isBodyless() {
        return bodyless;
    }

    /** Whether its body may be read and thrown away to keep the connection: it is short, and the client does not wait before it sends it. */
    boolean hasSmallBody() {
        return small;
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
