package io.portward.config.validate;

import io.portward.config.model.IpLiteral;
import io.portward.config.model.ListenAddress;
import java.net.Inet4Address;
import java.net.InetAddress;

/** Whether two listen addresses claim the same connections, in which case the kernel refuses the second one. */
final class ListenOverlap {

    private ListenOverlap() {}

    static boolean of(ListenAddress a, ListenAddress b) {
        if (a.port() != b.port() || a.port() == 0) {
            return false;
        }
        InetAddress first = a.host() == null ? null : IpLiteral.parse(a.host());
        InetAddress second = b.host() == null ? null : IpLiteral.parse(b.host());
        if (first == null || second == null) {
            return true; // no host: every address of both families
        }
        boolean sameFamily = first instanceof Inet4Address == second instanceof Inet4Address;
        return sameFamily && (first.isAnyLocalAddress() || second.isAnyLocalAddress() || first.equals(second));
    }
}
