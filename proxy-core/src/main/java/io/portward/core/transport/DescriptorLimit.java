package io.portward.core.transport;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How many file descriptors the process may have; the JVM has raised the soft limit to the hard one by itself. */
public final class DescriptorLimit {

    /** For platforms that do not tell; the usual default of login shells. */
    private static final long UNKNOWN = 1024;

    private DescriptorLimit() {}

    /** How many more may be opened now. Looks at every open one: not for the way of a connection. */
    public static long left() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount() - unix.getOpenFileDescriptorCount()
                : UNKNOWN;
    }
}
