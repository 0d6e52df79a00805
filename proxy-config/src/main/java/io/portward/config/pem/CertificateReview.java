package io.portward.config.pem;

import io.portward.config.pem.PemProblem.Kind;
import io.portward.config.pem.PemProblem.Part;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import javax.security.auth.x500.X500Principal;

/**
 * Tells what is doubtful about a certificate that can be served.
 *
 * <p>Threading: may be shared.
 */
public final class CertificateReview {

    /** Two working weeks: time to renew by hand when the automatic renewal has failed. */
    public static final Duration EXPIRES_SOON = Duration.ofDays(14);

    /** NIST SP 800-57 part 1, table 2: below this, less than 112 bits of strength. */
    private static final int LEAST_RSA_BITS = 2048;

    /** P-521, which Chromium does not accept. */
    private static final int UNUSUAL_CURVE_BITS = 521;

    private CertificateReview() {}

    /** @return problems of kinds that {@link Kind#isDoubt() are doubts}; empty when all is well */
    public static List<PemProblem> review(LoadedCertificate certificate, Path file, Instant now) {
        List<PemProblem> doubts = new ArrayList<>();
        X509Certificate leaf = certificate.leaf();
        if (certificate.namesFromCommonName()) {
            doubts.add(doubt(
                    Kind.COMMON_NAME_ONLY,
                    file,
                    "the certificate has no subject alternative names; browsers refuse it"));
        }
        Instant notAfter = certificate.notAfter();
        if (now.plus(EXPIRES_SOON).isAfter(notAfter)) {
            long hours = Duration.between(now, notAfter).toHours();
            String left = hours < 48 ? hours + " hours" : hours / 24 + " days";
            doubts.add(doubt(Kind.EXPIRES_SOON, file, "the certificate expires in " + left + ", at " + notAfter));
        }
        reviewStrength(leaf, file, doubts);
        if (certificate.chain().size() == 1 && isIssuedBy(leaf, leaf)) {
            doubts.add(doubt(
                    Kind.SELF_SIGNED, file, "the certificate is self-signed; clients refuse it unless told otherwise"));
        } else {
            reviewChain(certificate.chain(), file, doubts);
        }
        return List.copyOf(doubts);
    }

    private static void reviewStrength(X509Certificate leaf, Path file, List<PemProblem> doubts) {
        int bits = KeyPairCheck.bitsOf(leaf.getPublicKey());
        boolean rsa = KeyPairCheck.algorithmOf(leaf.getPublicKey()) == KeyAlgorithm.RSA;
        if (rsa && bits < LEAST_RSA_BITS) {
            doubts.add(doubt(Kind.WEAK, file, "an RSA key of " + bits + " bits is weak (expected: 2048 or more)"));
        }
        if (!rsa && bits == UNUSUAL_CURVE_BITS) {
            doubts.add(
                    doubt(Kind.WEAK, file, "some browsers refuse keys on the curve P-521 (expected: P-256 or P-384)"));
        }
        String signature = leaf.getSigAlgName().toUpperCase(Locale.ROOT);
        if (signature.startsWith("SHA1") || signature.startsWith("MD5")) {
            doubts.add(doubt(
                    Kind.WEAK, file, "the certificate is signed with " + leaf.getSigAlgName() + "; clients refuse it"));
        }
    }

    private static void reviewChain(List<X509Certificate> chain, Path file, List<PemProblem> doubts) {
        for (int i = 1; i < chain.size(); i++) {
            if (!isIssuedBy(chain.get(i - 1), chain.get(i))) {
                doubts.add(doubt(
                        Kind.BROKEN_CHAIN,
                        file,
                        "certificate " + (i + 1) + " is not the issuer of certificate " + i
                                + " (expected: leaf first, then each one's issuer)"));
                return;
            }
        }
        X509Certificate last = chain.get(chain.size() - 1);
        // One intermediate or more in the file: whether another one is missing cannot be told without the network.
        if (chain.size() == 1 && !knownRoots().contains(last.getIssuerX500Principal())) {
            doubts.add(doubt(
                    Kind.INCOMPLETE_CHAIN,
                    file,
                    "the chain holds only the certificate itself; its issuer, " + last.getIssuerX500Principal()
                            + ", is no public root, so most clients need the intermediate certificate too"));
        }
    }

    private static boolean isIssuedBy(X509Certificate certificate, X509Certificate issuer) {
        if (!certificate.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
            return false;
        }
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException notItsSignature) {
            return false;
        }
    }

    private static Set<X500Principal> knownRoots() {
        Set<X500Principal> roots = new HashSet<>();
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager x509) {
                    for (X509Certificate root : x509.getAcceptedIssuers()) {
                        roots.add(root.getSubjectX500Principal());
                    }
                }
            }
        } catch (GeneralSecurityException e) {
            return Set.of(); // a JDK without root certificates: nothing is known to be complete
        }
        return roots;
    }

    private static PemProblem doubt(Kind kind, Path file, String message) {
        return new PemProblem(kind, Part.CHAIN, file, message);
    }
}
