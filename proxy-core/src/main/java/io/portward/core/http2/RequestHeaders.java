package io.portward.core.http2;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.portward.core.http.FieldRules;
import io.portward.core.http.RequestTarget;
import io.portward.core.http.RequestTargets;
import org.jspecify.annotations.Nullable;

/**
 * A header section as the HPACK decoder fills it: each field is checked and put straight into its HTTP/1 form, so there is no second pass.
 *
 * <p>As {@link Http2Headers} it holds {@code content-length} only, which Netty's decoder compares with the DATA that arrives. What is
 * wrong (RFC 9113 §8) is remembered, not thrown: the decoder has to read on to keep its table in step.
 */
final class RequestHeaders extends DefaultHttp2Headers {

    private static final HttpHeadersFactory FIELDS =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false);

    private final HttpHeaders fields = FIELDS.newHeaders();
    private @Nullable AsciiString method;
    private @Nullable AsciiString scheme;
    private @Nullable AsciiString authority;
    private @Nullable AsciiString path;
    private @Nullable AsciiString host;
    private @Nullable AsciiString cookie;
    private @Nullable StringBuilder cookies;
    private @Nullable RequestTarget target;
    private boolean pseudoSeen;
    private boolean regularSeen;
    private boolean lengthSeen;
    private @Nullable String problem;

    RequestHeaders() {
        super(false, 2);
    }

    @Override
    public Http2Headers add(CharSequence name, CharSequence value) {
        if (problem == null) {
            AsciiString asciiName = AsciiString.of(name);
            AsciiString asciiValue = AsciiString.of(value);
            problem = !asciiName.isEmpty() && asciiName.byteAt(0) == ':'
                    ? pseudo(asciiName, asciiValue)
                    : regular(asciiName, asciiValue);
        }
        return this;
    }

    private @Nullable String pseudo(AsciiString name, AsciiString value) {
        if (regularSeen) {
            return "pseudo-header after a regular field";
        }
        pseudoSeen = true;
        AsciiString before;
        if (PseudoHeaderName.METHOD.value().contentEquals(name)) {
            before = method;
            method = value;
        } else if (PseudoHeaderName.PATH.value().contentEquals(name)) {
            before = path;
            path = value;
        } else if (PseudoHeaderName.SCHEME.value().contentEquals(name)) {
            before = scheme;
            scheme = value;
        } else if (PseudoHeaderName.AUTHORITY.value().contentEquals(name)) {
            before = authority;
            authority = value;
            // RFC 9110 §7.2: Host goes first. Pseudo-headers come before all fields.
            fields.add(HttpHeaderNames.HOST, value);
        } else {
            return "unknown pseudo-header";
        }
        return before == null ? null : "pseudo-header given twice";
    }

    private @Nullable String regular(AsciiString name, AsciiString value) {
        regularSeen = true;
        String wrong = FieldRules.problem(name, value);
        if (wrong != null) {
            return wrong;
        }
        switch (name.length()) {
            case 4 -> {
                if (HttpHeaderNames.HOST.contentEquals(name)) {
                    wrong = host == null ? null : "host given twice";
                    host = value;
                    return wrong;
                }
            }
            case 6 -> {
                if (HttpHeaderNames.COOKIE.contentEquals(name)) {
                    addCookie(value);
                    return null;
                }
            }
            case 14 -> {
                if (HttpHeaderNames.CONTENT_LENGTH.contentEquals(name)) {
                    if (lengthSeen || !FieldRules.isContentLength(value)) {
                        return "content-length is not one number";
                    }
                    lengthSeen = true;
                    super.add(name, value);
                }
            }
            default -> {
                // A field like any other.
            }
        }
        fields.add(name, value);
        return null;
    }

    /** RFC 9113 §8.2.3: the crumbs of one cookie field are joined again before they leave HTTP/2. */
    private void addCookie(AsciiString value) {
        if (cookie == null) {
            cookie = value;
            return;
        }
        if (cookies == null) {
            cookies = new StringBuilder(256).append(cookie);
        }
        cookies.append("; ").append(value);
    }

    /** Completes the HTTP/1 form. To be called once, before the other methods, on the header section of a request. */
    void finish() {
        if (problem == null) {
            problem = missing();
        }
        if (problem != null) {
            return;
        }
        if (authority == null) {
            fields.add(HttpHeaderNames.HOST, host);
        }
        if (cookie != null) {
            fields.add(HttpHeaderNames.COOKIE, cookies == null ? cookie : AsciiString.of(cookies));
        }
    }

    private @Nullable String missing() {
        if (method == null || !FieldRules.isToken(method)) {
            return "no valid :method";
        }
        if (authority != null && host != null && !authority.contentEqualsIgnoreCase(host)) {
            return "host differs from :authority";
        }
        AsciiString effective = authority == null ? host : authority;
        if (effective == null) {
            return "no authority";
        }
        if (HttpMethod.CONNECT.asciiName().contentEquals(method)) {
            // RFC 9113 §8.5: neither :scheme nor :path.
            return scheme == null && path == null ? null : "CONNECT with :scheme or :path";
        }
        if (scheme == null || !(scheme.contentEqualsIgnoreCase("https") || scheme.contentEqualsIgnoreCase("http"))) {
            return "no valid :scheme";
        }
        if (path == null || !isPath(path.toString(), method)) {
            return "no valid :path";
        }
        target = RequestTargets.of(effective.toString(), path.toString());
        return target == null ? "no valid authority" : null;
    }

    private static boolean isPath(String path, AsciiString method) {
        if (!RequestTargets.isPrintable(path)) {
            return false;
        }
        return path.startsWith("/")
                || ("*".equals(path) && HttpMethod.OPTIONS.asciiName().contentEquals(method));
    }

    /** @return why the section is malformed, or null when it is not */
    @Nullable
    String problem() {
        return problem;
    }

    /** @return why this may not be a trailer section, or null when it may */
    @Nullable
    String trailerProblem() {
        if (problem != null) {
            return problem;
        }
        // RFC 9110 §6.5.1: framing and routing are settled before the content; a late word on them is an attack.
        return pseudoSeen || host != null || lengthSeen || cookie != null ? "field not allowed in trailers" : null;
    }

    int pathLength() {
        return path == null ? 0 : path.length();
    }

    boolean hasContentLength() {
        return lengthSeen;
    }

    HttpHeaders fields() {
        return fields;
    }

    /** The method, or GET if the section ended before it was told. */
    HttpMethod httpMethod() {
        return method == null || !FieldRules.isToken(method) ? HttpMethod.GET : HttpMethod.valueOf(method.toString());
    }

    /** Null for CONNECT. */
    @Nullable
    RequestTarget target() {
        return target;
    }
}
