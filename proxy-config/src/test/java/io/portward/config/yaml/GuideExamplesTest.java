package io.portward.config.yaml;

import static io.portward.config.testkit.TestAuthority.ec;
import static io.portward.config.testkit.TestAuthority.pem;
import static io.portward.config.testkit.TestAuthority.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.AccessLogConfig;
import io.portward.config.model.BackendConfig;
import io.portward.config.model.CertificateConfig;
import io.portward.config.model.Configuration;
import io.portward.config.model.RouteConfig;
import io.portward.config.testkit.TestAuthority;
import io.portward.config.validate.ConfigurationException;
import io.portward.config.validate.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.util.io.pem.PemGenerationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every configuration that is printed in the README or the operator's guide passes {@code check} once its certificates exist. */
class GuideExamplesTest {

    private static final Pattern YAML = Pattern.compile("^```yaml\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern WHOLE = Pattern.compile("^ports:", Pattern.MULTILINE);

    /** Paths of a real machine, which the test has to put somewhere else. */
    private static final Pattern ABSOLUTE = Pattern.compile("(chain|key|passwordFile|file): /");

    /** A configuration, and where it is printed. */
    record Example(String where, String text) {

        @Override
        public String toString() {
            return where;
        }
    }

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    static Stream<Example> examples() throws IOException {
        return GuidePages.all().stream().flatMap(GuideExamplesTest::examplesOf);
    }

    private static Stream<Example> examplesOf(Path page) {
        String text = GuidePages.read(page);
        return YAML.matcher(text)
                .results()
                .filter(block -> WHOLE.matcher(block.group(1)).find())
                .map(block -> new Example(
                        page.getFileName() + ":"
                                + text.substring(0, block.start()).lines().count(),
                        block.group(1)));
    }

    @Test
    void thereAreSome() throws IOException {
        Set<String> pages =
                examples().map(example -> example.where().replaceAll(":.*", "")).collect(Collectors.toSet());

        assertThat(pages).contains("README.md", "http.md", "mail.md", "recipes.md", "tls.md");
    }

    @ParameterizedTest
    @MethodSource("examples")
    void passesTheCheckOnceItsCertificatesExist(Example example) throws IOException {
        Path file = directory.resolve("portward.yaml");
        Files.writeString(file, ABSOLUTE.matcher(example.text()).replaceAll("$1: " + directory + "/"));
        Configuration configuration = parse(file);
        writeCertificates(configuration);
        createLogDirectory(configuration);

        CheckReport report = new ConfigCheck(Clock.systemUTC(), false).run(file);

        assertThat(report.problems())
                .as(report.text())
                .extracting(Problem::message)
                .isEmpty();
    }

    private static void createLogDirectory(Configuration configuration) throws IOException {
        AccessLogConfig log = configuration.accessLog();
        if (log != null && log.file() != null) {
            Files.createDirectories(log.file().getParent());
        }
    }

    private static Configuration parse(Path file) {
        try {
            return new ConfigLoader().load(file).configuration();
        } catch (ConfigurationException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    /** A certificate covers the hosts that begin with its name, the first one also those that no other is called after. */
    private static void writeCertificates(Configuration configuration) {
        Set<String> hosts = new TreeSet<>();
        configuration
                .ports()
                .forEach(port -> port.routes().stream()
                        .map(RouteConfig::host)
                        .filter(Objects::nonNull)
                        .forEach(hosts::add));
        List<CertificateConfig> certificates = configuration.certificates();
        TestAuthority intermediate = TestAuthority.root("Root").intermediate("Intermediate");
        configuration.backends().values().stream()
                .map(BackendConfig::tls)
                .filter(tls -> tls != null && tls.trust() != null)
                .forEach(tls -> write(Objects.requireNonNull(tls.trust()), pem(intermediate.certificate())));
        for (CertificateConfig certificate : certificates) {
            KeyPair keys = certificate.name().endsWith("-rsa") ? TestAuthority.rsa(2048) : ec("secp256r1");
            Set<String> names = new TreeSet<>(Set.of(certificate.name() + ".example.com"));
            hosts.stream()
                    .filter(host -> isCalledAfter(certificate, host)
                            || (certificate.equals(certificates.get(0))
                                    && certificates.stream().noneMatch(other -> isCalledAfter(other, host))))
                    .forEach(names::add);
            TestAuthority.Pair leaf = intermediate.leaf(keys, names.toArray(String[]::new));
            write(certificate.chain(), pem(leaf.certificate(), intermediate.certificate()));
            write(certificate.key(), pem(pkcs8(keys)));
        }
    }

    private static boolean isCalledAfter(CertificateConfig certificate, String host) {
        return host.startsWith(certificate.name().replaceAll("-(ecdsa|rsa)$", "") + ".");
    }

    private static Object pkcs8(KeyPair keys) {
        try {
            return new JcaPKCS8Generator(keys.getPrivate(), null);
        } catch (PemGenerationException e) {
            throw new IllegalStateException(e);
        }
    }
}
