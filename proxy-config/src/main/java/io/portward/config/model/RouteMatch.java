package io.portward.config.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which requests a route is for; everything given has to hold.
 *
 * @param host exact name or `*.example.com`, lower case, A-labels, no trailing dot; null matches any
 * @param path prefix on segment borders, starting with a slash, in the normal form of {@link UrlPath}; null matches any
 * @param exactPath the whole path in the same form; null matches any
 * @param pathRegex RE2 expression for the whole path; null matches any
 * @param methods one of these; empty matches any
 * @param headers by name in lower case; one field of that name has to match
 */
public record RouteMatch(
        @Nullable String host,
        @Nullable String path,
        @Nullable String exactPath,
        @Nullable String pathRegex,
        List<String> methods,
        Map<String, HeaderMatch> headers) {

    public RouteMatch {
        methods = List.copyOf(methods);
        headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
    }

    /** Whether every request that {@code later} matches is matched by this too, as far as that can be told. */
    public boolean covers(RouteMatch later) {
        return coversHost(host, later.host)
                && coversPath(later)
                && (methods.isEmpty() || (!later.methods.isEmpty() && methods.containsAll(later.methods)))
                && later.headers.entrySet().containsAll(headers.entrySet());
    }

    /** Whether every name that {@code other} stands for is one that {@code host} stands for. */
    static boolean coversHost(@Nullable String host, @Nullable String other) {
        if (host == null || host.equals(other)) {
            return true;
        }
        if (other == null || !host.startsWith("*.") || other.startsWith("*.")) {
            return false;
        }
        int dot = other.indexOf('.');
        return dot > 0 && other.substring(dot).equals(host.substring(1));
    }

    private boolean coversPath(RouteMatch later) {
        if (exactPath != null) {
            return exactPath.equals(later.exactPath);
        }
        if (pathRegex != null) {
            return pathRegex.equals(later.pathRegex);
        }
        if (path == null || path.equals("/")) {
            return true;
        }
        String other = later.exactPath == null ? later.path : later.exactPath;
        return other != null && (path.equals(other) || other.startsWith(path.endsWith("/") ? path : path + "/"));
    }
}
