package io.portward.core.route;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.AsciiString;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.UrlPath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The routes of a port in the operator's order; the first that matches wins.
 *
 * <p>Hosts that a route names exactly have a list of their own, so that thousands of hosts cost a hash look-up and not a walk.
 *
 * <p>Threading: immutable; any thread.
 */
public final class RouteTable {

    /**
     * Characters of a header that is compared with expressions, all fields of the name together: expressions take time for each character, on an
     * event loop. Common servers take no longer field (nginx 8 KiB, Apache 8190 bytes).
     */
    private static final int MAX_EXPRESSION_INPUT = 8192;

    private final Map<String, List<Route>> byHost;

    /** Routes that may match a host nobody names exactly. */
    private final List<Route> others;

    /** Names of headers that some route compares with an expression. */
    private final List<AsciiString> headersWithExpressions;

    private RouteTable(Map<String, List<Route>> byHost, List<Route> others, List<AsciiString> headersWithExpressions) {
        this.byHost = byHost;
        this.others = others;
        this.headersWithExpressions = headersWithExpressions;
    }

    public static RouteTable of(List<RouteConfig> configs) {
        Map<String, List<Route>> byHost = new HashMap<>();
        List<Route> others = new ArrayList<>();
        Set<AsciiString> headersWithExpressions = new LinkedHashSet<>();
        for (RouteConfig config : configs) {
            Route route = new Route(config);
            route.headersWithExpressions().forEach(headersWithExpressions::add);
            String exact = route.exactHost();
            if (exact != null) {
                byHost.computeIfAbsent(exact, host -> new ArrayList<>(matching(others, host)))
                        .add(route);
            } else {
                others.add(route);
                byHost.forEach((host, list) -> {
                    if (route.matchesHost(host)) {
                        list.add(route);
                    }
                });
            }
        }
        byHost.replaceAll((host, list) -> List.copyOf(list));
        return new RouteTable(Map.copyOf(byHost), List.copyOf(others), List.copyOf(headersWithExpressions));
    }

    private static List<Route> matching(List<Route> routes, String host) {
        return routes.stream().filter(route -> route.matchesHost(host)).toList();
    }

    /** Whether a header is too long to be compared with the expressions of routes. */
    public boolean isTooLong(HttpHeaders headers) {
        for (int i = 0; i < headersWithExpressions.size(); i++) {
            int length = 0;
            for (String value : headers.getAll(headersWithExpressions.get(i))) {
                length += value.length();
            }
            if (length > MAX_EXPRESSION_INPUT) {
                return true;
            }
        }
        return false;
    }

    /**
     * @param host lower case without port and trailing dot; empty when unknown
     * @param path in normal form, without query
     * @param request for its method and headers
     * @return null when no route matches
     */
    public @Nullable Route find(String host, String path, HttpRequest request) {
        List<Route> named = byHost.get(host);
        List<Route> candidates = named == null ? others : named;
        for (int i = 0; i < candidates.size(); i++) {
            Route route = candidates.get(i);
            if ((named != null || route.matchesHost(host)) && route.matches(path, request)) {
                return route;
            }
        }
        return null;
    }

    /**
     * Whether servers that read an ambiguous path in different ways would all be within the route that was found. If not, the request
     * could get past a route that is meant to guard something.
     *
     * <p>Only paths are compared again, for each reading; methods and headers are the same for all of them.
     *
     * @param found for {@code host}, {@code path} and {@code request}
     */
    @SuppressWarnings("ReferenceEquality") // a route is one object of the table
    public boolean isCertain(@Nullable Route found, String host, String path, HttpRequest request) {
        Set<String> readings = UrlPath.readings(path);
        List<Route> named = byHost.get(host);
        for (Route route : named == null ? others : named) {
            if (route == found) {
                return readings.stream().allMatch(route::matchesPath);
            }
            if ((named != null || route.matchesHost(host)) && takes(route, readings, path, request)) {
                return false;
            }
        }
        return true;
    }

    /** Whether a route that was passed over for {@code path} is the one for a reading of it. */
    private static boolean takes(Route route, Set<String> readings, String path, HttpRequest request) {
        return route.matchesMethod(request)
                && readings.stream().anyMatch(route::matchesPath)
                // If the path itself fits, it was for its headers that the route was passed over.
                && !route.matchesPath(path)
                && route.matchesHeaders(request);
    }
}
