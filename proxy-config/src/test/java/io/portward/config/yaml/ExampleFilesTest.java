package io.portward.config.yaml;

import static io.portward.config.testkit.TestAuthority.ec;
import static io.portward.config.testkit.TestAuthority.pem;
import static io.portward.config.testkit.TestAuthority.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.CertificateConfig;
import io.portward.config.testkit.TestAuthority;
import io.portward.config.validate.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything in {@code conf/} works, and the schema there is the one that the reader's description gives. */
class ExampleFilesTest {

    private static final Path CONF = Path.of("../conf");

    /** What an example may be warned about. */
    private static final Map<String, List<String>> WARNINGS =
            Map.of("virtual-hosts.yaml", List.of("port 8443 is not the standard port of https, which is 443"));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    static Stream<String> examples() throws IOException {
        try (Stream<Path> files = Files.list(CONF)) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".yaml"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @Test
    void thereAreSome() throws IOException {
        assertThat(examples()).contains("portward.yaml", "minimal.yaml", "mail.yaml");
        assertThat(Files.readAllLines(CONF.resolve("minimal.yaml"))).hasSizeLessThanOrEqualTo(10);
    }

    @ParameterizedTest
    @MethodSource("examples")
    void passesTheCheckOnceItsCertificatesExist(String name) throws Exception {
        Path file = Files.copy(CONF.resolve(name), directory.resolve(name));
        TestAuthority root = TestAuthority.root("Root");
        TestAuthority intermediate = root.intermediate("Intermediate");
        for (CertificateConfig certificate :
                new ConfigLoader().load(file).configuration().certificates()) {
            KeyPair keys = certificate.name().endsWith("rsa") ? TestAuthority.rsa(2048) : ec("secp256r1");
            String[] names = List.of("web", "wildcard").contains(certificate.name())
                    ? new String[] {"*.example.com"}
                    : new String[] {certificate.name().replaceAll("-.*", "") + ".example.com"};
            write(certificate.chain(), pem(intermediate.leaf(keys, names).certificate(), intermediate.certificate()));
            write(certificate.key(), pem(new JcaPKCS8Generator(keys.getPrivate(), null)));
            if (certificate.passwordFile() != null) {
                write(certificate.passwordFile(), "secret\n");
                write(
                        certificate.key(),
                        pem(new JcaPKCS8Generator(
                                keys.getPrivate(),
                                new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
                                        .setProvider(new BouncyCastleProvider())
                                        .setPassword("secret".toCharArray())
                                        .build())));
            }
        }

        CheckReport report = new ConfigCheck(Clock.systemUTC(), false).run(file);

        assertThat(report.problems())
                .as(report.text())
                .extracting(Problem::message)
                .isEqualTo(WARNINGS.getOrDefault(name, List.of()));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void agreesWithTheSchema(String name) throws IOException {
        assertThat(new JsonSchemaValidation().complaints(Files.readString(CONF.resolve(name))))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void namesTheSchemaForEditors(String name) throws IOException {
        assertThat(Files.readString(CONF.resolve(name)))
                .startsWith("# yaml-language-server: $schema=portward.schema.json\n");
    }

    /** To record the schema after a change of the keys: {@code mvn test -Dnegative.record=true}. */
    @Test
    void theSchemaBesideThemIsTheGeneratedOne() throws IOException {
        Path recorded = CONF.resolve("portward.schema.json");
        if (Boolean.getBoolean("negative.record")) {
            Files.writeString(recorded, ConfigSchema.json());
        }

        assertThat(recorded).hasContent(ConfigSchema.json());
    }
}
