package io.portward.config.pem;

import io.portward.config.pem.PemProblem.Kind;
import io.portward.config.pem.PemProblem.Part;
import java.net.IDN;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/**
 * The names that a certificate is for.
 *
 * @param fromCommonName whether the subject had to stand in for missing alternative names
 */
record SubjectNames(Set<String> dnsNames, Set<String> addresses, boolean fromCommonName) {

    // GeneralName choices, RFC 5280 §4.2.1.6.
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;

    /** Problems about names that cannot be read go to {@code problems}; the readable ones are still returned. */
    static SubjectNames of(X509Certificate leaf, Path file, Collection<PemProblem> problems) {
        Set<String> dnsNames = new LinkedHashSet<>();
        Set<String> addresses = new LinkedHashSet<>();
        try {
            Collection<List<?>> names = leaf.getSubjectAlternativeNames();
            for (List<?> name : names == null ? List.<List<?>>of() : names) {
                Object value = name.get(1);
                if (name.get(0).equals(DNS_NAME) && value instanceof String dnsName) {
                    dnsNames.add(normalise(dnsName));
                } else if (name.get(0).equals(IP_ADDRESS) && value instanceof String address) {
                    addresses.add(InetAddress.getByName(address).getHostAddress());
                }
            }
        } catch (CertificateParsingException | UnknownHostException e) {
            problems.add(new PemProblem(
                    Kind.MALFORMED,
                    Part.CHAIN,
                    file,
                    file + ": unreadable subject alternative names: " + e.getMessage()));
        }
        if (!dnsNames.isEmpty() || !addresses.isEmpty()) {
            return new SubjectNames(dnsNames, addresses, false);
        }
        String commonName = commonName(leaf);
        return new SubjectNames(commonName.isEmpty() ? Set.of() : Set.of(normalise(commonName)), Set.of(), true);
    }

    static String commonName(X509Certificate certificate) {
        try {
            for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                if (rdn.getType().equalsIgnoreCase("CN") && rdn.getValue() instanceof String name) {
                    return name;
                }
            }
            return "";
        } catch (InvalidNameException e) {
            return ""; // a subject that cannot be taken apart has no common name for us
        }
    }

    private static String normalise(String name) {
        String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        try {
            return IDN.toASCII(bare, IDN.ALLOW_UNASSIGNED).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException notAName) {
            return bare.toLowerCase(Locale.ROOT);
        }
    }
}
