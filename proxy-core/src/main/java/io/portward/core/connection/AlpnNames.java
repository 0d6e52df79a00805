package io.portward.core.connection;

import io.portward.config.model.PortProtocol;
import java.util.List;

/** The IANA names of the application protocols that a port speaks (RFC 7301 §6), most wanted first. */
final class AlpnNames {

    static final String HTTP2 = "h2";

    private AlpnNames() {}

    /** Empty where offers are not looked at. */
    static List<String> of(PortProtocol protocol) {
        return switch (protocol) {
            case HTTPS -> List.of(HTTP2, "http/1.1");
            case IMAPS -> List.of("imap");
            case POP3S -> List.of("pop3");
            case SMTPS -> List.of("smtp");
            case TLS, REDIRECT -> List.of();
        };
    }
}
