package io.portward.core.http;

import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;

/** Rules for the response heads that backends send. */
public final class ResponseHead {

    /** RFC 6455 §1.3. */
    private static final String WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private ResponseHead() {}

    /** Whether its framing can be trusted; the decoder has refused Content-Length beside Transfer-Encoding already. */
    public static boolean isSound(HttpResponse response) {
        if (response.protocolVersion().majorVersion() != 1
                || response.status().code() < 100
                || response.status().code() > 999) {
            return false;
        }
        List<String> codings = response.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (codings.isEmpty()) {
            return true;
        }
        return codings.size() == 1
                && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.get(0))
                && !HttpVersion.HTTP_1_0.equals(response.protocolVersion())
                && !response.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
    }

    /** Whether no body follows (RFC 9112 §6.3). */
    public static boolean endsAtHead(HttpResponse response, HttpMethod method) {
        int status = response.status().code();
        return HttpMethod.HEAD.equals(method)
                || status == HttpResponseStatus.NO_CONTENT.code()
                || status == HttpResponseStatus.NOT_MODIFIED.code()
                || HttpUtil.getContentLength(response, -1L) == 0;
    }

    /** Leaves what the client may see; framing is the front end's. */
    public static void prepare(HttpResponse response, AsciiString requestId) {
        HttpHeaders headers = response.headers();
        HopByHop.strip(headers);
        if (response.status().code() == HttpResponseStatus.NO_CONTENT.code()) {
            // RFC 9110 §8.6: not on 204.
            headers.remove(HttpHeaderNames.CONTENT_LENGTH);
        }
        headers.set(Forwarding.X_REQUEST_ID, requestId);
    }

    /**
     * RFC 6455 §4.1: whether the server has understood that it is WebSocket what is asked of it. Anything else that says 101 could be made to
     * see requests in the bytes that follow.
     */
    public static boolean isWebSocketAccept(HttpResponse response, HttpRequest request) {
        HttpHeaders headers = response.headers();
        String key = request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_KEY);
        return key != null
                && headers.containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)
                && HopByHop.connectionHas(headers, "upgrade")
                && webSocketAccept(key).equals(headers.get(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT));
    }

    /** RFC 6455 §4.2.2. */
    private static String webSocketAccept(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1")
                    .digest((key + WEBSOCKET_GUID).getBytes(StandardCharsets.ISO_8859_1));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    public static void prepareUpgrade(HttpResponse response, AsciiString requestId) {
        prepare(response, requestId);
        response.headers()
                .remove(HttpHeaderNames.CONTENT_LENGTH)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                .set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
    }

    /** The head of {@code reply} as a message of its own. */
    public static HttpResponse withoutBody(FullHttpResponse reply) {
        return new DefaultHttpResponse(reply.protocolVersion(), reply.status(), reply.headers());
    }

    /** The body of {@code reply}, retained for the caller. */
    public static HttpContent bodyOf(FullHttpResponse reply) {
        return new DefaultHttpContent(reply.content().retain());
    }
}
