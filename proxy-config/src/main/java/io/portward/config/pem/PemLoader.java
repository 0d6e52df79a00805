package io.portward.config.pem;

import io.portward.config.pem.PemProblem.Kind;
import io.portward.config.pem.PemProblem.Part;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Loads certificate chains with their keys.
 *
 * <p>Threading: may be shared; blocks on the file system, so never call it from an event loop.
 */
public final class PemLoader {

    private final Clock clock;
    private final boolean allowsInsecureKeys;
    private final KeyReader keys = new KeyReader();

    /**
     * Creates a loader.
     *
     * @param clock decides what is expired
     * @param allowsInsecureKeys whether key and password files may be readable by everyone; for tests
     */
    public PemLoader(Clock clock, boolean allowsInsecureKeys) {
        this.clock = clock;
        this.allowsInsecureKeys = allowsInsecureKeys;
    }

    /** The time that certificates are judged by. */
    public Clock clock() {
        return clock;
    }

    /**
     * Loads one chain and its key.
     *
     * @param chain PEM file, leaf first
     * @param key PEM file: PKCS#8 (also encrypted), PKCS#1 or SEC1; may be the same file
     * @param passwordFile file whose first line decrypts the key; null when the key is not encrypted
     * @throws PemException with every reason why the pair cannot be served
     */
    public LoadedCertificate load(Path chain, Path key, @Nullable Path passwordFile) throws PemException {
        List<PemProblem> problems = new ArrayList<>();
        List<X509Certificate> certificates = ChainReader.read(chain, problems);
        PrivateKey privateKey = keys.read(key, passwordFile, problems);
        if (!allowsInsecureKeys && problems.stream().noneMatch(PemLoader::isWithoutKey)) {
            PemFile.refuseWorldReadable(key, Part.KEY, problems);
        }
        if (!allowsInsecureKeys
                && passwordFile != null
                && problems.stream().noneMatch(p -> p.part() == Part.PASSWORD && p.kind() == Kind.NOT_FOUND)) {
            PemFile.refuseWorldReadable(passwordFile, Part.PASSWORD, problems);
        }
        SubjectNames names = null;
        KeyAlgorithm algorithm = null;
        if (!certificates.isEmpty()) {
            X509Certificate leaf = certificates.get(0);
            checkValidity(leaf, chain, problems);
            names = SubjectNames.of(leaf, chain, problems);
            algorithm = checkKey(leaf, chain, privateKey, key, problems);
        }
        if (!problems.isEmpty() || privateKey == null || names == null || algorithm == null) {
            throw new PemException(problems);
        }
        return new LoadedCertificate(
                certificates, privateKey, algorithm, names.dnsNames(), names.addresses(), names.fromCommonName());
    }

    /**
     * Loads the certificates of authorities, in any order.
     *
     * @throws PemException when the file cannot be read or holds none
     */
    public List<X509Certificate> loadAuthorities(Path file) throws PemException {
        List<PemProblem> problems = new ArrayList<>();
        List<X509Certificate> authorities = ChainReader.read(file, problems);
        if (!problems.isEmpty()) {
            throw new PemException(problems);
        }
        return authorities;
    }

    /** A file that is not there, or another one such as the chain, has nothing to hide. */
    private static boolean isWithoutKey(PemProblem problem) {
        return problem.part() == Part.KEY && (problem.kind() == Kind.NOT_FOUND || problem.kind() == Kind.NO_PEM);
    }

    private void checkValidity(X509Certificate leaf, Path file, List<PemProblem> problems) {
        Instant now = clock.instant();
        Instant notAfter = leaf.getNotAfter().toInstant();
        Instant notBefore = leaf.getNotBefore().toInstant();
        if (now.isAfter(notAfter)) {
            problems.add(new PemProblem(
                    Kind.EXPIRED, Part.CHAIN, file, "the certificate in " + file + " expired at " + notAfter));
        } else if (now.isBefore(notBefore)) {
            problems.add(new PemProblem(
                    Kind.NOT_YET_VALID,
                    Part.CHAIN,
                    file,
                    "the certificate in " + file + " is not valid before " + notBefore + "; is the clock right?"));
        }
    }

    private static @Nullable KeyAlgorithm checkKey(
            X509Certificate leaf, Path chain, @Nullable PrivateKey privateKey, Path key, List<PemProblem> problems) {
        KeyAlgorithm algorithm = KeyPairCheck.algorithmOf(leaf.getPublicKey());
        if (algorithm == null) {
            problems.add(new PemProblem(
                    Kind.UNSUPPORTED_KEY,
                    Part.CHAIN,
                    chain,
                    "the certificate in " + chain + " has a key that browsers and mail clients refuse: "
                            + leaf.getPublicKey().getAlgorithm() + " (expected: ECDSA P-256 or P-384, or RSA)"));
        } else if (privateKey != null && !KeyPairCheck.belongTogether(leaf.getPublicKey(), privateKey)) {
            problems.add(new PemProblem(
                    Kind.KEY_MISMATCH,
                    Part.KEY,
                    key,
                    "the key in " + key + " does not belong to the first certificate in " + chain));
        }
        return algorithm;
    }
}
