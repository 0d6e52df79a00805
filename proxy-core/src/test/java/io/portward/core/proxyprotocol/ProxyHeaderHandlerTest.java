package io.portward.core.proxyprotocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.HandshakeFailure;
import io.portward.testkit.RecordingObserver;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProxyHeaderHandlerTest {

    /** Otherwise the connection would be missing in the sums. */
    @Test
    void givesAReasonWhenThePortsHandlersCannotBeAdded() {
        List<HandshakeFailure> reasons = new ArrayList<>();
        ProxyHeaderHandler.Listener listener = new ProxyHeaderHandler.Listener() {
            @Override
            public void admitted(ConnectionInfo connection) {
                throw new IllegalStateException("no room");
            }

            @Override
            public void failed(HandshakeFailure reason, String detail) {
                reasons.add(reason);
            }
        };
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", 1);
        ConnectionInfo socket = new ConnectionInfo(null, address, address);
        RecordingObserver.Port port = new RecordingObserver.Port(null, new ArrayList<>());
        EmbeddedChannel channel = new EmbeddedChannel(new ProxyHeaderHandler(socket, true, port, listener));
        channel.writeInbound(
                Unpooled.copiedBuffer("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n", StandardCharsets.US_ASCII));
        assertThat(channel.isOpen()).isFalse();
        assertThat(reasons).containsExactly(HandshakeFailure.INTERNAL);
    }
}
