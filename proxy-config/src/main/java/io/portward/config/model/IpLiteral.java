package io.portward.config.model;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads literal IP addresses without ever asking a name server.
 *
 * <p>Stricter than {@link InetAddress#getByName}: IPv4 is four decimal numbers without leading zeros (RFC 6943 §3.1.1 tells
 * what the looser forms lead to), and no zone index is accepted.
 */
public final class IpLiteral {

    private static final String OCTET = "(0|[1-9][0-9]{0,2})";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "\\." + OCTET + "\\." + OCTET + "\\." + OCTET);
    private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9a-fA-F:.]{2,45}");

    private IpLiteral() {}

    /** The address that {@code text} spells, or null when it is not a literal address. IPv6 comes without brackets. */
    public static @Nullable InetAddress parse(String text) {
        Matcher v4 = IPV4.matcher(text);
        try {
            if (v4.matches()) {
                byte[] octets = new byte[4];
                for (int i = 0; i < 4; i++) {
                    int octet = Integer.parseInt(v4.group(i + 1));
                    if (octet > 255) {
                        return null;
                    }
                    octets[i] = (byte) octet;
                }
                return InetAddress.getByAddress(octets);
            }
            if (text.indexOf(':') >= 0 && IPV6_CHARACTERS.matcher(text).matches()) {
                return InetAddress.getByName(text);
            }
            return null;
        } catch (UnknownHostException notAnAddress) {
            return null;
        }
    }
}
