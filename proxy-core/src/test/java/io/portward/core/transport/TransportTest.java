package io.portward.core.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class TransportTest {

    /** Counts the connections that heard of their end. */
    private static final class Ends extends ChannelInboundHandlerAdapter {

        private final AtomicInteger count = new AtomicInteger();

        @Override
        public boolean isSharable() {
            return true;
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            count.incrementAndGet();
        }
    }

    /** What a handler holds is released when it hears that its channel is inactive; a loop that just ends would leave it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void tellsEveryOpenChannelThatItIsOver(boolean epoll) {
        IntFunction<Transport> open = epoll ? Transport::open : Transport::openPortable;
        Ends ends = new Ends();
        int times = 1000;
        for (int i = 0; i < times; i++) {
            Transport transport = open.apply(1);
            Channel listener = new ServerBootstrap()
                    .group(transport.loops())
                    .channel(transport.serverChannel())
                    .childHandler(new ChannelInboundHandlerAdapter())
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .syncUninterruptibly()
                    .channel();
            new Bootstrap()
                    .group(transport.loops())
                    .channel(transport.socketChannel())
                    .handler(ends)
                    .connect(listener.localAddress())
                    .syncUninterruptibly();
            transport.close().syncUninterruptibly();
        }
        assertThat(ends.count).hasValue(times);
    }
}
