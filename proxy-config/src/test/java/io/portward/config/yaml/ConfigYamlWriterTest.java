package io.portward.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.Configuration;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigYamlWriterTest {

    private static final String EFFECTIVE = """
            certificates:
              - name: a
                chain: /etc/c
                key: /etc/k
            tls:
              policy: intermediate
              unknownNames: fallback
              handshakeTimeout: 10s
              tickets:
                rotateEvery: 1h
                acceptFor: 12h
            ports:
              - listen: 127.0.0.1:0
                protocol: imaps
                backend: imap
                tls:
                  policy: modern
                  unknownNames: fallback
                  handshakeTimeout: 10s
                  tickets:
                    rotateEvery: 1h
                    acceptFor: 12h
                certificates: []
                timeouts:
                  headers: 1m
                  idle: 75s
                  connect: 5s
                  tcpIdle: 1500ms
                  minRate: 240B
                  minRateGrace: 10s
                proxyProtocol: none
                accessLog: true
            backends:
              imap:
                servers:
                  - address: "[::1]:143"
                    weight: 1
                protocol: http1
                proxyProtocol: none
                timeouts:
                  headers: 1m
                  idle: 75s
                  connect: 5s
                  tcpIdle: 1500ms
                  minRate: 240B
                  minRateGrace: 10s
                balance: roundRobin
                retries:
                  attempts: 1
                  budget: "20%"
            trustedProxies: []
            shutdown:
              grace: 30s
            log:
              level: info
              format: text
            timeouts:
              headers: 1m
              idle: 75s
              connect: 5s
              tcpIdle: 1500ms
              minRate: 240B
              minRateGrace: 10s
            limits:
              headerBytes: 64KiB
              headerCount: 128
              uriBytes: 16KiB
            """;

    @ParameterizedTest
    @MethodSource("io.portward.config.yaml.ExampleFilesTest#examples")
    void writesWhatReadsBackAsTheSameRecords(String name) throws Exception {
        Configuration configuration =
                new ConfigLoader().load(Path.of("../conf", name)).configuration();

        String text = ConfigYamlWriter.write(configuration);

        assertThat(parse(text, "/elsewhere")).isEqualTo(configuration);
        assertThat(new JsonSchemaValidation().complaints(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/etc/a b/c.pem",
                "/etc/it's.pem",
                "/etc/\"quoted\".pem",
                "/etc/#.pem",
                "/etc/a: b.pem",
                "/etc/- a.pem",
                "/etc/b\u00fc.pem",
                "/etc/back\\slash.pem",
                "/etc/new\nline.pem",
                "/no",
                "/~",
                "/1",
                "/{a}",
                "/*a",
                "/&a",
                "/!a",
                "/%a",
                "/@a",
                "/\ud83d\udea2"
            })
    void quotesPathsThatNeedIt(String path) throws Exception {
        Configuration configuration = parse(
                "ports: [{listen: 80, protocol: redirect}]\ncertificates: [{name: a, key: k, chain: "
                        + JsonWriter.quote(path) + "}]",
                "/etc");

        Configuration again = parse(ConfigYamlWriter.write(configuration), "/elsewhere");

        assertThat(again.certificates().get(0).chain()).isEqualTo(Path.of(path));
        assertThat(again).isEqualTo(configuration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no", "on", "y", "null", "1", "1.5", "0x1", "1e3", "2026-11-23", "a.b", "_", "12:30"})
    void quotesNamesThatYamlWouldTakeForSomethingElse(String name) throws Exception {
        if (!name.matches(Scalars.NAME_PATTERN)) {
            return;
        }
        Configuration configuration = parse(
                "ports: [{listen: 993, protocol: imaps, backend: \"" + name + "\"}]\nbackends: {\"" + name
                        + "\": {servers: ['a:1']}}\ncertificates: [{name: a, key: k, chain: c}]",
                "/etc");

        String text = ConfigYamlWriter.write(configuration);

        assertThat(parse(text, "/etc")).isEqualTo(configuration);
        if (!name.equals("a.b")) {
            assertThat(text).contains("backend: \"" + name + "\"");
        }
    }

    @Test
    void writesDefaultsAndWhatIsInherited() throws Exception {
        String text = ConfigYamlWriter.write(parse("""
                ports:
                  - {listen: 127.0.0.1:0, protocol: imaps, backend: imap, tls: {policy: modern}}
                certificates: [{name: a, key: k, chain: c}]
                backends: {imap: {servers: ["[::1]:143"]}}
                timeouts: {tcpIdle: 1500ms}
                """, "/etc"));

        assertThat(text).isEqualTo(EFFECTIVE);
    }

    private static Configuration parse(String text, String directory) throws Exception {
        return new ConfigLoader().parse(text, "test.yaml", Path.of(directory)).configuration();
    }
}
