package io.portward.core.route;

import io.portward.config.model.RouteConfig;
import io.portward.config.model.UrlPath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The routes of a port in the operator's order; the first that matches wins.
 *
 * <p>Hosts that a route names exactly have a list of their own, so that thousands of hosts cost a hash look-up and not a walk.
 *
 * <p>Threading: immutable; any thread.
 */
public final class RouteTable {

    private static final String WILDCARD = "*.";

    private final Map<String, List<RouteConfig>> byHost;

    /** Routes that may match a host nobody names exactly. */
    private final List<RouteConfig> others;

    private RouteTable(Map<String, List<RouteConfig>> byHost, List<RouteConfig> others) {
        this.byHost = byHost;
        this.others = others;
    }

    public static RouteTable of(List<RouteConfig> routes) {
        Map<String, List<RouteConfig>> byHost = new HashMap<>();
        List<RouteConfig> others = new ArrayList<>();
        for (RouteConfig route : routes) {
            if (isExact(route)) {
                byHost.computeIfAbsent(route.host(), host -> new ArrayList<>(matching(others, host)))
                        .add(route);
            } else {
                others.add(route);
                byHost.forEach((host, list) -> {
                    if (matchesHost(route, host)) {
                        list.add(route);
                    }
                });
            }
        }
        byHost.replaceAll((host, list) -> List.copyOf(list));
        return new RouteTable(Map.copyOf(byHost), List.copyOf(others));
    }

    private static boolean isExact(RouteConfig route) {
        return route.host() != null && !route.host().startsWith(WILDCARD);
    }

    private static List<RouteConfig> matching(List<RouteConfig> routes, String host) {
        return routes.stream().filter(route -> matchesHost(route, host)).toList();
    }

    /**
     * @param host lower case without port and trailing dot; empty when unknown
     * @param path in normal form, without query
     * @return null when no route matches
     */
    public @Nullable RouteConfig find(String host, String path) {
        List<RouteConfig> named = byHost.get(host);
        List<RouteConfig> candidates = named == null ? others : named;
        for (int i = 0; i < candidates.size(); i++) {
            RouteConfig route = candidates.get(i);
            if (matchesPath(route.path(), path) && (named != null || matchesHost(route, host))) {
                return route;
            }
        }
        return null;
    }

    /**
     * Whether servers that read an ambiguous path in different ways would all be within the route that was found. If not, the request
     * could get past a route that is meant to guard something.
     *
     * @param found for {@code host} and {@code path}
     */
    @SuppressWarnings("ReferenceEquality") // a route is one object of the table
    public boolean isCertain(@Nullable RouteConfig found, String host, String path) {
        for (String reading : UrlPath.readings(path)) {
            if (find(host, reading) != found) {
                return false;
            }
        }
        return true;
    }

    /** A wildcard stands for exactly one label, as in certificates. */
    private static boolean matchesHost(RouteConfig route, String host) {
        String pattern = route.host();
        if (pattern == null) {
            return true;
        }
        int dot = host.indexOf('.');
        return dot > 0 && host.regionMatches(dot, pattern, 1, Math.max(host.length() - dot, pattern.length() - 1));
    }

    /** A prefix ends where a segment ends: `/api` covers `/api` and `/api/x`, not `/apix`. */
    private static boolean matchesPath(@Nullable String prefix, String path) {
        if (prefix == null) {
            return true;
        }
        return path.startsWith(prefix)
                && (path.length() == prefix.length() || prefix.endsWith("/") || path.charAt(prefix.length()) == '/');
    }
}
