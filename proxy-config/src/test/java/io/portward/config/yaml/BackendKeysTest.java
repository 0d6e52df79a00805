package io.portward.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.BackendConfig;
import io.portward.config.model.BackendLimitConfig;
import io.portward.config.model.BackendTlsConfig;
import io.portward.config.model.BalanceConfig;
import io.portward.config.model.BalanceMethod;
import io.portward.config.model.Configuration;
import io.portward.config.model.HealthConfig;
import io.portward.config.model.HealthType;
import io.portward.config.model.RetryConfig;
import io.portward.config.model.ServerConfig;
import io.portward.config.model.StatusRange;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a backend may say of its servers: read, filled in, written and read back. */
class BackendKeysTest {

    private static BackendConfig backend(String keys) throws Exception {
        String text = "ports: [{listen: 80, protocol: redirect}]\nbackends: {web: {servers: ['a:1'], " + keys + "}}\n";
        Configuration read = parse(text);
        String written = ConfigYamlWriter.write(read);
        assertThat(parse(written)).isEqualTo(read);
        assertThat(new JsonSchemaValidation().complaints(text)).isEmpty();
        assertThat(new JsonSchemaValidation().complaints(written)).isEmpty();
        return read.backends().get("web");
    }

    private static Configuration parse(String text) throws Exception {
        return new ConfigLoader().parse(text, "test.yaml", Path.of("/etc")).configuration();
    }

    @Test
    void hasNoHealthChecksUnlessAsked() throws Exception {
        assertThat(backend("protocol: http1").health()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "roundRobin, ROUND_ROBIN, ''",
        "leastRequests, LEAST_REQUESTS, ''",
        "random, RANDOM, ''",
        "{hash: source}, HASH_SOURCE, ''",
        "{hash: 'header:X-User'}, HASH_HEADER, X-User",
        "{hash: cookie:sid}, HASH_COOKIE, sid",
        "{hash: 'cookie: sid'}, HASH_COOKIE, sid"
    })
    void readsHowServersShareTheTraffic(String text, BalanceMethod method, String name) throws Exception {
        assertThat(backend("balance: " + text).balance()).isEqualTo(new BalanceConfig(method, name));
    }

    @Test
    void hasNoLimitsUnlessAsked() throws Exception {
        assertThat(backend("protocol: http1").limits()).isNull();
        assertThat(backend("limits: {requests: 10}").limits())
                .isEqualTo(new BackendLimitConfig(10, 100, Duration.ofSeconds(1)));
        assertThat(backend("limits: {requests: 1, pending: 0, queueTimeout: 50ms}")
                        .limits())
                .isEqualTo(new BackendLimitConfig(1, 0, Duration.ofMillis(50)));
    }

    @Test
    void triesOneOtherServerUnlessToldOtherwise() throws Exception {
        assertThat(backend("protocol: http1").retries()).isEqualTo(new RetryConfig(1, 20));
        assertThat(backend("retries: {attempts: 0}").retries()).isEqualTo(new RetryConfig(0, 20));
        assertThat(backend("retries: {attempts: 3, budget: 100%}").retries()).isEqualTo(new RetryConfig(3, 100));
    }

    @Test
    void sharesInTurnsUnlessAsked() throws Exception {
        assertThat(backend("protocol: http1").balance()).isEqualTo(BalanceConfig.ROUND_ROBIN);
    }

    @Test
    void fillsInTheDefaultsOfHealthChecks() throws Exception {
        assertThat(backend("health: {type: http}").health())
                .isEqualTo(new HealthConfig(
                        HealthType.HTTP,
                        "/",
                        new StatusRange(200, 399),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(2),
                        2,
                        3));
    }

    @Test
    void readsWhatHealthChecksExpect() throws Exception {
        HealthConfig health = backend("health: {type: http, path: /healthz, expectStatus: 204, interval: 1m, fall: 1}")
                .health();
        assertThat(health).isNotNull();
        assertThat(health.expectStatus()).isEqualTo(new StatusRange(204, 204));
        assertThat(health.path()).isEqualTo("/healthz");
        assertThat(backend("health: {type: imap, rise: 1}").health())
                .extracting(HealthConfig::type, HealthConfig::rise)
                .containsExactly(HealthType.IMAP, 1);
    }

    @Test
    void verifiesServersOverTlsUnlessToldNotTo() throws Exception {
        assertThat(backend("protocol: http1").effectiveTls()).isNull();
        assertThat(backend("protocol: https").effectiveTls()).isEqualTo(BackendTlsConfig.DEFAULT);
        assertThat(BackendTlsConfig.DEFAULT.verify()).isTrue();
        assertThat(backend("protocol: https, tls: {serverName: App.Internal, trust: ca.pem}")
                        .effectiveTls())
                .isEqualTo(new BackendTlsConfig(Path.of("/etc/ca.pem"), "app.internal", null, null, true));
        assertThat(backend("tls: {verify: false, certificate: c.pem, key: c.key}")
                        .effectiveTls())
                .isEqualTo(new BackendTlsConfig(null, null, Path.of("/etc/c.pem"), Path.of("/etc/c.key"), false));
    }

    @ParameterizedTest
    @CsvSource({"a, a", "app.internal., app.internal", "127.0.0.1, 127.0.0.1", "::1, ::1"})
    void namesTheServersByTheirHosts(String host, String name) {
        assertThat(BackendTlsConfig.DEFAULT.nameOf(new ServerConfig("", host, 1, 1)))
                .isEqualTo(name);
    }

    @Test
    void warnsOfServersThatAreNotVerified() throws Exception {
        String text = "ports: [{listen: 80, protocol: redirect}]\n"
                + "backends: {web: {servers: ['a:1'], protocol: https, tls: {verify: false}}}\n";
        assertThat(new ConfigLoader().parse(text, "test.yaml", Path.of("/etc")).warnings())
                .anySatisfy(warning -> assertThat(warning)
                        .hasToString(
                                "test.yaml:2:67: warning: backends.web.tls.verify: the servers' certificates are not"
                                        + " checked: whoever can redirect connections reads and changes everything; name the"
                                        + " authority in 'trust' instead"));
    }
}
