package io.portward.config.yaml;

import io.portward.config.model.HeaderMatch;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.RouteMatch;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** The section {@code ports[].routes[]}. */
final class RouteKeys {

    private static final Key<RouteConfig, String> HOST = Key.optional(
            "host",
            Scalars.HOST,
            RouteConfig::host,
            "Requests for this host: an exact name, or *.example.com for one label below; absent means any.");

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

    private static final Key<RouteConfig, String> BACKEND =
            Key.required("backend", Scalars.NAME, RouteConfig::backend, "The backend that answers.");

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
            "Which requests go to which backend.",
            List.of(HOST, PATH, EXACT_PATH, PATH_REGEX, METHODS, HEADERS, BACKEND),
            null,
            RouteKeys::build,
            List.of(ONE_PATH));

    private RouteKeys() {}

    private static RouteConfig build(Values v) {
        RouteMatch match = new RouteMatch(
                v.find(HOST), v.find(PATH), v.find(EXACT_PATH), v.find(PATH_REGEX), v.get(METHODS), v.get(HEADERS));
        return new RouteConfig(match, v.get(BACKEND));
    }
}
