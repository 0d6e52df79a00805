package io.portward.config.yaml;

import io.portward.config.model.HeaderChanges;
import io.portward.config.model.HeaderMatch;
import io.portward.config.model.RedirectConfig;
import io.portward.config.model.RespondConfig;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.RouteMatch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The section {@code ports[].routes[]}. */
final class RouteKeys {

    private static final Key<RouteConfig, String> HOST = Key.optional(
            "host",
            Scalars.HOST,
            RouteConfig::host,
            "Requests for this host, on tls and mail ports connections for this server name: an exact name, or *.example.com for one label below; absent means any.");

    private static final Key<RouteConfig, String> PATH = Key.optional(
            "path",
            Scalars.URL_PATH,
            RouteConfig::path,
            "Requests under this path, compared segment by segment; absent means any.");

    private static final Key<RouteConfig, String> EXACT_PATH = Key.optional(
            "exactPath",
            Scalars.URL_PATH.named("a path such as /login"),
            route -> route.match().exactPath(),
            "Requests for exactly this path.");

    private static final Key<RouteConfig, String> PATH_REGEX = Key.optional(
            "pathRegex",
            RouteScalars.PATH_REGEX,
            route -> route.match().pathRegex(),
            "Requests whose whole path this expression matches; RE2 syntax, which takes linear time.");

    private static final Key<RouteConfig, List<String>> METHODS = Key.withDefault(
            "methods",
            new ListType<>(RouteScalars.METHOD, 0),
            List.of(),
            route -> route.match().methods(),
            "Requests with one of these methods (GET does not imply HEAD); empty means any.");

    private static final Key<RouteConfig, Map<String, HeaderMatch>> HEADERS = Key.withDefault(
            "headers",
            new MapType<>(RouteScalars.HEADER_NAME, RouteScalars.HEADER_MATCH, "names of headers, each with "),
            Map.of(),
            route -> route.match().headers(),
            "Requests with all of these headers: the whole value, or /an expression/ that matches it whole; /.*/ is any value.");

    private static final Key<RouteConfig, String> BACKEND = Key.optional(
            "backend",
            Scalars.NAME,
            RouteConfig::backend,
            "The backend that answers. A route has one of backend, redirect and respond.");

    private static final Key<RouteConfig, RedirectConfig> REDIRECT = Key.optional(
            "redirect", RouteActionKeys.REDIRECT, RouteConfig::redirect, "Where clients are sent instead.");

    private static final Key<RouteConfig, RespondConfig> RESPOND = Key.optional(
            "respond", RouteActionKeys.RESPOND, RouteConfig::respond, "What clients get without a backend.");

    private static final Key<RouteConfig, String> STRIP_PREFIX = Key.optional(
            "stripPrefix",
            Scalars.URL_PATH,
            RouteConfig::stripPrefix,
            "Taken from the beginning of the path before it is forwarded; path or exactPath has to begin with it.");

    private static final Key<RouteConfig, String> REWRITE_PATH = Key.optional(
            "rewritePath",
            RouteScalars.REWRITTEN_PATH,
            RouteConfig::rewritePath,
            "Takes the place of what path, exactPath or pathRegex matched; $1 to $9 are the groups of pathRegex.");

    private static final Key<RouteConfig, HeaderChanges> REQUEST_HEADERS = Key.optional(
            "requestHeaders",
            RouteActionKeys.HEADERS,
            route -> route.requestHeaders().isEmpty() ? null : route.requestHeaders(),
            "What is changed in requests before they are forwarded.");

    private static final Key<RouteConfig, HeaderChanges> RESPONSE_HEADERS = Key.optional(
            "responseHeaders",
            RouteActionKeys.HEADERS,
            route -> route.responseHeaders().isEmpty() ? null : route.responseHeaders(),
            "What is changed in responses, those of redirect and respond included; errors of Portward's own stay as they are.");

    private static final Section.Check ONE_ACTION = new Section.Check(
            BACKEND,
            v -> Stream.of(v.find(BACKEND), v.find(REDIRECT), v.find(RESPOND))
                                    .filter(Objects::nonNull)
                                    .count()
                            == 1
                    ? null
                    : "a route has one of backend, redirect and respond",
            Map.of(
                    "oneOf",
                    List.of(
                            Map.of("required", List.of("backend")),
                            Map.of("required", List.of("redirect")),
                            Map.of("required", List.of("respond")))),
            false);

    private static final Section.Check ONE_PATH = new Section.Check(
            PATH,
            v -> Stream.of(v.find(PATH), v.find(EXACT_PATH), v.find(PATH_REGEX))
                                    .filter(Objects::nonNull)
                                    .count()
                            > 1
                    ? "a route has one of path, exactPath and pathRegex"
                    : null,
            Map.of(
                    "not",
                    Map.of(
                            "anyOf",
                            List.of(
                                    Map.of("required", List.of("path", "exactPath")),
                                    Map.of("required", List.of("path", "pathRegex")),
                                    Map.of("required", List.of("exactPath", "pathRegex"))))),
            false);

    static final Section<RouteConfig> SECTION = new Section<>(
            "route",
            "Which requests go to which backend, or how they are answered without one.",
            List.of(
                    HOST,
                    PATH,
                    EXACT_PATH,
                    PATH_REGEX,
                    METHODS,
                    HEADERS,
                    BACKEND,
                    REDIRECT,
                    RESPOND,
                    STRIP_PREFIX,
                    REWRITE_PATH,
                    REQUEST_HEADERS,
                    RESPONSE_HEADERS),
            null,
            RouteKeys::build,
            List.of(ONE_PATH, ONE_ACTION));

    /** The schema of what is left of a route where there are connections and no requests. */
    static final Map<String, Object> ONLY_HOST_AND_BACKEND = Map.of(
            "properties",
            SECTION.keys().stream()
                    .filter(key -> !key.equals(HOST) && !key.equals(BACKEND))
                    .collect(Collectors.toMap(Key::name, RouteKeys::nothing, (a, b) -> a, LinkedHashMap::new)));

    private RouteKeys() {}

    /** The schema of a key that is absent or has the default with which {@code explain} writes it. */
    private static Object nothing(Key<RouteConfig, ?> key) {
        if (key.defaultValue() instanceof List<?>) {
            return Map.of("maxItems", 0);
        }
        return key.defaultValue() instanceof Map<?, ?> ? Map.of("maxProperties", 0) : false;
    }

    private static RouteConfig build(Values v) {
        RouteMatch match = new RouteMatch(
                v.find(HOST), v.find(PATH), v.find(EXACT_PATH), v.find(PATH_REGEX), v.get(METHODS), v.get(HEADERS));
        return new RouteConfig(
                match,
                v.find(BACKEND),
                v.find(REDIRECT),
                v.find(RESPOND),
                v.find(STRIP_PREFIX),
                v.find(REWRITE_PATH),
                orNone(v.find(REQUEST_HEADERS)),
                orNone(v.find(RESPONSE_HEADERS)));
    }

    private static HeaderChanges orNone(@Nullable HeaderChanges changes) {
        return changes == null ? HeaderChanges.NONE : changes;
    }
}
