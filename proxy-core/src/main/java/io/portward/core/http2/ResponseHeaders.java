package io.portward.core.http2;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.portward.core.http.FieldPairs;
import io.portward.core.http.Forwarding;

/**
 * Response header sections from their HTTP/1 form: lower-case names (RFC 9113 §8.2.1), nothing about the connection (§8.2.2).
 *
 * <p>One for each connection. Threading: its event loop.
 */
final class ResponseHeaders {

    private final FieldPairs fields = new FieldPairs(false);

    Http2Headers head(HttpResponse response) {
        return ReadOnlyHttp2Headers.serverHeaders(false, response.status().codeAsText(), fields.of(response.headers()));
    }

    Http2Headers trailers(HttpHeaders trailers) {
        return ReadOnlyHttp2Headers.trailers(false, fields.of(trailers));
    }

    /**
     * What has no place in the compression table (RFC 7541 §7.1.3): Set-Cookie carries secrets, and neither it nor an id of ours ever repeats but
     * would push out what does.
     */
    static boolean isSensitive(CharSequence name, CharSequence value) {
        return name.length() == HttpHeaderNames.SET_COOKIE.length() && HttpHeaderNames.SET_COOKIE.contentEquals(name)
                || name.length() == Forwarding.X_REQUEST_ID.length() && Forwarding.X_REQUEST_ID.contentEquals(name);
    }
}
