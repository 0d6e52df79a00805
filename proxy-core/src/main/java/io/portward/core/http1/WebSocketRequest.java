package io.portward.core.http1;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.portward.core.http.HopByHop;

/** Recognises the request that opens a WebSocket (RFC 6455 §4.1). No other protocol is upgraded to. */
final class WebSocketRequest {

    private WebSocketRequest() {}

    static boolean isUpgrade(HttpRequest request) {
        HttpHeaders headers = request.headers();
        return headers.contains(HttpHeaderNames.UPGRADE)
                && HttpMethod.GET.equals(request.method())
                && HttpVersion.HTTP_1_1.equals(request.protocolVersion())
                && HttpHeaderValues.WEBSOCKET.contentEqualsIgnoreCase(headers.get(HttpHeaderNames.UPGRADE))
                && HopByHop.connectionHas(headers, "upgrade")
                && headers.contains(HttpHeaderNames.SEC_WEBSOCKET_KEY);
    }
}
