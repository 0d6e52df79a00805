package io.portward.core.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.portward.config.model.HeaderMatch;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.RouteMatch;
import io.portward.config.model.UrlPath;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTableTest {

    private static final RouteTable ROUTES = RouteTable.of(List.of(
            new RouteConfig("a.test", "/api", "a-api"),
            new RouteConfig("*.a.test", null, "wild-a"),
            new RouteConfig("a.test", "/", "a"),
            new RouteConfig(null, "/any/", "any"),
            new RouteConfig("x.a.test", null, "never"),
            new RouteConfig("b.test", null, "b"),
            new RouteConfig("[::1]", null, "literal")));

    private static final HttpRequest GET = request("GET");

    private static HttpRequest request(String method, String... headers) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), "/");
        for (int i = 0; i < headers.length; i += 2) {
            request.headers().add(headers[i], headers[i + 1]);
        }
        return request;
    }

    private static String found(RouteTable table, String host, String path, HttpRequest request) {
        Route route = table.find(host, path, request);
        return route == null ? null : route.config().backend();
    }

    private static RouteConfig route(
            String exactPath, String pathRegex, List<String> methods, Map<String, String> headers, String backend) {
        Map<String, HeaderMatch> matches = new LinkedHashMap<>();
        headers.forEach((name, text) -> matches.put(name, HeaderMatch.parse(text)));
        return new RouteConfig(new RouteMatch(null, null, exactPath, pathRegex, methods, matches), backend);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /login, exact",
        "POST, /login, exact",
        "GET, /login/, post-or-rest",
        "GET, /users/17, regex",
        "GET, /users/17/x, regex",
        "GET, /users/17x, post-or-rest",
        "GET, /x/users/17, post-or-rest",
        "POST, /x, post",
        "post, /x, post-or-rest",
        "PUT, /x, post"
    })
    void comparesWholePathsExpressionsAndMethods(String method, String path, String backend) {
        RouteTable table = RouteTable.of(List.of(
                route("/login", null, List.of(), Map.of(), "exact"),
                route(null, "/users/[0-9]+(/.*)?", List.of(), Map.of(), "regex"),
                route(null, null, List.of("POST", "PUT"), Map.of(), "post"),
                new RouteConfig(null, null, "post-or-rest")));
        assertThat(found(table, "", path, request(method))).isEqualTo(backend);
    }

    @Test
    void comparesEveryHeaderThatIsAskedFor() {
        RouteTable table = RouteTable.of(
                List.of(route(null, null, List.of(), Map.of("x-a", "1", "user-agent", "/.*bot.*/"), "both")));
        assertThat(found(table, "", "/", request("GET", "X-A", "1", "User-Agent", "a bot/1")))
                .isEqualTo("both");
        assertThat(found(table, "", "/", request("GET", "X-A", "0", "x-a", "1", "User-Agent", "bot")))
                .as("one field of several")
                .isEqualTo("both");
        assertThat(found(table, "", "/", request("GET", "X-A", "1"))).isNull();
        assertThat(found(table, "", "/", request("GET", "X-A", "11", "User-Agent", "bot")))
                .isNull();
        assertThat(found(table, "", "/", request("GET", "X-A", "1", "User-Agent", "Bot")))
                .isNull();
    }

    /** With java.util.regex this takes longer than anybody waits. */
    @Test
    @Timeout(20)
    void takesLinearTimeForHostileExpressions() {
        RouteTable table = RouteTable.of(List.of(route(null, "/(a+)+(b+|a)*c", List.of(), Map.of(), "x")));
        assertThat(found(table, "", "/" + "a".repeat(10_000), GET)).isNull();
    }

    /** An expression over a header that is long takes its time; a path with many readings must not multiply it. */
    @Test
    void comparesHeadersOnceHoweverManyReadingsAPathHas() {
        List<CharSequence> asked = new ArrayList<>();
        HttpRequest request =
                new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/", new DefaultHttpHeaders() {
                    @Override
                    public List<String> getAll(CharSequence name) {
                        asked.add(name);
                        return super.getAll(name);
                    }
                });
        RouteTable table = RouteTable.of(List.of(
                route(null, null, List.of(), Map.of("x-a", "/.*bot/"), "any"),
                route(null, "/a/.*", List.of(), Map.of("x-b", "/.*bot/"), "some"),
                route(null, "/b/.*", List.of(), Map.of("x-c", "/.*bot/"), "reading"),
                route(null, "/z", List.of(), Map.of("x-d", "/.*bot/"), "none"),
                new RouteConfig(null, null, "rest")));
        String path = "/a/..%2Fb/%5C;x%2F;y/%2F%5C/..%2F";
        Route found = table.find("", path, request);
        assertThat(found).isNotNull();
        assertThat(UrlPath.readings(path)).hasSizeGreaterThan(8);

        assertThat(table.isCertain(found, "", path, request)).isTrue();

        assertThat(asked).hasToString("[x-a, x-b, x-c]");
    }

    @Test
    void isCertainWhenEveryReadingFindsTheSame() {
        Random random = new Random(9);
        String[] paths = {null, "/", "/a", "/a/b", "/b", "/c/"};
        String[] regexes = {"/a/.*", "/[ab]", "/.*c"};
        String[] parts = {"/", "/", "%2F", "%5C", ";", "..", "a", "b", "c"};
        int uncertain = 0;
        for (int round = 0; round < 3000; round++) {
            List<RouteConfig> configs = IntStream.range(0, 4)
                    .mapToObj(i -> new RouteConfig(
                            new RouteMatch(
                                    random.nextInt(4) == 0 ? "*.test" : null,
                                    i % 2 == 0 ? paths[random.nextInt(6)] : null,
                                    null,
                                    i % 2 == 0 ? null : regexes[random.nextInt(3)],
                                    random.nextInt(4) == 0 ? List.of("POST") : List.of(),
                                    random.nextInt(3) == 0 ? Map.of("x", HeaderMatch.parse("/1+/")) : Map.of()),
                            "b" + i))
                    .toList();
            RouteTable table = RouteTable.of(configs);
            StringBuilder sent = new StringBuilder("/");
            for (int i = 1 + random.nextInt(6); i > 0; i--) {
                sent.append(parts[random.nextInt(parts.length)]);
            }
            String path = UrlPath.normalize(sent.toString());
            HttpRequest request = random.nextBoolean() ? request("POST", "x", "11") : request("GET");
            String host = random.nextBoolean() ? "a.test" : "";
            if (path == null) {
                continue;
            }
            Route found = table.find(host, path, request);
            boolean expected =
                    UrlPath.readings(path).stream().allMatch(reading -> table.find(host, reading, request) == found);
            assertThat(table.isCertain(found, host, path, request))
                    .as("%s in %s", path, configs)
                    .isEqualTo(expected);
            uncertain += expected ? 0 : 1;
        }
        assertThat(uncertain).isGreaterThan(100);
    }

    @ParameterizedTest
    @CsvSource({
        "a.test, /api, a-api",
        "a.test, /api/, a-api",
        "a.test, /api/x, a-api",
        "a.test, /apix, a",
        "a.test, /API, a",
        "a.test, /, a",
        "a.test, *, ",
        "x.a.test, /, wild-a",
        "y.a.test, /, wild-a",
        "y.x.a.test, /, ",
        ".a.test, /, ",
        "xa.test, /, ",
        "b.test, /any/x, any",
        "b.test, /any, b",
        "b.test, *, b",
        "c.test, /any/, any",
        "c.test, /any, ",
        "'', /any/x, any",
        "'', /, ",
        "[::1], /, literal"
    })
    void takesTheFirstThatMatches(String host, String path, String backend) {
        assertThat(found(ROUTES, host, path, GET)).isEqualTo(backend);
    }

    /** The table by host must not change the order of the file. */
    @Test
    void agreesWithAWalkThroughTheList() {
        Random random = new Random(7);
        String[] hosts = {null, "a.test", "b.test", "*.test", "c.a.test", "*.a.test"};
        String[] paths = {null, "/", "/x", "/x/y", "/z/"};
        for (int round = 0; round < 500; round++) {
            List<RouteConfig> routes = IntStream.range(0, 6)
                    .mapToObj(i -> new RouteConfig(hosts[random.nextInt(6)], paths[random.nextInt(5)], "b" + i))
                    .toList();
            RouteTable table = RouteTable.of(routes);
            for (String host : List.of("a.test", "b.test", "d.test", "c.a.test", "d.a.test", "e.d.a.test", "")) {
                for (String path : List.of("/", "/x", "/x/y/z", "/xy", "/z", "/z/", "*")) {
                    assertThat(found(table, host, path, GET))
                            .as("%s %s in %s", host, path, routes)
                            .isEqualTo(walk(routes, host, path));
                }
            }
        }
    }

    private static String walk(List<RouteConfig> routes, String host, String path) {
        for (RouteConfig route : routes) {
            String pattern = route.host();
            boolean hostMatches = pattern == null
                    || pattern.equals(host)
                    || (pattern.startsWith("*.")
                            && host.matches("[^.]+" + pattern.substring(1).replace(".", "\\.")));
            String prefix = route.path();
            boolean pathMatches = prefix == null
                    || path.equals(prefix)
                    || path.startsWith(prefix.endsWith("/") ? prefix : prefix + "/");
            if (hostMatches && pathMatches) {
                return route.backend();
            }
        }
        return null;
    }
}
