package io.portward.core.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.portward.config.model.HeaderChanges;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.RouteMatch;
import io.portward.config.model.UrlPath;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever a server makes of a path that it gets, it is not what another route stands for. */
class GuardTest {

    private static final HttpRequest GET = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
    private static final RouteConfig ADMIN = new RouteConfig(null, "/admin", "guard");
    private static final RouteConfig DEEP = new RouteConfig(null, "/a/admin", "guard");
    private static final RouteConfig OPEN = new RouteConfig(null, null, "open");
    private static final RouteTable ROUTES = RouteTable.of(List.of(ADMIN, DEEP, OPEN));

    /** How servers find a resource, each in its own way; none of this is our code. */
    private static final List<UnaryOperator<String>> SERVERS = List.of(
            // By RFC 3986: dot segments, and nothing else.
            path -> resolve(decodeUnreserved(path)),
            // Decodes everything, then merges slashes and resolves: nginx and most file servers.
            path -> resolve(decode(path).replaceAll("/+", "/")),
            // Decodes everything and resolves without merging.
            path -> resolve(decode(path)),
            // Drops parameters, then decodes: servlet containers.
            path -> resolve(decode(path.replaceAll(";[^/]*", "")).replaceAll("/+", "/")),
            path -> resolve(decodeUnreserved(path.replaceAll(";[^/]*", "")).replaceAll("/+", "/")),
            // The same with a backslash for a slash.
            path -> resolve(decode(path).replace('\\', '/').replaceAll("/+", "/")),
            path -> resolve(
                    decode(path.replaceAll(";[^/]*", "")).replace('\\', '/').replaceAll("/+", "/")),
            // Decodes first and drops parameters then.
            path -> resolve(
                    decode(path).replace("%3B", ";").replaceAll(";[^/]*", "").replaceAll("/+", "/")));

    private static String decode(String path) {
        return URLDecoder.decode(path.replace("%3B", "%253B").replace("+", "%2B"), StandardCharsets.ISO_8859_1);
    }

    private static String decodeUnreserved(String path) {
        return path.replaceAll("(?i)%2e", ".").replaceAll("(?i)%61", "a");
    }

    private static String resolve(String path) {
        Deque<String> kept = new ArrayDeque<>();
        for (String segment : path.substring(1).split("/", -1)) {
            if (segment.equals("..")) {
                kept.pollLast();
            } else if (!segment.equals(".")) {
                kept.addLast(segment);
            }
        }
        return "/" + String.join("/", kept);
    }

    @Test
    void noServerFindsBehindTheOpenRouteWhatIsGuarded() {
        Random random = new Random(5);
        String[] parts = {
            "/", "/", "/", ".", "..", "..", "%2e", "%2e%2e", "%2F", "%2f", "%5c", "\\", ";", ";v=1", "a", "%61",
            "admin", "admin", "%61dmin"
        };
        int forwarded = 0;
        int refused = 0;
        for (int round = 0; round < 100_000; round++) {
            StringBuilder sent = new StringBuilder("/");
            for (int i = 1 + random.nextInt(9); i > 0; i--) {
                sent.append(parts[random.nextInt(parts.length)]);
            }
            String path = UrlPath.normalize(sent.toString());
            if (path == null) {
                refused++;
                continue;
            }
            Route route = ROUTES.find("", path, GET);
            if (UrlPath.isAmbiguous(path) && !ROUTES.isCertain(route, "", path, GET)) {
                refused++;
            } else if (route != null && route.config().equals(OPEN)) {
                forwarded++;
                for (UnaryOperator<String> server : SERVERS) {
                    assertThat(server.apply(path) + "/")
                            .as("%s, forwarded as %s", sent, path)
                            .doesNotStartWith("/admin/")
                            .doesNotStartWith("/a/admin/");
                }
            }
        }
        assertThat(forwarded).isGreaterThan(10_000);
        assertThat(refused).isGreaterThan(10_000);
    }

    private static RouteConfig rewriting(String path, String regex, String stripPrefix, String rewritePath) {
        RouteMatch match = new RouteMatch(null, path, null, regex, List.of(), Map.of());
        return new RouteConfig(
                match, "web", null, null, stripPrefix, rewritePath, HeaderChanges.NONE, HeaderChanges.NONE);
    }

