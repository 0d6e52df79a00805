package io.portward.config.pem;

import static io.portward.config.testkit.TestAuthority.ec;
import static io.portward.config.testkit.TestAuthority.pem;
import static io.portward.config.testkit.TestAuthority.rsa;
import static io.portward.config.testkit.TestAuthority.traditional;
import static io.portward.config.testkit.TestAuthority.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portward.config.pem.PemProblem.Kind;
import io.portward.config.pem.PemProblem.Part;
import io.portward.config.testkit.TestAuthority;
import io.portward.config.testkit.TestAuthority.Pair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMEncryptor;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.openssl.jcajce.JcePEMEncryptorBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.util.encoders.Hex;
import org.bouncycastle.util.io.pem.PemHeader;
import org.bouncycastle.util.io.pem.PemObject;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PemLoaderTest {

    private static final TestAuthority AUTHORITY = TestAuthority.root("Test Root");
    private static final KeyPair EC = ec("secp256r1");
    private static final KeyPair RSA = rsa(2048);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private final PemLoader loader = new PemLoader(Clock.systemUTC(), false);

    static Stream<KeyPair> keyPairs() {
        return Stream.of(EC, RSA, ec("secp384r1"), ec("secp521r1"), rsa(3072));
    }

    @ParameterizedTest
    @MethodSource("keyPairs")
    void readsKeysInPkcs8(KeyPair keys) throws Exception {
        assertLoads(keys, pem(new JcaPKCS8Generator(keys.getPrivate(), null)), null);
    }

    @ParameterizedTest
    @MethodSource("keyPairs")
    void readsKeysInPkcs1AndSec1(KeyPair keys) throws Exception {
        String text = pem(traditional(keys));
        assertThat(text).containsAnyOf("BEGIN RSA PRIVATE KEY", "BEGIN EC PRIVATE KEY");

        assertLoads(keys, text, null);
    }

    @ParameterizedTest
    @MethodSource("keyPairs")
    void readsKeysInEncryptedPkcs8(KeyPair keys) throws Exception {
        Path password = write(directory.resolve("password"), "correct horse\nsecond line\n");

        assertLoads(keys, encrypted(keys, "correct horse"), password);
    }

    @ParameterizedTest
    @MethodSource("keyPairs")
    void readsTheOldEncryptedForms(KeyPair keys) throws Exception {
        PEMEncryptor encryptor = new JcePEMEncryptorBuilder("AES-256-CBC")
                .setProvider(new BouncyCastleProvider())
                .build("secret".toCharArray());
        PemObject plain = traditional(keys);
        PemObject encrypted = new PemObject(
                plain.getType(),
                List.of(
                        new PemHeader("Proc-Type", "4,ENCRYPTED"),
                        new PemHeader(
                                "DEK-Info",
                                "AES-256-CBC,"
                                        + Hex.toHexString(encryptor.getIV()).toUpperCase(Locale.ROOT))),
                encryptor.encrypt(plain.getContent()));
        String text = pem(encrypted);
        assertThat(text).contains("Proc-Type: 4,ENCRYPTED");

        assertLoads(keys, text, write(directory.resolve("password"), "secret"));
    }

    @Test
    void skipsCurveParametersBeforeASec1Key() throws Exception {
        String parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";

        assertLoads(EC, parameters + pem(traditional(EC)), null);
    }

    @Test
    void readsChainAndKeyFromOneFile() throws Exception {
        Pair leaf = AUTHORITY.leaf(EC, "www.example.com");
        Path both =
                write(directory.resolve("both.pem"), pem(traditional(EC), leaf.certificate(), AUTHORITY.certificate()));

        LoadedCertificate loaded = loader.load(both, both, null);

        assertThat(loaded.chain()).containsExactly(leaf.certificate(), AUTHORITY.certificate());
    }

    @Test
    void takesNamesAndAddressesFromTheAlternativeNames() throws Exception {
        Pair leaf = AUTHORITY.leaf(
                EC, "WWW.Example.com", "*.Example.org", "xn--Bcher-kva.example.", "192.0.2.1", "2001:db8::1");

        LoadedCertificate loaded = load(leaf.certificate(), pem(traditional(EC)), null);

        assertThat(loaded.dnsNames())
                .containsExactlyInAnyOrder("www.example.com", "*.example.org", "xn--bcher-kva.example");
        assertThat(loaded.addresses()).containsExactlyInAnyOrder("192.0.2.1", "2001:db8:0:0:0:0:0:1");
        assertThat(loaded.namesFromCommonName()).isFalse();
        assertThat(loaded.covers("a.example.org")).isTrue();
        assertThat(loaded.covers("a.b.example.org")).isFalse();
        assertThat(loaded.covers("example.org")).isFalse();
        assertThat(loaded.covers("192.0.2.1")).isTrue();
    }

    @Test
    void fallsBackToTheCommonNameOnlyWithoutAlternativeNames() throws Exception {
        LoadedCertificate loaded = load(AUTHORITY.leaf(EC).certificate(), pem(traditional(EC)), null);

        assertThat(loaded.dnsNames()).containsExactly("plain.example");
        assertThat(loaded.namesFromCommonName()).isTrue();
    }

    @Test
    void hidesTheKeyInItsText() throws Exception {
        LoadedCertificate loaded = load(AUTHORITY.leaf(RSA, "a.example").certificate(), pem(traditional(RSA)), null);

        assertThat(loaded.toString())
                .isEqualTo("LoadedCertificate[rsa, CN=a.example, until " + loaded.notAfter() + "]");
    }

    @Test
    void doesNotRegisterAProvider() throws Exception {
        load(AUTHORITY.leaf(EC, "a.example").certificate(), pem(traditional(EC)), null);

        assertThat(Security.getProvider("BC")).isNull();
    }

    @Test
    void refusesAKeyOfAnotherCertificate() {
        Pair leaf = AUTHORITY.leaf(EC, "a.example");

        assertThat(problem(leaf, pem(traditional(ec("secp256r1"))), null))
                .satisfies(p -> assertThat(p.kind()).isEqualTo(Kind.KEY_MISMATCH))
                .satisfies(p -> assertThat(p.part()).isEqualTo(Part.KEY));
        assertThat(problem(leaf, pem(traditional(RSA)), null).kind()).isEqualTo(Kind.KEY_MISMATCH);
        assertThat(problem(leaf, pem(traditional(ec("secp384r1"))), null).kind())
                .isEqualTo(Kind.KEY_MISMATCH);
        assertThat(problem(AUTHORITY.leaf(RSA, "a.example"), pem(traditional(rsa(2048))), null)
                        .kind())
                .isEqualTo(Kind.KEY_MISMATCH);
    }

    @Test
    void tellsAWrongPasswordFromAMissingOne() throws Exception {
        Pair leaf = AUTHORITY.leaf(EC, "a.example");
        String key = encrypted(EC, "right");

        assertThat(problem(leaf, key, null).kind()).isEqualTo(Kind.PASSWORD_MISSING);
        assertThat(problem(leaf, key, write(directory.resolve("p"), "wrong\n")).kind())
                .isEqualTo(Kind.WRONG_PASSWORD);
        assertThat(problem(leaf, key, write(directory.resolve("q"), "")).kind()).isEqualTo(Kind.WRONG_PASSWORD);
        assertThat(problem(leaf, key, directory.resolve("absent")).kind()).isEqualTo(Kind.NOT_FOUND);
    }

    @Test
    void refusesExpiredAndNotYetValidCertificates() {
        Instant now = Instant.now();
        Pair expired = AUTHORITY.leaf(EC, now.minus(Duration.ofDays(90)), Duration.ofDays(89), "a.example");
        Pair future = AUTHORITY.leaf(EC, now.plus(Duration.ofDays(2)), Duration.ofDays(89), "a.example");

        assertThat(problem(expired, pem(traditional(EC)), null).kind()).isEqualTo(Kind.EXPIRED);
        assertThat(problem(future, pem(traditional(EC)), null).kind()).isEqualTo(Kind.NOT_YET_VALID);
    }

    @Test
    void judgesValidityByItsClock() throws Exception {
        Pair leaf = AUTHORITY.leaf(EC, "a.example");
        Path chain = write(directory.resolve("chain.pem"), pem(leaf.certificate()));
        Path key = write(directory.resolve("key.pem"), pem(traditional(EC)));
        Clock later = Clock.fixed(Instant.now().plus(Duration.ofDays(91)), ZoneOffset.UTC);

        PemException e =
                catchThrowableOfType(PemException.class, () -> new PemLoader(later, false).load(chain, key, null));

        assertThat(e.problems()).extracting(PemProblem::kind).containsExactly(Kind.EXPIRED);
    }

    @Test
    void refusesKeysThatEveryoneCanReadAndNamesTheRemedy() throws Exception {
        Pair leaf = AUTHORITY.leaf(EC, "a.example");
        Path chain = write(directory.resolve("chain.pem"), pem(leaf.certificate()));
        Path key = write(directory.resolve("it's a key.pem"), pem(traditional(EC)));

        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
        assertThat(loader.load(chain, key, null).algorithm()).isEqualTo(KeyAlgorithm.ECDSA);

        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        PemException e = catchThrowableOfType(PemException.class, () -> loader.load(chain, key, null));
        assertThat(e.problems()).extracting(PemProblem::kind).containsExactly(Kind.WORLD_READABLE);
        assertThat(e.getMessage()).endsWith("; run: chmod 600 '" + directory + "/it'\\''s a key.pem'");

        assertThat(new PemLoader(Clock.systemUTC(), true).load(chain, key, null).algorithm())
                .isEqualTo(KeyAlgorithm.ECDSA);
    }

    @Test
    void refusesPasswordFilesThatEveryoneCanRead() throws Exception {
        Path password = write(directory.resolve("password"), "secret");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-r--r--"));

        PemProblem problem = problem(AUTHORITY.leaf(EC, "a.example"), encrypted(EC, "secret"), password);

        assertThat(problem.kind()).isEqualTo(Kind.WORLD_READABLE);
        assertThat(problem.part()).isEqualTo(Part.PASSWORD);
    }

    @Test
    void reportsEverythingThatIsWrongAtOnce() throws Exception {
        Pair expired = AUTHORITY.leaf(EC, Instant.now().minus(Duration.ofDays(9)), Duration.ofDays(8), "a.example");
        Path chain = write(directory.resolve("chain.pem"), pem(expired.certificate()));
        Path key = write(directory.resolve("key.pem"), pem(traditional(ec("secp256r1"))));
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-rw-rw-"));

        PemException e = catchThrowableOfType(PemException.class, () -> loader.load(chain, key, null));

        assertThat(e.problems())
                .extracting(PemProblem::kind)
                .containsExactlyInAnyOrder(Kind.EXPIRED, Kind.KEY_MISMATCH, Kind.WORLD_READABLE);
    }

    @Test
    void refusesMissingFilesDirectoriesAndOversizedOnes() throws Exception {
        Path huge = write(directory.resolve("huge"), "x".repeat(1024 * 1024 + 1));

        PemException e =
                catchThrowableOfType(PemException.class, () -> loader.load(directory, directory.resolve("none"), null));
        assertThat(e.problems()).extracting(PemProblem::kind).containsExactly(Kind.UNREADABLE, Kind.NOT_FOUND);

        e = catchThrowableOfType(PemException.class, () -> loader.load(huge, huge, null));
        assertThat(e.problems()).extracting(PemProblem::kind).containsExactly(Kind.UNREADABLE, Kind.UNREADABLE);
    }

    /** A certificate may be read by everyone; the remedy is another file name, no chmod. */
    @Test
    void doesNotAskToHideAFileWithoutAKey() throws Exception {
        Path file = write(directory.resolve("web.pem"), "-----BEGIN FOO-----\nAAAA\n-----END FOO-----\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

        PemException e = catchThrowableOfType(PemException.class, () -> loader.load(file, file, null));

        assertThat(e.problems()).extracting(PemProblem::kind).containsExactly(Kind.NO_PEM, Kind.NO_PEM);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "not PEM at all\n", "-----BEGIN FOO-----\nAAAA\n-----END FOO-----\n"})
    void saysWhenThereIsNoPem(String text) {
        Path file = write(directory.resolve("file.pem"), text);

        PemException e = catchThrowableOfType(PemException.class, () -> loader.load(file, file, null));

        assertThat(e.problems()).extracting(PemProblem::kind).containsExactly(Kind.NO_PEM, Kind.NO_PEM);
    }

    @ParameterizedTest
    @ValueSource(strings = {"CERTIFICATE", "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"})
    void refusesDamagedBlocks(String type) {
        for (String body : List.of("AAAA", "MIIB", "!!!!", "MAMCAQA=", "", "MIGHAgEAMBMGByqGSM49AgEG")) {
            String text = "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n";
            Path file = write(directory.resolve("file.pem"), text);
            Path password = write(directory.resolve("password"), "secret");

            PemException e = catchThrowableOfType(PemException.class, () -> loader.load(file, file, password));

            assertThat(e.problems()).isNotEmpty();
        }
    }

    @Test
    void refusesTruncatedFilesAtEveryByte() {
        String chain = pem(AUTHORITY.leaf(EC, "a.example").certificate());
        String key = pem(traditional(EC));
        Path chainFile = write(directory.resolve("chain.pem"), chain);
        for (int length = 0; length < key.stripTrailing().length(); length += 3) {
            Path file = write(directory.resolve("key.pem"), key.substring(0, length));

            assertThat(catchThrowableOfType(PemException.class, () -> loader.load(chainFile, file, null)))
                    .as("first %d characters", length)
                    .isNotNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Ed25519", "Ed448", "RSASSA-PSS"})
    void refusesKeysThatClientsDoNotAccept(String algorithm) throws Exception {
        KeyPair keys = KeyPairGenerator.getInstance(algorithm).generateKeyPair();
        Pair leaf = AUTHORITY.leaf(keys, "a.example");

        Path chain = write(directory.resolve("chain.pem"), pem(leaf.certificate()));
        Path key = write(
                directory.resolve("key.pem"),
                pem(PrivateKeyInfo.getInstance(keys.getPrivate().getEncoded())));
        PemException e = catchThrowableOfType(PemException.class, () -> loader.load(chain, key, null));

        assertThat(e.problems()).extracting(PemProblem::kind).containsOnly(Kind.UNSUPPORTED_KEY);
    }

    private void assertLoads(KeyPair keys, String keyText, @Nullable Path password) throws PemException {
        Pair leaf = AUTHORITY.leaf(keys, "www.example.com");
        LoadedCertificate loaded = load(leaf.certificate(), keyText, password);
        assertThat(loaded.leaf()).isEqualTo(leaf.certificate());
        assertThat(loaded.algorithm())
                .isEqualTo(keys.getPublic().getAlgorithm().equals("RSA") ? KeyAlgorithm.RSA : KeyAlgorithm.ECDSA);
        assertThat(KeyPairCheck.belongTogether(keys.getPublic(), loaded.key())).isTrue();
    }

    private LoadedCertificate load(Object certificate, String keyText, @Nullable Path password) throws PemException {
        Path chain = write(directory.resolve("chain.pem"), pem(certificate));
        Path key = write(directory.resolve("key.pem"), keyText);
        return loader.load(chain, key, password);
    }

    private PemProblem problem(Pair leaf, String keyText, @Nullable Path password) {
        PemException e = catchThrowableOfType(PemException.class, () -> load(leaf.certificate(), keyText, password));
        assertThat(e.problems()).hasSize(1);
        return e.problems().get(0);
    }

    private static String encrypted(KeyPair keys, String password) throws IOException {
        try {
            OutputEncryptor encryptor = new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
                    .setProvider(new BouncyCastleProvider())
                    .setPassword(password.toCharArray())
                    .build();
            return pem(new JcaPKCS8Generator(keys.getPrivate(), encryptor));
        } catch (OperatorCreationException e) {
            throw new IOException(e);
        }
    }
}
