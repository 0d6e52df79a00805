package io.portward.core.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Locale;

/** Removes the fields that end at each connection (RFC 9110 §7.6.1). */
public final class HopByHop {

    private static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");
    private static final AsciiString PROXY_CONNECTION = AsciiString.cached("proxy-connection");

    private static final AsciiString HTTP2_SETTINGS = AsciiString.cached("http2-settings");

    /** CGI-like backends cannot tell underscores from hyphens, and may read another body length from these than we have. */
    private static final AsciiString TRANSFER_UNDERSCORE_ENCODING = AsciiString.cached("transfer_encoding");

    private static final AsciiString CONTENT_UNDERSCORE_LENGTH = AsciiString.cached("content_length");

    private HopByHop() {}

    /**
     * Removes Connection, everything it names, the fields that are hop-by-hop without being named, and what only looks like framing.
     * A Connection field cannot remove what routing and framing rest on: with {@code Connection: host} a client could otherwise strip
     * it from under the backend.
     */
    public static void strip(HttpHeaders headers) {
        if (headers.contains(HttpHeaderNames.CONNECTION)) {
            removeNamed(headers, headers.getAll(HttpHeaderNames.CONNECTION));
            headers.remove(HttpHeaderNames.CONNECTION);
        }
        headers.remove(KEEP_ALIVE);
        headers.remove(PROXY_CONNECTION);
        headers.remove(HttpHeaderNames.TE);
        headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
        headers.remove(TRANSFER_UNDERSCORE_ENCODING);
        headers.remove(CONTENT_UNDERSCORE_LENGTH);
        headers.remove(HttpHeaderNames.UPGRADE);
        headers.remove(HttpHeaderNames.PROXY_AUTHENTICATE);
        headers.remove(HttpHeaderNames.PROXY_AUTHORIZATION);
        headers.remove(HTTP2_SETTINGS);
    }

    /** Whether TE says that trailers are welcome; to be asked before it is removed. */
    public static boolean takesTrailers(HttpHeaders headers) {
        String te = headers.get(HttpHeaderNames.TE);
        return te != null && te.toLowerCase(Locale.ROOT).contains("trailers");
    }

    private static void removeNamed(HttpHeaders headers, List<String> values) {
        for (String value : values) {
            if ("keep-alive".equalsIgnoreCase(value) || "close".equalsIgnoreCase(value)) {
                continue;
            }
            for (String option : value.split(",")) {
                String name = option.trim();
                if (!name.isEmpty() && !isProtected(name)) {
                    headers.remove(name);
                }
            }
        }
    }

    private static boolean isProtected(String name) {
        return HttpHeaderNames.HOST.contentEqualsIgnoreCase(name)
                || HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name);
    }

    /** Whether Connection holds {@code option}, a token in lower case. */
    public static boolean connectionHas(HttpHeaders headers, String option) {
        for (String value : headers.getAll(HttpHeaderNames.CONNECTION)) {
            for (String token : value.split(",")) {
                if (option.equalsIgnoreCase(token.trim())) {
                    return true;
                }
            }
        }
        return false;
    }
}
