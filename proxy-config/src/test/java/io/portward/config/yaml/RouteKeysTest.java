package io.portward.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.Configuration;
import io.portward.config.model.HeaderChanges;
import io.portward.config.model.HeaderMatch;
import io.portward.config.model.LocationTemplate;
import io.portward.config.model.RedirectConfig;
import io.portward.config.model.RespondConfig;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.RouteMatch;
import io.portward.config.validate.Problem;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RouteKeysTest {

    private static final String FILE = """
            certificates: [{name: a, chain: a.pem, key: a.key}]
            ports:
              - listen: 443
                protocol: https
                routes:
                  - host: A.example
                    exactPath: /%7elogin
                    methods: [GET, POST]
                    headers: {X-Beta: "1", user-agent: "/.*bot: \\"x\\".*/", x-no: "no"}
                    backend: web
                    rewritePath: /sign-in
                    requestHeaders: {set: {X-A: "b: c"}, add: {x-d: ""}, remove: [X-E]}
                    responseHeaders: {remove: [server]}
                  - {path: /old, redirect: {to: "https://{authority}/new{path}{query}", status: 301}}
                  - {path: /gone, redirect: {to: "/"}}
                  - {path: /down, respond: {status: 503, body: "back\\nsoon # not a comment", contentType: text/x}}
                  - {pathRegex: "/u/([0-9]+)", backend: web, rewritePath: "/users/$1"}
                  - {path: /api, backend: web, stripPrefix: /api}
                  - {respond: {status: 404}}
            backends: {web: {servers: ["127.0.0.1:8080"]}}
            """;

    private static Configuration parse(String text) throws Exception {
        return new ConfigLoader().parse(text, "test.yaml", Path.of("/etc")).configuration();
    }

    @Test
    void readsMatchesAndActions() throws Exception {
        List<RouteConfig> routes = parse(FILE).ports().get(0).routes();

        assertThat(routes.get(0))
                .isEqualTo(new RouteConfig(
                        new RouteMatch(
                                "a.example",
                                null,
                                "/~login",
                                null,
                                List.of("GET", "POST"),
                                Map.of(
                                        "x-beta",
                                        new HeaderMatch("1", false),
                                        "user-agent",
                                        new HeaderMatch(".*bot: \"x\".*", true),
                                        "x-no",
                                        new HeaderMatch("no", false))),
                        "web",
                        null,
                        null,
                        null,
                        "/sign-in",
                        new HeaderChanges(Map.of("x-a", "b: c"), Map.of("x-d", ""), List.of("x-e")),
                        new HeaderChanges(Map.of(), Map.of(), List.of("server"))));
        assertThat(routes.get(1).redirect())
                .isEqualTo(new RedirectConfig(LocationTemplate.parse("https://{authority}/new{path}{query}"), 301));
        assertThat(routes.get(2).redirect()).isEqualTo(new RedirectConfig(LocationTemplate.parse("/"), 308));
        assertThat(routes.get(3).respond()).isEqualTo(new RespondConfig(503, "back\nsoon # not a comment", "text/x"));
        assertThat(routes.get(4).rewritePath()).isEqualTo("/users/$1");
        assertThat(routes.get(5).stripPrefix()).isEqualTo("/api");
        assertThat(routes.get(6).respond()).isEqualTo(new RespondConfig(404, "", "text/plain; charset=utf-8"));
    }

    private static String rewritten(String route) throws Exception {
        return parse(FILE.replace("{respond: {status: 404}}", route))
                .ports()
                .get(0)
                .routes()
                .get(6)
                .rewritePath();
    }

    /** What is forwarded is in normal form, whatever the operator writes. */
    @Test
    void bringsRewrittenPathsIntoNormalForm() throws Exception {
        assertThat(rewritten("{backend: web, rewritePath: /%61%c3%bc}")).isEqualTo("/a%C3%BC");
        assertThat(rewritten("{pathRegex: '/(.)(.)', backend: web, rewritePath: /%7e$1/$2$1%2a}"))
                .isEqualTo("/~$1/$2$1%2A");
    }

    @Test
    void takesDollarSignsThatReferToNothing() throws Exception {
        assertThat(rewritten("{backend: web, rewritePath: /US$/a$$}")).isEqualTo("/US$/a$$");
        assertThat(rewritten("{pathRegex: '/(.)', backend: web, rewritePath: /%24$1}"))
                .isEqualTo("/%24$1");
    }

    @Test
    void warnsOfExpressionsThatMatchNoPath() throws Exception {
        String file = FILE.replace("/u/([0-9]+)", "/u/([0-9]+)%2f");
        assertThat(new ConfigLoader().parse(file, "test.yaml", Path.of("/etc")).warningsAtStart())
                .extracting(Problem::toString)
                .containsExactly("test.yaml:17:21: warning: ports[0].routes[4].pathRegex: never matches: a path with"
                        + " '%2F' is refused unless the route matches it in every way in which servers read it");
    }

    @Test
    void writesWhatReadsBackAsTheSame() throws Exception {
        Configuration configuration = parse(FILE);

        String text = ConfigYamlWriter.write(configuration);

        assertThat(parse(text)).isEqualTo(configuration);
        assertThat(new JsonSchemaValidation().complaints(text)).isEmpty();
        assertThat(new JsonSchemaValidation().complaints(FILE)).isEmpty();
    }
}
