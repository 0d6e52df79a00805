package io.portward.core.route;

import io.netty.handler.codec.http.HttpRequest;
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

    private final Map<String, List<Route>> byHost;

    /** Routes that may match a host nobody names exactly. */
    private final List<Route> others;

    private RouteTable(Map<String, List<Route>> byHost, List<Route> others) {
        this.byHost = byHost;
        this.others = others;
    }

    public static RouteTable of(List<RouteConfig> configs) {
        Map<String, List<Route>> byHost = new HashMap<>();
        List<Route> others = new ArrayList<>();
        for (RouteConfig config : configs) {
            Route route = new Route(config);
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
        return new RouteTable(Map.copyOf(byHost), List.copyOf(others));
    }

    private static List<Route> matching(List<Route> routes, String host) {
        return routes.stream().filter(route -> route.matchesHost(host)).toList();
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
            if (route.matches(path, request) && (named != null || route.matchesHost(host))) {
                return route;
            }
        }
        return null;
    }

    /**
     * Whether servers that read an ambiguous path in different ways would all be within the route that was found. If not, the request
     * could get past a route that is meant to guard something.
     *
     * @param found for {@code host}, {@code path} and {@code request}
     */
    @SuppressWarnings("ReferenceEquality") // a route is one object of the table
    public boolean isCertain(@Nullable Route found, String host, String path, HttpRequest request) {
        for (String reading : UrlPath.readings(path)) {
            if (find(host, reading, request) != found) {
                return false;
            }
        }
        return true;
    }
}
