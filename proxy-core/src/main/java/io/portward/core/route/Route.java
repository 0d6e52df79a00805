package io.portward.core.route;

import com.google.re2j.Pattern;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.AsciiString;
import io.portward.config.model.HeaderMatch;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.RouteMatch;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A route, ready to be compared with requests.
 *
 * <p>Threading: immutable; any thread.
 */
public final class Route {

    private static final String WILDCARD = "*.";

    private final RouteConfig config;
    private final @Nullable String host;
    private final @Nullable String prefix;
    private final @Nullable String exactPath;
    private final @Nullable Pattern pathRegex;
    private final Set<String> methods;
    private final List<HeaderRule> headers;

    private final @Nullable PathRewrite rewrite;
    private final @Nullable HeaderEdits requestEdits;
    private final @Nullable HeaderEdits responseEdits;

    /** @param regex null when {@code value} is the whole value */
    private record HeaderRule(
            AsciiString name, String value, @Nullable Pattern regex) {

        static HeaderRule of(String name, HeaderMatch match) {
            return new HeaderRule(
                    AsciiString.of(name), match.text(), match.isRegex() ? Pattern.compile(match.text()) : null);
        }

        boolean matches(HttpHeaders fields) {
            for (String field : fields.getAll(name)) {
                if (regex == null ? value.equals(field) : regex.matches(field)) {
                    return true;
                }
            }
            return false;
        }
    }

    Route(RouteConfig config) {
        RouteMatch match = config.match();
        this.config = config;
        this.host = match.host();
        this.prefix = match.path();
        this.exactPath = match.exactPath();
        this.pathRegex = match.pathRegex() == null ? null : Pattern.compile(match.pathRegex());
        this.methods = Set.copyOf(match.methods());
        this.headers = match.headers().entrySet().stream()
                .map(entry -> HeaderRule.of(entry.getKey(), entry.getValue()))
                .toList();
        this.rewrite = PathRewrite.of(config, pathRegex);
        this.requestEdits = HeaderEdits.of(config.requestHeaders());
        this.responseEdits = HeaderEdits.of(config.responseHeaders());
    }

    public RouteConfig config() {
        return config;
    }

    /** Whether requests are forwarded under another path. */
    public boolean rewrites() {
        return rewrite != null;
    }

    /**
     * The path to forward.
     *
     * @param path in normal form; it and all its readings were matched by this route
     * @return null when nothing sensible comes out, or what servers could read as a path that this route leads nobody to
     */
    public @Nullable String rewritten(String path) {
        return rewrite == null ? path : rewrite.apply(path);
    }

    /** Null when requests are forwarded with the headers they have. */
    public @Nullable HeaderEdits requestEdits() {
        return requestEdits;
    }

    /** Null when responses are passed on with the headers they have. */
    public @Nullable HeaderEdits responseEdits() {
        return responseEdits;
    }

    @Nullable
    String exactHost() {
        return host == null || host.startsWith(WILDCARD) ? null : host;
    }

    /** A wildcard stands for exactly one label, as in certificates. Not for exact names. */
    boolean matchesHost(String name) {
        if (host == null) {
            return true;
        }
        int dot = name.indexOf('.');
        return dot > 0 && name.regionMatches(dot, host, 1, Math.max(name.length() - dot, host.length() - 1));
    }

    /** Whether all but the host fits; the headers are looked at when everything else does. */
    boolean matches(String path, HttpRequest request) {
        return matchesMethod(request) && matchesPath(path) && matchesHeaders(request);
    }

    boolean matchesMethod(HttpRequest request) {
        return methods.isEmpty() || methods.contains(request.method().name());
    }

    boolean matchesPath(String path) {
        return matchesPrefix(path)
                && (exactPath == null || exactPath.equals(path))
                && (pathRegex == null || pathRegex.matches(path));
    }

    boolean matchesHeaders(HttpRequest request) {
        for (int i = 0; i < headers.size(); i++) {
            if (!headers.get(i).matches(request.headers())) {
                return false;
            }
        }
        return true;
    }

    /** The names of headers that are compared with expressions. */
    Stream<AsciiString> headersWithExpressions() {
        return headers.stream().filter(rule -> rule.regex() != null).map(HeaderRule::name);
    }

    /** A prefix ends where a segment ends: `/api` covers `/api` and `/api/x`, not `/apix`. */
    private boolean matchesPrefix(String path) {
        if (prefix == null) {
            return true;
        }
        return path.startsWith(prefix)
                && (path.length() == prefix.length() || prefix.endsWith("/") || path.charAt(prefix.length()) == '/');
    }
}
