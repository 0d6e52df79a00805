package io.portward.core.transport;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How many file descriptors the process may have; the JVM has raised the soft limit to the hard one by itself. */
public final class DescriptorLimit {

    /** For platforms that do not tell; the usual default of login shells. */
    private static final long UNKNOWN = 1024;

    private DescriptorLimit() {}

    public static long get() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : UNKNOWN;
    }
}
