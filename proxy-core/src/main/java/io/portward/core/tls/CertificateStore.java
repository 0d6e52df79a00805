package io.portward.core.tls;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which certificates a name gets: exact names before wildcards, a wildcard one label deep (RFC 9525 §6.3), ECDSA and RSA side by side.
 *
 * <p>Threading: immutable; any thread. Ownership: {@link #release} once, when no connection will ask any more; running sessions keep
 * what they were given.
 */
public final class CertificateStore {

    /** The certificates of one name, most wanted first. */
    record Choice(@Nullable Credential ecdsa, @Nullable Credential rsa) {

        /** Whether one of the keys signs in a way that the client takes. */
        boolean canSign(List<Integer> signatures) {
            return (ecdsa != null && ecdsa.signsAnyOf(signatures)) || (rsa != null && rsa.signsAnyOf(signatures));
        }

        void presentTo(TlsSession session) {
            if (ecdsa != null) {
                session.present(ecdsa);
            }
            if (rsa != null) {
                session.present(rsa);
            }
        }
    }

    private final Map<String, Choice> exact = new HashMap<>();

    /** By what follows the first label: `*.example.com` under `example.com`. */
    private final Map<String, Choice> wildcard = new HashMap<>();

    private final Map<Credential, ServedCertificate> byCredential = new IdentityHashMap<>();
    private final @Nullable Choice fallback;
    private final List<ServedCertificate> certificates;

    private CertificateStore(List<ServedCertificate> certificates) {
        this.certificates = certificates;
        for (ServedCertificate certificate : certificates) {
            byCredential.put(certificate.credential(), certificate);
            for (String name : certificate.names()) {
                Map<String, Choice> map = name.startsWith("*.") ? wildcard : exact;
                String key = name.startsWith("*.") ? name.substring(2) : name;
                map.merge(key, choice(certificate), CertificateStore::merge);
            }
        }
        this.fallback = certificates.isEmpty() ? null : fallback(certificates);
    }

    /** @param certificates in the operator's order; where two cover a name with the same kind of key, the earlier wins */
    public static CertificateStore of(List<ServedCertificate> certificates) {
        certificates.forEach(ServedCertificate::retain);
        return new CertificateStore(List.copyOf(certificates));
    }

    private static Choice choice(ServedCertificate certificate) {
        return certificate.isEcdsa()
                ? new Choice(certificate.credential(), null)
                : new Choice(null, certificate.credential());
    }

    private static Choice merge(Choice earlier, Choice later) {
        return new Choice(
                earlier.ecdsa != null ? earlier.ecdsa : later.ecdsa, earlier.rsa != null ? earlier.rsa : later.rsa);
    }

    /** The first certificate listed, with the other kind of key for the same names if there is one. */
    private Choice fallback(List<ServedCertificate> certificates) {
        ServedCertificate first = certificates.get(0);
        Choice choice = choice(first);
        for (ServedCertificate other : certificates) {
            if (other.names().containsAll(first.names())) {
                choice = merge(choice, choice(other));
            }
        }
        return choice;
    }

    /** @param name lower case without trailing dot */
    @Nullable
    Choice find(String name) {
        Choice choice = exact.get(name);
        if (choice != null) {
            return choice;
        }
        int dot = name.indexOf('.');
        return dot > 0 ? wildcard.get(name.substring(dot + 1)) : null;
    }

    /** For names nobody covers and clients that send none; null only when the store is empty. */
    @Nullable
    Choice fallback() {
        return fallback;
    }

    /**
     * Whether a client that was given the certificates of {@code serverName} may take them for those of {@code host} too.
     *
     * @param serverName of the handshake
     * @param host lower case without trailing dot
     */
    public boolean covers(String serverName, String host) {
        Choice choice = serverName.equals(host) ? null : find(serverName);
        // Which of the two it was depends on the client, so both have to.
        return choice == null || (covers(choice.ecdsa, host) && covers(choice.rsa, host));
    }

    private boolean covers(@Nullable Credential credential, String host) {
        ServedCertificate certificate = credential == null ? null : byCredential.get(credential);
        return certificate == null || certificate.covers(host);
    }

    public void release() {
        certificates.forEach(ServedCertificate::release);
    }
}
