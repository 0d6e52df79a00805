package io.portward.core.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.RouteConfig;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
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
        RouteConfig found = ROUTES.find(host, path);
        assertThat(found == null ? null : found.backend()).isEqualTo(backend);
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
                    assertThat(table.find(host, path))
                            .as("%s %s in %s", host, path, routes)
                            .isEqualTo(walk(routes, host, path));
                }
            }
        }
    }

    private static RouteConfig walk(List<RouteConfig> routes, String host, String path) {
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
                return route;
            }
        }
        return null;
    }
}
