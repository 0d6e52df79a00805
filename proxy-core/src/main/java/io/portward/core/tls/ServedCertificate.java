package io.portward.core.tls;

import io.portward.core.observe.CertificateFacts;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;

/**
 * A certificate as it is served: its names and its native form.
 *
 * <p>Threading: immutable; any thread. Ownership: reference counted through {@link #retain} and {@link #release}; the creator holds the
 * first reference.
 */
public final class ServedCertificate {

    private final String name;
    private final Set<String> names;
    private final X509Certificate leaf;
    private final Credential credential;

    private ServedCertificate(String name, Set<String> names, X509Certificate leaf, Credential credential) {
        this.name = name;
        this.names = names;
        this.leaf = leaf;
        this.credential = credential;
    }

    /**
     * @param name the operator's name for it
     * @param names DNS names it covers, lower-case A-labels, wildcards as `*.example.com`
     * @param chain leaf first
     * @throws IllegalArgumentException when BoringSSL does not take the key or chain
     */
    public static ServedCertificate create(
            String name, Set<String> names, List<X509Certificate> chain, PrivateKey key) {
        return new ServedCertificate(name, Set.copyOf(names), chain.get(0), Credential.create(chain, key));
    }

    Set<String> names() {
        return names;
    }

    /** @param host lower case without trailing dot; a wildcard covers one label (RFC 9525 §6.3) */
    boolean covers(String host) {
        int dot = host.indexOf('.');
        return names.contains(host) || (dot > 0 && names.contains("*" + host.substring(dot)));
    }

    Credential credential() {
        return credential;
    }

    boolean isEcdsa() {
        return !"RSA".equals(leaf.getPublicKey().getAlgorithm());
    }

    public CertificateFacts facts() {
        return new CertificateFacts(
                name, isEcdsa() ? "ecdsa" : "rsa", leaf.getNotAfter().toInstant());
    }

    void retain() {
        credential.retain();
    }

    public void release() {
        credential.release();
    }
}
