package io.portward.core.connection;

import io.portward.config.model.AddressRange;
import io.portward.config.model.LimitConfig;
import io.portward.config.model.PortConfig;
import io.portward.core.error.Faults;
import io.portward.core.exchange.HttpService;
import io.portward.core.observe.PortObserver;
import io.portward.core.tls.CertificateStore;
import io.portward.core.tls.ServerNames;
import io.portward.core.tls.TlsContext;
import io.portward.core.transport.Transport;
import io.portward.core.upstream.Backends;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of one port have in common.
 *
 * <p>Threading: immutable; any thread. Ownership: the {@link DataPlane} releases what this refers to.
 *
 * @param tls null on a redirect port
 * @param certificates null on a redirect port
 * @param names without meaning on a redirect port
 * @param http null but on an https port
 * @param trustedProxies whose PROXY headers are believed
 * @param faults of our own code
 */
record Listener(
        PortConfig port,
        PortObserver observer,
        @Nullable TlsContext tls,
        @Nullable CertificateStore certificates,
        ServerNames names,
        @Nullable HttpService http,
        Backends backends,
        LimitConfig limits,
        List<AddressRange> trustedProxies,
        Connections connections,
        ClientCaps caps,
        Faults faults,
        Transport transport) {}