    /** Null when the request is refused. */
    private static String forwarded(RouteTable routes, String path) {
        Route route = routes.find("", path, GET);
        boolean certain = !UrlPath.isAmbiguous(path) || routes.isCertain(route, "", path, GET);
        return route == null || !certain ? null : route.rewritten(path);
    }

    /** Whatever a server makes of the path that it gets, the route makes it of a path that no other route guards. */
    @ParameterizedTest
    @CsvSource({"/pub, , /public", "/api, /api, ", ", , /tenants/1", "/from/, , /to"})
    void noServerLeavesThePlaceToWhichARouteMovesPaths(String prefix, String stripPrefix, String rewritePath) {
        String matched = prefix == null ? "" : prefix.replaceAll("/$", "");
        String target = rewritePath == null ? "" : rewritePath;
        RouteConfig moving = rewriting(prefix, null, stripPrefix, rewritePath);
        RouteTable routes = RouteTable.of(List.of(new RouteConfig(null, matched + "/admin", "guard"), moving));
        Random random = new Random(11);
        String[] parts = {
            "/", "/", "/", "..", "..", ".", "%2e", "%2F", "%2F", "%5c", ";", ";v=1", "a", "admin", matched + "/"
        };
        int forwarded = 0;
        int refused = 0;
        for (int round = 0; round < 30_000; round++) {
            StringBuilder sent = new StringBuilder(matched + "/");
            for (int i = 1 + random.nextInt(8); i > 0; i--) {
                sent.append(parts[random.nextInt(parts.length)]);
            }
            String path = UrlPath.normalize(sent.toString());
            Route route = path == null ? null : routes.find("", path, GET);
            String result = route == null || !route.config().equals(moving) ? null : forwarded(routes, path);
            if (result == null) {
                refused++;
                continue;
            }
            forwarded++;
            for (UnaryOperator<String> server : SERVERS) {
                assertThat(server.apply(result) + "/")
                        .as("%s, forwarded as %s", sent, result)
                        .startsWith(target + "/")
                        .doesNotStartWith(target + "/admin/");
            }
        }
        assertThat(forwarded).isGreaterThan(5_000);
        assertThat(refused).isGreaterThan(5_000);
    }

    @ParameterizedTest
    @CsvSource({
        "/u/..%2F..-x",
        "/u/..;-../secret",
        "/u/.-./secret",
        "/u/a-..%2F..%2F..%2Fsecret",
        "/u/a-..;/..;/..;/secret",
        "/u/a-%5C..%5C..%5C..%5Csecret"
    })
    void whatGroupsMakeTogetherDoesNotClimb(String path) {
        RouteTable routes = RouteTable.of(List.of(
                rewriting(null, "/u/([^/]*)-([^/]*)(/.*)?", null, "/users/$1$2$3"),
                rewriting(null, "/.*", null, "/rest")));
        assertThat(forwarded(routes, path)).isNull();
        assertThat(forwarded(routes, "/u/a-b/c%2Fd;e")).isEqualTo("/users/ab/c%2Fd;e");
    }

    @ParameterizedTest
    @CsvSource({
        "/projects/group%2Fname, /t/projects/group%2Fname",
        "/list;v=1, /t/list;v=1",
        "/;v=1/x, /t/;v=1/x",
        "/a%2F%2Fb, /t/a%2F%2Fb",
        "/%2Fa, /t/%2Fa",
        "/a/b%2F..%2Fc, /t/a/b%2F..%2Fc"
    })
    void movesEncodedSlashesThatStayWithin(String path, String result) {
        RouteTable routes = RouteTable.of(List.of(rewriting(null, null, null, "/t")));
        assertThat(forwarded(routes, path)).isEqualTo(result);
    }

    /** An encoded slash in a name is nothing to complain of, if no route is at stake. */
    @Test
    void letsEncodedSlashesPassWhereNoRouteIsAtStake() {
        for (String path : List.of("/projects/group%2Fname", "/matrix;a=1;b=2/x", "/a%5Cb", "/x%2Fadmin")) {
            Route route = ROUTES.find("", path, GET);
            assertThat(ROUTES.isCertain(route, "", path, GET)).as(path).isTrue();
        }
        RouteTable one = RouteTable.of(List.of(OPEN));
        Route only = one.find("", "/x%2F..%2Fadmin", GET);
        assertThat(one.isCertain(only, "", "/x%2F..%2Fadmin", GET)).isTrue();
    }
}
