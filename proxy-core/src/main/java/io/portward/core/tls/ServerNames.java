package io.portward.core.tls;

import io.portward.config.model.PortConfig;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.UnknownNames;
import io.portward.core.route.ServerNameTable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a port does with the server name that a client asks for, whatever its certificates.
 *
 * <p>Threading: immutable; any thread.
 */
public final class ServerNames {

    private final boolean onlyCertified;
    private final boolean tcp;
    private final ServerNameTable<String> backends;
    private final ServerNameTable<String> passthrough;

    public ServerNames(PortConfig port) {
        this.onlyCertified = port.tls().unknownNames() == UnknownNames.REJECT;
        this.tcp = port.protocol().isTcp();
        this.passthrough = ServerNameTable.of(port.passthrough().stream()
                .map(entry -> new ServerNameTable.Entry<>(entry.host(), entry.backend()))
                .toList());
        this.backends = ServerNameTable.of(tcp ? backends(port) : List.of());
    }

    private static List<ServerNameTable.Entry<String>> backends(PortConfig port) {
        List<ServerNameTable.Entry<String>> entries = new ArrayList<>();
        for (RouteConfig route : port.routes()) {
            if (route.backend() != null) {
                entries.add(new ServerNameTable.Entry<>(route.host(), route.backend()));
            }
        }
        if (port.backend() != null) {
            entries.add(new ServerNameTable.Entry<>(null, port.backend()));
        }
        return entries;
    }

    /** The backend that gets the connection unopened; null when it is terminated here, or refused. */
    public @Nullable String passthrough(@Nullable String name) {
        return passthrough.find(name);
    }

    /** The backend that gets the decrypted bytes of a connection; null where there is none, as on https ports. */
    public @Nullable String backend(@Nullable String name) {
        return backends.find(name);
    }

    /** @param certified whether a certificate covers the name */
    boolean refuses(@Nullable String name, boolean certified) {
        return (onlyCertified && !certified) || (tcp && backend(name) == null);
    }
}
