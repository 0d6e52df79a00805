package io.portward.config.pem;

import static io.portward.config.testkit.TestAuthority.ec;
import static io.portward.config.testkit.TestAuthority.rsa;
import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.pem.PemProblem.Kind;
import io.portward.config.testkit.TestAuthority;
import io.portward.config.testkit.TestAuthority.Pair;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CertificateReviewTest {

    private static final TestAuthority ROOT = TestAuthority.root("Root");
    private static final TestAuthority INTERMEDIATE = ROOT.intermediate("Intermediate");
    private static final KeyPair KEYS = ec("secp256r1");

    @Test
    void hasNothingToSayAboutALeafWithItsIntermediate() {
        Pair leaf = INTERMEDIATE.leaf(KEYS, "a.example");

        assertThat(review(leaf, INTERMEDIATE.certificate())).isEmpty();
        assertThat(review(leaf, INTERMEDIATE.certificate(), ROOT.certificate())).isEmpty();
    }

    @Test
    void warnsOfSelfSignedCertificates() {
        assertThat(review(TestAuthority.selfSigned(KEYS, "a.example"))).containsExactly(Kind.SELF_SIGNED);
    }

    @Test
    void warnsOfALeafWithoutItsIntermediate() {
        assertThat(review(INTERMEDIATE.leaf(KEYS, "a.example"))).containsExactly(Kind.INCOMPLETE_CHAIN);
    }

    @Test
    void warnsOfCertificatesThatDoNotFollowOneAnother() {
        Pair leaf = INTERMEDIATE.leaf(KEYS, "a.example");

        assertThat(review(leaf, ROOT.certificate())).containsExactly(Kind.BROKEN_CHAIN);
        assertThat(review(leaf, ROOT.certificate(), INTERMEDIATE.certificate())).containsExactly(Kind.BROKEN_CHAIN);
        // The same subject, another key: only the signature tells.
        assertThat(review(leaf, TestAuthority.root("Intermediate").certificate()))
                .containsExactly(Kind.BROKEN_CHAIN);
    }

    @ParameterizedTest
    @CsvSource({"13,true", "14,false", "15,false"})
    void warnsOfCertificatesThatExpireWithinFourteenDays(int days, boolean warned) {
        Instant from = Instant.now().minus(Duration.ofDays(80));
        Pair leaf = INTERMEDIATE.leaf(KEYS, from, Duration.ofDays(80L + days).plusHours(1), "a.example");

        assertThat(review(leaf, INTERMEDIATE.certificate()).contains(Kind.EXPIRES_SOON))
                .isEqualTo(warned);
    }

    @Test
    void warnsOfWeakAndUnusualKeys() {
        assertThat(review(INTERMEDIATE.leaf(rsa(1024), "a.example"), INTERMEDIATE.certificate()))
                .containsExactly(Kind.WEAK);
        assertThat(review(INTERMEDIATE.leaf(ec("secp521r1"), "a.example"), INTERMEDIATE.certificate()))
                .containsExactly(Kind.WEAK);
        assertThat(review(INTERMEDIATE.leaf(rsa(2048), "a.example"), INTERMEDIATE.certificate()))
                .isEmpty();
    }

    @Test
    void warnsOfCertificatesWithACommonNameOnly() {
        assertThat(review(INTERMEDIATE.leaf(KEYS), INTERMEDIATE.certificate())).containsExactly(Kind.COMMON_NAME_ONLY);
    }

    private static List<Kind> review(Pair leaf, X509Certificate... others) {
        List<X509Certificate> chain =
                Stream.concat(Stream.of(leaf.certificate()), Stream.of(others)).toList();
        KeyAlgorithm algorithm = KeyPairCheck.algorithmOf(leaf.certificate().getPublicKey());
        assertThat(algorithm).isNotNull();
        SubjectNames names = SubjectNames.of(leaf.certificate(), Path.of("x"), new ArrayList<>());
        LoadedCertificate loaded = new LoadedCertificate(
                chain, leaf.keys().getPrivate(), algorithm, names.dnsNames(), Set.of(), names.fromCommonName());
        return CertificateReview.review(loaded, Path.of("x.pem"), Instant.now()).stream()
                .map(PemProblem::kind)
                .toList();
    }
}
