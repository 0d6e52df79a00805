package io.portward.core.tls;

import io.portward.core.observe.HandshakeFailure;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * From BoringSSL's error text to the closed list of reasons.
 *
 * <p>The text is {@code error:CODE:SSL routines:OPENSSL_internal:REASON}; for an alert received, REASON is
 * {@code SSLV3_ALERT_…} or {@code TLSV1_ALERT_…} and the low 12 bits of CODE are 1000 plus the alert's number (RFC 8446 §6).
 */
final class HandshakeFailures {

    private static final int ALERT_BASE = 1000;
    private static final int ALERT_CLOSE_NOTIFY = 0;
    private static final int ALERT_BAD_CERTIFICATE = 42;
    private static final int ALERT_CERTIFICATE_EXPIRED = 45;
    private static final int ALERT_CERTIFICATE_UNKNOWN = 46;
    private static final int ALERT_UNKNOWN_CA = 48;
    private static final int ALERT_USER_CANCELED = 90;

    /** The code points of the groups every policy offers: X25519MLKEM768, X25519, P-256, P-384. */
    private static final Set<Integer> OUR_GROUPS = Set.of(0x11ec, 0x001d, 0x0017, 0x0018);

    private static final Map<String, HandshakeFailure> REASONS = Map.ofEntries(
            Map.entry("UNSUPPORTED_PROTOCOL", HandshakeFailure.NO_SHARED_VERSION),
            Map.entry("UNKNOWN_PROTOCOL", HandshakeFailure.NO_SHARED_VERSION),
            Map.entry("WRONG_VERSION_NUMBER", HandshakeFailure.NO_SHARED_VERSION),
            Map.entry("INAPPROPRIATE_FALLBACK", HandshakeFailure.NO_SHARED_VERSION),
            Map.entry("NO_SHARED_CIPHER", HandshakeFailure.NO_SHARED_CIPHER),
            Map.entry("NO_CIPHERS_AVAILABLE", HandshakeFailure.NO_SHARED_CIPHER),
            Map.entry("NO_SHARED_GROUP", HandshakeFailure.NO_SHARED_GROUP),
            // TLS 1.2: the certificate's curve is not among the client's groups (RFC 8422 §5.1).
            Map.entry("WRONG_CURVE", HandshakeFailure.NO_SHARED_GROUP),
            Map.entry("NO_COMMON_SIGNATURE_ALGORITHMS", HandshakeFailure.NO_SHARED_SIGNATURE),
            Map.entry("WRONG_SIGNATURE_TYPE", HandshakeFailure.NO_SHARED_SIGNATURE),
            Map.entry("PEER_DID_NOT_RETURN_A_CERTIFICATE", HandshakeFailure.CLIENT_CERT_MISSING),
            Map.entry("CERTIFICATE_VERIFY_FAILED", HandshakeFailure.CLIENT_CERT_UNTRUSTED));

    private HandshakeFailures() {}

    /**
     * @param error as of {@link TlsSession#takeError}
     * @param presented what the client could choose from
     */
    static HandshakeFailure classify(String error, ClientHello hello, CertificateStore.Choice presented) {
        int code = code(error);
        int number = code & 0xfff;
        if (number >= ALERT_BASE) {
            return alert(number - ALERT_BASE);
        }
        HandshakeFailure reason =
                REASONS.getOrDefault(error.substring(error.lastIndexOf(':') + 1), HandshakeFailure.MALFORMED);
        // Before TLS 1.3 BoringSSL skips every ECDHE suite when no group is shared and then misses the suite.
        if (reason == HandshakeFailure.NO_SHARED_CIPHER && sharesNoGroup(hello.groups())) {
            return HandshakeFailure.NO_SHARED_GROUP;
        }
        // Nor does it count a suite as shared when the key that goes with it cannot sign as the client wants.
        if (reason == HandshakeFailure.NO_SHARED_CIPHER && !presented.canSign(hello.signatures())) {
            return HandshakeFailure.NO_SHARED_SIGNATURE;
        }
        return reason;
    }

    private static boolean sharesNoGroup(List<Integer> groups) {
        return !groups.isEmpty() && groups.stream().noneMatch(OUR_GROUPS::contains);
    }

    /** @param number of an alert received */
    static HandshakeFailure alert(int number) {
        return switch (number) {
            case ALERT_CLOSE_NOTIFY, ALERT_USER_CANCELED -> HandshakeFailure.CLIENT_CLOSED;
            case ALERT_UNKNOWN_CA -> HandshakeFailure.CLIENT_ALERT_UNKNOWN_CA;
            case ALERT_BAD_CERTIFICATE -> HandshakeFailure.CLIENT_ALERT_BAD_CERTIFICATE;
            case ALERT_CERTIFICATE_EXPIRED -> HandshakeFailure.CLIENT_ALERT_CERTIFICATE_EXPIRED;
            case ALERT_CERTIFICATE_UNKNOWN -> HandshakeFailure.CLIENT_ALERT_CERTIFICATE_UNKNOWN;
            default -> HandshakeFailure.CLIENT_ALERT_OTHER;
        };
    }

    private static int code(String error) {
        String[] parts = error.split(":", 3);
        return parts.length < 3 ? 0 : Integer.parseUnsignedInt(parts[1], 16);
    }
}
