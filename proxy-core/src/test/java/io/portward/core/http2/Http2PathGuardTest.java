package io.portward.core.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.RouteConfig;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** As over HTTP/1: no spelling of a path gets past the route that guards it. */
class Http2PathGuardTest {

    private static Http2Fixture fixture;

    @BeforeAll
    static void start() {
        fixture =
                new Http2Fixture(List.of(new RouteConfig(null, "/admin", "guard"), new RouteConfig(null, null, "web")));
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    @ParameterizedTest
    @MethodSource("io.portward.core.http.GuardedPaths#spellings")
    void noSpellingGetsPastTheGuard(String path) throws Exception {
        try (RawH2Client client = fixture.open()) {
            int status = client.request(1, true, "GET", path).response(1).status();
            // 502: the guard's backend, which does not answer.
            assertThat(status).isIn(400, 502);
        }
        assertThat(fixture.origin.requests).isEmpty();
    }
}
