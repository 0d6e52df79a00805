package io.portward.config.yaml;

import static io.portward.config.testkit.TestAuthority.ec;
import static io.portward.config.testkit.TestAuthority.pem;
import static io.portward.config.testkit.TestAuthority.traditional;
import static io.portward.config.testkit.TestAuthority.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.testkit.TestAuthority;
import io.portward.config.testkit.TestAuthority.Pair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCheckTest {

    private static final TestAuthority ROOT = TestAuthority.root("Root");
    private static final TestAuthority INTERMEDIATE = ROOT.intermediate("Intermediate");
    private static final KeyPair KEYS = ec("secp256r1");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private final ConfigCheck check = new ConfigCheck(Clock.systemUTC(), false);

    @BeforeEach
    void writeGoodCertificate() {
        store("good", INTERMEDIATE.leaf(KEYS, "good.example", "*.wild.example", "192.0.2.1"));
    }

    @Test
    void passesAGoodFile() throws IOException {
        CheckReport report = check(certificate("good"), route("good.example"));

        assertThat(report.text()).isEqualTo(directory + "/c.yaml: ok\n");
        assertThat(report.passes(true)).isTrue();
        assertThat(report.json(true)).isEqualTo("""
                        {
                          "file": "%s/c.yaml",
                          "ok": true,
                          "errors": 0,
                          "warnings": 0,
                          "problems": []
                        }
                        """.replace("%s", directory.toString()));
    }

    @Test
    void failsForWarningsOnlyWhenStrict() throws IOException {
        store("self", TestAuthority.selfSigned(KEYS, "good.example"));

        CheckReport report = check(certificate("self"), route("good.example"));

        assertThat(report.passes(false)).isTrue();
        assertThat(report.passes(true)).isFalse();
        assertThat(report.text()).endsWith("c.yaml: ok, 0 errors, 1 warning\n");
        assertThat(report.json(true))
                .contains("\"ok\": false")
                .contains("\"severity\": \"warning\"")
                .contains("\"line\": 2");
    }

    @Test
    void reportsEveryCertificateAtItsOwnLine() throws IOException {
        Pair expired =
                INTERMEDIATE.leaf(KEYS, Instant.now().minus(Duration.ofDays(9)), Duration.ofDays(8), "b.example");
        store("expired", expired);
        store("mismatch", INTERMEDIATE.leaf(ec("secp256r1"), "c.example"));
        write(directory.resolve("mismatch.key"), pem(traditional(KEYS)));
        store("open", INTERMEDIATE.leaf(KEYS, "d.example"));
        Files.setPosixFilePermissions(directory.resolve("open.key"), PosixFilePermissions.fromString("rw-r--r--"));

        CheckReport report = check(
                certificate("good"),
                certificate("expired"),
                certificate("mismatch"),
                certificate("open"),
                certificate("missing"),
                route("x"));

        assertThat(report.text().replace(directory + "/", "")).matches("""
                        c.yaml:3:28: error: certificates\\[1].chain: the certificate in expired.pem expired at .*
                        c.yaml:4:48: error: certificates\\[2].key: the key in mismatch.key does not belong to the first certificate in mismatch.pem
                        c.yaml:5:40: error: certificates\\[3].key: everyone on this machine can read open.key; run: chmod 600 open.key
                        c.yaml:6:28: error: certificates\\[4].chain: no such file: missing.pem
                        c.yaml:6:46: error: certificates\\[4].key: no such file: missing.key
                        c.yaml: not usable, 5 errors, 0 warnings
                        """);
    }

    @Test
    void allowsInsecureKeysWhenTold() throws IOException {
        Files.setPosixFilePermissions(directory.resolve("good.key"), PosixFilePermissions.fromString("rw-r--r--"));

        assertThat(check(certificate("good"), route("good.example")).passes(false))
                .isFalse();
        assertThat(new ConfigCheck(Clock.systemUTC(), true)
                        .run(directory.resolve("c.yaml"))
                        .passes(true))
                .isTrue();
    }

    @Test
    void warnsOfCertificatesForNamesThatArePassedThrough() throws IOException {
        store("both", INTERMEDIATE.leaf(KEYS, "good.example", "legacy.example"));
        String both = "certificates:\n" + certificate("both") + """
                ports:
                  - listen: 443
                    protocol: https
                    routes: [{backend: web}]
                    passthrough: [{host: legacy.example, backend: legacy}]
                backends:
                  web: {servers: ["127.0.0.1:80"]}
                  legacy: {servers: ["127.0.0.1:8443"]}
                """;

        assertThat(checkText(both).text())
                .contains(
                        "certificates[0].chain: never shown for 'legacy.example': connections for it are passed through")
                .doesNotContain("good.example")
                .endsWith("c.yaml: ok, 0 errors, 1 warning\n");
        // Where mail is terminated for the same name, the certificate is needed.
        assertThat(checkText(both.replace("backends:", "  - {listen: 993, protocol: imaps, backend: web}\nbackends:"))
                        .text())
                .doesNotContain("never shown");
    }

    @Test
    void takesAPortWithoutCertificatesThatTerminatesNothing() throws IOException {
        assertThat(checkText("""
                        ports: [{listen: 443, protocol: tls, passthrough: [{host: legacy.example, backend: legacy}]}]
                        backends: {legacy: {servers: ["127.0.0.1:8443"]}}
                        """).text()).endsWith("c.yaml: ok\n");
        assertThat(checkText("""
                        ports: [{listen: 443, protocol: tls, backend: web, passthrough: [{host: legacy.example, backend: legacy}]}]
                        backends: {legacy: {servers: ["127.0.0.1:8443"]}, web: {servers: ["127.0.0.1:80"]}}
                        """).text()).contains("ports[0].protocol: a TLS port needs a certificate");
    }

    @Test
    void warnsOfHostsThatNoCertificateOfThePortCovers() throws IOException {
        store("other", INTERMEDIATE.leaf(KEYS, "other.example"));

        CheckReport report = check(certificate("good"), certificate("other"), """
                ports:
                  - listen: 443
                    protocol: https
                    certificates: [good]
                    routes:
                      - {host: good.example, backend: web}
                      - {host: a.wild.example, backend: web}
                      - {host: "*.wild.example", backend: web}
                      - {host: 192.0.2.1, backend: web}
                      - {host: other.example, backend: web}
                      - {host: a.b.wild.example, backend: web}
                      - {host: wild.example, backend: web}
                """);

        assertThat(report.problems())
                .extracting(p -> p.path() + " " + p.message())
                .containsExactly(
                        "ports[0].routes[4].host no certificate of this port covers 'other.example'",
                        "ports[0].routes[5].host no certificate of this port covers 'a.b.wild.example'",
                        "ports[0].routes[6].host no certificate of this port covers 'wild.example'");
        assertThat(report.errorCount()).isZero();
    }

    @Test
    void warnsOfTwoCertificatesForOneNameUnlessTheirKeysDiffer() throws IOException {
        store("rsa", INTERMEDIATE.leaf(TestAuthority.rsa(2048), "good.example"));
        store("again", INTERMEDIATE.leaf(KEYS, "good.example"));

        CheckReport report =
                check(certificate("good"), certificate("rsa"), certificate("again"), route("good.example"));

        assertThat(report.problems())
                .extracting(p -> p.path() + " " + p.message())
                .containsExactly("certificates[2].chain 'good.example' is also a name of the ecdsa certificate 'good',"
                        + " which comes first and is served");
    }

    @Test
    void reportsErrorsOfTheFileAndOfCertificatesInOneRun() throws IOException {
        CheckReport report = check(certificate("missing"), "porst: []\n", route("good.example"));

        assertThat(report.problems())
                .extracting(p -> p.path())
                .containsExactly("certificates[0].chain", "certificates[0].key", "porst");
    }

    private void store(String name, Pair pair) {
        boolean selfSigned = pair.certificate()
                .getIssuerX500Principal()
                .equals(pair.certificate().getSubjectX500Principal());
        write(
                directory.resolve(name + ".pem"),
                selfSigned ? pem(pair.certificate()) : pem(pair.certificate(), INTERMEDIATE.certificate()));
        write(directory.resolve(name + ".key"), pem(traditional(pair.keys())));
    }

    private static String certificate(String name) {
        return "  - {name: NAME, chain: NAME.pem, key: NAME.key}\n".replace("NAME", name);
    }

    private static String route(String host) {
        return "ports: [{listen: 443, protocol: https, routes: [{host: " + host + ", backend: web}]}]\n";
    }

    private CheckReport check(String... parts) throws IOException {
        return checkText(
                "certificates:\n" + String.join("", parts) + "backends: {web: {servers: [\"127.0.0.1:8080\"]}}\n");
    }

    private CheckReport checkText(String text) throws IOException {
        return check.run(Files.writeString(directory.resolve("c.yaml"), text));
    }
}
