package io.portward.core.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.HeaderChanges;
import io.portward.config.model.LocationTemplate;
import io.portward.config.model.RedirectConfig;
import io.portward.config.model.RespondConfig;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.RouteMatch;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Routes that answer themselves, over HTTP/2. */
class Http2RouteActionTest {

    private Http2Fixture fixture;

    private static RouteConfig route(String path, RedirectConfig redirect, RespondConfig respond) {
        return new RouteConfig(
                new RouteMatch(null, path, null, null, List.of(), Map.of()),
                null,
                redirect,
                respond,
                null,
                null,
                HeaderChanges.NONE,
                new HeaderChanges(Map.of("x-set", "1"), Map.of(), List.of()));
    }

    @BeforeEach
    void start() {
        fixture = new Http2Fixture(List.of(
                route("/old", new RedirectConfig(LocationTemplate.parse("https://{host}/new{uri}"), 308), null),
                route("/empty", null, new RespondConfig(204, "", "text/plain")),
                route("/no", null, new RespondConfig(403, "no", "text/plain"))));
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void refusesAHostThatTheConnectionIsNotFor() throws Exception {
        try (RawH2Client client = fixture.open()) {
            client.headers(
                    1, true, ":method", "GET", ":scheme", "https", ":authority", "misdirected.example", ":path", "/no");
            assertThat(client.response(1).status()).isEqualTo(421);
            assertThat(client.request(3, true, "GET", "/no").response(3).status())
                    .isEqualTo(403);
        }
        assertThat(fixture.finished.poll(5, TimeUnit.SECONDS)).isEqualTo("GET 421 h2");
        assertThat(fixture.finished.poll(5, TimeUnit.SECONDS)).isEqualTo("GET 403 h2");
    }

    @Test
    void redirectsAndAnswers() throws Exception {
        try (RawH2Client client = fixture.open()) {
            RawH2Client.Response old = client.request(1, true, "GET", "/old?x").response(1);
            assertThat(old.status()).isEqualTo(308);
            assertThat(old.headers().get("location")).hasToString("https://a.example/new/old?x");
            assertThat(old.headers().get("x-set")).hasToString("1");

            RawH2Client.Response no = client.request(3, true, "POST", "/no").response(3);
            assertThat(no.status()).isEqualTo(403);
            assertThat(no.body()).isEqualTo("no");

            RawH2Client.Response empty =
                    client.request(5, true, "GET", "/empty").response(5);
            assertThat(empty.status()).isEqualTo(204);
            assertThat(empty.body()).isEmpty();
        }
        assertThat(fixture.finished.poll(5, TimeUnit.SECONDS)).isEqualTo("GET 308 h2");
        assertThat(fixture.origin.requests).isEmpty();
    }
}
