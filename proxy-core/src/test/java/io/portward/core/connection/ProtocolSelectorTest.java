package io.portward.core.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.portward.config.model.PerAddressConfig;
import io.portward.config.model.PortConfig;
import io.portward.core.error.Faults;
import io.portward.core.limit.AddressLimits;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.TicketCounters;
import io.portward.core.observe.TlsInfo;
import io.portward.core.tls.ServerNames;
import io.portward.core.upstream.PoolFixture;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RecordingObserver;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ProtocolSelectorTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final TlsInfo TLS =
            new TlsInfo("TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519", false, TlsInfo.NONE, null);

    /** The handshake is finished and counted as such; nothing can take that back. */
    @Test
    void closesAConnectionWhoseFrontEndCannotBeAdded() {
        PROXIES.expectWarnings();
        PROXIES.pki().ecdsa("web", "web.test");
        PortConfig port = PROXIES.parse("""
                        certificates: [{name: web, chain: web.pem, key: web.key}]
                        ports: [{listen: "127.0.0.1:0", protocol: tls, backend: missing}]
                        backends: {missing: {servers: ["127.0.0.1:1"]}}
                        """).ports().get(0);
        // Its only backend is called web.
        try (PoolFixture fixture = new PoolFixture("127.0.0.1:1")) {
            RecordingObserver.Port observer = (RecordingObserver.Port) fixture.observer.port(port, TicketCounters.NONE);
            Listener listener = listener(port, observer, fixture);
            for (int i = 0; i < 3; i++) {
                EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
                InetSocketAddress nowhere = new InetSocketAddress(0);
                new ProtocolSelector(listener, new ConnectionInfo(port, nowhere, nowhere))
                        .established(channel.pipeline().firstContext(), TLS, 1);
                assertThat(channel.isOpen()).isFalse();
            }
            assertThat(observer.handshakes()).hasSize(3);
            assertThat(observer.failures()).isEmpty();
            assertThat(PROXIES.warnings()).singleElement().asString().contains("[ERROR]", "internal error");
        }
    }

    /** The same where TLS is not ended here: it is counted as passed through, closed, and what came is released. */
    @Test
    void closesAConnectionThatCannotBePassedThrough() {
        PROXIES.expectWarnings();
        PortConfig port = PROXIES.parse("""
                        ports: [{listen: "127.0.0.1:0", protocol: tls, passthrough: [{host: web.test, backend: missing}]}]
                        backends: {missing: {servers: ["127.0.0.1:1"]}}
                        """).ports().get(0);
        // Its only backend is called web.
        try (PoolFixture fixture = new PoolFixture("127.0.0.1:1")) {
            RecordingObserver.Port observer = (RecordingObserver.Port) fixture.observer.port(port, TicketCounters.NONE);
            EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
            InetSocketAddress nowhere = new InetSocketAddress(0);
            ByteBuf bytes = Unpooled.buffer().writeByte(22);
            new ProtocolSelector(listener(port, observer, fixture), new ConnectionInfo(port, nowhere, nowhere))
                    .passThrough(channel.pipeline().firstContext(), "missing", "web.test", bytes);
            assertThat(channel.isOpen()).isFalse();
            assertThat(bytes.refCnt()).isZero();
            assertThat(observer.passedThrough()).containsExactly("missing");
            assertThat(observer.failures()).isEmpty();
            assertThat(PROXIES.warnings()).singleElement().asString().contains("[ERROR]", "internal error");
        }
    }

    private static Listener listener(PortConfig port, RecordingObserver.Port observer, PoolFixture fixture) {
        return new Listener(
                port,
                observer,
                null,
                null,
                new ServerNames(port),
                null,
                fixture.backends,
                fixture.limits(),
                List.of(),
                new Connections(100, Integer.MAX_VALUE, fixture.transport.backendConnections(), fixture.backends),
                new ClientCaps(null, new AddressLimits(PerAddressConfig.NONE, List.of())),
                new Faults(port.listen()),
                fixture.transport);
    }
}
