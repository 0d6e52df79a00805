package io.portward.config.model;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * A CIDR block, or a single address.
 *
 * @param network the lowest address of the block; bits beyond the prefix are cleared
 * @param prefixLength 0 to 32 for IPv4, 0 to 128 for IPv6
 */
public record AddressRange(InetAddress network, int prefixLength) {

    public AddressRange {
        int bits = network.getAddress().length * 8;
        if (prefixLength < 0 || prefixLength > bits) {
            throw new IllegalArgumentException("prefix length: " + prefixLength + " (expected: 0 to " + bits + ")");
        }
        network = firstOf(network, prefixLength);
    }

    /**
     * Reads {@code 10.0.0.0/8}, {@code 2001:db8::/32} or a single address.
     *
     * @throws IllegalArgumentException with a message for the operator
     */
    public static AddressRange parse(String text) {
        int slash = text.indexOf('/');
        InetAddress address = IpLiteral.parse(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            throw new IllegalArgumentException("'" + text
                    + "' is not an address or address range (expected: 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32)");
        }
        int bits = address.getAddress().length * 8;
        if (slash < 0) {
            return new AddressRange(address, bits);
        }
        String prefix = text.substring(slash + 1);
        if (!prefix.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(prefix) > bits) {
            throw new IllegalArgumentException(
                    "'" + text + "' has a wrong prefix length (expected: 0 to " + bits + ")");
        }
        return new AddressRange(address, Integer.parseInt(prefix));
    }

    /** Whether {@code address} lies in this range; an IPv4 address never lies in an IPv6 range or the reverse. */
    public boolean contains(InetAddress address) {
        byte[] net = network.getAddress();
        byte[] candidate = address.getAddress();
        if (net.length != candidate.length) {
            return false;
        }
        int whole = prefixLength / 8;
        for (int i = 0; i < whole; i++) {
            if (net[i] != candidate[i]) {
                return false;
            }
        }
        int rest = prefixLength % 8;
        return rest == 0 || ((net[whole] ^ candidate[whole]) & 0xff) >>> (8 - rest) == 0;
    }

    /** Whether {@code address} lies in one of {@code ranges}. */
    public static boolean isIn(InetAddress address, List<AddressRange> ranges) {
        for (AddressRange range : ranges) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** The form that {@link #parse} reads. */
    @Override
    public String toString() {
        boolean single = prefixLength == network.getAddress().length * 8;
        return network.getHostAddress() + (single ? "" : "/" + prefixLength);
    }

    private static InetAddress firstOf(InetAddress address, int prefixLength) {
        byte[] bytes = address.getAddress();
        for (int bit = prefixLength; bit < bytes.length * 8; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >>> (bit % 8));
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address of " + bytes.length + " bytes", impossible);
        }
    }
}
