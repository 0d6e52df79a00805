package io.portward.core.http2;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValidationUtil;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import io.portward.core.http.FieldNames;
import io.portward.core.http.Forwarding;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;

/**
 * Response header sections from their HTTP/1 form: lower-case names (RFC 9113 §8.2.1), nothing about the connection (§8.2.2).
 *
 * <p>One for each connection. Threading: its event loop.
 */
final class ResponseHeaders {

    /** For the fields of one site's ordinary responses; two that meet only push each other out. A power of two. */
    private static final int SLOTS = 16;

    /** Longer values hardly repeat. */
    private static final int MAX_REMEMBERED = 64;

    /**
     * The values sent last, by name, and what they were made from: Server, Date, Content-Type and their like are the same again and again, and
     * HPACK wants bytes and their hash.
     */
    private final String[] lastText = new String[SLOTS];

    private final AsciiString[] lastValue = new AsciiString[SLOTS];

    Http2Headers head(HttpResponse response) {
        return ReadOnlyHttp2Headers.serverHeaders(false, response.status().codeAsText(), pairs(response.headers()));
    }

    Http2Headers trailers(HttpHeaders trailers) {
        return ReadOnlyHttp2Headers.trailers(false, pairs(trailers));
    }

    /**
     * What has no place in the compression table (RFC 7541 §7.1.3): Set-Cookie carries secrets, and neither it nor an id of ours ever repeats but
     * would push out what does.
     */
    static boolean isSensitive(CharSequence name, CharSequence value) {
        return name.length() == HttpHeaderNames.SET_COOKIE.length() && HttpHeaderNames.SET_COOKIE.contentEquals(name)
                || name.length() == Forwarding.X_REQUEST_ID.length() && Forwarding.X_REQUEST_ID.contentEquals(name);
    }

    private AsciiString[] pairs(HttpHeaders headers) {
        AsciiString[] pairs = new AsciiString[headers.size() * 2];
        int next = 0;
        Iterator<Map.Entry<CharSequence, CharSequence>> fields = headers.iteratorCharSequence();
        while (fields.hasNext()) {
            Map.Entry<CharSequence, CharSequence> field = fields.next();
            AsciiString name = FieldNames.lowerCase(AsciiString.of(field.getKey()));
            if (!HttpHeaderValidationUtil.isConnectionHeader(name, false)) {
                pairs[next++] = name;
                pairs[next++] = bytes(name, field.getValue());
            }
        }
        return next == pairs.length ? pairs : Arrays.copyOf(pairs, next);
    }

    private AsciiString bytes(AsciiString name, CharSequence value) {
        if (!(value instanceof String text) || text.length() > MAX_REMEMBERED) {
            return AsciiString.of(value);
        }
        int slot = name.hashCode() & (SLOTS - 1);
        if (!text.equals(lastText[slot])) {
            lastText[slot] = text;
            lastValue[slot] = new AsciiString(text);
        }
        return lastValue[slot];
    }
}
