package io.portward.core.http;

import io.portward.config.model.IpLiteral;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads one element of X-Forwarded-For. The field has no standard: some proxies append the client's port, and some write IPv6 addresses in
 * brackets or quotes, as in Forwarded (RFC 7239 §6). Threading: stateless.
 */
final class ForwardedAddress {

    /** Longer than any address with brackets, port and quotes, so that nothing else is looked at. */
    private static final int MAX_LENGTH = 64;

    private static final Pattern WITH_PORT = Pattern.compile("([0-9.]+):[0-9]{1,5}");
    private static final Pattern IN_BRACKETS = Pattern.compile("\\[([0-9a-fA-F:.]+)](:[0-9]{1,5})?");

    private ForwardedAddress() {}

    /**
     * The address without brackets, port and quotes.
     *
     * @param element without blanks around it
     * @return null when it is anything else
     */
    static @Nullable InetAddress parse(String element) {
        if (element.length() > MAX_LENGTH) {
            return null;
        }
        String text = element;
        if (text.length() > 1 && text.startsWith("\"") && text.endsWith("\"")) {
            text = text.substring(1, text.length() - 1);
        }
        Matcher brackets = IN_BRACKETS.matcher(text);
        if (brackets.matches()) {
            return IpLiteral.parse(brackets.group(1)) instanceof Inet6Address v6 ? v6 : null;
        }
        Matcher port = WITH_PORT.matcher(text);
        return IpLiteral.parse(port.matches() ? port.group(1) : text);
    }
}
