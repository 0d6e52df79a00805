package io.portward.config.model;

import java.net.InetAddress;

/**
 * A CIDR block, or a single address.
 *
 * @param prefixLength 0 to 32 for IPv4, 0 to 128 for IPv6
 */
public record AddressRange(InetAddress network, int prefixLength) {

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
}
