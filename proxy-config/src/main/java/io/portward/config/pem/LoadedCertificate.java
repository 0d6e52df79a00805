package io.portward.config.pem;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * A certificate chain with its private key, ready to be served.
 *
 * @param chain leaf first
 * @param key belongs to the leaf; never logged
 * @param dnsNames of the leaf: lower case, A-labels, no trailing dot, possibly {@code *.example.com}
 * @param addresses of the leaf, in the text form of {@link java.net.InetAddress#getHostAddress}
 * @param namesFromCommonName whether {@code dnsNames} had to be taken from the subject because there are no alternative names
 */
public record LoadedCertificate(
        List<X509Certificate> chain,
        PrivateKey key,
        KeyAlgorithm algorithm,
        Set<String> dnsNames,
        Set<String> addresses,
        boolean namesFromCommonName) {

    public LoadedCertificate {
        chain = List.copyOf(chain);
        dnsNames = Set.copyOf(dnsNames);
        addresses = Set.copyOf(addresses);
    }

    public X509Certificate leaf() {
        return chain.get(0);
    }

    public Instant notAfter() {
        return leaf().getNotAfter().toInstant();
    }

    /**
     * Whether the certificate is valid for {@code name}: exact, or by a wildcard for the leftmost label (RFC 9525 §6.3).
     *
     * @param name a host name in lower case and A-labels, a wildcard, or an address as in {@link #addresses}
     */
    public boolean covers(String name) {
        if (dnsNames.contains(name) || addresses.contains(name)) {
            return true;
        }
        int dot = name.indexOf('.');
        return dot > 0 && !name.startsWith("*") && dnsNames.contains("*" + name.substring(dot));
    }

    /** Leaves the key out. */
    @Override
    public String toString() {
        return "LoadedCertificate[" + algorithm.label() + ", " + leaf().getSubjectX500Principal() + ", until "
                + notAfter() + "]";
    }
}
