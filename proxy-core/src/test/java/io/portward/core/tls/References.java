package io.portward.core.tls;

import java.util.Collection;

/** How often native state is held, for tests that look for leaks. */
public final class References {

    private References() {}

    public static int toContexts(Collection<TlsContext> contexts) {
        return contexts.stream().mapToInt(TlsContext::refCnt).sum();
    }

    public static int toCertificates(Collection<ServedCertificate> certificates) {
        return certificates.stream()
                .mapToInt(certificate -> certificate.credential().refCnt())
                .sum();
    }
}
