package io.portward.core.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.NetUtil;
import io.portward.config.model.UrlPath;
import io.portward.core.http.RequestTarget.PathForm;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads where a request wants to go from its target and Host (RFC 9112 §3.2), strictly. */
public final class RequestTargets {

    private static final int MAX_PORT = 65535;

    private RequestTargets() {}

    /** Null when the target or the host is not well formed. */
    public static @Nullable RequestTarget parse(HttpRequest request) {
        String uri = request.uri();
        String host = request.headers().get(HttpHeaderNames.HOST);
        if (!isPrintable(uri)) {
            return null;
        }
        if (uri.startsWith("/")) {
            return of(host, uri);
        }
        if ("*".equals(uri)) {
            return HttpMethod.OPTIONS.equals(request.method()) ? of(host, uri) : null;
        }
        return absolute(request.method(), uri, host);
    }

    /**
     * Null when the authority is not well formed. The path is brought into normal form; one that has none is marked as such.
     *
     * @param authority null when the client sent none
     * @param uri origin-form or `*`, free of control characters
     */
    public static @Nullable RequestTarget of(@Nullable String authority, String uri) {
        int query = uri.indexOf('?');
        String path = query < 0 ? uri : uri.substring(0, query);
        String host = authority == null ? "" : host(authority);
        if (host == null) {
            return null;
        }
        String sent = authority == null ? "" : authority;
        if ("*".equals(path) || UrlPath.isPlain(path)) {
            return new RequestTarget(sent, host, path, uri, PathForm.PLAIN);
        }
        String normal = UrlPath.normalize(path);
        if (normal == null) {
            return new RequestTarget(sent, host, path, uri, PathForm.BROKEN);
        }
        PathForm form = UrlPath.isAmbiguous(normal) ? PathForm.AMBIGUOUS : PathForm.PLAIN;
        return new RequestTarget(sent, host, normal, normal + uri.substring(path.length()), form);
    }

    /** The authority replaces Host (RFC 9112 §3.2.2), which must be well formed all the same. */
    private static @Nullable RequestTarget absolute(HttpMethod method, String uri, @Nullable String host) {
        int start = schemeLength(uri);
        if (start < 0 || (host != null && host(host) == null)) {
            return null;
        }
        int end = start;
        while (end < uri.length() && uri.charAt(end) != '/' && uri.charAt(end) != '?') {
            end++;
        }
        String rest = uri.substring(end);
        if (rest.isEmpty() && HttpMethod.OPTIONS.equals(method)) {
            // RFC 9112 §3.2.4.
            return of(uri.substring(start, end), "*");
        }
        return of(uri.substring(start, end), rest.startsWith("/") ? rest : "/" + rest);
    }

    private static int schemeLength(String uri) {
        if (uri.regionMatches(true, 0, "https://", 0, 8)) {
            return 8;
        }
        return uri.regionMatches(true, 0, "http://", 0, 7) ? 7 : -1;
    }

    /** Printable ASCII without space and without `#`, which no request target holds (RFC 3986 §2, RFC 9112 §3.2). */
    public static boolean isPrintable(String uri) {
        for (int i = 0; i < uri.length(); i++) {
            char c = uri.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '#') {
                return false;
            }
        }
        return !uri.isEmpty();
    }

    /**
     * The host of an authority (RFC 3986 §3.2), lower case and without one trailing dot.
     *
     * @return null when it is empty, holds user information, or anything else that is not `host` or `host:port`
     */
    public static @Nullable String host(String authority) {
        int end = authority.startsWith("[") ? authority.indexOf(']') + 1 : authority.indexOf(':');
        if (end < 0) {
            end = authority.length();
        }
        if (end == 0 || !isPort(authority, end)) {
            return null;
        }
        String host = authority.substring(0, end);
        if (!isHost(host)) {
            return null;
        }
        String lower = host.toLowerCase(Locale.ROOT);
        return lower.length() > 1 && lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    private static boolean isPort(String authority, int colon) {
        if (colon == authority.length()) {
            return true;
        }
        if (authority.charAt(colon) != ':' || authority.length() - colon > 6) {
            return false;
        }
        for (int i = colon + 1; i < authority.length(); i++) {
            if (authority.charAt(i) < '0' || authority.charAt(i) > '9') {
                return false;
            }
        }
        return colon + 1 == authority.length()
                || Integer.parseInt(authority, colon + 1, authority.length(), 10) <= MAX_PORT;
    }

    private static boolean isHost(String host) {
        if (host.startsWith("[")) {
            // A zone means something to the client's own machine only (RFC 6874 §4).
            return host.indexOf('%') < 0 && NetUtil.isValidIpV6Address(host.substring(1, host.length() - 1));
        }
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            boolean name =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
            if (!name && c != '_' && c != '~' && c != '%' && c != '!' && c != '$') {
                return false;
            }
        }
        return true;
    }
}
