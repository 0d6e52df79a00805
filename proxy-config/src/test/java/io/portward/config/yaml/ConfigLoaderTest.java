package io.portward.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portward.config.model.AddressRange;
import io.portward.config.model.BackendProtocol;
import io.portward.config.model.CertificateConfig;
import io.portward.config.model.Configuration;
import io.portward.config.model.HstsConfig;
import io.portward.config.model.LimitConfig;
import io.portward.config.model.ListenAddress;
import io.portward.config.model.LogConfig;
import io.portward.config.model.PerAddressConfig;
import io.portward.config.model.PortConfig;
import io.portward.config.model.PortProtocol;
import io.portward.config.model.ProxyHeaders;
import io.portward.config.model.ProxyProtocol;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.ServerConfig;
import io.portward.config.model.ShutdownConfig;
import io.portward.config.model.TicketConfig;
import io.portward.config.model.TimeoutConfig;
import io.portward.config.model.TlsConfig;
import io.portward.config.model.TlsPolicy;
import io.portward.config.model.UnknownNames;
import io.portward.config.validate.ConfigurationException;
import io.portward.config.validate.Position;
import io.portward.config.validate.Problem;
import io.portward.config.validate.Severity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {

    private static final String SMALLEST = "ports: [{listen: 80, protocol: redirect}]\n";

    @Test
    void readsTheExampleOfEverySection() throws Exception {
        Configuration c =
                new ConfigLoader().load(Path.of("../conf/portward.yaml")).configuration();

        Path directory = Path.of("../conf").toAbsolutePath().normalize();
        assertThat(c.certificates())
                .containsExactly(
                        new CertificateConfig(
                                "web", directory.resolve("certs/web.pem"), directory.resolve("certs/web.key"), null),
                        new CertificateConfig(
                                "mail",
                                directory.resolve("certs/mail.pem"),
                                directory.resolve("certs/mail.key"),
                                null));
        assertThat(c.ports())
                .extracting(PortConfig::protocol)
                .containsExactly(
                        PortProtocol.HTTPS,
                        PortProtocol.REDIRECT,
                        PortProtocol.SMTPS,
                        PortProtocol.IMAPS,
                        PortProtocol.POP3S);
        PortConfig https = c.ports().get(0);
        assertThat(https.listen()).isEqualTo(new ListenAddress("0.0.0.0:443", "0.0.0.0", 443));
        assertThat(https.routes())
                .containsExactly(
                        new RouteConfig("shop.example.com", "/api", "api"), new RouteConfig(null, null, "web"));
        assertThat(https.hsts()).isEqualTo(new HstsConfig(Duration.ofDays(365), true, false));
        assertThat(https.backend()).isNull();
        assertThat(c.ports().get(1).listen()).isEqualTo(new ListenAddress("80", null, 80));
        assertThat(c.ports().get(1).to()).isEqualTo(443);
        assertThat(c.ports().get(3).backend()).isEqualTo("imap");
        assertThat(c.backends().keySet()).containsExactly("web", "api", "imap", "smtp", "pop3");
        assertThat(c.backends().get("api").servers())
                .containsExactly(new ServerConfig("127.0.0.1:9000", "127.0.0.1", 9000, 2));
        assertThat(c.backends().get("imap").proxyProtocol()).isEqualTo(ProxyProtocol.V2);
    }

    @Test
    void fillsInTheDefaults() throws Exception {
        Configuration c = parse(SMALLEST + "backends: {web: {servers: ['a:1']}}\nadmin: {listen: 127.0.0.1:9180}");

        TlsConfig tls = new TlsConfig(
                TlsPolicy.INTERMEDIATE,
                UnknownNames.FALLBACK,
                Duration.ofSeconds(10),
                new TicketConfig(Duration.ofHours(1), Duration.ofHours(12)));
        TimeoutConfig timeouts = new TimeoutConfig(
                Duration.ofSeconds(60),
                Duration.ofSeconds(75),
                Duration.ofSeconds(5),
                Duration.ofMinutes(35),
                240,
                Duration.ofSeconds(10));
        assertThat(c.certificates()).isEmpty();
        assertThat(c.tls()).isEqualTo(tls);
        assertThat(c.ports())
                .containsExactly(new PortConfig(
                        new ListenAddress("80", null, 80),
                        PortProtocol.REDIRECT,
                        List.of(),
                        null,
                        List.of(),
                        443,
                        null,
                        tls,
                        List.of(),
                        timeouts,
                        ProxyHeaders.NONE,
                        null,
                        true));
        assertThat(c.backends().get("web").protocol()).isEqualTo(BackendProtocol.HTTP1);
        assertThat(c.backends().get("web").proxyProtocol()).isEqualTo(ProxyProtocol.NONE);
        assertThat(c.backends().get("web").timeouts()).isEqualTo(timeouts);
        assertThat(c.backends().get("web").servers()).containsExactly(new ServerConfig("a:1", "a", 1, 1));
        assertThat(c.admin()).isNotNull();
        assertThat(c.admin().allowRemote()).isFalse();
        assertThat(c.trustedProxies()).isEmpty();
        assertThat(c.shutdown()).isEqualTo(new ShutdownConfig(Duration.ofSeconds(30)));
        assertThat(c.log()).isEqualTo(new LogConfig(LogConfig.Level.INFO, LogConfig.Format.TEXT));
        assertThat(c.timeouts()).isEqualTo(timeouts);
        assertThat(c.limits()).isEqualTo(new LimitConfig(65536, 128, 16384));
        assertThat(c.limits().bodyBytes()).isNull();
    }

    @Test
    void readsLimitsOnTheNumberOfClients() throws Exception {
        Configuration c = parse("""
                ports: [{listen: 80, protocol: redirect, maxConnections: 7}]
                limits: {connections: 1000, perAddress: {connections: 50, requestsPerSecond: 20}}
                """);

        assertThat(c.ports().get(0).maxConnections()).isEqualTo(7);
        assertThat(c.limits().maxConnections()).isEqualTo(1000);
        assertThat(c.limits().perAddress()).isEqualTo(new PerAddressConfig(50, null, 20));
    }

    @Test
    void readsSizesBeyondWhatFitsInMemory() throws Exception {
        assertThat(parse(SMALLEST + "limits: {bodyBytes: 10GiB}").limits().maxBody())
                .isEqualTo(10L * 1024 * 1024 * 1024);
        assertThat(parse(SMALLEST + "limits: {bodyBytes: 1024GiB}").limits().maxBody())
                .isEqualTo(1L << 40);
    }

    @Test
    void fillsInTheDefaultsOfAnEmptyHstsSection() throws Exception {
        Configuration c = parse("""
                certificates: [{name: a, chain: a.pem, key: a.key}]
                ports: [{listen: 443, protocol: https, routes: [{backend: web}], hsts: {}}]
                backends: {web: {servers: ["a:1"]}}
                """);

        assertThat(c.ports().get(0).hsts()).isEqualTo(new HstsConfig(Duration.ofDays(365), false, false));
    }

    @Test
    void mergesWhatPortsAndBackendsSayOverTheFilesDefaultsKeyByKey() throws Exception {
        // The sections that are inherited stand last, so order in the file plays no role.
        Configuration c = parse("""
                ports:
                  - listen: 443
                    protocol: https
                    routes: [{backend: web}]
                    tls: {policy: modern, tickets: {rotateEvery: 30m}}
                    timeouts: {idle: 1m}
                  - {listen: 993, protocol: imaps, backend: web2}
                backends:
                  web: {servers: ["a:1"], timeouts: {connect: 250ms}}
                  web2: {servers: ["a:1"]}
                certificates: [{name: a, chain: a.pem, key: a.key}]
                tls: {unknownNames: reject, handshakeTimeout: 3s, tickets: {acceptFor: 90m}}
                timeouts: {idle: 10s, tcpIdle: 1d}
                """);

        TicketConfig tickets = new TicketConfig(Duration.ofHours(1), Duration.ofMinutes(90));
        assertThat(c.ports().get(0).tls())
                .isEqualTo(new TlsConfig(
                        TlsPolicy.MODERN,
                        UnknownNames.REJECT,
                        Duration.ofSeconds(3),
                        new TicketConfig(Duration.ofMinutes(30), Duration.ofMinutes(90))));
        assertThat(c.ports().get(1).tls())
                .isEqualTo(new TlsConfig(TlsPolicy.INTERMEDIATE, UnknownNames.REJECT, Duration.ofSeconds(3), tickets));
        assertThat(c.ports().get(1).tls()).isEqualTo(c.tls());
        assertThat(c.ports().get(0).timeouts().idle()).isEqualTo(Duration.ofMinutes(1));
        assertThat(c.ports().get(0).timeouts().tcpIdle()).isEqualTo(Duration.ofDays(1));
        assertThat(c.backends().get("web").timeouts().connect()).isEqualTo(Duration.ofMillis(250));
        assertThat(c.backends().get("web").timeouts().idle()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void readsEveryFormOfListenAddress() throws Exception {
        Configuration c = parse("""
                ports:
                  - {listen: 1443, protocol: redirect}
                  - {listen: "1444", protocol: redirect}
                  - {listen: 0.0.0.0:1445, protocol: redirect}
                  - {listen: "[::]:1446", protocol: redirect}
                  - {listen: 127.0.0.1:0, protocol: redirect}
                  - {listen: "[2001:DB8::1]:1447", protocol: redirect}
                """);

        assertThat(c.ports())
                .extracting(PortConfig::listen)
                .containsExactly(
                        new ListenAddress("1443", null, 1443),
                        new ListenAddress("1444", null, 1444),
                        new ListenAddress("0.0.0.0:1445", "0.0.0.0", 1445),
                        new ListenAddress("[::]:1446", "::", 1446),
                        new ListenAddress("127.0.0.1:0", "127.0.0.1", 0),
                        new ListenAddress("[2001:DB8::1]:1447", "2001:db8::1", 1447));
    }

    @Test
    void normalisesHostsToWhatRequestsSay() throws Exception {
        Configuration c = parse("""
                certificates: [{name: a, chain: a.pem, key: a.key}]
                ports:
                  - listen: 443
                    protocol: https
                    routes:
                      - {host: "B\u00dcCHER.Example.", backend: web}
                      - {host: "*.Example.COM", backend: web}
                      - {host: 192.0.2.1, backend: web}
                      - {host: "[2001:DB8::1]", backend: web}
                backends: {web: {servers: ["a:1"]}}
                """);

        assertThat(c.ports().get(0).routes())
                .extracting(RouteConfig::host)
                .containsExactly("xn--bcher-kva.example", "*.example.com", "192.0.2.1", "[2001:db8::1]");
    }

    @Test
    void readsTrustedProxies() throws Exception {
        Configuration c = parse(SMALLEST + "trustedProxies: [10.1.2.3/8, 192.0.2.1, '2001:db8::/32']");

        assertThat(c.trustedProxies()).hasToString("[10.0.0.0/8, 192.0.2.1, 2001:db8:0:0:0:0:0:0/32]");
        assertThat(c.trustedProxies()).contains(AddressRange.parse("192.0.2.1/32"));
    }

    @Test
    void resolvesPathsAgainstTheDirectoryOfTheFile() throws Exception {
        Configuration c = new ConfigLoader()
                .parse(
                        SMALLEST + "certificates: [{name: a, chain: ../a.pem, key: /k/a.key, passwordFile: pw}]",
                        "x.yaml",
                        Path.of("/etc/portward"))
                .configuration();

        assertThat(c.certificates())
                .containsExactly(new CertificateConfig(
                        "a", Path.of("/etc/a.pem"), Path.of("/k/a.key"), Path.of("/etc/portward/pw")));
    }

    @Test
    void acceptsAliasesOfWholeValues() throws Exception {
        Configuration c = parse("""
                timeouts: &patient {idle: 5m}
                ports: [{listen: 80, protocol: redirect, timeouts: *patient}]
                """);

        assertThat(c.ports().get(0).timeouts().idle()).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void takesNamesAsYaml12Does() throws Exception {
        Configuration c = parse("""
                certificates: [{name: a, chain: a.pem, key: a.key}]
                ports: [{listen: 993, protocol: imaps, backend: no}]
                backends: {no: {servers: ["a:1"]}}
                """);

        assertThat(c.backends()).containsOnlyKeys("no");
    }

    @Test
    void acceptsByteOrderMarkAndCarriageReturns() throws Exception {
        assertThat(parse("\ufeffports:\r\n  - listen: 80\r\n    protocol: redirect\r\n")
                        .ports())
                .hasSize(1);
    }

    @Test
    void reportsEachErrorOnceWithFileLineColumnAndPath() {
        ConfigurationException e = failure("""
                certificates: [{name: a, chain: a.pem, key: a.key}]
                ports:
                  - {listen: 80, protocol: redirect}
                  - listen: 443
                    protocol: https
                    routes:
                      - backend: wbe
                backends:
                  web: {servers: ["a:1"]}
                """);

        assertThat(e.errors())
                .containsExactly(new Problem(
                        Severity.ERROR,
                        "test.yaml",
                        new Position(7, 18),
                        "ports[1].routes[0].backend",
                        "no backend is called 'wbe' (did you mean 'web'?)"));
        assertThat(e)
                .hasMessage("test.yaml:7:18: error: ports[1].routes[0].backend:"
                        + " no backend is called 'wbe' (did you mean 'web'?)");
    }

    @Test
    void countsColumnsInCharactersNotInCodeUnits() {
        ConfigurationException e = failure("log: {level: \"\ud83d\udea2\", format: yml}\n" + SMALLEST);

        assertThat(e.errors()).extracting(Problem::position).containsExactly(new Position(1, 14), new Position(1, 27));
    }

    @Test
    void keepsTheNumberOfReportsReadable() {
        StringBuilder text = new StringBuilder(SMALLEST);
        for (int i = 0; i < 5000; i++) {
            text.append("unknown").append(i).append(": 1\n");
        }

        ConfigurationException e = failure(text.toString());

        assertThat(e.problems()).hasSize(201);
        assertThat(e.getMessage()).endsWith("test.yaml: error: and 4801 more problems");
    }

    @Test
    void warnsAboutWhatMayBeMeant() throws Exception {
        LoadedConfig loaded = new ConfigLoader().parse("""
                        certificates: [{name: a, chain: a.pem, key: a.key}]
                        ports:
                          - listen: 8443
                            protocol: https
                            certificates: [a, a]
                            hsts: {preload: true}
                            routes:
                              - {host: "*.example.com", backend: web}
                              - {host: shop.example.com, path: /a, backend: web}
                              - {host: example.com, path: /a, backend: web}
                              - {host: example.com, path: /a/b, backend: web}
                              - {host: example.com, path: /ab, backend: web}
                          - {listen: 80, protocol: redirect, to: 444}
                          - {listen: 465, protocol: imaps, backend: web}
                          - {listen: 993, protocol: tls, backend: web}
                        backends:
                          web: {servers: ["a:1"]}
                          spare: {servers: ["a:1"]}
                        """, "w.yaml", Path.of("/"));

        assertThat(loaded.warnings())
                .extracting(Problem::toString)
                .containsExactly(
                        "w.yaml:3:13: warning: ports[0].listen: port 8443 is not the standard port of https, which is 443",
                        "w.yaml:5:23: warning: ports[0].certificates[1]: 'a' is listed twice",
                        "w.yaml:6:21: warning: ports[0].hsts.preload: preload lists take only hosts with includeSubDomains: true"
                                + " and a maxAge of 365d or more",
                        "w.yaml:9:9: warning: ports[0].routes[1]: never reached: routes[0] already matches every such request",
                        "w.yaml:11:9: warning: ports[0].routes[3]: never reached: routes[2] already matches every such request",
                        "w.yaml:13:42: warning: ports[1].to: clients are sent to port 444, and no https port of this file listens"
                                + " there",
                        "w.yaml:14:14: warning: ports[2].listen: port 465 is not the standard port of imaps, which is 993",
                        "w.yaml:15:29: warning: ports[3].protocol: port 993 is the standard port of imaps; is that the protocol?",
                        "w.yaml:18:3: warning: backends.spare: no port uses this backend");
        assertThat(loaded.warningsAtStart())
                .extracting(Problem::path)
                .containsExactly("ports[0].routes[1]", "ports[0].routes[3]");
    }

    @Test
    void hasNothingToSayAboutAPlainFile() throws Exception {
        assertThat(new ConfigLoader().load(Path.of("../conf/portward.yaml")).warnings())
                .isEmpty();
        assertThat(new ConfigLoader().load(Path.of("../conf/minimal.yaml")).warnings())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1ms", "999ms", "1s", "90s", "5m", "1h", "30d"})
    void readsDurations(String text) throws Exception {
        Configuration c = parse(SMALLEST + "timeouts: {idle: " + text + "}");

        assertThat(c.timeouts().idle()).isEqualTo(Durations.parse(text)).isPositive();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0s",
                "-1s",
                "1",
                "1.5s",
                "1 s",
                "1S",
                "s",
                "''",
                "01s",
                "1s ms",
                "1w",
                "31d",
                "9999999999d",
                "0x1s",
                "1e3s",
                "Inf",
                "1_0s"
            })
    void refusesOtherDurations(String text) {
        assertThat(failure(SMALLEST + "timeouts: {idle: " + text + "}").errors())
                .extracting(Problem::path)
                .containsExactly("timeouts.idle");
    }

    private static Configuration parse(String text) throws ConfigurationException {
        return new ConfigLoader().parse(text, "test.yaml", Path.of("/etc")).configuration();
    }

    private static ConfigurationException failure(String text) {
        ConfigurationException e = catchThrowableOfType(ConfigurationException.class, () -> parse(text));
        assertThat(e).as(text).isNotNull();
        return e;
    }
}
